//! Rows of uploads and their refusals.

use domain::upload::{Choice, Format, Rejection, UnknownSeverities, Upload, UploadState};
use testkit::for_each_backend;

use crate::world::{at, entry, id, organization, read, system, write};

fn upload() -> Upload {
    Upload {
        id: id(),
        file_name: "größe.csv".to_owned(),
        format: Format::Auto,
        mapping: Choice::default(),
        state: UploadState::Mapped,
        bytes_total: 10,
        bytes_done: 0,
        accepted: 0,
        rejected: 0,
        unknown_severities: UnknownSeverities::default(),
        imported: domain::upload::Imported::default(),
        error_message: None,
        created_by: None,
        created_at: at(0),
        updated_at: at(0),
    }
}

#[tokio::test]
async fn an_upload_is_claimed_once_and_keeps_its_refusals() {
    for_each_backend(|t| async move {
        let (org, other) = (organization(&t.db, "alpha").await, organization(&t.db, "beta").await);
        let mut first = upload();
        let mut tx = write(&t.db, org).await;
        store::upload::insert(&mut tx, &first).await.unwrap();
        assert!(store::upload::claim(&mut tx, first.id).await.unwrap());
        assert!(!store::upload::claim(&mut tx, first.id).await.unwrap());
        first.state = UploadState::Running;
        first.mapping.columns.insert(domain::event::Target::Message, vec!["Text".to_owned()]);
        first.accepted = 5;
        first.unknown_severities = UnknownSeverities {
            rows: 2,
            became: Some(domain::Severity::Info),
            words: [("dire".to_owned(), 2)].into(),
        };
        store::upload::update(&mut tx, &first).await.unwrap();
        // Two a row, of which a page may take one.
        let refused: Vec<_> = (0..6)
            .map(|i| {
                let field = ["message", "severity"][i % 2].to_owned();
                let index = i as u64 / 2;
                (Rejection { index, field, reason: "empty".to_owned() }, format!("row {index}"))
            })
            .collect();
        for _ in 0..2 {
            store::upload::add_rejections(&mut tx, first.id, &refused).await.unwrap();
        }
        tx.commit(entry()).await.unwrap();
        let mut tx = read(&t.db, org).await;
        assert_eq!(store::upload::get(&mut tx, first.id).await.unwrap().as_ref(), Some(&first));
        assert_eq!(store::upload::list(&mut tx, 10).await.unwrap(), [first.clone()]);
        assert_eq!(store::upload::rejections(&mut tx, first.id, None, 100).await.unwrap(), refused);
        let (mut paged, mut after) = (Vec::new(), None);
        loop {
            let place = after.as_ref().map(|(row, field): &(u64, String)| (*row, field.as_str()));
            let page = store::upload::rejections(&mut tx, first.id, place, 1).await.unwrap();
            let Some((last, _)) = page.last() else { break };
            after = Some((last.index, last.field.clone()));
            paged.extend(page);
        }
        assert_eq!(paged, refused);
        drop(tx);
        assert_eq!(store::upload::get(&mut read(&t.db, other).await, first.id).await.unwrap(), None);
        assert_eq!(store::upload::unfinished(&mut system(&t.db).await).await.unwrap(), [(org, first.id)]);
    })
    .await;
}
