//! Retention as people use it: a policy with its preview, holds, and a job that deletes and tells.

use domain::case::{LinkKind, NewCase};
use domain::event::NewEvent;
use domain::member::Role;
use domain::permission::{EventRead, EventWrite, Permission, PermissionSet, SettingsRead, SettingsWrite};
use domain::retention::{NewHold, Policy};
use domain::{OrganizationId, Severity};
use service::events::{self, Origin};
use service::{Actor, Cx, Error, cases, retention};
use testkit::for_each_backend;

use crate::events::event;
use crate::world::World;

const DAY: i64 = 24 * 60;

fn cx<P: Permission>(world: &World, organization: OrganizationId) -> Cx<P> {
    world.services.admit(&Actor::system("test", organization)).unwrap()
}

/// Fifty events each of today, of ten, forty and a hundred days ago; half of them info, the others high.
async fn filled(world: &World, slug: &str) -> OrganizationId {
    let organization = world.organization(slug).await.id;
    let rows = [0, 10, 40, 100].into_iter().flat_map(|days| {
        (0..50).map(move |n| {
            let severity = if n % 2 == 0 { Severity::Info } else { Severity::High };
            NewEvent {
                severity,
                ..event(days * DAY + n % 7, &format!("request {n} failed on web-{}", n % 5))
            }
        })
    });
    events::ingest(&cx::<EventWrite>(world, organization), rows.collect(), Origin::Api).await.unwrap();
    organization
}

async fn count(world: &World, organization: OrganizationId) -> i64 {
    events::count(&cx::<EventRead>(world, organization), &Default::default()).await.unwrap().n
}

#[tokio::test]
async fn a_policy_says_what_will_go_and_then_that_goes_with_one_entry() {
    for_each_backend(|t| async move {
        let world = World::new(t);
        let (a, b) = (filled(&world, "alpha").await, filled(&world, "beta").await);
        let read = cx::<SettingsRead>(&world, a);
        assert_eq!(retention::retire_all(&world.services).await.unwrap(), 0, "nothing was chosen");
        let policy = Policy { days: [Some(30), None, None, Some(90), None] };
        let preview = retention::preview(&read, &policy).await.unwrap();
        assert_eq!(preview.counts, [50, 0, 0, 25, 0]);
        assert_eq!((preview.held, preview.exact), ([0; 5], true));
        assert!(!preview.all_held && preview.before[1].is_none());
        assert_eq!(count(&world, a).await, 200, "a preview deletes nothing");
        retention::set(&cx(&world, a), &policy).await.unwrap();
        assert_eq!(retention::retire_all(&world.services).await.unwrap(), 75);
        assert_eq!((count(&world, a).await, count(&world, b).await), (125, 200));
        assert_eq!(service::rollups::check(&cx(&world, a)).await.unwrap(), Vec::<String>::new());
        assert_eq!(retention::retire_all(&world.services).await.unwrap(), 0, "once");
        let now = retention::get(&read).await.unwrap();
        assert_eq!((now.policy, now.runs.len()), (Some(policy), 1));
        assert_eq!((now.runs[0].counts, now.runs[0].held), ([50, 0, 0, 25, 0], 0));
        assert!(now.runs[0].ended_at.is_some());
        let log = world.log(a).await;
        let entries: Vec<_> = log.iter().filter(|e| e.action == "EVENTS_RETIRED").collect();
        assert_eq!(entries.len(), 1);
        assert_eq!(entries[0].metadata["deleted"]["info"], 50);
        assert_eq!(entries[0].metadata["deleted"]["high"], 25);
        assert_eq!(entries[0].actor, "system (retention)");
        let changed = log.iter().find(|e| e.action == "RETENTION_CHANGED").unwrap();
        assert_eq!(changed.new_values.as_ref().unwrap()["info"], 30);
    })
    .await;
}

