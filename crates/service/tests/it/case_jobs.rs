//! Linking all that a query finds: in parts, gone on with after a restart, ended, taken back; once in the audit log.

use domain::case::job::{Asked, CaseJob, JobState};
use domain::case::{Case, LinkKind, NewCase, Step};
use domain::permission::{CaseRead, CaseWrite, EventRead, EventWrite};
use domain::query::{EVENTS, parse};
use domain::{CaseId, CaseJobId, EventId};
use service::events::Origin;
use service::{Cx, Error, Services, cases, events};
use store::SystemTx;
use store::db::{Dialect, sql};
use testkit::for_each_backend;
use uuid::Uuid;

use crate::events::event;
use crate::world::{World, start};

struct Room {
    world: World,
    ann: Cx<CaseWrite>,
    reads: Cx<CaseRead>,
    seen: Cx<EventRead>,
}

/// alpha with the analyst ann and the viewer vic, beta with bob; 2,300 failed logins in alpha, and one other event.
async fn room(t: testkit::TestDb) -> Room {
    let world = World::new(t);
    for (who, place, role) in [
        ("ann@a.test", "alpha", "analyst"),
        ("vic@a.test", "alpha", "viewer"),
        ("bob@b.test", "beta", "admin"),
    ] {
        if role != "viewer" {
            world.organization(place).await;
        }
        world.person(who, place, role).await;
    }
    let (ann, reads) = (world.cx("ann@a.test", "alpha").await, world.cx("ann@a.test", "alpha").await);
    let room = Room { seen: world.cx("ann@a.test", "alpha").await, world, ann, reads };
    room.happens(2_300, "failed password", 1).await;
    room.happens(1, "all is well", 1).await;
    room
}

impl Room {
    async fn happens(&self, count: i64, message: &str, minutes_ago: i64) -> Vec<EventId> {
        let cx = self.world.cx::<EventWrite>("ann@a.test", "alpha").await;
        let rows: Vec<_> = (0..count)
            .map(|n| {
                let id = EventId(Uuid::from_u128(u128::from(message.len() as u64) << 64 | n as u128));
                domain::event::NewEvent { id: Some(id), ..event(n % 600 + minutes_ago, message) }
            })
            .collect();
        let ids = rows.iter().filter_map(|row| row.id).collect();
        events::ingest(&cx, rows, Origin::Api).await.unwrap();
        ids
    }
    fn asked(q: &str) -> Asked {
        Asked { query: Some(parse(q, &EVENTS, start()).unwrap()), ..Asked::default() }
    }
    async fn opened(&self) -> Case {
        cases::open(&self.ann, NewCase::titled("Logins"), &[]).await.unwrap()
    }
    async fn begun(&self, case: CaseId, q: &str) -> CaseJob {
        cases::link_matching(&self.ann, &self.seen, case, &Self::asked(q)).await.unwrap()
    }
    async fn step(&self, services: &Services, id: CaseJobId) -> Option<i64> {
        cases::step_job(services, self.ann.actor().organization, id).await.unwrap()
    }
    async fn job(&self, case: CaseId) -> CaseJob {
        cases::jobs(&self.reads, case).await.unwrap().remove(0)
    }
    async fn linked(&self, case: CaseId) -> i64 {
        cases::get(&self.reads, case).await.unwrap().link_count
    }
    async fn audited(&self, action: &str) -> usize {
        let actions = self.world.actions(self.ann.actor().organization).await;
        actions.iter().filter(|one| *one == action).count()
    }
}

#[tokio::test]
async fn all_that_a_query_finds_is_linked_in_the_background() {
    for_each_backend(|t| async move {
        let r = room(t).await;
        let case = r.opened().await;
        let job = r.begun(case.id, "message:\"failed password\"").await;
        assert_eq!((job.state, job.expected, r.linked(case.id).await), (JobState::Running, 2_300, 0));
        // What comes after the beginning has no part in it.
        r.world.clock.advance_seconds(120);
        r.happens(1, "failed password again", -1).await;
        assert_eq!(cases::run_jobs(&r.world.services).await.unwrap(), 2_300);
        let job = r.job(case.id).await;
        assert_eq!((job.state, job.found, job.added), (JobState::Done, 2_300, 2_300));
        assert_eq!(r.linked(case.id).await, 2_300);
        assert_eq!(cases::run_jobs(&r.world.services).await.unwrap(), 0, "it has ended");

        let page = cases::events(&r.reads, case.id, 1, None).await.unwrap();
        assert_eq!(page.items[0].0.linked_by.as_deref(), Some("ann"), "who began it linked them");
        let history = cases::history(&r.reads, case.id).await.unwrap();
        assert_eq!(
            (history[0].step, history[0].new["count"].as_i64(), history[0].actor.as_str()),
            (Step::Linked, Some(2_300), "ann@a.test")
        );
        assert_eq!(
            (r.audited("CASE_LINKING_STARTED").await, r.audited("EVENTS_LINKED_TO_CASE").await),
            (1, 1)
        );
        let log = r.world.log(r.ann.actor().organization).await;
        let entry = log.iter().find(|entry| entry.action == "EVENTS_LINKED_TO_CASE").unwrap();
        assert_eq!((entry.metadata["added"].as_i64(), entry.actor.as_str()), (Some(2_300), "ann@a.test"));
        assert!(entry.metadata["query"].as_str().unwrap().contains("failed password"), "{}", entry.metadata);
    })
    .await;
}

