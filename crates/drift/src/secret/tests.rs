use super::*;

fn told(text: &str) -> String {
    masked_text(text).unwrap_or_else(|| text.to_owned())
}

#[test]
fn names_of_secrets_are_known_by_their_words() {
    for name in [
        "pass",
        "DB_PASS",
        "dbPass",
        "smtp-pwd",
        "dbpass",
        "PGPASS",
        "USER_PWD",
        "signing_key",
        "SigningKey",
        "ENCRYPTION_KEY",
        "wifi.passcode",
        "master_password",
    ] {
        assert!(is_secret_name(name), "{name}");
    }
    for name in [
        "bypass",
        "compass",
        "waf_bypass",
        "first_pass",
        "PWD",
        "OLDPWD",
        "passed",
        "pass_count",
        "passive",
        "sort_key",
        "public_key",
        "encryption_key_source",
        "signing_key_usage",
        "passthrough",
        "trespass",
        "two_pass",
    ] {
        assert!(!is_secret_name(name), "{name}");
    }
}

#[test]
fn keys_that_are_kept_elsewhere_are_told() {
    let open = |key: &str, value: &str| !looks_secret(key, &Value::from(value));
    assert!(open("encryption_key", "projects/p/locations/eu/keyRings/r/cryptoKeys/k"));
    assert!(open("encryption_key", "arn:aws:kms:eu-west-1:1:key/2"));
    assert!(open("signing_key_id", "k-1") && open("bypass", "AzureServices") && open("pwd", "/srv"));
    assert!(!open("encryption_key", "7f1cd0a9") && !open("DB_PWD", "x"));
}

#[test]
fn what_has_a_secret_name_in_a_text_is_masked_and_nothing_else() {
    for (text, masked) in [
        (
            "#!/bin/sh\nexport DB_PASSWORD=hunter2 && run\nexport MODE=fast\n",
            "#!/bin/sh\nexport DB_PASSWORD=(sensitive) && run\nexport MODE=fast\n",
        ),
        ("user=app\npassword=two words\r\nport=1", "user=app\npassword=(sensitive)\r\nport=1"),
        ("db:\n  user: app\n  password: hunter2\n", "db:\n  user: app\n  password: (sensitive)\n"),
        ("DB_PASS='a b'; X=1", "DB_PASS='(sensitive)'; X=1"),
        ("Server=db;Password=h2;Database=x", "Server=db;Password=(sensitive);Database=x"),
        ("run --password hunter2 --mode fast", "run --password (sensitive) --mode fast"),
        ("run --db-password=hunter2 --mode=fast", "run --db-password=(sensitive) --mode=fast"),
        ("secret = \"a\\\"b\" # x", "secret = \"(sensitive)\" # x"),
        ("curl -H 'X: sk_live_0123456789abcdef01'", "curl -H 'X: (sensitive)'"),
        ("ZXhwb3J0IERCX1BBU1NXT1JEPWh1bnRlcjIK", "(sensitive)"),
    ] {
        assert_eq!(told(text), masked);
    }
    for text in [
        "export DB_PASSWORD=$(vault read x)",
        "PASSWORD=\"$OTHER\"",
        "password=${var.x}",
        "password_file=/run/secrets/x",
        "Password: at least 12 characters, a sentence",
        "bypass=AzureServices\ncompass=north",
        "The password: one\nof many words",
        "token=true",
        "arn:aws:iam::1:role/pass",
        "SGVsbG8sIHdvcmxkLCBob3cgYXJl",
        "grüße=1; größe --x",
    ] {
        assert_eq!(told(text), text);
    }
}
