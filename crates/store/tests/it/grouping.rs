//! Groups that are read together, and events that have a group of their own: lists, counts, facets, histograms and what
//! arrives later agree, and taking it back is exact.

use domain::event::NewEvent;
use domain::filter::{EventFilter, FacetRequest};
use domain::group::life::{Act, Change, Step};
use domain::group::rule::Rule;
use domain::group::{Group, GroupFilter, GroupSort, Status};
use domain::query::{GROUPS, parse};
use domain::{GroupId, GroupRuleId, OrganizationId, Severity};
use store::Db;
use store::group::{life, rules};
use store::rollup::{Span, rate};
use testkit::for_each_backend;

use crate::events_world::{Random, all_pages, any_event, asked, event, insert, problems};
use crate::world::{at, entry, id, organization, read, write};

async fn groups(db: &Db, org: OrganizationId) -> Vec<Group> {
    store::group::list(&mut read(db, org).await, &GroupFilter::default(), None, 1000).await.unwrap()
}

async fn named(db: &Db, org: OrganizationId, template: &str) -> Group {
    groups(db, org)
        .await
        .into_iter()
        .find(|g| g.template == template)
        .unwrap_or_else(|| panic!("no {template}"))
}

async fn get(db: &Db, org: OrganizationId, id: GroupId) -> Group {
    store::group::get(&mut read(db, org).await, id).await.unwrap().unwrap()
}

/// As the service does it.
async fn merge(db: &Db, org: OrganizationId, group_id: GroupId, target_id: GroupId) -> GroupRuleId {
    let mut tx = write(db, org).await;
    rules::lock(&mut tx).await.unwrap();
    let rule = Rule {
        id: id(),
        group_id,
        target_id,
        split: None,
        note: Some("the same".to_owned()),
        action_id: id(),
        created_by: None,
        created_by_label: "ana@example.test".to_owned(),
        created_at: at(0),
        undone_by_label: None,
        undone_at: None,
        moved: 0,
        looked: None,
    };
    rules::insert(&mut tx, std::slice::from_ref(&rule)).await.unwrap();
    rules::follow(&mut tx).await.unwrap();
    tx.commit(entry()).await.unwrap();
    let mut tx = read(db, org).await;
    assert_eq!(rules::of_action(&mut tx, rule.action_id).await.unwrap(), std::slice::from_ref(&rule));
    assert_eq!(rules::merges_of(&mut tx, &[group_id]).await.unwrap(), std::slice::from_ref(&rule));
    assert!(rules::of_group(&mut tx, target_id, None, 10).await.unwrap().contains(&rule));
    rule.id
}

async fn unmerge(db: &Db, org: OrganizationId, rule: GroupRuleId) {
    let mut tx = write(db, org).await;
    rules::lock(&mut tx).await.unwrap();
    rules::undo(&mut tx, &[rule], "bo@example.test", at(1)).await.unwrap();
    rules::follow(&mut tx).await.unwrap();
    tx.commit(entry()).await.unwrap();
}

/// `n` events from `at(from)` on, one a minute.
fn series(from: i64, n: i64, message: &str, severity: Severity) -> Vec<NewEvent> {
    (0..n).map(|i| NewEvent { severity, ..event(from + 60 * i, message) }).collect()
}

