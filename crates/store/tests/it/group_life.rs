//! What becomes of groups: what arriving events do to resolved and muted ones, what is kept, and the figures of an hour.

use domain::event::NewEvent;
use domain::group::life::{Act, Change, Mute, Rate, Step, Window};
use domain::group::{Assignee, Group, GroupFilter, Status};
use domain::query::{GROUPS, parse};
use domain::{GroupId, OrganizationId, Severity};
use store::Db;
use store::group::life;
use store::ingest::{self, Batch};
use store::rollup::{Span, rate};
use testkit::for_each_backend;

use crate::events_world::{event, prepared};
use crate::world::{at, entry, id, organization, read, user, write};

/// Stores events that arrive at `at(now)`.
async fn arrive(db: &Db, org: OrganizationId, now: i64, events: Vec<NewEvent>) {
    let batch = Batch::new(events.into_iter().map(|e| prepared(org, e)).collect());
    let mut tx = write(db, org).await;
    ingest::insert(&mut tx, &batch, at(now), &id::<uuid::Uuid>).await.unwrap();
    tx.commit(entry()).await.unwrap();
}

async fn groups(db: &Db, org: OrganizationId) -> Vec<Group> {
    store::group::list(&mut read(db, org).await, &GroupFilter::default(), None, 100).await.unwrap()
}

fn asking(q: &str) -> GroupFilter {
    GroupFilter { query: Some(parse(q, &GROUPS, at(0)).unwrap()), ..GroupFilter::default() }
}

async fn only(db: &Db, org: OrganizationId) -> Group {
    let mut groups = groups(db, org).await;
    assert_eq!(groups.len(), 1);
    groups.remove(0)
}

/// As the service does it.
async fn act(db: &Db, org: OrganizationId, group: GroupId, act: &Act, now: i64) {
    let mut tx = write(db, org).await;
    let kept = life::lock(&mut tx, &[group]).await.unwrap().remove(0);
    let moved = kept.life.act(act, at(now)).unwrap();
    let change = Change {
        id: id(),
        group_id: group,
        at: at(now),
        actor_id: None,
        actor: Some("ana@example.test".to_owned()),
        step: moved.step.unwrap(),
        old: kept.life,
        new: moved.life,
        note: Some("because".to_owned()),
        action_id: Some(id()),
        undoes: None,
        other: None,
    };
    life::change(&mut tx, std::slice::from_ref(&change)).await.unwrap();
    tx.commit(entry()).await.unwrap();
    let mut tx = read(db, org).await;
    assert_eq!(life::history(&mut tx, group, None, 1).await.unwrap().first(), Some(&change));
    assert_eq!(life::of_action(&mut tx, change.action_id.unwrap()).await.unwrap(), [change]);
}

async fn steps(db: &Db, org: OrganizationId, group: GroupId) -> Vec<(Step, bool)> {
    let changes = life::history(&mut read(db, org).await, group, None, 50).await.unwrap();
    changes.into_iter().rev().map(|c| (c.step, c.actor.is_some())).collect()
}

#[tokio::test]
async fn a_group_is_born_new_or_ongoing() {
    for_each_backend(|t| async move {
        let org = organization(&t.db, "alpha").await;
        arrive(&t.db, org, 0, vec![event(-60, "young"), event(-8 * 86_400, "old one")]).await;
        let found = groups(&t.db, org).await;
        let status =
            |name: &str| found.iter().find(|g| g.template == name).map(|g| (g.life.status, g.life.since));
        assert_eq!(status("young"), Some((Status::New, at(-60))));
        assert_eq!(status("old one"), Some((Status::Ongoing, at(-86_400))));
    })
    .await;
}

#[tokio::test]
async fn an_event_after_the_resolution_regresses_and_a_late_one_does_not() {
    for_each_backend(|t| async move {
        let (org, other) = (organization(&t.db, "alpha").await, organization(&t.db, "beta").await);
        for org in [org, other] {
            arrive(&t.db, org, 0, vec![event(-60, "boom"), event(-50, "boom")]).await;
            let group = only(&t.db, org).await.id;
            act(&t.db, org, group, &Act::Resolve, 0).await;
        }
        let group = only(&t.db, org).await.id;
        // It occurred before and arrives after.
        arrive(&t.db, org, 100, vec![event(-10, "boom"), event(5, "something else")]).await;
        let late = groups(&t.db, org).await;
        assert!(
            late.iter().any(|g| g.id == group && g.life.status == Status::Resolved && g.event_count == 3)
        );
        arrive(&t.db, org, 200, vec![event(-5, "boom"), event(150, "boom")]).await;
        let found = groups(&t.db, org).await;
        let regressed = found.iter().find(|g| g.id == group).unwrap();
        assert_eq!((regressed.life.status, regressed.life.since), (Status::Regressed, at(200)));
        assert_eq!(regressed.life.resolved_at, Some(at(0)));
        assert_eq!(steps(&t.db, org, group).await, [(Step::Resolved, true), (Step::Regressed, false)]);
        arrive(&t.db, org, 300, vec![event(250, "boom")]).await;
        assert_eq!(steps(&t.db, org, group).await.len(), 2, "it regresses once");
        assert_eq!(only(&t.db, other).await.life.status, Status::Resolved);
    })
    .await;
}

