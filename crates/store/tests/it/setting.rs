//! Settings.

use serde_json::json;
use testkit::for_each_backend;

use crate::world::{at, entry, organization, read, write};

#[tokio::test]
async fn a_setting_is_replaced_in_its_organization_only() {
    for_each_backend(|t| async move {
        let (a, b) = (organization(&t.db, "alpha").await, organization(&t.db, "beta").await);
        for value in [json!({ "x": 1 }), json!({ "x": [2, "ü"] })] {
            let mut tx = write(&t.db, a).await;
            store::setting::set(&mut tx, "general", &value, at(0)).await.unwrap();
            tx.commit(entry()).await.unwrap();
            assert_eq!(store::setting::get(&mut read(&t.db, a).await, "general").await.unwrap(), Some(value));
        }
        assert_eq!(store::setting::get(&mut read(&t.db, a).await, "other").await.unwrap(), None);
        assert_eq!(store::setting::get(&mut read(&t.db, b).await, "general").await.unwrap(), None);
    })
    .await;
}