/// List, count, histogram and facets of a group agree with each other; says how many events it has.
async fn agree(db: &Db, org: OrganizationId, group: GroupId) -> i64 {
    let shown = get(db, org, group).await;
    let by_query = EventFilter { query: Some(asked(&format!("group:{group}"))), ..EventFilter::default() };
    for filter in [EventFilter { group_id: Some(group), ..EventFilter::default() }, by_query] {
        let found = all_pages(db, org, &filter, 7).await;
        let n = found.len() as i64;
        assert_eq!(n, shown.event_count, "the list and the group");
        assert!(found.iter().all(|e| e.group_id == shown.merged_into.unwrap_or(group)));
        let mut tx = read(db, org).await;
        let count = store::event::count(&mut tx, &filter).await.unwrap();
        assert_eq!((count.n, count.exact), (n, true), "the count");
        let buckets = store::event::histogram(&mut tx, &filter, 50).await.unwrap().buckets;
        assert_eq!(buckets.iter().flat_map(|b| b.counts).sum::<i64>(), n, "the histogram");
        let wanted = FacetRequest { limit: 9, ..FacetRequest::default() };
        let facets = store::event::facets(&mut tx, &filter, &wanted).await.unwrap();
        let severities = &facets[0];
        assert_eq!(severities.values.iter().map(|(_, n)| n).sum::<i64>(), n, "the facets");
        let mut ids = store::event::ids(&mut tx, &filter).await.unwrap();
        let mut listed: Vec<_> = found.iter().map(|e| e.id).collect();
        ids.sort_unstable();
        listed.sort_unstable();
        assert_eq!(ids, listed, "row by row");
        if let (Some(first), Some(last)) = (found.last(), found.first()) {
            assert_eq!((shown.first_seen, shown.last_seen), (first.occurred_at, last.occurred_at));
            let seen = store::event::seen(&mut tx, last, &EventFilter::default()).await.unwrap();
            let whole = get(db, org, last.group_id).await.event_count;
            assert_eq!(seen[0], ("group_id", whole), "beside an event");
        }
    }
    shown.event_count
}

#[tokio::test]
async fn merged_groups_are_read_as_one_and_unmerged_exactly() {
    for_each_backend(|t| async move {
        let (org, other) = (organization(&t.db, "alpha").await, organization(&t.db, "beta").await);
        for org in [org, other] {
            let mut events = series(0, 30, "door opened", Severity::Info);
            events.extend(series(-7200, 20, "gate opened", Severity::High));
            events.extend(series(90_000, 5, "hatch opened", Severity::Low));
            events.extend(series(50, 40, "nothing to do with it", Severity::Info));
            insert(&t.db, org, events).await;
        }
        let before = groups(&t.db, org).await;
        let [door, gate, hatch] = ["door opened", "gate opened", "hatch opened"]
            .map(|template| before.iter().find(|g| g.template == template).unwrap().clone());
        let rule = merge(&t.db, org, gate.id, door.id).await;
        merge(&t.db, org, hatch.id, door.id).await;

        let merged = named(&t.db, org, "door opened").await;
        assert_eq!(
            (merged.event_count, merged.members, merged.severity, merged.merged_into),
            (55, 2, Severity::High, None)
        );
        assert_eq!((merged.first_seen, merged.last_seen), (gate.first_seen, hatch.last_seen));
        assert_eq!(merged.life, door.life, "its life stays");
        assert_eq!(groups(&t.db, org).await.len(), 2, "merged groups have left the list");
        let counts =
            store::group::counts(&mut read(&t.db, org).await, &GroupFilter::default(), None).await.unwrap();
        assert_eq!(counts.iter().map(|(_, n, _)| n).sum::<i64>(), 2);
        let by_key = [
            format!("id:{}", hatch.id),
            format!("-id:{} door", gate.id),
            format!("fingerprint:{}", gate.fingerprint),
        ];
        for (text, n) in [
            ("GATE", 1),
            ("opened", 1),
            ("nothing", 1),
            ("roof", 0),
            (&by_key[0], 1),
            (&by_key[1], 0),
            (&by_key[2], 1),
            ("-fingerprint:*", 0),
        ] {
            let filter =
                GroupFilter { query: Some(parse(text, &GROUPS, at(0)).unwrap()), ..GroupFilter::default() };
            let found = store::group::list(&mut read(&t.db, org).await, &filter, None, 9).await.unwrap();
            assert_eq!(found.len(), n, "{text}: it is found by what is merged into it");
        }
        let by_count = GroupFilter { sort: GroupSort::Count, ..GroupFilter::default() };
        let largest = store::group::list(&mut read(&t.db, org).await, &by_count, None, 1).await.unwrap();
        assert_eq!(largest[0].id, door.id);
        assert_eq!(agree(&t.db, org, door.id).await, 55);
        assert_eq!(agree(&t.db, org, gate.id).await, 20, "a merged group still has its own");
        assert_eq!(get(&t.db, org, gate.id).await.merged_into, Some(door.id));
        let filter = EventFilter { fingerprint: Some(gate.fingerprint.clone()), ..EventFilter::default() };
        assert_eq!(all_pages(&t.db, org, &filter, 50).await.len(), 20, "a fingerprint is that of the events");
        let o =
            store::overview::get(&mut read(&t.db, org).await, at(-86_400), at(172_800), 3600).await.unwrap();
        let top: Vec<_> = o.top_groups.iter().map(|g| (g.template.as_str(), g.event_count)).collect();
        assert_eq!(top, [("door opened", 55), ("nothing to do with it", 40)]);
        assert_eq!((o.groups_new, o.groups_active), (2, 2));

        // Later events follow.
        insert(&t.db, org, series(100_000, 3, "gate opened", Severity::Critical)).await;
        assert_eq!(agree(&t.db, org, door.id).await, 58);
        assert_eq!(named(&t.db, org, "door opened").await.severity, Severity::Critical);
        assert_eq!(problems(&t.db, org).await, Vec::<String>::new());

        unmerge(&t.db, org, rule).await;
        let back = named(&t.db, org, "gate opened").await;
        assert_eq!((back.event_count, back.first_seen), (23, gate.first_seen), "with what came since");
        assert_eq!(agree(&t.db, org, gate.id).await, 23);
        assert_eq!(agree(&t.db, org, door.id).await, 35);
        let door_now = named(&t.db, org, "door opened").await;
        assert_eq!((door_now.severity, door_now.members), (Severity::Low, 1));
        assert_eq!(groups(&t.db, other).await.len(), 4, "another organization is untouched");
        assert_eq!(agree(&t.db, other, GroupId::derive(other, &gate.fingerprint)).await, 20);
        assert_eq!(problems(&t.db, org).await, Vec::<String>::new());
    })
    .await;
}

