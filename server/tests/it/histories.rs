//! What happened to a record stands beside it, for who may read the audit log.

use serde_json::json;
use testkit::for_each_backend;

use crate::app::TestApp;
use crate::drifts::{PUSH, plan};

#[tokio::test(flavor = "multi_thread")]
async fn what_happened_to_a_record_stands_beside_it_for_who_may_read_the_audit_log() {
    for_each_backend(|db| async move {
        let app = TestApp::acme(db).await;
        app.person("ana@acme.test", "acme", "analyst").await;
        let (ada, ana) = (app.sign_in("ada@acme.test").await, app.sign_in("ana@acme.test").await);
        let key = app.key("acme", &["all"]).await;
        let post = async |path: &str, body: String| {
            let answer = app.post(path).bearer(&key).json(body).send().await;
            assert!(answer.status.is_success(), "{path} {}", answer.text);
            answer.json()
        };
        let send = async |path: &str, fields: &[(&str, &str)]| {
            let form: Vec<_> = [("organization", "acme")].into_iter().chain(fields.iter().copied()).collect();
            let answer = app.post(path).cookie(&ada).form(&form).send().await;
            assert_eq!(answer.status, 200, "{path} {}", answer.text);
        };
        let offer = json!({ "email": "new@acme.test", "role": "viewer", "approval_level": "none" });
        let invitation = post("/api/v1/invitations", offer.to_string()).await;
        let invitation = invitation["id"].as_str().or(invitation["invitation"]["id"].as_str()).unwrap();
        post(PUSH, plan()).await;
        let repositories = app.get("/api/v1/iac-repositories").bearer(&key).send().await.json();
        let repository = repositories["items"][0]["id"].as_str().unwrap();
        let view = json!({ "name": "Ours", "query": "q=status:open", "area": "cases" });
        let view = post("/api/v1/views", view.to_string()).await;
        let file = "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"events.csv\"\r\n\r\n\
                    time,severity,message\n2026-11-23T09:30:00Z,high,hello\n\r\n--x--\r\n";
        let sent = app.post("/o/acme/uploads").cookie(&ada).body("multipart/form-data; boundary=x", file);
        let upload = sent.send().await.header("location").rsplit('/').next().unwrap().to_owned();
        let seen = r#"{"name":"ACME","description":"","contact_email":""}"#;
        let about = [("seen", seen), ("name", "ACME"), ("description", "Tin cans"), ("contact_email", "")];
        send("/fn/save_organization", &about).await;
        let seen = r#"{"time_zone":"UTC"}"#;
        send("/fn/save_time_zone", &[("seen", seen), ("time_zone", "Europe/Berlin")]).await;
        let seen = r#"{"requests_per_minute":"","events_per_second":""}"#;
        let rates = [("seen", seen), ("requests_per_minute", "9000"), ("events_per_second", "")];
        send("/fn/save_rate_limits", &rates).await;
        send("/fn/set_case_rules", &[("seen", r#"{"four_eyes":""}"#), ("four_eyes", "true")]).await;
        let seen = r#"{"display_name":"","logo_text":"","accent":""}"#;
        let branding = [("seen", seen), ("display_name", "Acme"), ("logo_text", ""), ("accent", "")];
        send("/fn/save_branding", &branding).await;
        send("/fn/set_require_factor", &[("seen", r#"{"required":"false"}"#), ("required", "false")]).await;
        send("/fn/give_provider_role", &[("group", "soc"), ("role", "viewer")]).await;
        let seen = r#"{"info":"","low":"","medium":"","high":"","critical":""}"#;
        send("/fn/save_retention", &[("seen", seen), ("info", "30")]).await;

        let page = async |cookie: &str, address: &str| {
            let page = app.get(address).cookie(cookie).send().await;
            assert_eq!(page.status, 200, "{address} {}", page.text);
            page.text
        };
        let organization = app.get("/api/v1/organization").bearer(&key).send().await.json();
        let organization = organization["id"].as_str().unwrap();
        // The page, whose history, and what the log has of it.
        let beside = [
            ("settings/members", invitation, "MEMBER_INVITED"),
            ("uploads", upload.as_str(), "UPLOAD_CREATED"),
            ("settings/general", organization, "Tin cans"),
            ("settings/general", "general", "Europe/Berlin"),
            ("settings/general", "rate_limits", "9000"),
            ("settings/cases", "cases", "four_eyes"),
            ("settings/branding", "branding", "display_name"),
            ("settings/sessions", "security", "SETTINGS_UPDATED"),
            ("settings/sign-in", organization, "soc"),
        ];
        for (place, id, says) in beside {
            let list = page(&ada, &format!("/o/acme/{place}")).await;
            assert!(list.contains(&format!("?history={id}\"")), "{place} {id}: {list}");
            let open = page(&ada, &format!("/o/acme/{place}?history={id}")).await;
            let dialog =
                open.split("aria-label=\"History\"").nth(1).unwrap_or_else(|| panic!("{place} {id}: {open}"));
            assert!(dialog.contains(says), "{place} {id} {says}: {dialog}");
        }
        let folded = [
            (format!("drift/repositories?repository={repository}"), "DRIFT_PUSHED"),
            (format!("cases?view={}", view["id"].as_str().unwrap()), "VIEW_CREATED"),
            ("settings/retention".to_owned(), "RETENTION_CHANGED"),
        ];
        for (place, says) in &folded {
            let page = page(&ada, &format!("/o/acme/{place}")).await;
            let told =
                page.split("<summary>History</summary>").nth(1).unwrap_or_else(|| panic!("{place}: {page}"));
            assert!(told.contains(says), "{place} {says}: {told}");
        }
        let lists = [format!("uploads?history={upload}"), format!("settings/members?history={invitation}")];
        for place in lists.iter().chain([&folded[0].0, &folded[1].0]) {
            let page = page(&ana, &format!("/o/acme/{place}")).await;
            assert!(!page.contains("History of") && !page.contains(">History<"), "{place}: {page}");
        }
    })
    .await;
}
