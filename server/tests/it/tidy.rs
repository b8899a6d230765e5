//! Laws of the tree that no compiler holds. Each says what to do when it is broken.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// Every file of ours with this ending.
fn files(endings: &[&str]) -> Vec<PathBuf> {
    fn walk(folder: &Path, endings: &[&str], into: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let (path, name) = (entry.path(), entry.file_name().into_string().unwrap());
            if path.is_dir() {
                if !["target", "node_modules", "data", "test-results", "playwright-report", "vendor"]
                    .contains(&name.as_str())
                    && !name.starts_with('.')
                {
                    walk(&path, endings, into);
                }
            } else if endings.iter().any(|e| name.ends_with(e)) {
                into.push(path);
            }
        }
    }
    let mut found = Vec::new();
    walk(&root(), endings, &mut found);
    found.sort();
    found
}

fn manifests() -> BTreeMap<String, toml::Table> {
    let read = |path: &PathBuf| {
        let manifest: toml::Table = fs::read_to_string(path).unwrap().parse().unwrap();
        Some((manifest.get("package")?["name"].as_str()?.to_owned(), manifest))
    };
    files(&["Cargo.toml"]).iter().filter_map(read).collect()
}

fn dependencies(manifest: &toml::Table) -> BTreeSet<String> {
    manifest
        .get("dependencies")
        .and_then(toml::Value::as_table)
        .map(|d| d.keys().cloned().collect())
        .unwrap_or_default()
}

#[test]
fn layers_depend_only_downwards() {
    let allowed: &[(&str, &[&str])] = &[
        ("domain", &[]),
        ("wire", &["domain"]),
        ("drift", &["domain"]),
        ("bucket", &[]),
        ("causes", &["domain"]),
        ("demo", &["domain"]),
        ("store", &["domain"]),
        ("service", &["domain", "store", "wire", "demo", "drift", "causes", "bucket"]),
        ("ui", &[]),
        ("testkit", &["domain", "store"]),
        ("app", &["domain", "ui", "service"]),
        ("frontend", &["app"]),
        ("server", &["app", "service", "store", "wire", "domain"]),
    ];
    let manifests = manifests();
    let ours: BTreeSet<&str> = manifests.keys().map(String::as_str).collect();
    for (name, manifest) in &manifests {
        let below = allowed
            .iter()
            .find(|(n, _)| n == name)
            .unwrap_or_else(|| panic!("say in tidy.rs what {name} may stand on"))
            .1;
        for dependency in dependencies(manifest) {
            assert!(
                !ours.contains(dependency.as_str()) || below.contains(&dependency.as_str()),
                "{name} must not depend on {dependency}"
            );
        }
    }
    let service = &manifests["app"]["dependencies"]["service"];
    assert_eq!(service["optional"].as_bool(), Some(true), "the browser's half of app must not see service");
}

#[test]
fn each_heavy_library_has_one_home() {
    let homes: &[(&str, &[&str])] = &[
        ("sqlx", &["store"]),
        ("axum", &["app", "server"]),
        ("argon2", &["service"]),
        ("object_store", &["bucket"]),
        ("leptos", &["app", "frontend", "server", "ui"]),
    ];
    for (name, manifest) in manifests() {
        for (library, homes) in homes {
            assert!(
                !dependencies(&manifest).contains(*library) || homes.contains(&name.as_str()),
                "{library} belongs to {homes:?}, not {name}"
            );
        }
    }
}

#[test]
fn every_shared_dependency_is_explained_in_the_root_manifest() {
    let text = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let known: toml::Table = text.parse().unwrap();
    let known = known["workspace"]["dependencies"].as_table().unwrap();
    let mut homes: BTreeMap<String, usize> = BTreeMap::new();
    for manifest in manifests().values() {
        for dependency in dependencies(manifest) {
            *homes.entry(dependency).or_default() += 1;
        }
    }
    for (dependency, n) in homes {
        assert!(
            n == 1 || known.contains_key(&dependency),
            "{dependency} is used by {n} crates: put it into the root manifest, with its reason"
        );
    }
}

