//! Events go when their time is over: in steps, out of everything that counts them, and not what is held.

use domain::event::NewEvent;
use domain::retention::Policy;
use domain::{OrganizationId, Timestamp};
use store::db::sql;
use store::retention::{self, Cutoffs};
use store::{Db, Scoped as _};
use testkit::{TestDb, for_each_backend};

use crate::events_world::{Random, any_event, asked, insert, number, problems};
use crate::world::{at, entry, id, organization, read, system, write};

const EVENTS: &str = "SELECT count(*) FROM events WHERE organization_id = $1";

/// Deletes until nothing is left to delete, `limit` at a time; how many.
async fn retire(db: &Db, org: OrganizationId, cutoffs: &Cutoffs, holds: &[&str], limit: i64) -> [i64; 5] {
    let holds: Vec<_> = holds.iter().map(|q| asked(q)).collect();
    let (mut sum, mut after) = ([0; 5], None);
    loop {
        let mut tx = system(db).await;
        let mut within = tx.within(org);
        let Some((hour, severities)) = retention::next_hour(&mut within, cutoffs, after).await.unwrap()
        else {
            return sum;
        };
        let counts = retention::step(&mut within, hour, &severities, &holds, limit).await.unwrap();
        tx.commit_unaudited_bookkeeping().await.unwrap();
        assert!(counts.iter().sum::<i64>() <= limit);
        if counts == [0; 5] {
            after = Some(hour);
        }
        sum.iter_mut().zip(counts).for_each(|(sum, n)| *sum += n);
    }
}

/// Two organizations with a thousand events each over five days.
async fn two(t: &TestDb) -> (OrganizationId, OrganizationId) {
    let (a, b) = (organization(&t.db, "alpha").await, organization(&t.db, "beta").await);
    let mut r = Random(5);
    let events: Vec<NewEvent> = (0..1_000).map(|_| any_event(&mut r)).collect();
    insert(&t.db, a, events.clone()).await;
    insert(&t.db, b, events).await;
    (a, b)
}

fn hour(seconds: i64) -> Timestamp {
    at(seconds).hour()
}

#[tokio::test]
async fn each_severity_goes_when_its_time_is_over_and_counts_nowhere_any_more() {
    for_each_backend(|t| async move {
        let (a, b) = two(&t).await;
        let groups = "SELECT CAST(SUM(event_count) AS BIGINT) FROM groups WHERE organization_id = $1";
        let cutoffs =
            [Some(hour(200_000)), Some(hour(100_000)), None, Some(hour(432_000)), Some(hour(-9_999))];
        let due = retention::overdue(&mut read(&t.db, a).await, &cutoffs).await.unwrap();
        assert!(due[0] > due[1] && due[1] > 0 && due[2] == 0 && due[3] > due[0] && due[4] == 0, "{due:?}");
        assert_eq!(retire(&t.db, a, &cutoffs, &[], 7).await, due, "exactly what was foretold");
        let left = 1_000 - due.iter().sum::<i64>();
        assert_eq!(number(&t.db, a, EVENTS).await, left);
        assert_eq!(number(&t.db, a, groups).await, 1_000, "groups know what they had");
        assert_eq!(
            number(
                &t.db,
                a,
                "SELECT CAST(SUM(event_count) AS BIGINT) FROM sources WHERE organization_id = $1"
            )
            .await,
            number(
                &t.db,
                a,
                "SELECT count(*) FROM events WHERE organization_id = $1 AND source_id IS NOT NULL"
            )
            .await
        );
        assert_eq!(problems(&t.db, a).await, Vec::<String>::new());
        assert_eq!(retention::overdue(&mut read(&t.db, a).await, &cutoffs).await.unwrap(), [0; 5]);
        assert_eq!((number(&t.db, b, EVENTS).await, problems(&t.db, b).await), (1_000, Vec::new()));

        // Counting again from the events agrees.
        let mut tx = write(&t.db, a).await;
        store::rollup::rebuild(&mut tx).await.unwrap();
        tx.commit(entry()).await.unwrap();
        assert_eq!(number(&t.db, a, groups).await, 1_000);
        assert_eq!(problems(&t.db, a).await, Vec::<String>::new());

        let everything = [Some(hour(900_000)); 5];
        retire(&t.db, a, &everything, &[], 1_000).await;
        for (table, n) in [
            (EVENTS, 0),
            ("SELECT count(*) FROM event_totals WHERE organization_id = $1", 0),
            ("SELECT count(*) FROM event_rollups WHERE organization_id = $1", 0),
        ] {
            assert_eq!(number(&t.db, a, table).await, n, "{table}");
        }
        if t.db.dialect() == store::db::Dialect::Sqlite {
            let mut tx = read(&t.db, a).await;
            let words = sql("SELECT count(*) FROM event_words_docsize");
            assert_eq!(tx.conn().scalar::<i64>(words).await.unwrap(), Some(1_000), "those of the other one");
        }
    })
    .await;
}

