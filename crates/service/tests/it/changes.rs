//! The feed of changes: in order, each once, none left out while many write.

use std::collections::BTreeSet;

use domain::permission::{AuditRead, SourceWrite};
use domain::source::NewSource;
use service::{Cx, Error, changes, sources};
use testkit::for_each_backend;

use crate::backup::system;
use crate::world::World;

fn source(name: String) -> NewSource {
    NewSource { name, source_type: "host".to_owned(), status: "active".to_owned(), ..NewSource::default() }
}

#[tokio::test]
async fn a_reader_that_goes_on_from_its_cursor_misses_nothing_while_many_write() {
    for_each_backend(|t| async move {
        let world = World::new(t);
        let alpha = world.organization("alpha").await.id;
        let beta = world.organization("beta").await.id;
        let writers: Vec<_> = (0..4)
            .map(|w| {
                // Two processes on one database.
                let services = if w % 2 == 0 { world.services.clone() } else { world.second_process() };
                tokio::spawn(async move {
                    for n in 0..25 {
                        let cx: Cx<SourceWrite> = system(&services, if w == 3 { beta } else { alpha });
                        sources::create(&cx, source(format!("source {w}-{n}"))).await.unwrap();
                    }
                })
            })
            .collect();
        let read: Cx<AuditRead> = system(&world.services, alpha);
        let (mut cursor, mut seen, mut last) = (None::<String>, BTreeSet::new(), 0);
        while seen.len() < 75 {
            let page = changes::list(&read, Some("source"), cursor.as_deref(), 7).await.unwrap();
            for change in &page.items {
                assert!(change.seq > last && seen.insert(change.target_id.clone()), "in order and once");
                last = change.seq;
            }
            assert!(page.items.len() <= 7);
            cursor = Some(page.next_cursor);
            tokio::task::yield_now().await;
        }
        for writer in writers {
            writer.await.unwrap();
        }
        let rest = changes::list(&read, Some("source"), cursor.as_deref(), 100).await.unwrap();
        assert!(rest.items.is_empty() && !rest.has_more);
        let all = changes::list(&read, None, None, 1000).await.unwrap();
        assert!(all.items.windows(2).all(|pair| pair[1].seq == pair[0].seq + 1), "no gap at all");
        assert!(all.items.iter().all(|change| change.organization_id == alpha));
    })
    .await;
}

#[tokio::test]
async fn a_cursor_goes_past_what_is_of_another_kind_and_latest_begins_now() {
    for_each_backend(|t| async move {
        let world = World::new(t);
        let alpha = world.organization("alpha").await.id;
        let read: Cx<AuditRead> = system(&world.services, alpha);
        let now = changes::list(&read, None, Some(changes::LATEST), 10).await.unwrap();
        assert!(now.items.is_empty() && !now.has_more);
        sources::create(&system(&world.services, alpha), source("edge".to_owned())).await.unwrap();
        let cases = changes::list(&read, Some("case"), Some(&now.next_cursor), 10).await.unwrap();
        assert!(cases.items.is_empty());
        assert_ne!(cases.next_cursor, now.next_cursor, "it is not looked at again");
        let next = changes::list(&read, None, Some(&now.next_cursor), 10).await.unwrap();
        assert_eq!(next.items.len(), 1);
        assert_eq!(next.items[0].new_values.as_ref().unwrap()["name"], "edge");
        for wrong in ["x", "-1", "999999"] {
            assert!(
                matches!(changes::list(&read, None, Some(wrong), 10).await, Err(Error::Invalid(_))),
                "{wrong}"
            );
        }
    })
    .await;
}
