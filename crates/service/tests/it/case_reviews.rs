//! Four eyes: who wants to close a case asks, somebody else answers, and there is no way around it.

use domain::api_key::NewApiKey;
use domain::case::bulk::{Bulk, Outcome, Why};
use domain::case::review::{Review, ReviewState, Seen, Verdict};
use domain::case::{Act, Case, NewCase, Resolution, Status, Step};
use domain::permission::{ApiKeyWrite, CaseRead, CaseReview, CaseWrite, SettingsWrite};
use domain::{CaseId, CaseReviewId};
use serde_json::json;
use service::{Cx, Error, api_keys, cases, settings};
use testkit::for_each_backend;

use crate::world::{World, client};

struct Room {
    world: World,
    admin: Cx<SettingsWrite>,
    ann: Cx<CaseWrite>,
    reads: Cx<CaseRead>,
    ann_reviews: Cx<CaseReview>,
    ben_reviews: Cx<CaseReview>,
}

/// alpha, which wants four eyes, with the admin adi, the analysts ann and ben and the viewer vic; beta with bob.
async fn room(t: testkit::TestDb) -> Room {
    let world = World::new(t);
    world.organization("alpha").await;
    world.organization("beta").await;
    for (who, place, role) in [
        ("adi@a.test", "alpha", "admin"),
        ("ann@a.test", "alpha", "analyst"),
        ("ben@a.test", "alpha", "analyst"),
        ("vic@a.test", "alpha", "viewer"),
        ("bob@b.test", "beta", "admin"),
    ] {
        world.person(who, place, role).await;
    }
    let room = Room {
        admin: world.cx("adi@a.test", "alpha").await,
        ann: world.cx("ann@a.test", "alpha").await,
        reads: world.cx("ann@a.test", "alpha").await,
        ann_reviews: world.cx("ann@a.test", "alpha").await,
        ben_reviews: world.cx("ben@a.test", "alpha").await,
        world,
    };
    room.four_eyes(true).await;
    room
}

fn resolve() -> Act {
    Act::Resolve { resolution: Resolution::Benign, reason: "a drill".to_owned() }
}
fn yes() -> Verdict {
    Verdict::Approve { note: "seen".to_owned() }
}
fn no() -> Verdict {
    Verdict::Return { reason: "the mail is missing".to_owned() }
}

impl Room {
    async fn waiting(&self, case: CaseId) -> Review {
        let found = cases::reviews(&self.reads, case).await.unwrap();
        found.into_iter().find(|review| review.state == ReviewState::Requested).unwrap()
    }
    /// Answers what waits, as it is now.
    async fn says(&self, cx: &Cx<CaseReview>, case: CaseId, verdict: &Verdict) -> service::Result<Case> {
        let found = cases::reviews(&self.reads, case).await.unwrap_or_default();
        let waiting = found.iter().find(|review| review.state == ReviewState::Requested);
        let review = waiting.map_or(CaseReviewId(uuid::Uuid::nil()), |review| review.id);
        let length = cases::length(&self.reads, case).await.unwrap_or_default();
        cases::review(cx, case, Seen { review, length }, verdict).await
    }
    async fn four_eyes(&self, on: bool) {
        settings::set(&self.admin, settings::Cases::KEY, json!({ "four_eyes": on })).await.unwrap();
    }
    async fn opened(&self, title: &str) -> Case {
        cases::open(&self.ann, NewCase::titled(title), &[]).await.unwrap()
    }
    async fn now(&self, case: &Case) -> Case {
        cases::get(&self.reads, case.id).await.unwrap()
    }
}

