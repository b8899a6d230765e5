//! Merging, unmerging and splitting groups, and taking it back.

use domain::event::{Mapping, NewEvent, normalise};
use domain::group::life::{Act, Outcome, Step};
use domain::group::rule::Condition;
use domain::group::{Group, GroupFilter, Status};
use domain::permission::{EventWrite, GroupRead, GroupWrite, Permission};
use domain::{GroupActionId, GroupId};
use service::events::{Origin, ingest};
use service::{Actor, Cx, Error, groups};
use store::Scoped as _;
use testkit::for_each_backend;

use crate::world::{World, start};

struct Room {
    world: World,
    org: domain::OrganizationId,
}

async fn room(t: testkit::TestDb) -> Room {
    let world = World::new(t);
    let org = world.organization("alpha").await.id;
    world.organization("beta").await;
    for (email, slug, role) in [
        ("ana@alpha.test", "alpha", "analyst"),
        ("bo@alpha.test", "alpha", "analyst"),
        ("vi@alpha.test", "alpha", "viewer"),
        ("zed@beta.test", "beta", "analyst"),
    ] {
        world.person(email, slug, role).await;
    }
    let room = Room { world, org };
    room.send("door opened", &[-60, -50, -40]).await;
    room.send("gate opened", &[-600, -30]).await;
    room.send("hatch opened", &[-20]).await;
    room
}

impl Room {
    fn cx<P: Permission>(&self) -> Cx<P> {
        self.world.services.admit(&Actor::system("test", self.org)).unwrap()
    }
    async fn of(&self, email: &str) -> Cx<GroupWrite> {
        let slug = if email.ends_with("beta.test") { "beta" } else { "alpha" };
        self.world.cx(email, slug).await
    }
    /// Events so many seconds from the clock's now.
    async fn send(&self, message: &str, seconds: &[i64]) {
        let now = self.cx::<GroupRead>().now();
        let rows = seconds.iter().map(|s| {
            let at = now.plus_seconds(*s);
            let object = serde_json::json!({ "occurred_at": at, "severity": "low", "message": message, "source": "web" });
            normalise(object.as_object().unwrap(), &Mapping::contract(), now).unwrap()
        });
        let rows: Vec<NewEvent> = rows.collect();
        ingest(&self.cx::<EventWrite>(), rows, Origin::Api).await.unwrap();
    }
    async fn all(&self) -> Vec<Group> {
        groups::list(&self.cx(), &GroupFilter::default(), 100, None).await.unwrap().items
    }
    async fn group(&self, template: &str) -> Option<Group> {
        self.all().await.into_iter().find(|g| g.template == template)
    }
    async fn ids(&self) -> [GroupId; 3] {
        let all = self.all().await;
        ["door opened", "gate opened", "hatch opened"]
            .map(|name| all.iter().find(|g| g.template == name).unwrap().id)
    }
    async fn count(&self, template: &str) -> Option<(i64, i64)> {
        self.group(template).await.map(|g| (g.event_count, g.members))
    }
    async fn steps(&self, id: GroupId) -> Vec<(Step, Option<GroupId>, Option<String>)> {
        let items = groups::history(&self.cx::<GroupRead>(), id, 100, None).await.unwrap().page.items;
        items.into_iter().rev().map(|c| (c.step, c.other, c.note)).collect()
    }
}