#[test]
fn no_file_is_longer_than_one_can_keep_in_mind() {
    for file in files(&[".rs", ".ts", ".css", ".sql"]) {
        let lines = fs::read_to_string(&file).unwrap().lines().count();
        assert!(lines < 600, "{} has {lines} lines: one room, one purpose", file.display());
    }
}

#[test]
fn both_databases_have_the_same_migrations() {
    let names = |folder: &str| -> BTreeSet<String> {
        let folder = root().join("migrations").join(folder);
        fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect()
    };
    assert_eq!(names("sqlite"), names("postgres"));
    let numbers: Vec<String> =
        names("sqlite").iter().map(|n| n.chars().take_while(char::is_ascii_digit).collect()).collect();
    assert_eq!(
        numbers.iter().collect::<BTreeSet<_>>().len(),
        numbers.len(),
        "two migrations with one number"
    );
}

#[test]
fn nothing_is_left_for_later() {
    for file in files(&[".rs", ".ts"]) {
        if file.ends_with("server/tests/it/tidy.rs") {
            continue;
        }
        let text = fs::read_to_string(&file).unwrap();
        for left in ["todo!(", "unimplemented!(", "#[ignore", "test.skip(", "test.fixme(", "test.only("] {
            assert!(!text.contains(left), "{}: {left}", file.display());
        }
    }
}

#[test]
fn a_lint_is_silenced_with_a_reason() {
    for file in files(&[".rs"]) {
        if file.ends_with("server/tests/it/tidy.rs") {
            continue;
        }
        for (n, line) in fs::read_to_string(&file).unwrap().lines().enumerate() {
            let line = line.trim_start();
            let silenced = line.starts_with("#[allow(")
                || line.starts_with("#![allow(")
                || line.starts_with("#[expect(")
                || line.starts_with("#![expect(");
            assert!(!silenced || line.contains("reason"), "{}:{}: give a reason", file.display(), n + 1);
            assert!(
                !line.starts_with("#[allow(") && !line.starts_with("#![allow("),
                "{}:{}: use expect, it notices when it is needless",
                file.display(),
                n + 1
            );
        }
    }
}

#[test]
fn pages_carry_no_style_attributes() {
    for file in files(&[".rs"])
        .iter()
        .filter(|f| f.starts_with(root().join("app/src")) || f.starts_with(root().join("crates/ui/src")))
    {
        for (n, line) in fs::read_to_string(file).unwrap().lines().enumerate() {
            let code = line.trim_start();
            let attribute = !code.starts_with("//")
                && (code.contains(" style=") || code.starts_with("style=") || code.contains(" style:"));
            assert!(
                !attribute,
                "{}:{}: the Content-Security-Policy refuses style attributes; use a class",
                file.display(),
                n + 1
            );
        }
    }
}

#[test]
fn every_module_says_what_it_is() {
    let sources = files(&[".rs"]);
    for file in
        sources.iter().filter(|f| f.components().any(|c| c.as_os_str() == "src") && !f.ends_with("tests.rs"))
    {
        let text = fs::read_to_string(file).unwrap();
        assert!(text.starts_with("//!"), "{}: begin with a line that says what this is", file.display());
    }
}

#[test]
fn the_audit_page_offers_every_kind_of_record_that_is_written() {
    let mut written = BTreeSet::new();
    for path in files(&[".rs"]).iter().filter(|path| path.starts_with(root().join("crates/service/src"))) {
        let text = fs::read_to_string(path).unwrap();
        for call in text.split("AuditEntry::new(").skip(1) {
            // The action, and then the kind as a literal.
            let kind = call.split(',').nth(1).unwrap().trim();
            let kind = kind.strip_prefix('"').and_then(|kind| kind.strip_suffix('"'));
            let kind =
                kind.unwrap_or_else(|| panic!("{}: name the kind of the record there", path.display()));
            written.insert(kind.to_owned());
        }
    }
    let offered: BTreeSet<String> = domain::audit::TARGETS.iter().map(|kind| (*kind).to_owned()).collect();
    assert_eq!(written, offered, "say so in domain::audit::TARGETS");
}
