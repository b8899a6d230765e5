//! What people and time do to groups.

use domain::event::{Mapping, NewEvent, normalise};
use domain::group::life::{Act, Change, Mute, Outcome, Step};
use domain::group::{Group, GroupFilter, Status};
use domain::permission::{EventWrite, GroupRead, GroupWrite, MemberRead, MemberWrite, Permission};
use domain::{GroupActionId, GroupId};
use service::events::{Origin, ingest};
use service::{Actor, Cx, Error, groups, members};
use testkit::for_each_backend;

use crate::world::{World, start};

const HOUR: i64 = 3600;
const DAY: i64 = 86_400;

struct Room {
    world: World,
    org: domain::OrganizationId,
}

/// One organization with two analysts and a viewer, and one more with an analyst.
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
    Room { world, org }
}

fn asking(q: &str) -> GroupFilter {
    let query = domain::query::parse(q, &domain::query::GROUPS, start()).unwrap();
    GroupFilter { query: Some(query), ..GroupFilter::default() }
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
    async fn group(&self, template: &str) -> Group {
        let filter = asking(&domain::query::edit::phrase(template));
        let mut found = groups::list(&self.cx(), &filter, 10, None).await.unwrap().items;
        assert_eq!(found.len(), 1, "{template}");
        found.remove(0)
    }
    async fn ids(&self, templates: &[&str]) -> Vec<GroupId> {
        let mut ids = Vec::new();
        for template in templates {
            ids.push(self.group(template).await.id);
        }
        ids
    }
    async fn status(&self, template: &str) -> Status {
        self.group(template).await.life.status
    }
    async fn history(&self, id: GroupId) -> Vec<Change> {
        let mut items = groups::history(&self.cx::<GroupRead>(), id, 100, None).await.unwrap().page.items;
        items.reverse();
        items
    }
    async fn steps(&self, id: GroupId) -> Vec<Step> {
        self.history(id).await.iter().map(|change| change.step).collect()
    }
    async fn review(&self) -> usize {
        groups::review(&self.cx()).await.unwrap()
    }
    fn later(&self, seconds: i64) {
        self.world.clock.advance_seconds(seconds);
    }
}

#[tokio::test]
async fn an_analyst_works_down_a_list_with_a_note_and_one_audit_entry() {
    for_each_backend(|t| async move {
        let room = room(t).await;
        for message in ["first thing", "second thing", "third thing"] {
            room.send(message, &[-60]).await;
        }
        let ana = room.of("ana@alpha.test").await;
        let mut ids = room.ids(&["first", "second"]).await;
        groups::act(&ana, &Act::Resolve, &ids[..1], None).await.unwrap();
        let nobody = GroupId(uuid::Uuid::from_u128(9));
        ids.extend([nobody, ids[0]]);
        let before = room.world.actions(room.org).await.len();
        let report = groups::act(&ana, &Act::Resolve, &ids, Some("  fixed in 2.1  ")).await.unwrap();
        assert_eq!(
            report.results,
            [
                (ids[0], Outcome::Unchanged("it is resolved already")),
                (ids[1], Outcome::Done),
                (nobody, Outcome::Absent)
            ]
        );
        assert_eq!(
            (room.status("second").await, room.status("third").await),
            (Status::Resolved, Status::New)
        );
        let change = room.history(ids[1]).await.remove(0);
        assert_eq!(
            (change.actor.as_deref(), change.note.as_deref(), change.action_id, change.old.status),
            (Some("ana@alpha.test"), Some("fixed in 2.1"), report.action_id, Status::New)
        );
        let log = room.world.log(room.org).await;
        assert_eq!(log.len(), before + 1);
        let entry = log.last().unwrap();
        assert_eq!((entry.action.as_str(), entry.actor.as_str()), ("GROUPS_RESOLVED", "ana@alpha.test"));
        assert_eq!(
            (&entry.metadata["changed"], &entry.metadata["unchanged"], &entry.metadata["absent"]),
            (&1.into(), &1.into(), &1.into())
        );
        assert_eq!(entry.metadata["ids"], serde_json::json!([ids[1]]));
        let again = groups::act(&ana, &Act::Resolve, &ids, None).await.unwrap();
        assert_eq!((again.action_id, again.done()), (None, 0));
        assert_eq!(
            room.world.log(room.org).await.len(),
            before + 1,
            "nothing changed, so nothing is written"
        );
        let counts = groups::counts(&room.world.cx("ana@alpha.test", "alpha").await, &GroupFilter::default())
            .await
            .unwrap();
        assert_eq!((counts.open, counts.mine, counts.muted, counts.resolved), (1, 0, 0, 2));
    })
    .await;
}

