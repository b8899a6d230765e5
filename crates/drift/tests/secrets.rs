//! What is kept secret in keys, values and texts, and what is none.

#![recursion_limit = "512"]
#![expect(clippy::unwrap_used, reason = "helpers of a test")]

use domain::drift::{Format, Tool};
use drift::node::{MASK, Node};
use drift::rules::Rules;
use drift::{Input, Reading, Resource};
use serde_json::{Value, json};

/// As it would be kept.
fn told(value: &Value) -> Value {
    Node::new(value.clone(), &Value::Null).told()
}

fn plan(before: &Value, after: &Value) -> Resource {
    let text = json!({"format_version": "1.2", "planned_values": {}, "resource_changes": [], "resource_drift": [
        {"address": "t.a", "type": "t", "change": {"before": before, "after": after}}]});
    let input = Input { file: "f", text: &text.to_string() };
    drift::read(Format::TerraformPlan, input, &Rules::built_in()).unwrap().resources.remove(0)
}

/// Nothing in here is anybody's: put together so that no scanner takes this file for a leak.
fn token(front: &str, rest: &str) -> String {
    format!("{front}{rest}")
}

#[test]
fn headers_that_authorize_are_masked() {
    for (text, masked) in [
        (
            "curl -H \"Authorization: Bearer 0123abcdHIDE\" https://x",
            "curl -H \"Authorization: Bearer (sensitive)\" https://x",
        ),
        (
            "curl -H 'authorization: Basic bXl1c2VyOm15cGFzcw==' https://x",
            "curl -H 'authorization: Basic (sensitive)' https://x",
        ),
        ("Authorization: Bearer abcdefHIDE", "Authorization: Bearer (sensitive)"),
        (
            "headers = { \"Authorization\" = \"Token HIDEHIDE\", a = 1 }",
            "headers = { \"Authorization\" = \"Token (sensitive)\", a = 1 }",
        ),
        (
            "Proxy-Authorization: Basic HIDEHIDE\nHost: x\n",
            "Proxy-Authorization: Basic (sensitive)\nHost: x\n",
        ),
        ("Authorization: 0123456789HIDEabcdef", "Authorization: (sensitive)"),
        ("use Bearer 0123456789HIDEabcdef now", "use Bearer (sensitive) now"),
        ("Basic bXl1c2VyOm15cGFzcw==", "Basic (sensitive)"),
        ("curl -H 'Cookie: session=HIDE; theme=dark' https://x", "curl -H 'Cookie: (sensitive)' https://x"),
    ] {
        assert_eq!(told(&json!({ "v": text })), json!({ "v": masked }));
    }
    let found = told(&json!({
        "http_headers": {"Authorization": "Bearer HIDE", "X-Api-Key": "HIDE", "Cookie": "session=HIDE", "Accept": "a/b"},
        "list": [{"name": "Authorization", "value": "Bearer HIDE"}, {"key": "Cookie", "value": "a=HIDE"}, {"HeaderName": "X-Auth-Token", "HeaderValue": "HIDE"},
            {"name": "Accept", "value": "a/b"}],
    }));
    let text = found.to_string();
    assert!(!text.contains("HIDE") && text.matches("a/b").count() == 2, "{text}");
}

#[test]
fn addresses_that_let_anybody_in_are_masked() {
    for (text, masked) in [
        ("https://hooks.slack.com/services/T000/B000/HIDE", "https://hooks.slack.com/services/(sensitive)"),
        (
            "see <https://hooks.slack.com/workflows/T0/HIDE> now",
            "see <https://hooks.slack.com/workflows/(sensitive)> now",
        ),
        (
            "https://x.webhook.office.com/webhookb2/HIDE@y/IncomingWebhook/z",
            "https://x.webhook.office.com/webhookb2/(sensitive)",
        ),
        ("https://outlook.office.com/webhook/HIDE@y/z", "https://outlook.office.com/webhook/(sensitive)"),
        (
            "https://discord.com/api/webhooks/123456789012345678/HIDE",
            "https://discord.com/api/webhooks/(sensitive)",
        ),
        (
            "https://discordapp.com/api/webhooks/1/HIDE?wait=true",
            "https://discordapp.com/api/webhooks/(sensitive)?wait=true",
        ),
        (
            "https://p.westeurope.logic.azure.com/workflows/1/invoke?sp=x&sv=1.0&sig=HIDEHIDEHIDE",
            "https://p.westeurope.logic.azure.com/workflows/1/invoke?sp=x&sv=1.0&sig=(sensitive)",
        ),
        (
            "https://a.blob.core.windows.net/c?sv=2020&sig=HIDE%2Babc%3D&se=2030",
            "https://a.blob.core.windows.net/c?sv=2020&sig=(sensitive)&se=2030",
        ),
        ("?sv=2020&sig=HIDEHIDE%2Babc%3D", "?sv=2020&sig=(sensitive)"),
        (
            "https://b.s3.amazonaws.com/k?X-Amz-Date=1&X-Amz-Signature=HIDE0123456789",
            "https://b.s3.amazonaws.com/k?X-Amz-Date=1&X-Amz-Signature=(sensitive)",
        ),
        ("https://api.telegram.org/bot12345:HIDE/send", "https://api.telegram.org/bot(sensitive)/send"),
    ] {
        assert_eq!(told(&json!({ "v": text })), json!({ "v": masked }));
    }
}

