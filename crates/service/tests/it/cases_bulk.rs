//! Many cases at once: a result for each, nothing lost by the undo, and what a stranger may not even know.

use domain::audit::{Action, AuditEntry};
use domain::case::bulk::{Bulk, Outcome, Report, Why};
use domain::case::{Act, Case, CaseFilter, NewCase, Priority, Resolution, Status, Step};
use domain::permission::{CaseRead, CaseWrite, MemberRead, MemberWrite};
use domain::query::{CASES, parse};
use domain::{CaseActionId, CaseId, Severity};
use service::{Cx, Error, cases, members};
use testkit::for_each_backend;

use crate::world::{World, start};

struct Room {
    world: World,
    ann: Cx<CaseWrite>,
    anns: Cx<CaseRead>,
    ids: Vec<CaseId>,
}

/// alpha with the analysts ann and ben and five cases of one tag; beta with bob.
async fn room(t: testkit::TestDb) -> Room {
    let world = World::new(t);
    world.organization("alpha").await;
    world.organization("beta").await;
    for (who, place, role) in [
        ("ann@a.test", "alpha", "analyst"),
        ("ben@a.test", "alpha", "analyst"),
        ("vic@a.test", "alpha", "viewer"),
        ("amy@a.test", "alpha", "admin"),
        ("bob@b.test", "beta", "admin"),
    ] {
        world.person(who, place, role).await;
    }
    let (ann, anns) = (world.cx("ann@a.test", "alpha").await, world.cx("ann@a.test", "alpha").await);
    let mut ids = Vec::new();
    for n in 1..=5 {
        let new = NewCase { tags: vec!["SSH".to_owned()], ..NewCase::titled(format!("Case {n}")) };
        ids.push(cases::open(&ann, new, &[]).await.unwrap().id);
    }
    Room { world, ann, anns, ids }
}

impl Room {
    async fn case(&self, at: usize) -> Case {
        cases::get(&self.anns, self.ids[at]).await.unwrap()
    }
    async fn all(&self, what: &Bulk, reason: &str) -> Report {
        cases::change_many(&self.ann, what, &self.ids, reason).await.unwrap()
    }
    async fn undo(&self, report: &Report) -> Report {
        cases::undo(&self.ann, report.action_id.unwrap()).await.unwrap()
    }
}

fn outcomes(report: &Report) -> Vec<Outcome> {
    report.results.iter().map(|item| item.outcome).collect()
}

fn reopen() -> Act {
    Act::Reopen { reason: "it came again".to_owned() }
}