#[tokio::test]
async fn what_a_hold_finds_stays() {
    for_each_backend(|t| async move {
        let (a, _) = two(&t).await;
        let everything = [Some(hour(900_000)); 5];
        let held = ["failed password", "system_id:rare OR payload.n<20000"];
        let kept = domain::filter::EventFilter {
            query: Some(asked("(failed password) OR system_id:rare OR payload.n<20000")),
            ..Default::default()
        };
        let mut expected = store::event::ids(&mut read(&t.db, a).await, &kept).await.unwrap();
        assert!(expected.len() > 100);
        let gone = retire(&t.db, a, &everything, &held, 50).await;
        assert_eq!(gone.iter().sum::<i64>(), 1_000 - expected.len() as i64);
        let mut left = store::event::ids(&mut read(&t.db, a).await, &Default::default()).await.unwrap();
        left.sort_unstable();
        expected.sort_unstable();
        assert_eq!(left, expected);
        assert_eq!(problems(&t.db, a).await, Vec::<String>::new());
        let due = retention::overdue(&mut read(&t.db, a).await, &everything).await.unwrap();
        assert_eq!(due.iter().sum::<i64>(), expected.len() as i64, "what is left is held");
    })
    .await;
}

#[tokio::test]
async fn events_come_in_while_others_go() {
    for_each_backend(|t| async move {
        let (a, _) = two(&t).await;
        let cutoffs = [Some(hour(300_000)); 5];
        let due: i64 = retention::overdue(&mut read(&t.db, a).await, &cutoffs).await.unwrap().iter().sum();
        let writer = async {
            let mut r = Random(77);
            for n in 0..20 {
                // Of the same hours as those that go, too.
                let mut events: Vec<NewEvent> = (0..5).map(|_| any_event(&mut r)).collect();
                for event in &mut events {
                    event.occurred_at = at(300_000 + n * 600);
                }
                insert(&t.db, a, events).await;
            }
        };
        let (gone, ()) = tokio::join!(Box::pin(retire(&t.db, a, &cutoffs, &[], 10)), Box::pin(writer));
        assert_eq!(gone.iter().sum::<i64>(), due);
        assert_eq!(number(&t.db, a, EVENTS).await, 1_000 - due + 100);
        assert_eq!(problems(&t.db, a).await, Vec::<String>::new());
    })
    .await;
}

#[tokio::test]
async fn policy_holds_and_runs_are_kept() {
    for_each_backend(|t| async move {
        let (a, b) = (organization(&t.db, "alpha").await, organization(&t.db, "beta").await);
        assert_eq!(retention::policy(&mut read(&t.db, a).await).await.unwrap(), None);
        let policy = Policy { days: [Some(30), None, Some(90), Some(365), None] };
        let hold = retention::Hold {
            id: id(),
            reason: "case 7".to_owned(),
            query: Some("system_id:web-1".to_owned()),
            placed_by: "ada".to_owned(),
            placed_at: at(0),
            until: Some(at(10)),
            lifted_by: None,
            lifted_at: None,
        };
        let run = id();
        let mut tx = write(&t.db, a).await;
        retention::set_policy(&mut tx, &Policy::default(), at(0)).await.unwrap();
        retention::set_policy(&mut tx, &policy, at(1)).await.unwrap();
        retention::place_hold(&mut tx, &hold).await.unwrap();
        retention::count_in_run(&mut tx, run, at(0), [1, 2, 3, 4, 5]).await.unwrap();
        retention::count_in_run(&mut tx, run, at(0), [1, 0, 0, 0, 0]).await.unwrap();
        tx.commit(entry()).await.unwrap();
        let mut tx = read(&t.db, a).await;
        assert_eq!(retention::policy(&mut tx).await.unwrap(), Some(policy));
        assert_eq!(retention::holds(&mut tx).await.unwrap(), std::slice::from_ref(&hold));
        assert!(hold.stands(at(9)) && !hold.stands(at(10)));
        let open = retention::open_runs(&mut tx).await.unwrap().remove(0);
        assert_eq!((open.id, open.counts, open.ended_at), (run, [2, 2, 3, 4, 5], None));
        drop(tx);
        let mut tx = write(&t.db, b).await;
        assert!(
            !retention::lift_hold(&mut tx, hold.id, "bob", at(2)).await.unwrap(),
            "of another organization"
        );
        assert_eq!(retention::end_run(&mut tx, run, 0, at(2)).await.unwrap(), None);
        drop(tx);
        let mut tx = write(&t.db, a).await;
        assert!(retention::lift_hold(&mut tx, hold.id, "ada", at(2)).await.unwrap());
        assert!(!retention::lift_hold(&mut tx, hold.id, "ada", at(3)).await.unwrap(), "once");
        assert_eq!(retention::end_run(&mut tx, run, 9, at(2)).await.unwrap().unwrap().held, 9);
        assert_eq!(retention::end_run(&mut tx, run, 9, at(2)).await.unwrap(), None);
        assert!(!retention::count_in_run(&mut tx, run, at(0), [1; 5]).await.unwrap(), "it is ended");
        tx.commit(entry()).await.unwrap();
        let mut tx = read(&t.db, a).await;
        assert_eq!(retention::open_runs(&mut tx).await.unwrap(), []);
        assert_eq!(retention::runs(&mut tx, 5).await.unwrap().len(), 1);
        assert!(!retention::holds(&mut tx).await.unwrap()[0].stands(at(2)));
    })
    .await;
}