#[tokio::test]
async fn groups_are_assigned_to_members_alone_and_freed_when_they_leave() {
    for_each_backend(|t| async move {
        let room = room(t).await;
        room.send("first thing", &[-60]).await;
        let ids = room.ids(&["first"]).await;
        let ana = room.of("ana@alpha.test").await;
        let people = members::list(&room.cx::<MemberRead>()).await.unwrap();
        let bo = people.iter().find(|m| m.email == "bo@alpha.test").unwrap();
        let stranger = room.world.viewer("zed@beta.test").await.user.id;
        let refused = groups::act(&ana, &Act::Assign(Some(stranger)), &ids, None).await;
        assert!(matches!(refused, Err(Error::Invalid(_))));
        groups::act(&ana, &Act::Assign(Some(bo.user_id)), &ids, None).await.unwrap();
        let group = room.group("first").await;
        assert_eq!((group.assignee.as_deref(), group.life.status), (Some("bo"), Status::Ongoing));
        let counts = groups::counts(&room.world.cx("bo@alpha.test", "alpha").await, &GroupFilter::default())
            .await
            .unwrap();
        assert_eq!((counts.open, counts.mine), (1, 1));
        room.later(1);
        members::remove(&room.cx::<MemberWrite>(), bo.id).await.unwrap();
        assert_eq!(room.group("first").await.life.assigned_to, None);
        let told = groups::history(&room.cx::<GroupRead>(), ids[0], 1, None).await.unwrap();
        assert_eq!(told.page.items[0].old.assigned_to, Some(bo.user_id));
        assert_eq!(told.names.get(&bo.user_id).map(String::as_str), Some("bo"));
        let next = groups::history(&room.cx(), ids[0], 1, told.page.next_cursor.as_deref()).await.unwrap();
        assert_eq!((next.page.items[0].step, next.page.next_cursor), (Step::Assigned, None));
    })
    .await;
}

#[tokio::test]
async fn an_undo_restores_what_nobody_changed_since() {
    for_each_backend(|t| async move {
        let room = room(t).await;
        for message in ["first thing", "second thing", "third thing"] {
            room.send(message, &[-60]).await;
        }
        let ids = room.ids(&["first", "second", "third"]).await;
        let (ana, bo) = (room.of("ana@alpha.test").await, room.of("bo@alpha.test").await);
        let mute = Act::Mute(Mute::Until { at: start().plus_seconds(HOUR) });
        groups::act(&ana, &mute, &ids[..1], None).await.unwrap();
        let before = room.group("first").await.life;
        let action = groups::act(&ana, &Act::Resolve, &ids, None).await.unwrap().action_id.unwrap();
        // Somebody changes the second, an event the third.
        groups::act(&bo, &Act::Reopen, &ids[1..2], None).await.unwrap();
        room.later(60);
        room.send("third thing", &[-1]).await;
        let report = groups::undo(&bo, action).await.unwrap();
        let left = Outcome::Unchanged("it was changed since; that stays");
        let mut expected = [(ids[0], Outcome::Done), (ids[1], left), (ids[2], left)];
        expected.sort_unstable_by_key(|(id, _)| *id);
        assert_eq!(report.results, expected);
        assert_eq!(room.group("first").await.life, before);
        assert_eq!(room.status("second").await, Status::Ongoing);
        assert_eq!(room.status("third").await, Status::Regressed);
        let entry = room.world.log(room.org).await.pop().unwrap();
        assert_eq!(
            (entry.action.as_str(), &entry.metadata["undoes"]),
            ("GROUPS_UNDONE", &serde_json::json!(action))
        );
        let last = room.history(ids[0]).await.pop().unwrap();
        assert_eq!(
            (last.step, last.undoes, last.actor.as_deref()),
            (Step::Undone, Some(action), Some("bo@alpha.test"))
        );
        // Twice is no more than once, and the undo can be undone.
        assert_eq!(groups::undo(&bo, action).await.unwrap().done(), 0);
        assert_eq!(groups::undo(&bo, report.action_id.unwrap()).await.unwrap().done(), 1);
        assert_eq!(room.status("first").await, Status::Resolved);
        let unknown = groups::undo(&bo, GroupActionId(uuid::Uuid::from_u128(3))).await;
        assert!(matches!(unknown, Err(Error::NotFound)));
    })
    .await;
}