#[test]
fn tokens_of_services_are_known_by_their_front() {
    let alnum = "HIDE0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    for (front, len) in [
        ("npm_", 36),
        ("pypi-AgEIcHlwaS5vcmc", 60),
        ("hvs.", 28),
        ("hvb.", 60),
        ("dop_v1_", 60),
        ("doo_v1_", 60),
        ("glsa_", 40),
        ("glc_", 40),
        ("shpat_", 32),
        ("shpss_", 32),
        ("sq0csp-", 43),
        ("sq0atp-", 22),
        ("gho_", 36),
        ("ghs_", 36),
        ("ghu_", 36),
        ("ghr_", 36),
        ("xapp-1-", 40),
        ("xoxa-2-", 30),
        ("GOCSPX-", 28),
        ("ya29.", 40),
        ("dckr_pat_", 27),
        ("hf_", 34),
        ("lin_api_", 40),
        ("PMAK-", 50),
        ("pul-", 40),
        ("NRAK-", 27),
        ("rubygems_", 48),
        ("sk-ant-api03-", 60),
        ("sk-proj-", 60),
        ("sntrys_", 60),
        ("dp.pt.", 43),
        ("ATATT3", 70),
        ("gldt-", 20),
        ("glrt-", 20),
        ("xkeysib-", 64),
        ("tskey-auth-", 30),
        ("AGE-SECRET-KEY-1", 58),
        ("pscale_tkn_", 43),
        ("EZAK", 54),
        ("LTAI", 20),
        ("dapi", 32),
        ("sbp_", 40),
        ("gsk_", 50),
        ("ntn_", 46),
        ("PRIVATE-", 0),
    ] {
        let word = token(front, &alnum[..len.min(alnum.len())]);
        if len == 0 {
            assert_eq!(told(&json!(word)), json!(word));
            continue;
        }
        assert_eq!(told(&json!({ "v": word })), json!({ "v": MASK }), "{word}");
        assert_eq!(
            told(&json!({ "v": format!("run -x {word} now") })),
            json!({ "v": "run -x (sensitive) now" }),
            "{word}"
        );
    }
    let mail = token("SG.", "HIDE0123456789abcdefgh.ijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWX0");
    let cloud = format!("{}.atlasv1.{alnum}", &alnum[..14]);
    for word in [mail, cloud] {
        assert_eq!(told(&json!([word, format!("a={word}")])), json!([MASK, "a=(sensitive)"]));
    }
}

#[test]
fn stored_passwords_of_files_and_devices_are_masked() {
    for front in [
        "$2a$10$",
        "$2b$12$",
        "$2y$10$",
        "$5$salt$",
        "$6$rounds=5000$salt$",
        "$1$salt$",
        "$y$j9T$salt$",
        "$argon2id$v=19$m=1,t=2,p=1$",
        "$apr1$salt$",
    ] {
        let hash = format!("{front}HIDE./abcdefghijklmnopqrstuvwxyzABCDEFGHIJK");
        assert_eq!(
            told(&json!({"v": hash, "file": format!("root:{hash}:1:2\nx: y")})),
            json!({"v": MASK, "file": "root:(sensitive):1:2\nx: y"})
        );
    }
    let found = told(&json!({
        "community_string": "HIDE", "snmp_community": "HIDE", "pin": "HIDE", "user_pin": "HIDE", "cookie": "session=HIDE",
        "docker": "{\"auths\":{\"r.example\":{\"auth\":\"HIDE==\"}}}", "auths": {"r": {"auth": "HIDE==", "email": "me@x"}},
        "old": {"https://index.docker.io/v1/": {"auth": "bWU6SElERUhJREU="}},
        "npmrc": "//r/:_authToken=HIDE\n//r/:_auth=HIDEHIDE\nregistry=https://r\n", "snmp": "snmp-server\ncommunity_string = HIDE\n",
    }));
    let text = found.to_string();
    assert!(!text.contains("HIDE") && !text.contains("bWU6"), "{text}");
    assert!(text.contains("me@x") && text.contains("registry=https://r"), "{text}");
}

