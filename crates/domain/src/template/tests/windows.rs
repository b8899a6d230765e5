//! Events of Windows and Sysmon, whose fields stand a line each.

use std::collections::BTreeMap;

use super::super::template;

#[test]
fn events_of_windows_differ_by_what_happened_and_not_by_who() {
    let logon = |who: &str, domain: &str, rights: &str| {
        format!(
            "An account was successfully logged on.\r\n\r\nSubject:\r\n\tSecurity ID:\t\tS-1-5-18\r\n\tAccount Name:\t\t{who}\r\n\tAccount Domain:\t\t{domain}\r\n\tLogon ID:\t\t0x3E7\r\n\r\nPrivileges:\t\t{rights}\r\n\r\nThis event is generated."
        )
    };
    let one = template(&logon("wardog", "ATTACKRANGE", "SeSecurityPrivilege\r\n\t\t\tSeBackupPrivilege"));
    for other in
        [logon("-", "-", "-"), logon("svc web", "Font Driver Host", "SeDebugPrivilege"), logon("", "", "-")]
    {
        assert_eq!(template(&other), one);
    }
    assert_eq!(
        one,
        "An account was successfully logged on. Subject: Security ID: <*> Account Name: <*> Account Domain: <*> Logon ID: <*> Privileges: <*> This event is generated."
    );
    let failure = |reason: &str| {
        template(&format!(
            "An account failed to log on.\r\n\tAccount Name:\t\tx\r\n\tFailure Reason:\t\t{reason}\r\n"
        ))
    };
    assert_ne!(
        failure("Account locked out."),
        failure("Unknown user name or bad password."),
        "what happened stays"
    );

    let process = |image: &str, product: &str, user: &str| {
        template(&format!(
            "Process Create:\r\nRuleName: -\r\nImage: {image}\r\nProduct: {product}\r\nUser: {user}\r\nIntegrityLevel: High"
        ))
    };
    assert_eq!(
        process(
            "C:\\Windows\\System32\\reg.exe",
            "Microsoft Windows Operating System",
            "WORKSTATION5\\wardog"
        ),
        process("-", "Sysinternals", "NT AUTHORITY\\SYSTEM"),
    );
    // Not a record: the words after the colon say what happened.
    let trace = |cause: &str| {
        template(&format!("failed\n    at Main.run\nCaused by: Boom: {cause}\nAborted: {cause}"))
    };
    assert_ne!(trace("no route to host"), trace("disk quota exceeded"));
}

/// Of the recorded attacks: hardly more templates than kinds of event (an object's type stays in its template).
#[test]
fn recorded_windows_events_have_few_templates_a_kind() {
    let shared = std::env::var("WATCHROOM_SHARED")
        .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared").to_owned());
    for file in ["win_logonscript", "win_lsass_comsvcs", "win_sc_query"] {
        let path = format!("{shared}/data/security-datasets/{file}.ndjson");
        let text =
            std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}; set WATCHROOM_SHARED"));
        let mut kinds: BTreeMap<String, std::collections::BTreeSet<String>> = BTreeMap::new();
        for line in text.lines() {
            let event: serde_json::Value = serde_json::from_str(line).unwrap();
            let kind = format!("{} {}", event["SourceName"], event["EventID"]);
            kinds.entry(kind).or_default().insert(template(event["Message"].as_str().unwrap_or_default()));
        }
        let templates: usize = kinds.values().map(std::collections::BTreeSet::len).sum();
        if std::env::var_os("SHOW_GROUPS").is_some() {
            for (kind, templates) in kinds.iter().filter(|(_, t)| t.len() > 1) {
                println!(
                    "{kind}: {}\n   {}",
                    templates.len(),
                    templates.iter().cloned().collect::<Vec<_>>().join("\n   ")
                );
            }
        }
        println!("{file}: {templates} templates of {} kinds", kinds.len());
        assert!(templates * 4 <= kinds.len() * 5, "{file}: {templates} templates of {} kinds", kinds.len());
    }
}