#[tokio::test]
async fn another_organization_finds_nothing_and_a_viewer_may_not() {
    for_each_backend(|t| async move {
        let room = room(t).await;
        room.send("first thing", &[-60]).await;
        let ids = room.ids(&["first"]).await;
        let viewer = room.world.actor("vi@alpha.test", "alpha").await;
        assert!(matches!(room.world.services.admit::<GroupWrite>(&viewer), Err(Error::Forbidden)));
        let action =
            groups::act(&room.of("ana@alpha.test").await, &Act::Resolve, &ids, None).await.unwrap().action_id;
        let zed = room.of("zed@beta.test").await;
        let report = groups::act(&zed, &Act::Reopen, &ids, None).await.unwrap();
        assert_eq!(report.results, [(ids[0], Outcome::Absent)]);
        assert!(matches!(groups::undo(&zed, action.unwrap()).await, Err(Error::NotFound)));
        let read = room.world.cx::<GroupRead>("zed@beta.test", "beta").await;
        assert!(matches!(groups::history(&read, ids[0], 10, None).await, Err(Error::NotFound)));
        assert_eq!(groups::counts(&read, &GroupFilter::default()).await.unwrap(), groups::Counts::default());
        assert_eq!(room.status("first").await, Status::Resolved);
    })
    .await;
}