#[tokio::test]
async fn an_event_that_is_stored_already_moves_nothing() {
    for_each_backend(|t| async move {
        let org = organization(&t.db, "alpha").await;
        let mut known = event(50, "boom");
        known.id = Some(id());
        arrive(&t.db, org, 60, vec![known.clone()]).await;
        let group = only(&t.db, org).await.id;
        act(&t.db, org, group, &Act::Resolve, 0).await;
        arrive(&t.db, org, 70, vec![known]).await;
        assert_eq!(only(&t.db, org).await.life.status, Status::Resolved);
    })
    .await;
}

#[tokio::test]
async fn a_mute_by_number_counts_over_batches_and_mutes_again() {
    for_each_backend(|t| async move {
        let org = organization(&t.db, "alpha").await;
        arrive(&t.db, org, 0, vec![event(-60, "noise")]).await;
        let group = only(&t.db, org).await.id;
        let mute = Mute::Count { events: 3, seconds: 600 };
        act(&t.db, org, group, &Act::Mute(mute.clone()), 0).await;
        arrive(&t.db, org, 10, vec![event(-5, "noise"), event(5, "noise"), event(6, "noise")]).await;
        let muted = only(&t.db, org).await.life;
        assert_eq!((muted.status, muted.window), (Status::Muted, Some(Window { start: at(0), seen: 2 })));
        arrive(&t.db, org, 20, vec![event(15, "noise")]).await;
        let broken = only(&t.db, org).await.life;
        assert_eq!((broken.status, broken.mute), (Status::Escalating, Some(mute.clone())));
        // A window with one event, over by the time the next comes.
        arrive(&t.db, org, 700, vec![event(700, "noise")]).await;
        arrive(&t.db, org, 2000, vec![event(2000, "noise")]).await;
        let again = only(&t.db, org).await.life;
        assert_eq!((again.status, again.mute), (Status::Muted, Some(mute)));
        assert_eq!(
            steps(&t.db, org, group).await,
            [(Step::Muted, true), (Step::MuteBroken, false), (Step::MutedAgain, false)]
        );
    })
    .await;
}