#[tokio::test]
async fn many_are_resolved_with_one_reason_and_the_undo_leaves_what_was_changed_since() {
    for_each_backend(|t| async move {
        let r = room(t).await;
        let resolve = Bulk::Resolve(Resolution::FalsePositive);
        let alone = Act::Resolve { resolution: Resolution::Benign, reason: "a drill".to_owned() };
        cases::act(&r.ann, r.ids[1], &alone).await.unwrap();
        cases::act(&r.ann, r.ids[2], &Act::Investigate).await.unwrap();
        let refused = cases::change_many(&r.ann, &resolve, &r.ids, " ").await;
        assert!(matches!(refused, Err(Error::Invalid(_))), "no reason: {refused:?}");

        r.world.clock.advance_seconds(60);
        let done = r.all(&resolve, " the scanner of the office ").await;
        use Outcome::{Done, Unchanged};
        assert_eq!(outcomes(&done), [Done, Unchanged(Why::Resolved), Done, Done, Done]);
        assert_eq!((done.results[1].number, done.done()), (Some(2), 4));
        let first = r.case(0).await;
        assert_eq!((first.status, first.resolution), (Status::Resolved, Some(Resolution::FalsePositive)));
        assert_eq!((first.resolved_at, first.version), (Some(start().plus_seconds(60)), 2));
        assert_eq!(r.case(1).await.resolution, Some(Resolution::Benign));
        let history = cases::history(&r.anns, r.ids[0]).await.unwrap();
        assert_eq!(
            (history[0].step, history[0].reason.as_deref()),
            (Step::Resolved, Some("the scanner of the office"))
        );
        let told = cases::action(&r.anns, done.action_id.unwrap()).await.unwrap();
        assert_eq!(told, Some((Step::Resolved, 4)));

        // One is reopened since; a note alone changes nothing that the undo would overwrite.
        cases::act(&r.ann, r.ids[3], &reopen()).await.unwrap();
        cases::add_note(&r.ann, r.ids[4], "seen").await.unwrap();
        let undone = r.undo(&done).await;
        let of = |at: usize| undone.results.iter().find(|item| item.id == r.ids[at]).map(|item| item.outcome);
        assert_eq!(
            [of(0), of(2), of(3), of(4)],
            [Some(Done), Some(Done), Some(Unchanged(Why::ChangedSince)), Some(Done)]
        );
        let (first, third) = (r.case(0).await, r.case(2).await);
        assert_eq!((first.status, first.resolution, first.resolved_at), (Status::Open, None, None));
        assert_eq!((third.status, third.assignee.as_deref()), (Status::Investigating, Some("ann")));
        assert_eq!(r.case(3).await.status, Status::Investigating);
        assert_eq!(cases::history(&r.anns, r.ids[0]).await.unwrap()[0].step, Step::Undone);
        let again = r.undo(&done).await;
        assert_eq!((again.action_id, again.done()), (None, 0), "once is enough");

        // The undo of a reopening gives back when it was resolved.
        let before = r.case(1).await;
        let reopened = cases::change_many(&r.ann, &Bulk::Reopen, &r.ids[1..2], "again").await.unwrap();
        assert_eq!(r.case(1).await.resolved_at, None);
        r.undo(&reopened).await;
        let after = r.case(1).await;
        assert_eq!(
            (after.status, after.resolution, after.resolved_at),
            (before.status, before.resolution, before.resolved_at)
        );
        let log = r.world.actions(r.anns.actor().organization).await;
        assert_eq!(log.iter().filter(|a| *a == "CASES_CHANGED").count(), 2, "{log:?}");
        assert_eq!(
            log.iter().filter(|a| *a == "CASES_UNDONE").count(),
            2,
            "one that did nothing is no entry: {log:?}"
        );
    })
    .await;
}

#[tokio::test]
async fn many_are_assigned_ranked_and_tagged_and_all_of_it_is_taken_back() {
    for_each_backend(|t| async move {
        let r = room(t).await;
        let ben = r.world.viewer("ben@a.test").await.user.id;
        let stranger = r.world.viewer("bob@b.test").await.user.id;
        let before: Vec<NewCase> = [NewCase::of(&r.case(0).await), NewCase::of(&r.case(4).await)].into();
        let edited =
            NewCase { tags: vec!["ssh".to_owned(), "Noise".to_owned()], ..NewCase::of(&r.case(2).await) };
        cases::edit(&r.ann, r.ids[2], 1, edited).await.unwrap();

        let mut done = Vec::new();
        for what in [
            Bulk::Assign(Some(ben)),
            Bulk::Priority(Priority::Urgent),
            Bulk::Severity(Severity::Critical),
            Bulk::AddTag(" noise ".to_owned()),
            Bulk::RemoveTag("SSH".to_owned()),
            Bulk::Investigate,
        ] {
            done.push(r.all(&what, "").await);
        }
        assert_eq!(done[3].results[2].outcome, Outcome::Unchanged(Why::HasTag));
        let first = r.case(0).await;
        assert_eq!(
            (first.assignee.as_deref(), first.priority, first.severity),
            (Some("ben"), Priority::Urgent, Severity::Critical)
        );
        assert_eq!(
            (first.tags.clone(), first.status),
            (vec!["Noise".to_owned()], Status::Investigating),
            "a tag is one however it is written"
        );
        for what in [Bulk::Assign(Some(stranger)), Bulk::AddTag("a,b".to_owned())] {
            let refused = cases::change_many(&r.ann, &what, &r.ids, "").await;
            assert!(matches!(refused, Err(Error::Invalid(_))), "{what:?}: {refused:?}");
        }
        // The last first: each undo finds the version that its action made, or the one that the undo before restored.
        let last = r.undo(&done[5]).await;
        assert_eq!(last.done(), 5);
        let now = NewCase::of(&r.case(0).await);
        assert_eq!(now.tags, ["Noise"]);
        let earlier = r.undo(&done[0]).await;
        assert_eq!(earlier.done(), 0, "other actions came after it");
        for what in [
            Bulk::Assign(None),
            Bulk::Priority(Priority::Normal),
            Bulk::Severity(Severity::Medium),
            Bulk::AddTag("SSH".to_owned()),
            Bulk::RemoveTag("noise".to_owned()),
        ] {
            r.all(&what, "").await;
        }
        assert_eq!([NewCase::of(&r.case(0).await), NewCase::of(&r.case(4).await)], before[..]);

        // Somebody who has left does not get a case back.
        let given = r.all(&Bulk::Assign(Some(ben)), "").await;
        let taken = r.all(&Bulk::Assign(None), "").await;
        let admin = r.world.cx::<MemberWrite>("amy@a.test", "alpha").await;
        let reads = r.world.cx::<MemberRead>("amy@a.test", "alpha").await;
        let bens = members::list(&reads).await.unwrap().into_iter().find(|m| m.user_id == ben).unwrap();
        members::remove(&admin, bens.id).await.unwrap();
        let back = r.undo(&taken).await;
        assert_eq!(outcomes(&back), [Outcome::Unchanged(Why::AssigneeLeft); 5]);
        assert_eq!(r.undo(&given).await.done(), 0);
    })
    .await;
}

