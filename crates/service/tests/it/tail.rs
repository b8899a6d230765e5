//! Live tails: what arrives is told once, to those who may see it, and what is too much is counted.

use std::cell::Cell;
use std::collections::HashSet;
use std::time::Duration;

use domain::event::NewEvent;
use domain::permission::{EventRead, EventWrite, Permission};
use domain::query::{EVENTS, parse};
use domain::{EventId, OrganizationId};
use service::events::tail::{self, Heard, Skipped, Tail, Wanted};
use service::events::{self, Origin};
use service::{Actor, Cx, Error, Services};
use testkit::for_each_backend;
use uuid::Uuid;

use crate::events::event;
use crate::world::{World, start};

fn cx<P: Permission>(services: &Services, organization: OrganizationId) -> Cx<P> {
    services.admit(&Actor::system("test", organization)).unwrap()
}

async fn send(services: &Services, organization: OrganizationId, rows: Vec<NewEvent>) {
    events::ingest(&cx::<EventWrite>(services, organization), rows, Origin::Api).await.unwrap();
}

fn numbered(n: u128) -> NewEvent {
    NewEvent { id: Some(EventId(Uuid::from_u128(n))), ..event(0, &format!("number {n}")) }
}

async fn watch(world: &World, organization: OrganizationId, q: &str, last: Option<&str>) -> Tail {
    let query = (!q.is_empty()).then(|| parse(q, &EVENTS, start()).unwrap());
    let wanted = Wanted { query, from: None };
    tail::open(&cx::<EventRead>(&world.services, organization), wanted, last).await.unwrap()
}

async fn next(tail: &mut Tail) -> Heard {
    tokio::time::timeout(Duration::from_secs(20), tail.next()).await.expect("something is heard").unwrap()
}

/// Numbers of so many events at least, and the place after them.
async fn hear(tail: &mut Tail, least: usize) -> (Vec<u128>, String) {
    let (mut heard, mut place) = (Vec::new(), String::new());
    while heard.len() < least {
        match next(tail).await {
            Heard::Events(told) => {
                place = told.last().unwrap().0.to_string();
                heard.extend(told.iter().map(|(_, e)| e.id.0.as_u128()));
            }
            other => panic!("{other:?} after {heard:?}"),
        }
    }
    (heard, place)
}

#[tokio::test]
async fn what_arrives_and_matches_is_told_once_and_only_to_its_organization() {
    for_each_backend(|t| async move {
        let world = World::new(t);
        let (a, b) = (world.organization("alpha").await.id, world.organization("beta").await.id);
        send(&world.services, a, vec![numbered(1)]).await;
        let mut all = watch(&world, a, "", None).await;
        let mut some = watch(&world, a, "message:*4", None).await;
        let mut other = watch(&world, b, "", None).await;
        send(&world.services, a, vec![numbered(2), numbered(3), numbered(1)]).await;
        send(&world.services, b, vec![numbered(9)]).await;
        // From another process, which cannot knock.
        send(&world.second_process(), a, vec![numbered(4)]).await;
        send(&world.services, a, vec![numbered(4), numbered(5)]).await;
        assert_eq!(hear(&mut all, 4).await.0, [2, 3, 4, 5], "what was there before is not told");
        assert_eq!(hear(&mut some, 1).await.0, [4]);
        assert_eq!(hear(&mut other, 1).await.0, [9]);
    })
    .await;
}