#[tokio::test]
async fn a_job_that_was_stopped_goes_on_where_it_was() {
    for_each_backend(|t| async move {
        let r = room(t).await;
        let case = r.opened().await;
        let job = r.begun(case.id, "component:api").await;
        assert_eq!(r.step(&r.world.services, job.id).await, Some(1_000));
        let half = r.job(case.id).await;
        assert_eq!((half.state, half.added, r.linked(case.id).await), (JobState::Running, 1_000, 1_000));
        let after_a_restart = r.world.second_process();
        assert_eq!(cases::run_jobs(&after_a_restart).await.unwrap(), 1_301);
        assert_eq!((r.job(case.id).await.state, r.linked(case.id).await), (JobState::Done, 2_301));
        assert_eq!(r.audited("EVENTS_LINKED_TO_CASE").await, 1);
    })
    .await;
}

#[tokio::test]
async fn two_servers_at_once_link_each_event_once_and_end_the_job_once() {
    for_each_backend(|t| async move {
        let r = room(t).await;
        let second = r.world.second_process();
        let other = r.opened().await;
        let job = r.begun(other.id, "component:api").await;
        let organization = r.ann.actor().organization;
        let both = tokio::join!(
            Box::pin(cases::run_job(&r.world.services, organization, job.id)),
            Box::pin(cases::run_job(&second, organization, job.id))
        );
        assert!(both.0.is_ok() && both.1.is_ok(), "{both:?}");
        let job = r.job(other.id).await;
        assert_eq!((job.state, job.added, r.linked(other.id).await), (JobState::Done, 2_301, 2_301));
        assert_eq!(r.audited("EVENTS_LINKED_TO_CASE").await, 1);
    })
    .await;
}