#[tokio::test]
async fn what_a_case_is_about_stays_and_the_preview_says_so() {
    for_each_backend(|t| async move {
        let world = World::new(t);
        let org = filled(&world, "alpha").await;
        let page = events::list(&cx::<EventRead>(&world, org), &Default::default(), 200, None).await.unwrap();
        let old: Vec<_> = page.items.iter().rev().take(10).map(|e| (LinkKind::Event, e.id.0)).collect();
        let case = cases::open(&cx(&world, org), NewCase::titled("Old ones"), &old).await.unwrap();
        let (read, policy) = (cx::<SettingsRead>(&world, org), Policy { days: [Some(90); 5] });
        let preview = retention::preview(&read, &policy).await.unwrap();
        assert_eq!((preview.counts.iter().sum::<i64>(), preview.held.iter().sum::<i64>()), (40, 10));
        // What a hold finds as well is not told twice.
        let hold = NewHold { reason: "all of them".to_owned(), query: "request".to_owned(), until: None };
        let hold = retention::hold(&cx(&world, org), &hold).await.unwrap();
        let preview = retention::preview(&read, &policy).await.unwrap();
        assert_eq!((preview.counts, preview.held.iter().sum::<i64>()), ([0; 5], 50));
        retention::lift(&cx(&world, org), &hold.id.to_string()).await.unwrap();
        retention::set(&cx(&world, org), &policy).await.unwrap();
        assert_eq!(retention::retire_all(&world.services).await.unwrap(), 40);
        let left = cases::events(&cx(&world, org), case.id, 100, None).await.unwrap();
        assert_eq!(left.items.iter().filter(|(_, event)| event.is_some()).count(), 10);
        let ids: Vec<_> = old.iter().map(|(_, id)| *id).collect();
        cases::unlink(&cx(&world, org), case.id, LinkKind::Event, &ids).await.unwrap();
        assert_eq!(retention::retire_all(&world.services).await.unwrap(), 10);
    })
    .await;
}

#[tokio::test]
async fn a_hold_keeps_everything_or_what_it_finds_until_it_is_lifted_or_over() {
    for_each_backend(|t| async move {
        let world = World::new(t);
        let org = filled(&world, "alpha").await;
        let (read, write) = (cx::<SettingsRead>(&world, org), cx::<SettingsWrite>(&world, org));
        let policy = Policy { days: [Some(30); 5] };
        retention::set(&write, &policy).await.unwrap();
        let all = NewHold { reason: " litigation ".to_owned(), ..NewHold::default() };
        let all = retention::hold(&write, &all).await.unwrap();
        assert_eq!((all.reason.as_str(), all.placed_by.as_str()), ("litigation", "system (test)"));
        assert_eq!(retention::retire_all(&world.services).await.unwrap(), 0);
        let preview = retention::preview(&read, &policy).await.unwrap();
        assert_eq!((preview.all_held, preview.counts, preview.held), (true, [0; 5], [50, 0, 0, 50, 0]));
        let until = Some(world.services.clock.now().plus_seconds(3_600));
        let some = NewHold { reason: "case 7".to_owned(), query: "web-3".to_owned(), until };
        retention::hold(&write, &some).await.unwrap();
        retention::lift(&write, &all.id.to_string()).await.unwrap();
        assert!(matches!(retention::lift(&write, &all.id.to_string()).await, Err(Error::NotFound)));
        // What goes is what was said, with what is held taken off.
        let preview = retention::preview(&read, &policy).await.unwrap();
        assert_eq!(
            (preview.counts, preview.held, preview.exact),
            ([40, 0, 0, 40, 0], [10, 0, 0, 10, 0], true)
        );
        let more = NewHold { reason: "case 8".to_owned(), query: "severity:high".to_owned(), until: None };
        let more = retention::hold(&write, &more).await.unwrap();
        let preview = retention::preview(&read, &policy).await.unwrap();
        assert_eq!((preview.counts, preview.held), ([40, 0, 0, 0, 0], [10, 0, 0, 50, 0]), "two holds");
        retention::lift(&write, &more.id.to_string()).await.unwrap();
        assert_eq!(retention::retire_all(&world.services).await.unwrap(), 80);
        assert_eq!(count(&world, org).await, 120);
        assert_eq!(retention::get(&read).await.unwrap().runs[0].held, 20);
        assert_eq!(service::rollups::check(&cx(&world, org)).await.unwrap(), Vec::<String>::new());
        assert_eq!(retention::retire_all(&world.services).await.unwrap(), 0);
        assert_eq!(
            retention::get(&read).await.unwrap().runs.len(),
            1,
            "a run that deletes nothing leaves no row"
        );
        world.clock.advance_seconds(3_600);
        assert_eq!(retention::retire_all(&world.services).await.unwrap(), 20);
        let actions = world.actions(org).await;
        for action in ["LEGAL_HOLD_PLACED", "LEGAL_HOLD_LIFTED", "EVENTS_RETIRED"] {
            assert!(actions.iter().any(|a| a == action), "{action}");
        }
        let bad = NewHold { query: "severty:high".to_owned(), ..NewHold::default() };
        assert!(matches!(retention::hold(&write, &bad).await, Err(Error::Invalid(_))));
    })
    .await;
}