#[tokio::test]
async fn a_tail_that_comes_back_misses_nothing_and_hears_nothing_twice() {
    for_each_backend(|t| async move {
        const WRITERS: u128 = 3;
        const EACH: u128 = 60;
        let world = World::new(t);
        let org = world.organization("alpha").await.id;
        let writer = async |writer: u128| {
            // Each is a process of its own, so that their transactions run at the same time.
            let services = world.second_process();
            let mut n = 0;
            while n < EACH {
                let size = (n % 7 + 1).min(EACH - n);
                let rows = (n..n + size).map(|i| numbered(writer * 1_000 + i + 1)).collect();
                send(&services, org, rows).await;
                n += size;
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        // Opened before anything is written: what arrived earlier would rightly not be told.
        let mut tail = watch(&world, org, "", None).await;
        let written = Cell::new(false);
        let writers = async {
            tokio::join!(Box::pin(writer(0)), Box::pin(writer(1)), Box::pin(writer(2)));
            written.set(true);
        };
        let reader = async {
            let (mut heard, mut random) = (Vec::new(), 7_usize);
            loop {
                let told = match next(&mut tail).await {
                    Heard::Events(told) => told,
                    Heard::Quiet(_) if !written.get() => continue,
                    other => panic!("{other:?} after {} events", heard.len()),
                };
                // The connection breaks somewhere in what was told; the rest never came through.
                random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let through = 1 + random % told.len();
                heard.extend(told[..through].iter().map(|(_, e)| e.id.0.as_u128()));
                if heard.len() as u128 >= WRITERS * EACH {
                    return heard;
                }
                let place = told[through - 1].0.to_string();
                drop(tail);
                tail = watch(&world, org, "", Some(&place)).await;
            }
        };
        let ((), heard) = tokio::join!(writers, Box::pin(reader));
        assert_eq!(heard.len() as u128, WRITERS * EACH, "nothing twice");
        assert_eq!(heard.iter().collect::<HashSet<_>>().len(), heard.len());
    })
    .await;
}

#[tokio::test]
async fn more_than_can_be_told_is_counted() {
    for_each_backend(|t| async move {
        let world = World::new(t);
        let org = world.organization("alpha").await.id;
        let mut tail = watch(&world, org, "severity>=low", None).await;
        // The second is one batch of which only a part is kept for tails.
        send(&world.services, org, (1..=900).map(numbered).collect()).await;
        send(&world.services, org, (1_001..=3_500).map(numbered).collect()).await;
        let (mut told, mut sum) = (0, Skipped::default());
        while sum.matched + sum.unread < 3_400 {
            match next(&mut tail).await {
                Heard::Events(events) => told += events.len() as u64,
                Heard::Skipped(skipped) => {
                    assert!(skipped.milliseconds >= 1_000 && skipped.shown <= skipped.matched);
                    sum.shown += skipped.shown;
                    sum.matched += skipped.matched;
                    sum.unread += skipped.unread;
                }
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(sum.matched + sum.unread, 3_400, "each is told or counted");
        assert_eq!(sum.shown, told);
        assert!(sum.unread >= 500, "of a batch 2,000 are looked at: {sum:?}");
        assert!((u64::from(tail::RATE)..1_200).contains(&told), "{told}");
    })
    .await;
}

#[tokio::test]
async fn who_fell_far_behind_is_told_the_newest_and_how_many_came_before() {
    for_each_backend(|t| async move {
        let world = World::new(t);
        let org = world.organization("alpha").await.id;
        let mut tail = watch(&world, org, "", None).await;
        send(&world.services, org, vec![numbered(1)]).await;
        let (_, place) = hear(&mut tail, 1).await;
        drop(tail);
        for batch in 0..8 {
            let base = 10_000 * (batch + 1);
            send(&world.services, org, (base..base + 900).map(numbered).collect()).await;
        }
        let mut tail = watch(&world, org, "", Some(&place)).await;
        let Heard::Events(told) = next(&mut tail).await else { panic!() };
        let first = told[0].1.id.0.as_u128();
        assert_eq!(first / 10_000, 4, "three batches of eight are too much: {first}");
        let Heard::Skipped(skipped) = next(&mut tail).await else { panic!() };
        assert_eq!((skipped.unread, skipped.matched), (2_700, 4_500));

        world.clock.advance_seconds(tail::KEPT_SECONDS);
        let mut tail = watch(&world, org, "", Some(&place)).await;
        assert!(matches!(next(&mut tail).await, Heard::Lost(_)), "too old to go on from");
        send(&world.services, org, vec![numbered(7)]).await;
        assert_eq!(hear(&mut tail, 1).await.0, [7]);
        let forgotten = service::housekeeping::forget_arrivals(&world.services).await.unwrap();
        assert_eq!(forgotten, 0, "a place may be as old as that");
        world.clock.advance_seconds(60);
        assert_eq!(service::housekeeping::forget_arrivals(&world.services).await.unwrap(), 9);
        let odd = tail::open(&cx(&world.services, org), Wanted::default(), Some("yesterday")).await;
        assert!(matches!(odd, Err(Error::Invalid(_))));
    })
    .await;
}

#[tokio::test]
async fn nobody_watches_in_too_many_places_and_all_end_with_the_server() {
    for_each_backend(|t| async move {
        let world = World::new(t);
        let (a, b) = (world.organization("alpha").await.id, world.organization("beta").await.id);
        let mut tails = Vec::new();
        let refused = loop {
            match tail::open(&cx(&world.services, a), Wanted::default(), None).await {
                Ok(tail) => tails.push(tail),
                Err(error) => break error,
            }
        };
        assert!(matches!(refused, Error::TooMany { .. }), "{refused}");
        assert_eq!((tails.len(), world.services.open_tails()), (24, 24));
        let mut other = watch(&world, b, "", None).await;
        tails.pop();
        let mut again = watch(&world, a, "", None).await;
        let waiting = tokio::join!(next(&mut again), next(&mut other), async {
            tokio::time::sleep(Duration::from_millis(100)).await;
            world.services.close_tails();
        });
        assert!(matches!(waiting, (Heard::Closed, Heard::Closed, ())));
        drop((tails, again, other));
        assert_eq!(world.services.open_tails(), 0);
        let mut late = watch(&world, a, "", None).await;
        assert!(matches!(next(&mut late).await, Heard::Closed));
    })
    .await;
}