#[tokio::test]
async fn groups_are_merged_into_the_oldest_and_taken_apart_again() {
    for_each_backend(|t| async move {
        let room = room(t).await;
        let [door, gate, hatch] = room.ids().await;
        let ana = room.of("ana@alpha.test").await;
        let report = groups::merge(&ana, &[door, hatch, gate], None, Some(" the same thing ")).await.unwrap();
        assert_eq!(report.results, [(door, Outcome::Done), (hatch, Outcome::Done), (gate, Outcome::Done)]);
        assert_eq!(room.count("gate opened").await, Some((6, 2)), "the gate was seen first");
        assert_eq!(room.all().await.len(), 1);
        let note = Some("the same thing".to_owned());
        assert_eq!(room.steps(door).await, [(Step::Merged, Some(gate), note.clone())]);
        assert_eq!(room.steps(gate).await, [(Step::TookIn, None, note)]);
        assert!(room.world.actions(room.org).await.contains(&"GROUPS_MERGED".to_owned()));
        let told = groups::grouping(&room.cx(), gate, None).await.unwrap();
        let members: Vec<_> = told
            .members
            .iter()
            .map(|(g, rule)| (g.id, g.event_count, rule.as_ref().map(|r| r.created_by_label.clone())))
            .collect();
        let by = Some("ana@alpha.test".to_owned());
        assert_eq!(members, [(door, 3, by.clone()), (hatch, 1, by)]);
        assert_eq!((told.rules.len(), told.others.len()), (2, 3));

        room.send("door opened", &[-5]).await;
        assert_eq!(room.count("gate opened").await, Some((7, 2)), "later events follow");
        let refused = groups::act(&ana, &Act::Resolve, &[door], None).await.unwrap();
        assert_eq!(refused.results, [(door, Outcome::Unchanged("it is merged into another group"))]);

        room.world.clock.advance_seconds(1);
        let bo = room.of("bo@alpha.test").await;
        let report = groups::unmerge(&bo, &[door, gate], None).await.unwrap();
        assert_eq!(
            report.results,
            [(door, Outcome::Done), (gate, Outcome::Unchanged("it is not merged into another group"))]
        );
        assert_eq!(room.count("door opened").await, Some((4, 0)));
        assert_eq!(room.count("gate opened").await, Some((3, 1)));
        assert_eq!(room.steps(gate).await.last(), Some(&(Step::LetGo, Some(door), None)));
        let told = groups::grouping(&room.cx(), gate, None).await.unwrap();
        let undone: Vec<_> = told.rules.iter().filter_map(|r| r.undone_by_label.as_deref()).collect();
        assert_eq!(undone, ["bo@alpha.test"]);
    })
    .await;
}

#[tokio::test]
async fn a_merge_and_an_unmerge_are_undone_unless_somebody_came_in_between() {
    for_each_backend(|t| async move {
        let room = room(t).await;
        let [door, gate, hatch] = room.ids().await;
        let ana = room.of("ana@alpha.test").await;
        let before = room.all().await;
        let merged = groups::merge(&ana, &[gate, hatch], Some(door), None).await.unwrap();
        assert_eq!(room.count("door opened").await, Some((6, 2)));
        let undone = groups::undo(&ana, merged.action_id.unwrap()).await.unwrap();
        assert_eq!(undone.results.len(), 2);
        assert!(undone.results.iter().all(|(_, outcome)| *outcome == Outcome::Done));
        assert_eq!(room.all().await, before, "exactly as it was");

        let merged = groups::merge(&ana, &[gate, hatch], Some(door), None).await.unwrap();
        let unmerged = groups::unmerge(&ana, &[gate], None).await.unwrap();
        let undone = groups::undo(&ana, merged.action_id.unwrap()).await.unwrap();
        let since = Outcome::Unchanged("it was changed since; that stays");
        assert!(undone.results.contains(&(gate, since)) && undone.results.contains(&(hatch, Outcome::Done)));
        let again = groups::undo(&ana, unmerged.action_id.unwrap()).await.unwrap();
        assert_eq!(again.results, [(gate, Outcome::Done)]);
        assert_eq!(room.count("door opened").await, Some((5, 1)));
        // The undoing of an undoing.
        groups::undo(&ana, again.action_id.unwrap()).await.unwrap();
        assert_eq!(room.count("gate opened").await, Some((2, 0)));

        groups::merge(&ana, &[gate, door], Some(door), None).await.unwrap();
        let unmerged = groups::unmerge(&ana, &[gate], None).await.unwrap();
        groups::act(&ana, &Act::Resolve, &[gate], None).await.unwrap();
        let undone = groups::undo(&ana, unmerged.action_id.unwrap()).await.unwrap();
        assert_eq!(undone.results, [(gate, since)]);
        let nowhere = groups::undo(&ana, GroupActionId(uuid::Uuid::from_u128(4))).await;
        assert!(matches!(nowhere, Err(Error::NotFound)));
    })
    .await;
}