#[tokio::test]
async fn a_job_is_cancelled_and_taken_back_without_what_was_there_before() {
    for_each_backend(|t| async move {
        let r = room(t).await;
        let case = r.opened().await;
        let before = r.happens(2, "seen before", 1).await;
        let ids: Vec<Uuid> = before.iter().map(|id| id.0).collect();
        cases::link(&r.ann, case.id, LinkKind::Event, &ids).await.unwrap();
        let job = r.begun(case.id, "component:api").await;
        assert!(r.step(&r.world.services, job.id).await.is_some());
        let early = cases::take_job_back(&r.ann, case.id, job.id).await;
        assert!(matches!(early, Err(Error::Conflict(_))), "it runs: {early:?}");
        let cancelled = cases::cancel_job(&r.ann, case.id, job.id).await.unwrap();
        assert_eq!(cancelled.state, JobState::Cancelled);
        assert!(matches!(cases::cancel_job(&r.ann, case.id, job.id).await, Err(Error::Conflict(_))));
        assert_eq!(r.step(&r.world.services, job.id).await, None, "it has ended");
        let kept = r.linked(case.id).await;
        assert!((1_000..=1_002).contains(&kept), "{kept}");
        let removed = cases::take_job_back(&r.ann, case.id, job.id).await.unwrap();
        assert_eq!((removed as i64, r.linked(case.id).await), (kept - 2, 2));
        assert_eq!(r.job(case.id).await.state, JobState::TakenBack);
        assert!(matches!(cases::take_job_back(&r.ann, case.id, job.id).await, Err(Error::Conflict(_))));
        for action in ["CASE_LINKING_CANCELLED", "EVENTS_UNLINKED_FROM_CASE"] {
            assert_eq!(r.audited(action).await, 1, "{action}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_case_is_opened_for_what_is_found_and_not_for_nothing() {
    for_each_backend(|t| async move {
        let r = room(t).await;
        let new = || NewCase::titled("Found");
        let nothing = cases::open_matching(&r.ann, &r.seen, new(), &Room::asked("component:nowhere")).await;
        assert!(matches!(nothing, Err(Error::Invalid(_))), "{nothing:?}");
        let (case, _) = cases::open_matching(&r.ann, &r.seen, new(), &Room::asked("message:\"all is well\""))
            .await
            .unwrap();
        assert_eq!(case.number, 1, "none was opened for nothing");
        cases::run_jobs(&r.world.services).await.unwrap();
        assert_eq!(r.linked(case.id).await, 1);
    })
    .await;
}

#[tokio::test]
async fn a_stranger_and_a_viewer_have_no_part_in_jobs() {
    for_each_backend(|t| async move {
        let r = room(t).await;
        let case = r.opened().await;
        let job = r.begun(case.id, "component:api").await;
        let bob = r.world.cx::<CaseWrite>("bob@b.test", "beta").await;
        let (bobs, bob_sees) =
            (r.world.cx("bob@b.test", "beta").await, r.world.cx("bob@b.test", "beta").await);
        assert_eq!(cases::jobs(&bobs, case.id).await.unwrap(), []);
        let asked = Asked::default();
        let own = cases::open(&bob, NewCase::titled("Mine"), &[]).await.unwrap();
        // Nothing of alpha's is found from beta, whatever is asked.
        assert!(matches!(
            cases::link_matching(&bob, &bob_sees, own.id, &asked).await,
            Err(Error::Invalid(_))
        ));
        for got in [
            cases::cancel_job(&bob, case.id, job.id).await.map(|_| ()),
            cases::cancel_job(&bob, own.id, job.id).await.map(|_| ()),
            cases::take_job_back(&bob, case.id, job.id).await.map(|_| ()),
        ] {
            assert!(matches!(got, Err(Error::NotFound)), "{got:?}");
        }
        // A job is of its case alone.
        let other = r.opened().await;
        assert!(matches!(cases::cancel_job(&r.ann, other.id, job.id).await, Err(Error::NotFound)));
        let vic = r.world.actor("vic@a.test", "alpha").await;
        assert!(matches!(r.world.services.admit::<CaseWrite>(&vic), Err(Error::Forbidden)));
        assert_eq!(r.job(case.id).await.state, JobState::Running);
    })
    .await;
}

#[tokio::test]
async fn a_job_that_fails_again_and_again_is_given_up_and_says_so() {
    for_each_backend(|t| async move {
        let r = room(t).await;
        let case = r.opened().await;
        r.begun(case.id, "message:\"failed password\"").await;
        let mut tx = SystemTx::across_all_organizations(&r.world.t.db).await.unwrap();
        let broken: &[&'static str] = match r.world.t.db.dialect() {
            Dialect::Sqlite => &["CREATE TRIGGER broken BEFORE INSERT ON case_links BEGIN SELECT RAISE(ABORT, 'broken'); END"],
            Dialect::Postgres => &[
                "CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'broken'; END $$",
                "CREATE TRIGGER broken BEFORE INSERT ON case_links FOR EACH ROW EXECUTE FUNCTION broken()",
            ],
        };
        for text in broken {
            tx.conn().exec(sql(text)).await.unwrap();
        }
        tx.commit_unaudited_bookkeeping().await.unwrap();
        for _ in 0..19 {
            assert!(cases::run_jobs(&r.world.services).await.is_err());
            assert_eq!(r.job(case.id).await.state, JobState::Running);
        }
        assert!(cases::run_jobs(&r.world.services).await.is_err());
        let job = r.job(case.id).await;
        assert_eq!((job.state, r.audited("EVENTS_LINKED_TO_CASE").await), (JobState::Failed, 1));
        assert!(job.failure.as_deref().is_some_and(|why| why.contains("given up")), "{job:?}");
        assert_eq!(cases::run_jobs(&r.world.services).await.unwrap(), 0, "nobody tries it any more");
    })
    .await;
}

#[tokio::test]
async fn no_case_is_opened_while_ten_jobs_run() {
    for_each_backend(|t| async move {
        let r = room(t).await;
        let case = r.opened().await;
        for _ in 0..10 {
            r.begun(case.id, "message:well").await;
        }
        let asked = Room::asked("message:well");
        let refused = cases::open_matching(&r.ann, &r.seen, NewCase::titled("none"), &asked).await;
        assert!(matches!(&refused, Err(Error::Conflict(why)) if why.contains("ten")), "{refused:?}");
        assert!(
            matches!(cases::find(&r.reads, "CASE-2").await, Err(Error::NotFound)),
            "no empty case is left"
        );
    })
    .await;
}