#[tokio::test]
async fn all_that_match_are_changed_in_several_transactions() {
    for_each_backend(|t| async move {
        let r = room(t).await;
        let one = r.case(0).await;
        let mut tx = r.ann.write().await.unwrap();
        for n in 0..1_100_u128 {
            let id = CaseId(uuid::Uuid::from_u128(n + 1));
            let title = format!("Bulk {n}");
            let case = Case { id, number: 100 + n as i64, title, ..one.clone() };
            store::case::insert(&mut tx, &case).await.unwrap();
        }
        tx.commit(AuditEntry::new(Action::DEMO_FILLED, "case", "")).await.unwrap();
        let filter =
            |q: &str| CaseFilter { query: Some(parse(q, &CASES, start()).unwrap()), ..CaseFilter::default() };
        let tag = Bulk::AddTag("noise".to_owned());
        let done = cases::change_matching(&r.ann, &tag, &filter("bulk"), "too many").await.unwrap();
        assert_eq!((done.results.len(), done.done()), (1_100, 1_100));
        let entries = r.world.actions(r.anns.actor().organization).await;
        assert_eq!(entries.iter().filter(|a| *a == "CASES_CHANGED").count(), 3, "500 a transaction");
        let found =
            store::case::ids(&mut r.anns.read().await.unwrap(), &filter("tag:noise"), 2_000).await.unwrap();
        assert_eq!(found.len(), 1_100);
        let undone = r.undo(&done).await;
        assert_eq!(undone.done(), 1_100);
        let none = cases::change_matching(&r.ann, &tag, &filter("tag:noise"), "").await;
        assert!(matches!(none, Err(Error::Invalid(_))), "none is left: {none:?}");
        let numbers = cases::ids_of(&r.anns, &[3, 77, 1]).await.unwrap();
        assert_eq!(numbers, [r.ids[2], r.ids[0]]);
    })
    .await;
}

#[tokio::test]
async fn cases_of_others_are_not_there() {
    for_each_backend(|t| async move {
        let r = room(t).await;
        let bob = r.world.cx::<CaseWrite>("bob@b.test", "beta").await;
        let tag = Bulk::AddTag("mine".to_owned());
        let done = cases::change_many(&bob, &tag, &r.ids, "").await.unwrap();
        assert_eq!((done.action_id, outcomes(&done)), (None, vec![Outcome::Absent; 5]));
        assert_eq!(cases::ids_of(&r.world.cx("bob@b.test", "beta").await, &[1, 2]).await.unwrap(), []);
        let real = r.all(&tag, "").await.action_id.unwrap();
        for action in [real, CaseActionId(uuid::Uuid::from_u128(9))] {
            assert!(matches!(cases::undo(&bob, action).await, Err(Error::NotFound)));
        }
        assert_eq!(r.case(0).await.tags, ["mine", "SSH"]);
        let vic = r.world.actor("vic@a.test", "alpha").await;
        assert!(r.world.services.admit::<CaseWrite>(&vic).is_err(), "a viewer changes nothing");
    })
    .await;
}