#[tokio::test]
async fn a_merge_that_makes_no_sense_changes_nothing() {
    for_each_backend(|t| async move {
        let room = room(t).await;
        let [door, gate, hatch] = room.ids().await;
        let ana = room.of("ana@alpha.test").await;
        let entries = room.world.actions(room.org).await.len();
        for ids in [
            vec![],
            vec![door],
            vec![door, door],
            (0..51).map(|n| GroupId(uuid::Uuid::from_u128(n))).collect(),
        ] {
            let n = ids.len();
            assert!(matches!(groups::merge(&ana, &ids, None, None).await, Err(Error::Invalid(_))), "{n}");
        }
        let nobody = GroupId(uuid::Uuid::from_u128(77));
        assert!(matches!(groups::merge(&ana, &[door], Some(nobody), None).await, Err(Error::NotFound)));
        let alone = groups::merge(&ana, &[nobody, door], None, None).await.unwrap();
        assert_eq!((alone.action_id, alone.done()), (None, 0));
        let long = "x".repeat(2001);
        assert!(groups::merge(&ana, &[door, gate], None, Some(&long)).await.is_err());
        assert_eq!(room.world.actions(room.org).await.len(), entries);

        groups::merge(&ana, &[gate, door], Some(door), None).await.unwrap();
        let into_merged = groups::merge(&ana, &[hatch], Some(gate), None).await;
        assert!(matches!(into_merged, Err(Error::Invalid(_))));
        let twice = groups::merge(&ana, &[gate, hatch], Some(hatch), None).await.unwrap();
        assert_eq!(
            twice.results,
            [
                (gate, Outcome::Unchanged("it is merged into another group already")),
                (hatch, Outcome::Unchanged("there is nothing to merge it with"))
            ]
        );

        let zed = room.of("zed@beta.test").await;
        assert!(matches!(groups::merge(&zed, &[door, hatch], None, None).await, Err(Error::NotFound)));
        let theirs = groups::unmerge(&zed, &[gate], None).await.unwrap();
        assert_eq!(theirs.results, [(gate, Outcome::Absent)]);
        assert_eq!(room.count("door opened").await, Some((5, 1)));
        let vi = room.world.actor("vi@alpha.test", "alpha").await;
        assert!(matches!(room.world.services.admit::<GroupWrite>(&vi), Err(Error::Forbidden)));
        assert!(room.world.services.admit::<GroupRead>(&vi).is_ok());
    })
    .await;
}

#[tokio::test]
async fn what_happens_to_a_merged_group_happens_to_the_one_that_took_it() {
    for_each_backend(|t| async move {
        let room = room(t).await;
        let [door, gate, _] = room.ids().await;
        let ana = room.of("ana@alpha.test").await;
        groups::merge(&ana, &[gate], Some(door), None).await.unwrap();
        groups::act(&ana, &Act::Resolve, &[door], None).await.unwrap();
        room.world.clock.advance_seconds(60);
        room.send("gate opened", &[-1]).await;
        let status = room.group("door opened").await.unwrap().life.status;
        assert_eq!(status, Status::Regressed);
        groups::unmerge(&ana, &[gate], None).await.unwrap();
        assert_eq!(room.group("gate opened").await.unwrap().life.status, Status::New, "as it was");
        assert!(room.cx::<GroupRead>().now() > start());
    })
    .await;
}

fn slot(slot: usize, value: &str) -> Condition {
    Condition::Slot { slot, value: value.to_owned() }
}

fn asking(query: &str) -> Condition {
    Condition::Query { query: query.to_owned() }
}

async fn logins(room: &Room) -> Group {
    for (address, times) in
        [("10.0.0.7", &[-500_000, -90, -80, -70][..]), ("10.0.0.8", &[-400_000, -60, -50])]
    {
        room.send(&format!("login from {address} port 22"), times).await;
    }
    room.group("login from <ip> port <n>").await.unwrap()
}