#[tokio::test]
async fn a_chain_of_merges_comes_apart_in_any_order() {
    for_each_backend(|t| async move {
        let org = organization(&t.db, "alpha").await;
        let names = ["alpha came", "beta came", "gamma came"];
        insert(&t.db, org, names.into_iter().flat_map(|n| series(0, 4, n, Severity::Info)).collect()).await;
        let before = groups(&t.db, org).await;
        let of = |name: &str| before.iter().find(|g| g.template == name).unwrap().id;
        let [a, b, c] = names.map(of);
        merge(&t.db, org, a, b).await;
        let second = merge(&t.db, org, b, c).await;
        assert_eq!(agree(&t.db, org, c).await, 12);
        assert_eq!(get(&t.db, org, a).await.merged_into, Some(c));
        unmerge(&t.db, org, second).await;
        assert_eq!(get(&t.db, org, a).await.merged_into, Some(b), "what b had it has again");
        assert_eq!((agree(&t.db, org, b).await, agree(&t.db, org, c).await), (8, 4));
    })
    .await;
}

#[tokio::test]
async fn an_event_of_a_merged_group_reaches_the_one_that_took_it() {
    for_each_backend(|t| async move {
        let org = organization(&t.db, "alpha").await;
        let mut events = series(-600, 2, "door opened", Severity::Info);
        events.extend(series(-600, 2, "gate opened", Severity::Info));
        insert(&t.db, org, events).await;
        let [door, gate] =
            [named(&t.db, org, "door opened").await.id, named(&t.db, org, "gate opened").await.id];
        let rule = merge(&t.db, org, gate, door).await;
        let mut tx = write(&t.db, org).await;
        let kept = life::lock(&mut tx, &[door]).await.unwrap().remove(0);
        let moved = kept.life.act(&Act::Resolve, at(0)).unwrap();
        let change = Change {
            id: id(),
            group_id: door,
            at: at(0),
            actor_id: None,
            actor: None,
            step: Step::Resolved,
            old: kept.life,
            new: moved.life,
            note: None,
            action_id: None,
            undoes: None,
            other: Some(gate),
        };
        life::change(&mut tx, &[change]).await.unwrap();
        tx.commit(entry()).await.unwrap();
        assert_eq!(
            life::history(&mut read(&t.db, org).await, door, None, 1).await.unwrap()[0].other,
            Some(gate)
        );
        insert(&t.db, org, series(60, 1, "gate opened", Severity::Info)).await;
        assert_eq!(get(&t.db, org, door).await.life.status, Status::Regressed);
        assert_eq!(get(&t.db, org, gate).await.life.status, Status::Ongoing, "its own life waits");
        unmerge(&t.db, org, rule).await;
        assert_eq!(get(&t.db, org, gate).await.life.status, Status::Ongoing);
    })
    .await;
}