#[tokio::test]
async fn a_case_is_closed_by_another_than_who_asked() {
    for_each_backend(|t| async move {
        let r = room(t).await;
        let case = r.opened("One").await;
        let asked = cases::act(&r.ann, case.id, &resolve()).await.unwrap();
        assert_eq!((asked.status, asked.in_review), (Status::Open, true));
        assert_eq!((r.now(&case).await.status, r.now(&case).await.in_review), (Status::Open, true));
        assert!(
            matches!(cases::act(&r.ann, case.id, &resolve()).await, Err(Error::Conflict(_))),
            "asked already"
        );
        for verdict in [yes(), no()] {
            let own = r.says(&r.ann_reviews, case.id, &verdict).await;
            assert!(matches!(own, Err(Error::Forbidden)), "who asked does not answer: {own:?}");
        }
        let blank = Verdict::Return { reason: " ".to_owned() };
        assert!(matches!(r.says(&r.ben_reviews, case.id, &blank).await, Err(Error::Invalid(_))));

        let returned = r.says(&r.ben_reviews, case.id, &no()).await.unwrap();
        assert_eq!((returned.status, returned.in_review), (Status::Open, false));
        r.world.clock.advance_seconds(1);
        cases::act(&r.ann, case.id, &resolve()).await.unwrap();
        let closed = r.says(&r.ben_reviews, case.id, &yes()).await.unwrap();
        assert_eq!(
            (closed.status, closed.resolution, closed.in_review),
            (Status::Resolved, Some(Resolution::Benign), false)
        );
        assert!(matches!(r.says(&r.ben_reviews, case.id, &yes()).await, Err(Error::Conflict(_))));
        let states: Vec<ReviewState> =
            cases::reviews(&r.reads, case.id).await.unwrap().iter().map(|review| review.state).collect();
        assert_eq!(states, [ReviewState::Approved, ReviewState::Returned]);
        let history = cases::history(&r.reads, case.id).await.unwrap();
        let steps: Vec<Step> = history.iter().rev().map(|change| change.step).collect();
        use Step::{Opened, Resolved, ReviewApproved, ReviewRequested, ReviewReturned};
        assert_eq!(
            steps,
            [Opened, ReviewRequested, ReviewReturned, ReviewRequested, ReviewApproved, Resolved]
        );
        let log = r.world.log(r.ann.actor().organization).await;
        let entry = log.iter().find(|entry| entry.action == "CASE_RESOLVED").unwrap();
        assert_eq!(
            (entry.actor.as_str(), entry.metadata["requested_by"].as_str()),
            ("ben@a.test", Some("ann@a.test"))
        );
        // Without the rule who resolves closes.
        r.four_eyes(false).await;
        let plain = r.opened("Two").await;
        assert_eq!(cases::act(&r.ann, plain.id, &resolve()).await.unwrap().status, Status::Resolved);
    })
    .await;
}

#[tokio::test]
async fn there_is_no_way_around_the_second_person() {
    for_each_backend(|t| async move {
        let r = room(t).await;
        // Many at once ask too, and the undo takes that back.
        let (one, two) = (r.opened("One").await, r.opened("Two").await);
        cases::act(&r.ann, two.id, &resolve()).await.unwrap();
        let bulk = Bulk::Resolve(Resolution::Duplicate);
        let report = cases::change_many(&r.ann, &bulk, &[one.id, two.id], "the same").await.unwrap();
        let outcomes: Vec<Outcome> = report.results.iter().map(|item| item.outcome).collect();
        assert_eq!(outcomes, [Outcome::Done, Outcome::Unchanged(Why::InReview)]);
        assert_eq!((r.now(&one).await.status, r.now(&one).await.in_review), (Status::Open, true));
        let own = r.says(&r.ann_reviews, one.id, &yes()).await;
        assert!(matches!(own, Err(Error::Forbidden)), "{own:?}");
        cases::undo(&r.ann, report.action_id.unwrap()).await.unwrap();
        assert!(!r.now(&one).await.in_review, "it is asked no more");
        let gone = r.says(&r.ben_reviews, one.id, &yes()).await;
        assert!(matches!(gone, Err(Error::Conflict(_))), "{gone:?}");

        // What was closed with four eyes and reopened is not closed by undoing that.
        r.says(&r.ben_reviews, two.id, &yes()).await.unwrap();
        let reopened = cases::change_many(&r.ann, &Bulk::Reopen, &[two.id], "again").await.unwrap();
        let undone = cases::undo(&r.ann, reopened.action_id.unwrap()).await.unwrap();
        assert_eq!(undone.results[0].outcome, Outcome::Unchanged(Why::ReviewFirst));
        assert_eq!(r.now(&two).await.status, Status::Investigating);

        // What waits when the rule ends still waits for the second person.
        let three = r.opened("Three").await;
        cases::act(&r.ann, three.id, &resolve()).await.unwrap();
        r.four_eyes(false).await;
        assert!(matches!(cases::act(&r.ann, three.id, &resolve()).await, Err(Error::Conflict(_))));
        let report = cases::change_many(&r.ann, &bulk, &[three.id], "the same").await.unwrap();
        assert_eq!(report.results[0].outcome, Outcome::Unchanged(Why::InReview));
        cases::withdraw_review(&r.ann, three.id).await.unwrap();
        assert_eq!(cases::act(&r.ann, three.id, &resolve()).await.unwrap().status, Status::Resolved);
    })
    .await;
}