impl Room {
    async fn sums_up(&self) {
        let problems = service::rollups::check(&self.cx()).await.unwrap();
        assert_eq!(problems, Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_split_takes_the_events_of_a_slot_value_that_are_there_and_that_come() {
    for_each_backend(|t| async move {
        let room = room(t).await;
        let logins = logins(&room).await;
        let ana = room.of("ana@alpha.test").await;
        let condition = slot(0, "10.0.0.7");
        let preview = groups::preview_split(&room.cx(), logins.id, &condition).await.unwrap();
        assert_eq!((preview.taken, preview.of, preview.all), (4, 7, true));
        let done = groups::split(&ana, logins.id, &condition, Some("the scanner")).await.unwrap();
        let name = "login from 10.0.0.7 port <n>";
        assert_eq!(room.count(name).await, Some((4, 0)));
        let rest = room.group("login from <ip> port <n>").await.unwrap();
        assert_eq!((rest.event_count, rest.last_seen), (3, logins.last_seen));
        assert!(rest.first_seen > logins.first_seen, "the oldest event is among those taken");
        let off = room.group(name).await.unwrap();
        assert_eq!(
            (off.id, off.split_from, off.first_seen),
            (done.group, Some(logins.id), logins.first_seen)
        );
        room.sums_up().await;

        room.send("login from 10.0.0.7 port 23", &[-3]).await;
        room.send("login from 10.0.0.9 port 23", &[-2]).await;
        assert_eq!(room.count(name).await, Some((5, 0)), "later events go there");
        assert_eq!(room.count("login from <ip> port <n>").await, Some((4, 0)));
        room.sums_up().await;
        let filter = domain::filter::EventFilter {
            fingerprint: Some(logins.fingerprint.clone()),
            ..Default::default()
        };
        let events = service::events::list(&room.cx(), &filter, 100, None).await.unwrap().items;
        assert_eq!(events.len(), 9, "they keep their fingerprint");
        assert!(events.iter().all(|e| e.fingerprint == logins.fingerprint));
        assert_eq!(
            room.steps(done.group).await,
            [(Step::SplitOff, Some(logins.id), Some("the scanner".to_owned()))]
        );

        let again = groups::split(&ana, logins.id, &condition, None).await;
        assert!(matches!(again, Err(Error::Invalid(_))), "it is in force");
        let undone = groups::undo(&ana, done.report.action_id.unwrap()).await.unwrap();
        assert_eq!(undone.results, [(logins.id, Outcome::Done)]);
        assert_eq!(room.count("login from <ip> port <n>").await, Some((9, 1)), "all of them are back");
        assert_eq!(room.group(name).await, None);
        room.send("login from 10.0.0.7 port 24", &[-1]).await;
        let whole = room.group("login from <ip> port <n>").await.unwrap();
        assert_eq!((whole.event_count, whole.first_seen), (10, logins.first_seen));
        room.sums_up().await;

        // The same split finds its group again, with what it had, and the page says so before.
        let preview = groups::preview_split(&room.cx(), logins.id, &condition).await.unwrap();
        assert_eq!((preview.taken, preview.of, preview.all), (6, 10, true));
        groups::split(&ana, logins.id, &condition, None).await.unwrap();
        assert_eq!(room.count(name).await, Some((6, 0)));
        room.sums_up().await;
    })
    .await;
}

#[tokio::test]
async fn a_split_by_query_and_what_makes_no_split() {
    for_each_backend(|t| async move {
        let room = room(t).await;
        let logins = logins(&room).await;
        let ana = room.of("ana@alpha.test").await;
        for (condition, field) in [
            (slot(2, "22"), "slot"),
            (slot(1, "22"), "value"),
            (slot(0, "192.0.2.1"), "value"),
            (asking("severity:"), "query"),
            (asking(""), "query"),
            (asking("source:web"), "query"),
        ] {
            match groups::split(&ana, logins.id, &condition, None).await {
                Err(Error::Invalid(invalid)) => assert_eq!(invalid.0[0].field, field, "{condition:?}"),
                other => panic!("{condition:?}: {other:?}"),
            }
        }
        room.sums_up().await;
        let done = groups::split(&ana, logins.id, &asking("10.0.0.8"), None).await.unwrap();
        let name = "login from <ip> port <n> where 10.0.0.8";
        assert_eq!(room.count(name).await, Some((3, 0)));
        room.send("login from 10.0.0.8 port 25", &[-1]).await;
        assert_eq!(room.count(name).await, Some((4, 0)));
        // What was split is split again; an event goes through both.
        groups::split(&ana, done.group, &slot(1, "25"), None).await.unwrap();
        room.send("login from 10.0.0.8 port 25", &[-1]).await;
        assert_eq!(room.count("login from <ip> port 25").await, Some((2, 0)));
        room.sums_up().await;

        groups::act(&ana, &Act::Resolve, &[done.group], None).await.unwrap();
        let undone = groups::undo(&ana, done.report.action_id.unwrap()).await.unwrap();
        assert_eq!(undone.results, [(logins.id, Outcome::Unchanged("it was changed since; that stays"))]);
        // It is put back as any group is merged.
        groups::merge(&ana, &[done.group], Some(logins.id), None).await.unwrap();
        assert_eq!(room.count("login from <ip> port <n>").await, Some((7, 1)));
        room.send("login from 10.0.0.8 port 1", &[-1]).await;
        assert_eq!(room.count("login from <ip> port <n>").await, Some((8, 1)));
        let merged = groups::split(&ana, done.group, &slot(1, "1"), None).await;
        assert!(matches!(merged, Err(Error::Invalid(_))));

        let zed = room.of("zed@beta.test").await;
        assert!(matches!(
            groups::split(&zed, logins.id, &slot(0, "10.0.0.7"), None).await,
            Err(Error::NotFound)
        ));
    })
    .await;
}

#[tokio::test]
async fn the_slots_and_fields_of_a_group_are_counted() {
    for_each_backend(|t| async move {
        let room = room(t).await;
        let logins = logins(&room).await;
        let [door, ..] = room.ids().await;
        let ana = room.of("ana@alpha.test").await;
        groups::merge(&ana, &[door], Some(logins.id), None).await.unwrap();
        let sample = groups::sample(&room.cx(), logins.id).await.unwrap();
        assert_eq!((sample.events, sample.all, sample.slots.len()), (10, true, 2));
        let values: Vec<(&str, i64)> =
            sample.slots[0].counted.values.iter().map(|(value, n)| (value.as_str(), *n)).collect();
        assert_eq!(values, [("10.0.0.7", 4), ("10.0.0.8", 3)]);
        assert_eq!(sample.slots[0].numbers, None);
        assert_eq!(sample.slots[1].numbers.map(|n| (n.min, n.max)), Some((22.0, 22.0)));
        let of = |name: &str| sample.breakdown.iter().find(|(field, _)| *field == name).unwrap().1.clone();
        assert_eq!(of("severity").values, [("low".to_owned(), 10)]);
        assert_eq!((of("source").values.len(), of("system_id").distinct), (1, 0));
    })
    .await;
}

impl Room {
    async fn moved(&self, id: GroupId) -> (i64, bool) {
        let rules = groups::grouping(&self.cx(), id, None).await.unwrap().rules;
        let split = rules.into_iter().find(|rule| rule.split.is_some()).unwrap();
        (split.moved, split.looked.is_some())
    }
}

/// More events than one look takes: the newest are of one address, the older ones of the other.
async fn many_logins(room: &Room) -> Group {
    let newest: Vec<i64> = (0..groups::MOVED as i64 + 100).map(|i| -100 - i).collect();
    room.send("login from 10.0.0.9 port 22", &newest).await;
    let older: Vec<i64> = (0..60).map(|i| -400_000 - i * 60).collect();
    room.send("login from 10.0.0.7 port 22", &older).await;
    room.send("login from 10.0.0.7 port 22", &[-5]).await;
    room.group("login from <ip> port <n>").await.unwrap()
}

#[tokio::test]
async fn a_split_goes_on_with_older_events_behind_it() {
    for_each_backend(|t| async move {
        let room = room(t).await;
        let logins = many_logins(&room).await;
        let ana = room.of("ana@alpha.test").await;
        let condition = slot(0, "10.0.0.7");
        let preview = groups::preview_split(&room.cx(), logins.id, &condition).await.unwrap();
        assert_eq!((preview.taken, preview.of, preview.all), (1, groups::MOVED, false));
        let done = groups::split(&ana, logins.id, &condition, None).await.unwrap();
        let name = "login from 10.0.0.7 port <n>";
        assert_eq!(room.count(name).await, Some((1, 0)));
        assert_eq!(room.moved(logins.id).await, (1, true), "the rest is still looked at");
        assert_eq!(groups::move_everywhere(&room.world.services).await.unwrap(), 60);
        assert_eq!(room.moved(logins.id).await, (61, false));
        assert_eq!(groups::move_everywhere(&room.world.services).await.unwrap(), 0, "once");
        assert_eq!(room.count(name).await, Some((61, 0)));
        let off = room.group(name).await.unwrap();
        assert_eq!((off.id, off.first_seen), (done.group, logins.first_seen));
        let rest = room.group("login from <ip> port <n>").await.unwrap();
        assert_eq!(rest.event_count, groups::MOVED as i64 + 100);
        assert!(rest.first_seen > logins.first_seen);
        room.sums_up().await;
    })
    .await;
}

#[tokio::test]
async fn an_undone_split_moves_no_more() {
    for_each_backend(|t| async move {
        let room = room(t).await;
        let logins = many_logins(&room).await;
        let ana = room.of("ana@alpha.test").await;
        let done = groups::split(&ana, logins.id, &slot(0, "10.0.0.7"), None).await.unwrap();
        groups::undo(&ana, done.report.action_id.unwrap()).await.unwrap();
        assert_eq!(groups::move_everywhere(&room.world.services).await.unwrap(), 0);
        let whole = room.group("login from <ip> port <n>").await.unwrap();
        assert_eq!((whole.event_count, whole.first_seen), (logins.event_count, logins.first_seen));
        room.sums_up().await;
    })
    .await;
}

#[tokio::test]
async fn a_split_leaves_a_group_as_old_as_it_was_before_retention() {
    for_each_backend(|t| async move {
        let room = room(t).await;
        room.send("login from 10.0.0.9 port 22", &[-40 * 86_400, -90, -80]).await;
        room.send("login from 10.0.0.7 port 22", &[-70, -60]).await;
        let before = room.group("login from <ip> port <n>").await.unwrap();
        let policy = domain::retention::Policy { days: [Some(30); 5] };
        service::retention::set(&room.cx(), &policy).await.unwrap();
        assert_eq!(service::retention::retire_all(&room.world.services).await.unwrap(), 1);
        let ana = room.of("ana@alpha.test").await;
        groups::split(&ana, before.id, &slot(0, "10.0.0.7"), None).await.unwrap();
        let rest = room.group("login from <ip> port <n>").await.unwrap();
        assert_eq!(
            (rest.event_count, rest.first_seen),
            (3, before.first_seen),
            "the deleted one was its own"
        );
        let off = room.group("login from 10.0.0.7 port <n>").await.unwrap();
        assert!(off.first_seen > before.first_seen, "and not of the other");
    })
    .await;
}

/// Retention locks events, then their groups. A split that did it the other way round would wait in a circle with it.
#[tokio::test]
async fn a_split_and_a_deletion_do_not_wait_for_each_other_in_a_circle() {
    for_each_backend(|t| async move {
        if t.db.dialect() == store::db::Dialect::Sqlite {
            // One writer at a time.
            return;
        }
        let room = room(t).await;
        let logins = logins(&room).await;
        let filter = domain::filter::EventFilter { group_id: Some(logins.id), ..Default::default() };
        let events = service::events::list(&room.cx(), &filter, 100, None).await.unwrap().items;
        let gone = events.iter().find(|event| event.message.contains("10.0.0.7")).unwrap().id;
        let mut deletion = store::SystemTx::across_all_organizations(&room.world.t.db).await.unwrap();
        let mut within = deletion.within(room.org);
        let q = within.sql("DELETE FROM events WHERE organization_id = $1 AND id = $2").bind(gone);
        within.conn().exec_one(q).await.unwrap();
        let ana = room.of("ana@alpha.test").await;
        let split =
            tokio::spawn(async move { groups::split(&ana, logins.id, &slot(0, "10.0.0.7"), None).await });
        // It waits for the event by then.
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        let mut within = deletion.within(room.org);
        store::group::life::lock(&mut within, &[logins.id]).await.expect("the split holds no group yet");
        deletion.commit_unaudited_bookkeeping().await.unwrap();
        split.await.unwrap().unwrap();
        assert_eq!(
            room.count("login from 10.0.0.7 port <n>").await,
            Some((3, 0)),
            "without the one that went"
        );
    })
    .await;
}
