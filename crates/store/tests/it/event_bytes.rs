//! Pages of long events.

use domain::filter::EventFilter;
use domain::page::Order;
use testkit::for_each_backend;

use crate::events_world::{all_pages, event, insert};
use crate::world::{organization, read};

#[tokio::test]
async fn a_page_of_long_events_ends_by_its_bytes_and_goes_on_in_the_next() {
    for_each_backend(async |t| {
        let org = organization(&t.db, "long").await;
        let long = "long words ".repeat(100_000);
        let events: Vec<_> = (0..12)
            .map(|n| {
                let mut e = event(n, &long);
                e.component = Some("api".to_owned());
                e.raw_payload = format!("{{\"text\": \"{long}\"}}");
                e
            })
            .collect();
        insert(&t.db, org, events).await;
        for filter in [
            EventFilter::default(),
            EventFilter { component: vec!["api".to_owned()], order: Order::Oldest, ..EventFilter::default() },
        ] {
            let first = store::event::page(&mut read(&t.db, org).await, &filter, None, 200).await.unwrap();
            let bytes: usize =
                first.events.iter().map(|e| e.message.len() + e.raw_payload.text().len()).sum();
            assert!(first.next.is_some(), "there are more");
            let longest = 2 * long.len() + 100;
            assert!(
                (store::event::PAGE_BYTES..store::event::PAGE_BYTES + longest).contains(&bytes),
                "{bytes}"
            );
            assert_eq!(all_pages(&t.db, org, &filter, 200).await.len(), 12);
        }
    })
    .await;
}