#[tokio::test]
async fn what_a_query_finds_is_listed_counted_and_acted_on() {
    for_each_backend(|t| async move {
        let room = room(t).await;
        for message in ["door opened", "door closed", "roof leaks"] {
            room.send(message, &[-60]).await;
        }
        let ana = room.of("ana@alpha.test").await;
        let door = asking("door severity:low -assignee:*");
        let report = groups::act_on_matching(&ana, &Act::Resolve, &door, None).await.unwrap();
        assert_eq!(report.done(), 2);
        let cx = room.cx::<GroupRead>();
        for (q, open, resolved) in
            [("door", 0, 2), ("-door", 1, 0), ("status:resolved", 0, 2), ("status_since>-1m opened", 0, 1)]
        {
            let counts = groups::counts(&cx, &asking(q)).await.unwrap();
            assert_eq!((counts.open, counts.resolved), (open, resolved), "{q}");
            let listed = groups::list(&cx, &asking(q), 10, None).await.unwrap().items;
            assert_eq!(listed.len() as i64, open + resolved, "{q}");
            let recurring = groups::recurring(&cx, &asking(q), 10).await.unwrap();
            assert_eq!(recurring.len(), listed.len(), "{q}");
        }
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_done_is_refused_before_anything_is_written() {
    for_each_backend(|t| async move {
        let room = room(t).await;
        room.send("first thing", &[-60]).await;
        let ids = room.ids(&["first"]).await;
        let ana = room.of("ana@alpha.test").await;
        let many: Vec<GroupId> = (0..501).map(|i| GroupId(uuid::Uuid::from_u128(i))).collect();
        let long = "x".repeat(2001);
        let never = Act::Mute(Mute::Until { at: start() });
        let query = Act::Mute(Mute::Query { query: "severity:purple".to_owned() });
        for (act, ids, note, field) in [
            (&Act::Resolve, &[][..], None, "ids"),
            (&Act::Resolve, &many[..], None, "ids"),
            (&Act::Resolve, &ids[..], Some(long.as_str()), "note"),
            (&never, &ids[..], None, "until"),
            (&query, &ids[..], None, "query"),
        ] {
            match groups::act(&ana, act, ids, note).await {
                Err(Error::Invalid(invalid)) => {
                    assert_eq!(invalid.0[0].field, field);
                    let words =
                        "at character 10: `purple` is not a severity: info, low, medium, high or critical";
                    assert!(field != "query" || invalid.0[0].reason == words, "{invalid}");
                }
                other => panic!("{act:?}: {other:?}"),
            }
        }
        assert!(room.steps(ids[0]).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn the_review_ages_escalates_calms_and_ends_mutes_and_finds_nothing_twice() {
    for_each_backend(|t| async move {
        let room = room(t).await;
        // It is 09:30. A group of three days with two events in every hour, and one that is quiet.
        let hours: Vec<i64> = (2..72).flat_map(|h| [-h * HOUR, -h * HOUR - 60]).collect();
        room.send("steady thing", &hours).await;
        room.send("quiet thing", &[-3 * DAY]).await;
        room.send("muted thing", &[-60]).await;
        let ids = room.ids(&["steady", "quiet", "muted"]).await;
        assert_eq!(room.review().await, 0);
        let mute = Act::Mute(Mute::Until { at: start().plus_seconds(600) });
        groups::act(&room.of("ana@alpha.test").await, &mute, &ids[2..], None).await.unwrap();

        room.send("steady thing", &[-30; 40]).await;
        let log = room.world.log(room.org).await.len();
        assert_eq!(room.review().await, 1);
        assert_eq!(room.review().await, 0);
        let life = room.group("steady").await.life;
        assert_eq!((life.status, life.rate.map(|r| r.hour)), (Status::Escalating, Some(40)));
        assert!(life.rate.unwrap().usual < 10, "{life:?}");
        let entries = room.world.log(room.org).await;
        assert_eq!((entries.len(), entries.last().unwrap().action.as_str()), (log + 1, "GROUPS_REVIEWED"));
        let change = room.history(ids[0]).await.remove(0);
        assert_eq!((change.step, change.actor, change.actor_id), (Step::Escalated, None, None));
        // More of it changes the figures, and neither history nor audit.
        room.send("steady thing", &[-30; 10]).await;
        let log = room.world.log(room.org).await.len();
        assert_eq!(room.review().await, 0);
        assert_eq!(room.group("steady").await.life.rate.map(|r| r.hour), Some(50));
        assert_eq!((room.steps(ids[0]).await.len(), room.world.log(room.org).await.len()), (1, log));

        room.later(600);
        assert_eq!(room.review().await, 1);
        assert_eq!(room.status("muted").await, Status::Ongoing);
        // Two hours later the loud hour is over.
        room.later(2 * HOUR);
        assert_eq!(room.review().await, 1);
        assert_eq!(room.status("steady").await, Status::Ongoing);
        assert_eq!(room.status("quiet").await, Status::New);
        room.later(4 * DAY);
        assert_eq!(room.review().await, 1);
        assert_eq!((room.status("quiet").await, room.review().await), (Status::Ongoing, 0));
        assert_eq!(room.steps(ids[0]).await, [Step::Escalated, Step::Calmed]);
        assert_eq!(room.steps(ids[2]).await, [Step::Muted, Step::MuteEnded]);
    })
    .await;
}

#[tokio::test]
async fn a_group_younger_than_a_day_never_escalates() {
    for_each_backend(|t| async move {
        let room = room(t).await;
        room.send("young thing", &[-20 * HOUR]).await;
        room.send("young thing", &[-60; 500]).await;
        assert_eq!((room.review().await, room.status("young").await), (0, Status::New));
    })
    .await;
}

#[tokio::test]
async fn a_mute_by_number_comes_back_and_mutes_itself_again() {
    for_each_backend(|t| async move {
        let room = room(t).await;
        room.send("noisy thing", &[-3 * DAY]).await;
        let ids = room.ids(&["noisy"]).await;
        let mute = Act::Mute(Mute::Count { events: 5, seconds: HOUR });
        groups::act(&room.of("ana@alpha.test").await, &mute, &ids, None).await.unwrap();
        room.later(60);
        room.send("noisy thing", &[-2, -1, -1, -1]).await;
        assert_eq!((room.status("noisy").await, room.review().await), (Status::Muted, 0));
        room.send("noisy thing", &[-1]).await;
        assert_eq!(room.status("noisy").await, Status::Escalating);
        room.later(HOUR);
        assert_eq!(room.review().await, 0, "its own window decides, not the baseline");
        room.later(HOUR);
        assert_eq!((room.review().await, room.status("noisy").await), (1, Status::Muted));
        assert_eq!(room.review().await, 0);
        room.later(60);
        room.send("noisy thing", &[-5; 5]).await;
        assert_eq!(room.status("noisy").await, Status::Escalating);
        assert_eq!(
            room.steps(ids[0]).await,
            [Step::Muted, Step::MuteBroken, Step::MutedAgain, Step::MuteBroken]
        );
        room.later(1);
        groups::act(&room.of("bo@alpha.test").await, &Act::Unmute, &ids, None).await.unwrap();
        assert_eq!(room.status("noisy").await, Status::Ongoing);
    })
    .await;
}

#[tokio::test]
async fn all_organizations_are_reviewed() {
    for_each_backend(|t| async move {
        let room = room(t).await;
        room.send("old thing", &[-6 * DAY]).await;
        room.later(2 * DAY);
        assert_eq!(groups::review_all(&room.world.services).await.unwrap(), 1);
        assert_eq!(groups::review_all(&room.world.services).await.unwrap(), 0);
        assert_eq!(room.status("old").await, Status::Ongoing);
    })
    .await;
}
