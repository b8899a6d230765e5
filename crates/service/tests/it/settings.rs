//! Settings.

use domain::branding::Branding;
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
        let none = json!({ "requests_per_minute": null, "events_per_second": null });
        assert_eq!(settings::get(&read, "rate_limits").await.unwrap(), none);
        let kept = settings::set(&write, "rate_limits", json!({ "requests_per_minute": 60 })).await.unwrap();
        assert_eq!(kept, json!({ "requests_per_minute": 60, "events_per_second": null }));
        assert!(matches!(settings::get(&read, "unknown").await, Err(Error::Invalid(_))));
    })
    .await;
}

#[tokio::test]
async fn an_organization_shows_itself_as_it_chose() {
    for_each_backend(|t| async move {
        let world = World::new(t);
        let alpha = world.organization("alpha").await;
        world.organization("beta").await;
        world.person("ann@a.test", "alpha", "admin").await;
        world.person("vic@a.test", "alpha", "viewer").await;
        world.person("bob@b.test", "beta", "admin").await;
        let write = world.cx("ann@a.test", "alpha").await;
        let shown =
            async |who: &str, slug: &str| settings::branding(&world.cx(who, slug).await).await.unwrap();
        assert!(shown("vic@a.test", "alpha").await.is_plain());
        let new = Branding {
            display_name: " Alpha & sons ".to_owned(),
            logo_text: "A1".to_owned(),
            accent: "#0B7A75".to_owned(),
        };
        settings::set_branding(&write, new.clone()).await.unwrap();
        let kept = shown("vic@a.test", "alpha").await;
        assert_eq!((kept.name("ALPHA"), kept.accent.as_str()), ("Alpha & sons", "#0b7a75"));
        let entry = world.log(alpha.id).await.into_iter().rfind(|r| r.action == "SETTINGS_UPDATED").unwrap();
        assert_eq!(entry.new_values.unwrap()["logo_text"], "A1");
        let pale = Branding { accent: "#fffde0".to_owned(), ..new };
        let refused = settings::set_branding(&write, pale).await;
        assert!(matches!(&refused, Err(Error::Invalid(why)) if why.0[0].field == "accent"), "{refused:?}");
        assert_eq!(shown("ann@a.test", "alpha").await, kept, "nothing was written");
        assert!(shown("bob@b.test", "beta").await.is_plain(), "nothing of it elsewhere");
    })
    .await;
}
