//! Tasks of cases: changed, ordered, found across cases; and what a stranger cannot do. Where events have an observable.

use domain::case::merge::Merging;
use domain::case::{Act, NewCase, NewTask, Resolution, TaskFilter};
use domain::group::Assignee;
use domain::permission::{CaseRead, CaseWrite, EventRead, EventWrite};
use domain::{CaseId, CaseTaskId};
use service::events::Origin;
use service::{Cx, Error, cases, events};
use testkit::for_each_backend;

use crate::events::event;
use crate::world::{World, start};

async fn add(cx: &Cx<CaseWrite>, case: CaseId, title: &str) -> CaseTaskId {
    let new = NewTask { title: title.to_owned(), ..NewTask::default() };
    cases::add_task(cx, case, new).await.unwrap().id
}

async fn titles(cx: &Cx<CaseRead>, case: CaseId) -> Vec<String> {
    cases::tasks(cx, case).await.unwrap().into_iter().map(|task| task.title).collect()
}

#[tokio::test]
async fn tasks_are_changed_ordered_and_found_across_cases() {
    for_each_backend(|t| async move {
        let world = World::new(t);
        world.organization("alpha").await;
        world.organization("beta").await;
        let person = world.person("ann@a.test", "alpha", "analyst").await;
        world.person("bob@b.test", "beta", "admin").await;
        let ann: Cx<CaseWrite> = world.cx("ann@a.test", "alpha").await;
        let reads: Cx<CaseRead> = world.cx("ann@a.test", "alpha").await;
        let bob: Cx<CaseWrite> = world.cx("bob@b.test", "beta").await;
        let bobs: Cx<CaseRead> = world.cx("bob@b.test", "beta").await;
        let case = cases::open(&ann, NewCase::titled("one"), &[]).await.unwrap();
        let other = cases::open(&ann, NewCase::titled("other"), &[]).await.unwrap();
        let theirs = cases::open(&bob, NewCase::titled("theirs"), &[]).await.unwrap();
        let mut ids = Vec::new();
        for title in ["a", "b", "c"] {
            ids.push(add(&ann, case.id, title).await);
        }
        cases::move_task(&ann, case.id, ids[2], true).await.unwrap();
        cases::move_task(&ann, case.id, ids[0], true).await.unwrap();
        assert_eq!(titles(&reads, case.id).await, ["a", "c", "b"], "the first stays the first");
        cases::move_task(&ann, case.id, ids[0], false).await.unwrap();
        assert_eq!(titles(&reads, case.id).await, ["c", "a", "b"]);

        let late = domain::Timestamp::from_micros(start().micros() - 1_000_000);
        let new = NewTask { title: "a2".to_owned(), assigned_to_id: Some(person.id), due_at: late };
        cases::change_task(&ann, case.id, ids[0], 1, new.clone()).await.unwrap();
        let stale = cases::change_task(&ann, case.id, ids[0], 1, new.clone()).await;
        assert!(matches!(stale, Err(Error::Conflict(_))), "{stale:?}");
        for (cx, case) in [(&bob, case.id), (&bob, theirs.id), (&ann, other.id)] {
            assert!(matches!(cases::move_task(cx, case, ids[0], true).await, Err(Error::NotFound)));
            let changed =
                cases::change_task(cx, case, ids[0], 2, NewTask { assigned_to_id: None, ..new.clone() })
                    .await;
            assert!(matches!(changed, Err(Error::NotFound)));
        }

        add(&ann, other.id, "of other").await;
        let found = async |cx: &Cx<CaseRead>, filter: TaskFilter| {
            // Whatever the size of a page, all pages together are the list.
            let mut pages = Vec::new();
            for limit in [1, 2, 50] {
                let (mut tasks, mut cursor) = (Vec::new(), None);
                loop {
                    let page = cases::open_tasks(cx, &filter, limit, cursor.as_deref()).await.unwrap();
                    tasks.extend(page.items);
                    cursor = page.next_cursor;
                    if cursor.is_none() {
                        break;
                    }
                }
                pages.push(tasks);
            }
            assert!(pages.iter().all(|tasks| *tasks == pages[2]));
            let tasks = pages.remove(2);
            assert_eq!(tasks.len() as i64, cases::count_open_tasks(cx, &filter).await.unwrap());
            tasks.into_iter().map(|open| (open.number, open.task.title)).collect::<Vec<_>>()
        };
        let all = TaskFilter::default();
        let garbled = cases::open_tasks(&reads, &all, 50, Some("1.x")).await;
        assert!(matches!(garbled, Err(Error::Invalid(_))), "{garbled:?}");
        let of = |n: i64, title: &str| (n, title.to_owned());
        let everything = found(&reads, all).await;
        assert_eq!((everything.len(), &everything[0]), (4, &of(1, "a2")), "what is due comes first");
        let mine = TaskFilter { assigned_to: Some(Assignee::User(person.id)), ..all };
        assert_eq!(found(&reads, mine).await, [of(1, "a2")]);
        assert_eq!(found(&reads, TaskFilter { overdue_at: Some(start()), ..all }).await, [of(1, "a2")]);
        assert!(found(&bobs, all).await.is_empty());
        // Of a merged case it is told where it is read; what is done or resolved has nothing to do.
        let merging = |id| Merging { id, version: None };
        cases::merge_cases(&ann, merging(other.id), &[merging(case.id)], "").await.unwrap();
        assert_eq!(found(&reads, mine).await, [of(2, "a2")]);
        cases::complete_task(&ann, other.id, ids[0], true).await.unwrap();
        assert!(found(&reads, mine).await.is_empty());
        let resolve = Act::Resolve { resolution: Resolution::Benign, reason: "done".to_owned() };
        cases::act(&ann, other.id, &resolve).await.unwrap();
        assert!(found(&reads, all).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn similar_cases_say_what_they_share() {
    for_each_backend(|t| async move {
        let world = World::new(t);
        world.organization("alpha").await;
        world.organization("beta").await;
        world.person("ann@a.test", "alpha", "analyst").await;
        world.person("bob@b.test", "beta", "admin").await;
        let ann: Cx<CaseWrite> = world.cx("ann@a.test", "alpha").await;
        let reads: Cx<CaseRead> = world.cx("ann@a.test", "alpha").await;
        let bob: Cx<CaseWrite> = world.cx("bob@b.test", "beta").await;
        let bobs: Cx<CaseRead> = world.cx("bob@b.test", "beta").await;
        let open = async |cx: &Cx<CaseWrite>, title: &str, seen: &str| {
            let case = cases::open(cx, NewCase::titled(title), &[]).await.unwrap();
            if !seen.is_empty() {
                cases::add_observables(cx, case.id, seen, false).await.unwrap();
            }
            case
        };
        let one = open(&ann, "Payroll phishing wave", "10.0.0.1 evil.example").await;
        let words = open(&ann, "A phishing wave again", "").await;
        let seen = open(&ann, "Nothing alike", "evil.example").await;
        let merged = open(&ann, "Gone", "10.0.0.1").await;
        open(&ann, "Unrelated", "10.9.9.9").await;
        let theirs = open(&bob, "Payroll phishing wave", "10.0.0.1").await;
        let merging = |id| Merging { id, version: None };
        cases::merge_cases(&ann, merging(seen.id), &[merging(merged.id)], "").await.unwrap();
        let similar = cases::similar(&reads, one.id).await.unwrap();
        let told: Vec<_> = similar
            .iter()
            .map(|similar| (similar.case.id, similar.shared.observables, similar.shared.words.join(" ")))
            .collect();
        assert_eq!(told, [(seen.id, 2, String::new()), (words.id, 0, "phishing wave".to_owned())]);
        assert!(cases::similar(&bobs, theirs.id).await.unwrap().is_empty());
        assert!(matches!(cases::similar(&bobs, one.id).await, Err(Error::NotFound)));
    })
    .await;
}

#[tokio::test]
async fn a_handover_tells_what_happened_since_the_last_one() {
    for_each_backend(|t| async move {
        let world = World::new(t);
        world.organization("alpha").await;
        world.organization("beta").await;
        world.person("ann@a.test", "alpha", "analyst").await;
        world.person("bob@b.test", "beta", "admin").await;
        let ann: Cx<CaseWrite> = world.cx("ann@a.test", "alpha").await;
        let reads: Cx<CaseRead> = world.cx("ann@a.test", "alpha").await;
        let bobs: Cx<CaseRead> = world.cx("bob@b.test", "beta").await;
        let case = cases::open(&ann, NewCase::titled("one"), &[]).await.unwrap();
        let due = domain::Timestamp::from_micros(start().micros() + 60_000_000);
        let task = NewTask { title: "ask the user".to_owned(), assigned_to_id: None, due_at: due };
        cases::add_task(&ann, case.id, task).await.unwrap();
        cases::add_note(&ann, case.id, "the mail\n came from inside").await.unwrap();
        world.clock.advance_seconds(3_600);
        cases::act(&ann, case.id, &Act::Investigate).await.unwrap();
        let (since, text) = cases::handover(&reads, case.id).await.unwrap();
        assert_eq!(since, case.created_at);
        let wanted = "## Handover of CASE-1

Since 2026-11-23 09:30 UTC. It is investigating, severity medium, priority normal, with ann.

### What changed

- 2026-11-23 09:30 UTC ann@a.test opened the case
- 2026-11-23 09:30 UTC ann@a.test added the task “ask the user”
- 2026-11-23 10:30 UTC ann@a.test began the investigation

### Notes

- 2026-11-23 09:30 UTC ann@a.test: the mail came from inside

### Open tasks

- ask the user (nobody, due 2026-11-23 09:31 UTC, overdue)

### Who worked on it

- ann@a.test: 4
";
        assert_eq!(text, wanted);
        assert_eq!(cases::handover(&reads, case.id).await.unwrap().1, text, "the same again");
        cases::add_note(&ann, case.id, &text).await.unwrap();
        world.clock.advance_seconds(60);
        cases::add_note(&ann, case.id, "quiet").await.unwrap();
        let (_, next) = cases::handover(&reads, case.id).await.unwrap();
        assert!(
            next.contains("quiet") && !next.contains("came from inside") && next.contains("ask the user"),
            "{next}"
        );
        assert!(matches!(cases::handover(&bobs, case.id).await, Err(Error::NotFound)));
    })
    .await;
}

#[tokio::test]
async fn an_observable_tells_how_many_events_have_it_and_when_the_last_did() {
    for_each_backend(|t| async move {
        let world = World::new(t);
        for (organization, who) in [("alpha", "ann@a.test"), ("beta", "bob@b.test")] {
            world.organization(organization).await;
            world.person(who, organization, "admin").await;
        }
        let ann: Cx<CaseWrite> = world.cx("ann@a.test", "alpha").await;
        let case = cases::open(&ann, NewCase::titled("Seen"), &[]).await.unwrap();
        cases::add_observables(&ann, case.id, "203.0.113.9 198.51.100.7", true).await.unwrap();
        let seen = |days_ago: i64| event(1440 * days_ago, "sign-in from 203.0.113.9 refused");
        let writes = world.cx::<EventWrite>("ann@a.test", "alpha").await;
        events::ingest(&writes, vec![seen(1), seen(29), seen(31)], Origin::Api).await.unwrap();
        let elsewhere = world.cx::<EventWrite>("bob@b.test", "beta").await;
        events::ingest(&elsewhere, vec![seen(0)], Origin::Api).await.unwrap();

        let anns: Cx<CaseRead> = world.cx("ann@a.test", "alpha").await;
        let observables = cases::observables(&anns, case.id).await.unwrap();
        let reads = world.cx::<EventRead>("ann@a.test", "alpha").await;
        let found = cases::sightings(&reads, &observables).await.unwrap();
        let told = |value: &str| {
            let id = observables.iter().find(|one| one.value == value).unwrap().id;
            found.get(&id).map(|s| (s.count.n, s.count.exact, s.last))
        };
        assert_eq!(told("203.0.113.9"), Some((2, true, Some(seen(1).occurred_at))));
        assert_eq!(told("198.51.100.7"), Some((0, true, None)));
    })
    .await;
}
