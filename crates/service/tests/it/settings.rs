//! Settings.

use domain::permission::{SettingsRead, SettingsWrite};
use serde_json::json;
use service::{Error, settings};
use testkit::for_each_backend;

use crate::world::World;

#[tokio::test]
async fn a_setting_has_defaults_is_checked_and_is_audited() {
    for_each_backend(|t| async move {
        let world = World::new(t);
        world.organization("alpha").await;
        world.person("admin@alpha.test", "alpha", "admin").await;
        let read = world.cx::<SettingsRead>("admin@alpha.test", "alpha").await;
        let write = world.cx::<SettingsWrite>("admin@alpha.test", "alpha").await;
        assert_eq!(settings::get(&read, "general").await.unwrap(), json!({ "time_zone": "UTC" }));
        for (key, value, field) in [
            ("general", json!({ "time_zone": "Nowhere/City" }), "time_zone"),
            ("general", json!({ "colour": "red" }), "value"),
            ("rate_limits", json!({ "events_per_second": "many" }), "value"),
            ("rate_limits", json!({ "events_per_second": 0 }), "events_per_second"),
            ("rate_limits", json!([]), "value"),
            ("unknown", json!({}), "key"),
        ] {
            let error = settings::set(&write, key, value.clone()).await.unwrap_err();
            assert!(
                matches!(error, Error::Invalid(ref i) if i.0[0].field == field),
                "{key} {value}: {error:?}"
            );
        }
        let kept = settings::set(&write, "general", json!({ "time_zone": "Europe/Berlin" })).await.unwrap();
        assert_eq!(kept, json!({ "time_zone": "Europe/Berlin" }));
        assert_eq!(settings::get(&read, "general").await.unwrap(), kept);
        let entry = world.log(read.actor().organization).await.pop().unwrap();
        assert_eq!((entry.action.as_str(), entry.target_id.as_str()), ("SETTINGS_UPDATED", "general"));
        assert_eq!(entry.old_values.unwrap()["time_zone"], "UTC");
        assert_eq!(entry.new_values, Some(kept));
        settings::set(&write, "rate_limits", json!({ "requests_per_minute": 60 })).await.unwrap();
        assert!(matches!(settings::get(&read, "unknown").await, Err(Error::Invalid(_))));
    })
    .await;
}