#[tokio::test]
async fn a_mute_by_query_ends_with_a_match_that_occurs_after_it() {
    for_each_backend(|t| async move {
        let org = organization(&t.db, "alpha").await;
        let with = |seconds: i64, severity: Severity, payload: &str| NewEvent {
            severity,
            system_id: Some("db-1".to_owned()),
            source: Some("fw".to_owned()),
            raw_payload: payload.to_owned(),
            ..event(seconds, "disk is filling")
        };
        arrive(&t.db, org, 0, vec![with(-60, Severity::Low, "{}")]).await;
        let group = only(&t.db, org).await.id;
        let query = "severity>=high AND host:db-1 AND source:fw AND payload.used>90".to_owned();
        act(&t.db, org, group, &Act::Mute(Mute::Query { query }), 0).await;
        arrive(
            &t.db,
            org,
            20,
            vec![
                with(-10, Severity::Critical, r#"{"used": 99}"#),
                with(10, Severity::Critical, r#"{"used": 80}"#),
                with(10, Severity::Low, r#"{"used": 99}"#),
            ],
        )
        .await;
        assert_eq!(only(&t.db, org).await.life.status, Status::Muted);
        arrive(&t.db, org, 30, vec![with(25, Severity::High, r#"{"used": 91}"#)]).await;
        let life = only(&t.db, org).await.life;
        assert_eq!((life.status, life.mute), (Status::Escalating, None));
    })
    .await;
}

#[tokio::test]
async fn lists_are_narrowed_by_status_and_assignee_and_counted() {
    for_each_backend(|t| async move {
        let org = organization(&t.db, "alpha").await;
        let ana = user(&t.db, "ana@example.test").await;
        // PostgreSQL shows an organization the names of its own people alone.
        let mut tx = write(&t.db, org).await;
        let (role, level) = (domain::member::Role::Analyst, domain::member::ApprovalLevel::None);
        store::member::insert(&mut tx, id(), ana.id, role, level, at(0)).await.unwrap();
        tx.commit(entry()).await.unwrap();
        arrive(&t.db, org, 0, ["one thing", "two things", "third", "fourth"].map(|m| event(-60, m)).to_vec())
            .await;
        let ids: Vec<GroupId> = groups(&t.db, org).await.iter().map(|g| g.id).collect();
        act(&t.db, org, ids[0], &Act::Resolve, 0).await;
        act(&t.db, org, ids[1], &Act::Mute(Mute::Until { at: at(600) }), 0).await;
        act(&t.db, org, ids[2], &Act::Assign(Some(ana.id)), 0).await;
        let open = GroupFilter { status: Status::OPEN.to_vec(), ..GroupFilter::default() };
        let of = |assigned_to| GroupFilter { assigned_to: Some(assigned_to), ..open.clone() };
        let muted = GroupFilter { status: vec![Status::Muted], ..GroupFilter::default() };
        let mine = of(Assignee::User(ana.id));
        for (filter, expected) in [
            (&open, vec![ids[2], ids[3]]),
            (&mine, vec![ids[2]]),
            (&of(Assignee::Nobody), vec![ids[3]]),
            (&muted, vec![ids[1]]),
            (&asking("status:muted"), vec![ids[1]]),
            (&asking("state:[muted, resolved]"), vec![ids[0], ids[1]]),
            (&asking("assigned:*"), vec![ids[2]]),
            (&asking("assignee:ana@example.test"), vec![ids[2]]),
            (&asking("-assignee:ana*"), vec![ids[0], ids[1], ids[3]]),
            (&asking("assignee:nobody"), vec![ids[0], ids[1], ids[3]]),
            (&asking("assignee:[nobody, ana@example.test] status:ongoing"), vec![ids[2]]),
        ] {
            let found = store::group::list(&mut read(&t.db, org).await, filter, None, 10).await.unwrap();
            assert_eq!(found.iter().map(|g| g.id).collect::<Vec<_>>(), expected, "{filter:?}");
        }
        let taken = store::group::get(&mut read(&t.db, org).await, ids[2]).await.unwrap().unwrap();
        assert_eq!(taken.assignee.as_deref(), Some("ana@example.test"));
        let mut counts =
            store::group::counts(&mut read(&t.db, org).await, &mine, Some(ana.id)).await.unwrap();
        counts.sort_unstable();
        assert_eq!(
            counts,
            [(Status::New, 1, 0), (Status::Ongoing, 1, 1), (Status::Muted, 1, 0), (Status::Resolved, 1, 0)]
        );
        let facets = store::group::facet::list(&mut read(&t.db, org).await, 5).await.unwrap();
        let assignees = facets.facets.iter().find(|facet| facet.field == "assignee").unwrap();
        assert_eq!(assignees.values, [("ana@example.test".to_owned(), 1)], "nobody is no value");
        assert!(!facets.of_the_latest);
        let people = life::names(&mut read(&t.db, org).await, &[ana.id, id()]).await.unwrap();
        assert_eq!(people.get(&ana.id).map(String::as_str), Some("ana@example.test"));
        assert_eq!(life::of_member(&mut read(&t.db, org).await, ana.id).await.unwrap(), [ids[2]]);
    })
    .await;
}

#[tokio::test]
async fn figures_without_a_step_leave_no_history() {
    for_each_backend(|t| async move {
        let org = organization(&t.db, "alpha").await;
        arrive(&t.db, org, 0, vec![event(-60, "boom")]).await;
        let group = only(&t.db, org).await;
        let life = domain::group::Life { rate: Some(Rate { hour: 40, usual: 3 }), ..group.life };
        let mut tx = write(&t.db, org).await;
        life::set(&mut tx, group.id, &life).await.unwrap();
        tx.commit(entry()).await.unwrap();
        assert_eq!(only(&t.db, org).await.life, life);
        assert!(steps(&t.db, org, group.id).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn what_is_due_and_what_is_loud() {
    for_each_backend(|t| async move {
        let org = organization(&t.db, "alpha").await;
        // 09:30; the hour before began at 08:00.
        let mut events = vec![event(-3 * 3600, "loud"), event(-3 * 3600, "loud"), event(-50 * 3600, "loud")];
        events.extend((0..12).map(|_| event(-3600, "loud")));
        events.extend((0..5).map(|_| event(-60, "loud")));
        events.extend((0..9).map(|_| event(-60, "not so")));
        arrive(&t.db, org, 0, events).await;
        let found = groups(&t.db, org).await;
        let loud = found.iter().find(|g| g.template == "loud").unwrap().id;
        let mut tx = read(&t.db, org).await;
        let hour = at(-3600).hour();
        assert_eq!(
            rate::loud(&mut tx, hour, 10).await.unwrap().into_iter().collect::<Vec<_>>(),
            [(loud, 12)]
        );
        let span = Span { from: Some(hour.plus_seconds(-168 * 3600)), to: Some(hour) };
        let spread = rate::spread(&mut tx, &[loud], span).await.unwrap();
        assert_eq!(spread.into_iter().collect::<Vec<_>>(), [(loud, (3.0, 5.0))]);
        assert_eq!(life::quiet(&mut tx, &[loud, id()]).await.unwrap().len(), 1);
        assert!(life::due(&mut tx, at(-7 * 86_400), at(0)).await.unwrap().is_empty());
        assert_eq!(life::due(&mut tx, at(0), at(0)).await.unwrap().len(), 2, "both are new");
        drop(tx);
        act(&t.db, org, loud, &Act::Mute(Mute::Until { at: at(600) }), 0).await;
        let mut tx = read(&t.db, org).await;
        assert!(life::quiet(&mut tx, &[loud]).await.unwrap().is_empty());
        for (now, due) in [(599, 0), (600, 1)] {
            let found = life::due(&mut tx, at(-7 * 86_400), at(now)).await.unwrap();
            assert_eq!(found.len(), due, "at {now}");
        }
    })
    .await;
}