#[test]
fn a_map_whose_keys_are_secrets_is_sealed() {
    let key = |n: u8| token("AKIA", &format!("IOSFODNN7HIDE0{n}{n}"));
    let side = |n: u8| json!({"m": {key(n): "x"}, "hooks": {format!("https://hooks.slack.com/services/T/B/HIDE{n}"): true}, "ok": {"a": n}});
    let found = plan(&side(1), &side(2));
    let mut printed = serde_json::to_string(&found).unwrap();
    let drift = found.drift.unwrap();
    for tool in Tool::ALL {
        printed += &drift::patch::codify(*tool, "a/b", "t", &drift).0;
    }
    assert!(!printed.contains("HIDE"), "{printed}");
    let paths: Vec<_> = drift.changes.iter().map(|c| (c.property_path.as_str(), c.is_sensitive)).collect();
    assert_eq!(paths, [("hooks", true), ("m", true), ("ok.a", false)]);
}

#[test]
fn an_id_that_is_a_secret_names_nothing() {
    let side = |n: u8| json!({"id": "https://hooks.slack.com/services/T/B/HIDE", "n": n});
    assert_eq!(plan(&side(1), &side(2)).physical_id, None);
    let text = json!({"StackResourceDrifts": [{"LogicalResourceId": "K", "ResourceType": "AWS::IAM::AccessKey", "StackResourceDriftStatus": "IN_SYNC",
        "PhysicalResourceId": token("AKIA", "IOSFODNN7HIDE012")}]});
    let input = Input { file: "f", text: &text.to_string() };
    let found = drift::read(Format::Cloudformation, input, &Rules::built_in()).unwrap();
    assert!(!serde_json::to_string(&found).unwrap().contains("HIDE"));
    let text = json!({"state": {"version": 4, "resources": []}, "actual": [{"type": "aws_iam_access_key", "id": token("AKIA", "IOSFODNN7HIDE012"), "attributes": {}}]});
    let input = Input { file: "f", text: &text.to_string() };
    let problems = drift::read(Format::TerraformState, input, &Rules::built_in())
        .unwrap_or_else(|problems| Reading { problems, ..Reading::default() })
        .problems;
    assert!(problems.len() == 1 && !problems[0].reason.contains("HIDE"), "{problems:?}");
}

#[test]
fn what_is_no_secret_can_be_read() {
    let open = json!({
        "pinned": "yes", "pin_version": "1.2", "spin": "left", "mapping": "x", "pinning": "strict", "gpio_pins": "1,2",
        "authorization_type": "AWS_IAM", "authorization": "COGNITO_USER_POOLS", "authorizer_id": "abc123", "authorization_scopes": ["read/write"],
        "mongo": {"authorization": "enabled"}, "signature_version": "v4", "signature": "RSA", "sig": "none", "sign": "x", "design=1": "y",
        "cookie_behavior": "all", "cookies": "none", "cookie": "strict", "auth": "none", "auth_type": "Basic", "method": "Basic",
        "community": "65000:100", "words": "Basic authentication is used; Bearer tokens are not; Authorization: required for all; Authorization: Bearer token",
        "header": "Authorization: Bearer ${var.x}", "later": "Authorization: Bearer $TOKEN", "template": "authorization: Bearer {{ x }}",
        "docs": "https://api.slack.com/messaging/webhooks", "hook": "https://example.com/api/webhooks", "discord": "https://discord.com/channels/1/2",
        "query": "https://x/?sigma=1&design=2&sig=", "price": "$2 and $5 and $6.00", "shell": "echo $1$2 && awk '{print $1}'",
        "npm": "npm_config_registry_of_the_whole_company", "hf": "hf_transformers_cache_directory_name_of_all", "module": "pypi-mirror-of-the-whole-company-net",
        "sg": "sg-0123456789abcdef0", "SG": "SG.short", "hvs": "hvs.example.com", "class": "glc_", "name": "sk-proj-x", "api": "dapi-server-of-the-whole-company-net",
        "image": "registry.example.com/team/app@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        "headers": [{"name": "Authorization", "value": "AWS_IAM"}, {"name": "pinned", "value": "yes"}], "tskey": "tskey-auth",
        "shards": "pul-requests-of-everybody-in-the-company-since-last-year",
    });
    assert_eq!(told(&open), open);
}

/// A value is told by how it begins, and masked to its end.
#[test]
fn a_very_long_value_is_masked_whole() {
    let long = "a1".repeat(5_000);
    for text in [
        format!("curl -H \"Authorization: Bearer {long}\" https://x.example"),
        format!("say bearer {long} here"),
        format!("Cookie: session={long}"),
        format!("https://hooks.slack.com/services/{long}"),
        format!("https://x.example/y?sv=1&sig={long}&z=1"),
    ] {
        let masked = told(&json!({ "user_data": text })).to_string();
        assert!(!masked.contains("a1a1"), "{}", masked.chars().take(200).collect::<String>());
    }
}
