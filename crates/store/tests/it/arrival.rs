//! What arrived, in an order that a reader can go on from.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use domain::OrganizationId;
use domain::event::NewEvent;
use store::arrival::{self, Arrived};
use store::ingest::{self, Batch};
use store::{Db, Result};
use testkit::for_each_backend;
use uuid::Uuid;

use crate::events_world::{event, prepared};
use crate::world::{actor, at, entry, id, organization, read, system, write};

/// Stores a batch as the service does.
async fn store(db: &Db, organization: OrganizationId, events: Vec<NewEvent>) -> Result<Arrived> {
    let batch = Batch::new(events.into_iter().map(|e| prepared(organization, e)).collect());
    let mut tx = write(db, organization).await;
    let outcome = ingest::insert(&mut tx, &batch, at(0), &id::<Uuid>).await?;
    tx.commit_arrival(vec![(actor(), id(), entry()), (actor(), id(), entry())], &outcome.arrived).await?;
    Ok(outcome.arrived)
}

fn chosen(n: u128, seconds: i64) -> NewEvent {
    NewEvent { id: Some(domain::EventId(Uuid::from_u128(n))), ..event(seconds, "x") }
}

async fn all(db: &Db, organization: OrganizationId, mut from: i64) -> Vec<(i64, Vec<Uuid>)> {
    let mut found = Vec::new();
    loop {
        let next = arrival::after(&mut read(db, organization).await, from, 2).await.unwrap();
        let Some(last) = next.last() else { return found };
        from = last.seq;
        found.extend(next.into_iter().map(|a| (a.seq, a.events.ids)));
    }
}

#[tokio::test]
async fn an_arrival_tells_what_was_really_stored_in_the_order_of_time() {
    for_each_backend(|t| async move {
        let (a, b) = (organization(&t.db, "alpha").await, organization(&t.db, "beta").await);
        let start = arrival::newest(&mut read(&t.db, a).await).await.unwrap();
        store(&t.db, a, vec![chosen(7, 30), chosen(9, 10), chosen(7, 30), chosen(8, 20)]).await.unwrap();
        // One is known, one is new; then nothing is new.
        store(&t.db, a, vec![chosen(9, 10), chosen(3, 5)]).await.unwrap();
        store(&t.db, a, vec![chosen(9, 10)]).await.unwrap();
        store(&t.db, b, vec![chosen(1, 1)]).await.unwrap();
        let ids: Vec<Vec<u128>> = all(&t.db, a, start)
            .await
            .into_iter()
            .map(|(_, ids)| ids.iter().map(Uuid::as_u128).collect())
            .collect();
        assert_eq!(ids, [vec![9, 8, 7], vec![3]]);
        let mut tx = read(&t.db, a).await;
        assert_eq!(arrival::count_after(&mut tx, start).await.unwrap(), 4);
        let latest = arrival::latest(&mut tx, start, 1).await.unwrap();
        assert_eq!(latest[0].1, 1);
        assert!(latest[0].0 < arrival::newest(&mut tx).await.unwrap(), "the last batch stored nothing");
        let found = store::event::by_ids(&mut tx, &[9, 3, 1, 77].map(Uuid::from_u128)).await.unwrap();
        let found: HashSet<u128> = found.iter().map(|e| e.id.0.as_u128()).collect();
        assert_eq!(found, HashSet::from([9, 3]), "one is of another organization, one is nobody's");
    })
    .await;
}

#[tokio::test]
async fn of_a_large_batch_the_newest_are_kept_and_all_are_counted() {
    for_each_backend(|t| async move {
        let org = organization(&t.db, "alpha").await;
        let events = (0..2_500).map(|n| chosen(n + 1, 2_500 - n as i64)).collect();
        let arrived = store(&t.db, org, events).await.unwrap();
        let [kept] = &arrival::after(&mut read(&t.db, org).await, 0, 9).await.unwrap()[..] else { panic!() };
        assert_eq!(kept.events, arrived);
        assert_eq!((kept.events.count, kept.events.ids.len()), (2_500, arrival::KEPT));
        assert_eq!(kept.events.ids.last(), Some(&Uuid::from_u128(1)), "the newest comes last");
        let rows = store::event::by_ids(&mut read(&t.db, org).await, &kept.events.ids).await.unwrap();
        assert_eq!(rows.iter().map(|e| e.id).collect::<HashSet<_>>().len(), arrival::KEPT);
    })
    .await;
}

/// Writers commit in another order than they begin, and some give up; a reader that always goes on from the last number it
/// saw reads everything once.
#[tokio::test]
async fn a_reader_misses_nothing_while_many_write() {
    for_each_backend(|t| async move {
        const WRITERS: usize = 3;
        const BATCHES: usize = 25;
        let org = organization(&t.db, "alpha").await;
        let done = Arc::new(AtomicUsize::new(0));
        let writer = async |writer: usize| {
            let mut stored = Vec::new();
            for n in 0..BATCHES {
                let base = (writer * BATCHES + n) as u128 * 10 + 1;
                let batch = (base..base + 1 + (n as u128 % 4)).map(|i| chosen(i, n as i64)).collect();
                if n % 5 == 4 {
                    let batch: Vec<NewEvent> = batch;
                    let batch = Batch::new(batch.into_iter().map(|e| prepared(org, e)).collect());
                    let mut tx = write(&t.db, org).await;
                    let _ = ingest::insert(&mut tx, &batch, at(0), &id::<Uuid>).await;
                    continue;
                }
                // A collision with another writer stores nothing.
                if let Ok(arrived) = store(&t.db, org, batch).await {
                    stored.extend(arrived.ids);
                }
                tokio::task::yield_now().await;
            }
            done.fetch_add(1, Ordering::SeqCst);
            stored
        };
        let reader = async {
            let (mut place, mut seen) = (0, Vec::new());
            loop {
                let last = done.load(Ordering::SeqCst) == WRITERS;
                let next = arrival::after(&mut read(&t.db, org).await, place, 3).await.unwrap();
                let empty = next.is_empty();
                for arrival in next {
                    assert!(arrival.seq > place);
                    place = arrival.seq;
                    seen.extend(arrival.events.ids);
                }
                if last && empty {
                    return seen;
                }
            }
        };
        let (a, b, c, seen) =
            tokio::join!(Box::pin(writer(0)), Box::pin(writer(1)), Box::pin(writer(2)), Box::pin(reader));
        let stored: Vec<Uuid> = [a, b, c].concat();
        assert!(stored.len() > 50, "{}", stored.len());
        assert_eq!(seen.len(), stored.len(), "nothing twice, nothing missing");
        assert_eq!(seen.into_iter().collect::<HashSet<_>>(), stored.into_iter().collect::<HashSet<_>>());
    })
    .await;
}

#[tokio::test]
async fn arrivals_are_forgotten_by_age_and_their_events_stay() {
    for_each_backend(|t| async move {
        let org = organization(&t.db, "alpha").await;
        store(&t.db, org, vec![chosen(1, 0)]).await.unwrap();
        for (before, gone) in [(at(0), 0), (at(1), 1)] {
            let mut tx = system(&t.db).await;
            assert_eq!(arrival::forget(&mut tx, before).await.unwrap(), gone);
            tx.commit_unaudited_bookkeeping().await.unwrap();
        }
        assert!(all(&t.db, org, 0).await.is_empty());
        let mut tx = read(&t.db, org).await;
        assert_eq!(store::event::by_ids(&mut tx, &[Uuid::from_u128(1)]).await.unwrap().len(), 1);
    })
    .await;
}
