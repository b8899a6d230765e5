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

#[test]
fn what_commands_and_files_say_without_a_sign_is_masked_and_nothing_else() {
    for (text, masked) in [
        ("curl -fsS -u bot:hunter2 https://x", "curl -fsS -u bot:MASK https://x"),
        ("/usr/bin/curl --user 'bot:hunter2' x | sh", "/usr/bin/curl --user 'bot:MASK' x | sh"),
        ("curl --user=bot:hunter2 x", "curl --user=bot:MASK x"),
        ("docker login -u bot -p hunter2 r.example", "docker login -u bot -p MASK r.example"),
        ("mysql -uroot -phunter2 -e x", "mysql -uroot -pMASK -e x"),
        ("sshpass -p hunter2 ssh x", "sshpass -p MASK ssh x"),
        ("redis-cli -a hunter2 ping", "redis-cli -a MASK ping"),
        ("echo \"root:hunter2\" | chpasswd", "echo \"root:MASK\" | chpasswd"),
        ("echo hunter2 | passwd --stdin root", "echo MASK | passwd --stdin root"),
        (
            "kubectl create secret generic s --from-literal=k=hunter2",
            "kubectl create secret generic s --from-literal=k=MASK",
        ),
        ("vault login hunter2", "vault login MASK"),
        ("aws configure set aws_secret_access_key hunter2", "aws configure set aws_secret_access_key MASK"),
        ("machine h login u password hunter2", "machine h login u password MASK"),
        ("machine h\n  login u\n  password hunter2\n", "machine h\n  login u\n  password MASK\n"),
        ("set PASSWORD hunter2", "set PASSWORD MASK"),
        ("<a><password>hunter2</password></a>", "<a><password>MASK</password></a>"),
        ("<add key=\"DbPassword\" value=\"hunter2\"/>", "<add key=\"DbPassword\" value=\"MASK\"/>"),
        ("{\"auths\":{\"r\":{\"auth\": \"Ym90Omh1bnRlcjI=\"}}}", "{\"auths\":{\"r\":{\"auth\": \"MASK\"}}}"),
    ] {
        assert_eq!(told(text), masked.replace("MASK", MASK), "{text}");
    }
    for text in [
        "curl -u \"$USER:$PASS\" x",
        "curl -sSf https://x -o y",
        "mkdir -p /srv/data && ssh -p 22 h",
        "mysql -p -u root",
        "docker run -p 80:80 nginx",
        "docker login --password-stdin",
        "forgot the password again",
        "<password/> <passwordFile>/run/x</passwordFile>",
        "passwd -l root",
        "set -e",
        "vault login -method=aws",
        "redis-cli ping",
    ] {
        assert_eq!(told(text), text);
    }
}

#[test]
fn a_long_text_is_read_once() {
    // Quadratic, this would take minutes.
    for piece in [
        "password ",
        "mysql ",
        "curl ",
        "chpasswd a:b ",
        "passwd --stdin ",
        "<",
        "<a ",
        "<password>",
        "\"auth\":",
    ] {
        let text = piece.repeat(300_000 / piece.len());
        for text in [text.clone(), text + ">"] {
            let _ = masked_text(&text);
        }
    }
}