#[tokio::test]
async fn groups_that_are_read_together_are_as_loud_as_all_of_them() {
    for_each_backend(|t| async move {
        let org = organization(&t.db, "alpha").await;
        // 09:30 and a few seconds; seven each are not loud, fourteen are.
        let mut events: Vec<NewEvent> = (0..7).map(|i| event(i, "door opened")).collect();
        events.extend((0..7).map(|i| event(i, "gate opened")));
        events.extend((0..20).map(|i| event(i, "loud by itself")));
        insert(&t.db, org, events).await;
        let [door, gate] =
            [named(&t.db, org, "door opened").await.id, named(&t.db, org, "gate opened").await.id];
        merge(&t.db, org, gate, door).await;
        let mut tx = read(&t.db, org).await;
        let loud = rate::loud(&mut tx, at(0).hour(), 10).await.unwrap();
        assert_eq!((loud.len(), loud.get(&door)), (2, Some(&14)));
        let span = Span { from: Some(at(0).hour()), to: Some(at(0).hour().plus_seconds(3600)) };
        let spread = rate::spread(&mut tx, &[door], span).await.unwrap();
        assert_eq!(spread.get(&door), Some(&(14.0, 196.0)));
    })
    .await;
}

/// A random history of merges and their undoing, with events in between.
#[tokio::test]
async fn whatever_is_merged_in_between_everything_adds_up() {
    for_each_backend(|t| async move {
        let org = organization(&t.db, "alpha").await;
        let mut r = Random(71);
        insert(&t.db, org, (0..150).map(|_| any_event(&mut r)).collect()).await;
        let start = groups(&t.db, org).await;
        let mut in_force: Vec<GroupRuleId> = Vec::new();
        for round in 0..12 {
            let now = groups(&t.db, org).await;
            if round % 3 == 2 {
                unmerge(&t.db, org, in_force.swap_remove(r.below(in_force.len() as u64) as usize)).await;
            } else {
                let [a, b] =
                    [0, 1].map(|i| now[(r.below(now.len() as u64 / 2) * 2 + i) as usize % now.len()].id);
                in_force.push(merge(&t.db, org, a, b).await);
            }
            insert(&t.db, org, (0..20).map(|_| any_event(&mut r)).collect()).await;
            let listed = groups(&t.db, org).await;
            assert_eq!(listed.iter().map(|g| g.event_count).sum::<i64>(), 150 + 20 * (round + 1));
            agree(&t.db, org, listed[0].id).await;
        }
        for rule in in_force {
            unmerge(&t.db, org, rule).await;
        }
        for group in start {
            assert_eq!(agree(&t.db, org, group.id).await, get(&t.db, org, group.id).await.event_count);
        }
        assert_eq!(problems(&t.db, org).await, Vec::<String>::new());
    })
    .await;
}