#[tokio::test]
async fn a_key_does_not_stand_in_for_the_second_person() {
    for_each_backend(|t| async move {
        let r = room(t).await;
        let makes = r.world.cx::<ApiKeyWrite>("adi@a.test", "alpha").await;
        let new =
            NewApiKey { name: "closer".to_owned(), scopes: vec!["all".to_owned()], ..NewApiKey::default() };
        let (_, secret) = api_keys::create(&makes, new).await.unwrap();
        let key = api_keys::authenticate(&r.world.services, &secret, &client()).await.unwrap();
        let writes = r.world.services.admit::<CaseWrite>(&key).unwrap();
        let case = r.opened("One").await;
        let asked = cases::act(&writes, case.id, &resolve()).await.unwrap();
        assert!(asked.in_review);
        // Who made the key asked with it.
        let adi = r.world.cx::<CaseReview>("adi@a.test", "alpha").await;
        assert!(matches!(r.says(&adi, case.id, &yes()).await, Err(Error::Forbidden)));
        let reviews = r.world.services.admit::<CaseReview>(&key).unwrap();
        assert!(matches!(r.says(&reviews, case.id, &yes()).await, Err(Error::Forbidden)));
        r.says(&r.ben_reviews, case.id, &yes()).await.unwrap();
        // A key answers nobody, whoever asked.
        let other = r.opened("Two").await;
        cases::act(&r.ann, other.id, &resolve()).await.unwrap();
        assert!(matches!(r.says(&reviews, other.id, &yes()).await, Err(Error::Forbidden)));
    })
    .await;
}

#[tokio::test]
async fn a_viewer_and_a_stranger_have_no_say() {
    for_each_backend(|t| async move {
        let r = room(t).await;
        let case = r.opened("One").await;
        cases::act(&r.ann, case.id, &resolve()).await.unwrap();
        let vic = r.world.actor("vic@a.test", "alpha").await;
        assert!(matches!(r.world.services.admit::<CaseReview>(&vic), Err(Error::Forbidden)));
        let bob = r.world.cx::<CaseReview>("bob@b.test", "beta").await;
        for verdict in [yes(), no()] {
            assert!(matches!(r.says(&bob, case.id, &verdict).await, Err(Error::NotFound)));
        }
        let bobs = r.world.cx::<CaseWrite>("bob@b.test", "beta").await;
        assert!(matches!(cases::withdraw_review(&bobs, case.id).await, Err(Error::NotFound)));
        let ben = r.world.cx::<CaseWrite>("ben@a.test", "alpha").await;
        assert!(matches!(cases::withdraw_review(&ben, case.id).await, Err(Error::Forbidden)), "not his");
        let bob_reads = r.world.cx::<CaseRead>("bob@b.test", "beta").await;
        assert_eq!(cases::reviews(&bob_reads, case.id).await.unwrap(), []);
        assert!(r.now(&case).await.in_review);
    })
    .await;
}