#[tokio::test]
async fn a_run_that_was_stopped_goes_on_and_is_told_once() {
    for_each_backend(|t| async move {
        let world = World::new(t);
        let org = world.organization("alpha").await.id;
        let rows = (0..2_500).map(|n| event(100 * DAY + n % 9, "x")).collect();
        events::ingest(&cx::<EventWrite>(&world, org), rows, Origin::Api).await.unwrap();
        retention::set(&cx(&world, org), &Policy { days: [Some(30); 5] }).await.unwrap();
        // The server stops after the first step, or so.
        let mut patience = 20;
        while count(&world, org).await == 2_500 {
            let step = retention::retire(&world.services, org);
            let _ = tokio::time::timeout(std::time::Duration::from_millis(patience), step).await;
            patience *= 2;
        }
        retention::retire(&world.services, org).await.unwrap();
        assert_eq!(count(&world, org).await, 0);
        let runs = retention::get(&cx(&world, org)).await.unwrap().runs;
        let deleted: i64 = runs.iter().flat_map(|run| run.counts).sum();
        assert_eq!(deleted, 2_500, "{runs:?}");
        assert!(runs.iter().all(|run| run.ended_at.is_some()));
        let told = world.actions(org).await.iter().filter(|a| *a == "EVENTS_RETIRED").count();
        assert_eq!(told, runs.len());
    })
    .await;
}

#[tokio::test]
async fn every_run_that_was_left_open_is_ended_and_told() {
    for_each_backend(|t| async move {
        let world = World::new(t);
        let org = world.organization("alpha").await.id;
        // As a server leaves them whose commit arrived after it was stopped, and after the next had looked.
        for counts in [[3, 0, 0, 0, 0], [0, 0, 4, 0, 0]] {
            let mut tx = store::SystemTx::across_all_organizations(&world.t.db).await.unwrap();
            let id = world.services.clock.id::<domain::AuditId>().0;
            let now = world.services.clock.now();
            store::retention::count_in_run(&mut tx.within(org), id, now, counts).await.unwrap();
            tx.commit_unaudited_bookkeeping().await.unwrap();
        }
        assert_eq!(retention::retire(&world.services, org).await.unwrap(), 0);
        let runs = retention::get(&cx(&world, org)).await.unwrap().runs;
        assert_eq!(runs.iter().filter(|run| run.ended_at.is_some()).count(), 2);
        let told = world.actions(org).await.iter().filter(|a| *a == "EVENTS_RETIRED").count();
        assert_eq!(told, 2);
    })
    .await;
}

#[tokio::test]
async fn days_that_are_taken_back_stop_a_run_that_is_at_work() {
    for_each_backend(|t| async move {
        let world = World::new(t);
        let org = world.organization("alpha").await.id;
        let rows = (0..8_000).map(|n| event(100 * DAY + n % 9, "x")).collect();
        events::ingest(&cx::<EventWrite>(&world, org), rows, Origin::Api).await.unwrap();
        retention::set(&cx(&world, org), &Policy { days: [Some(30); 5] }).await.unwrap();
        let regret = async {
            while count(&world, org).await == 8_000 {
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            }
            retention::set(&cx(&world, org), &Policy::default()).await.unwrap();
        };
        let (gone, ()) = tokio::join!(retention::retire(&world.services, org), regret);
        let left = count(&world, org).await;
        assert_eq!(gone.unwrap() + left, 8_000);
        assert!(left > 0, "the rest stays");
        let runs = retention::get(&cx(&world, org)).await.unwrap().runs;
        assert!(runs.len() == 1 && runs[0].ended_at.is_some(), "{runs:?}");
        assert_eq!(retention::retire(&world.services, org).await.unwrap(), 0);
    })
    .await;
}

#[tokio::test]
async fn only_an_admin_changes_what_is_kept() {
    for_each_backend(|t| async move {
        let world = World::new(t);
        let org = world.organization("alpha").await.id;
        for (role, reads, writes) in
            [(Role::Viewer, false, false), (Role::Analyst, false, false), (Role::Admin, true, true)]
        {
            let actor = Actor { permissions: PermissionSet::of_role(role), ..Actor::system("test", org) };
            assert_eq!(world.services.admit::<SettingsRead>(&actor).is_ok(), reads, "{role:?}");
            assert_eq!(world.services.admit::<SettingsWrite>(&actor).is_ok(), writes, "{role:?}");
        }
        let other = world.organization("beta").await.id;
        let hold = NewHold { reason: "x".to_owned(), ..NewHold::default() };
        let hold = retention::hold(&cx(&world, org), &hold).await.unwrap();
        let lifted = retention::lift(&cx(&world, other), &hold.id.to_string()).await;
        assert!(matches!(lifted, Err(Error::NotFound)), "of another organization");
    })
    .await;
}