#[tokio::test]
async fn an_answer_is_to_what_was_looked_at() {
    for_each_backend(|t| async move {
        let r = room(t).await;
        let case = r.opened("One").await;
        cases::act(&r.ann, case.id, &resolve()).await.unwrap();
        let looked = async |review: &Review| {
            let length = cases::length(&r.reads, case.id).await.unwrap();
            Seen { review: review.id, length }
        };
        let first = r.waiting(case.id).await;
        let seen = looked(&first).await;
        // Taken back and asked again in other words.
        cases::withdraw_review(&r.ann, case.id).await.unwrap();
        let other = Act::Resolve { resolution: Resolution::TruePositive, reason: "it was real".to_owned() };
        cases::act(&r.ann, case.id, &other).await.unwrap();
        for verdict in [yes(), no()] {
            let answer = cases::review(&r.ben_reviews, case.id, seen, &verdict).await;
            assert!(matches!(answer, Err(Error::Conflict(_))), "another request");
        }
        // The case itself was changed.
        let second = r.waiting(case.id).await;
        let now = r.now(&case).await;
        let seen = looked(&second).await;
        let new = NewCase { title: "Something else".to_owned(), ..NewCase::of(&now) };
        cases::edit(&r.ann, case.id, now.version, new).await.unwrap();
        let answer = cases::review(&r.ben_reviews, case.id, seen, &yes()).await;
        assert!(matches!(answer, Err(Error::Conflict(_))), "another case than was seen");
        // Or what is in it.
        let seen = looked(&second).await;
        cases::add_observables(&r.ann, case.id, "203.0.113.9", true).await.unwrap();
        let answer = cases::review(&r.ben_reviews, case.id, seen, &yes()).await;
        assert!(matches!(answer, Err(Error::Conflict(_))), "an observable more");
        let seen = looked(&second).await;
        cases::add_note(&r.ann, case.id, "it was not benign").await.unwrap();
        let answer = cases::review(&r.ben_reviews, case.id, seen, &yes()).await;
        assert!(matches!(answer, Err(Error::Conflict(_))), "a note more");
        assert!(r.says(&r.ben_reviews, case.id, &yes()).await.is_ok());
    })
    .await;
}

#[tokio::test]
async fn a_key_that_nobody_made_does_not_ask_and_others_do_not_take_back() {
    for_each_backend(|t| async move {
        let r = room(t).await;
        let new =
            NewApiKey { name: "cli".to_owned(), scopes: vec!["all".to_owned()], ..NewApiKey::default() };
        let (_, secret) = api_keys::create_for_organization(&r.world.services, "alpha", new).await.unwrap();
        let key = api_keys::authenticate(&r.world.services, &secret, &client()).await.unwrap();
        let writes = r.world.services.admit::<CaseWrite>(&key).unwrap();
        let case = r.opened("One").await;
        assert!(matches!(cases::act(&writes, case.id, &resolve()).await, Err(Error::Conflict(_))));
        let bulk = Bulk::Resolve(Resolution::Benign);
        assert!(cases::change_many(&writes, &bulk, &[case.id], "all").await.is_err());
        assert!(!r.now(&case).await.in_review);
        // Ann asks for many; the undo is hers.
        let report = cases::change_many(&r.ann, &bulk, &[case.id], "all").await.unwrap();
        let action = report.action_id.unwrap();
        let ben = r.world.cx::<CaseWrite>("ben@a.test", "alpha").await;
        let undone = cases::undo(&ben, action).await.unwrap();
        assert_eq!(undone.results[0].outcome, Outcome::Unchanged(Why::InReview));
        assert!(r.now(&case).await.in_review);
        assert_eq!(cases::undo(&r.ann, action).await.unwrap().results[0].outcome, Outcome::Done);
        assert!(!r.now(&case).await.in_review);
    })
    .await;
}
