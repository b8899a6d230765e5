//! PostgreSQL's own programs: which to use, and what they are asked.
//!
//! A password goes into the environment of the program, which only its user reads, never into its arguments, which everybody does.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, BufRead as _, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{ChildStderr, Command, Stdio};
use std::thread::JoinHandle;

use percent_encoding::percent_decode_str;

use super::pack::is_plain;
use super::{Manifest, no, on_disk};
use crate::Result;

/// What libpq understands of a URL's parameters; the driver knows others besides.
const PARAMETERS: &[&str] = &[
    "host",
    "hostaddr",
    "port",
    "user",
    "dbname",
    "sslmode",
    "sslrootcert",
    "sslcert",
    "sslkey",
    "connect_timeout",
    "application_name",
];

/// `pg_dump`, `pg_restore` and `psql` of one version.
#[derive(Debug)]
pub struct Tools {
    /// `None`: as PATH finds them.
    folder: Option<PathBuf>,
}

impl Tools {
    /// Those in `asked`, else of those that PATH and Debian's folders have the oldest that is not older than the server:
    /// `pg_dump` refuses a newer server, and what a much newer one writes the server may not read.
    pub fn find(asked: Option<&Path>, server: i64) -> Result<Self> {
        let server = server / 10_000;
        let candidates = if let Some(folder) = asked {
            vec![Some(folder.to_owned())]
        } else {
            let mut all = vec![None];
            let folders = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
            all.extend(folders.filter_map(|f| Some(Some(f.ok()?.path().join("bin")))));
            all
        };
        let mut found: Vec<(i64, Self)> = candidates
            .into_iter()
            .map(|folder| Self { folder })
            .filter_map(|tools| Some((tools.version()?, tools)))
            .collect();
        found.sort_by_key(|(version, _)| *version);
        let newest = found.last().map(|(version, _)| *version);
        match found.into_iter().find(|(version, _)| *version >= server) {
            Some((_, tools)) => Ok(tools),
            None => Err(no(match (newest, asked) {
                (Some(newest), _) => format!(
                    "pg_dump {newest} is older than the server, PostgreSQL {server}, and refuses it: install the client programs of \
                     {server} or later (Debian: postgresql-client-{server}), or say where they are with --pg-programs FOLDER"
                ),
                (None, Some(folder)) => format!("there is no pg_dump in {}", folder.display()),
                (None, None) => format!(
                    "pg_dump is missing: install PostgreSQL's client programs (Debian: postgresql-client-{server}), or say where \
                     they are with --pg-programs FOLDER"
                ),
            })),
        }
    }

    /// The first number of `pg_dump (PostgreSQL) 15.18 (…)`.
    fn version(&self) -> Option<i64> {
        let out = self.program("pg_dump").arg("--version").output().ok()?;
        version_of(&String::from_utf8_lossy(&out.stdout))
    }

    fn program(&self, name: &str) -> Command {
        let mut command = match &self.folder {
            Some(folder) => Command::new(folder.join(name)),
            None => Command::new(name),
        };
        command.env("LC_ALL", "C");
        command
    }

    fn connected(&self, name: &str, url: &str) -> Command {
        let (address, password) = without_password(url);
        let mut command = self.program(name);
        command.arg("--no-password").arg("--dbname").arg(address).env("PGAPPNAME", "watchroom backup");
        if let Some(password) = password {
            command.env("PGPASSWORD", password);
        }
        command
    }

    /// Writes the whole database, as of the snapshot, to standard output.
    pub fn dump(&self, url: &str, snapshot: &str) -> Command {
        let mut command = self.connected("pg_dump", url);
        command.args([
            "--format=custom",
            "--no-owner",
            "--no-comments",
            "--no-publications",
            "--no-subscriptions",
            // Room on this disk, nothing to keep.
            "--exclude-table=ballast",
        ]);
        command.arg(format!("--snapshot={snapshot}"));
        command
    }

    /// Puts a dump in the place of all that is in `public`, in one transaction, which also counts the rows of each table and
    /// compares the ends of the audit logs.
    pub fn restore(&self, url: &str, dump: &Path, manifest: &Manifest) -> Result<()> {
        if !is_plain(manifest) {
            return Err(no("the manifest names a table or a hash that cannot be one of ours"));
        }
        let mut psql = self.connected("psql", url);
        psql.args(["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--file=-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let mut psql = psql.spawn().map_err(on_disk(Path::new("psql")))?;
        let complaints = collect(psql.stderr.take());
        let fed = match psql.stdin.take() {
            // Closed without COMMIT, everything is as it was.
            Some(mut into) => self.feed(&mut into, dump, manifest),
            None => Ok(Ok(())),
        };
        let status = psql.wait().map_err(on_disk(Path::new("psql")))?;
        let said = said(complaints);
        match fed {
            Ok(Ok(())) if status.success() => Ok(()),
            // What psql says is the cause of a broken pipe.
            Ok(Ok(())) | Err(_) if !said.is_empty() => {
                Err(no(format!("the database was not changed: {said}")))
            }
            Ok(Ok(())) => Err(no("the database was not changed: psql failed")),
            Ok(Err(reason)) => Err(no(format!("the database was not changed: {reason}"))),
            Err(error) => Err(no(format!("the database was not changed: {error}"))),
        }
    }

    fn feed(
        &self,
        into: &mut impl io::Write,
        dump: &Path,
        manifest: &Manifest,
    ) -> io::Result<std::result::Result<(), String>> {
        into.write_all(BEFORE.as_bytes())?;
        let mut reader = self
            .program("pg_restore")
            .args(["--file=-", "--no-owner", "--no-comments"])
            .arg(dump)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let complaints = collect(reader.stderr.take());
        let copied = match reader.stdout.take() {
            Some(text) => pass(text, into),
            None => Ok(0),
        };
        if copied.is_err() {
            let _ = reader.kill();
        }
        let status = reader.wait()?;
        copied?;
        if !status.success() {
            return Ok(Err(format!("pg_restore failed: {}", said(complaints))));
        }
        into.write_all(counted(&manifest.rows).as_bytes())?;
        into.write_all(ended(manifest).as_bytes())?;
        into.write_all(b"COMMIT;\n")?;
        Ok(Ok(()))
    }
}

/// Hands on what `pg_restore` writes. From 17 on its preamble sets, to what it is anyway, what a server before 17 does not know:
/// that line is left out.
fn pass(text: impl Read, into: &mut impl io::Write) -> io::Result<u64> {
    const PREAMBLE: [&[u8]; 4] = [b"--", b"SET ", b"SELECT pg_catalog.set_config", b"\\restrict"];
    let (mut text, mut line) = (BufReader::new(text), Vec::new());
    loop {
        line.clear();
        text.read_until(b'\n', &mut line)?;
        if line.trim_ascii() == b"SET transaction_timeout = 0;" {
            break;
        }
        into.write_all(&line)?;
        // What comes after the preamble may be data.
        if line != b"\n" && !PREAMBLE.iter().any(|start| line.starts_with(start)) {
            break;
        }
    }
    io::copy(&mut text, into)
}

/// Takes away what is in `public`, and makes the role that the policies name: roles belong to the cluster, not to the dump.
const BEFORE: &str = r"BEGIN;
SET client_min_messages = warning;
DO $watchroom$
DECLARE o RECORD;
BEGIN
    FOR o IN SELECT c.relname, c.relkind FROM pg_class c
             WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'S') AND NOT c.relispartition
                   AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = c.oid
                                   AND (d.deptype = 'e' OR c.relkind = 'S' AND d.deptype IN ('a', 'i'))) LOOP
        EXECUTE format('DROP %s IF EXISTS public.%I CASCADE',
            CASE o.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, o.relname);
    END LOOP;
    FOR o IN SELECT p.oid::regprocedure AS name FROM pg_proc p
             WHERE p.pronamespace = 'public'::regnamespace
                   AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e') LOOP
        EXECUTE format('DROP ROUTINE IF EXISTS %s CASCADE', o.name);
    END LOOP;
    FOR o IN SELECT t.typname FROM pg_type t
             WHERE t.typnamespace = 'public'::regnamespace AND t.typtype IN ('e', 'd')
                   AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = t.oid AND d.deptype = 'e') LOOP
        EXECUTE format('DROP TYPE IF EXISTS public.%I CASCADE', o.typname);
    END LOOP;
    IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'watchroom_app') THEN
        CREATE ROLE watchroom_app NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS;
    END IF;
    IF NOT pg_has_role(current_user, 'watchroom_app', 'MEMBER') THEN
        EXECUTE format('GRANT watchroom_app TO %I', current_user);
    END IF;
    GRANT USAGE ON SCHEMA public TO watchroom_app;
END $watchroom$;
";

/// Ends the transaction unless each table has its rows.
fn counted(rows: &BTreeMap<String, i64>) -> String {
    let mut text = "DO $watchroom$ DECLARE n BIGINT;\nBEGIN\n".to_owned();
    for (table, wanted) in rows {
        let _ = writeln!(
            text,
            "    SELECT count(*) INTO n FROM public.\"{table}\";\n    IF n <> {wanted} THEN RAISE EXCEPTION '{table}: {wanted} rows in the \
             backup, % restored', n; END IF;"
        );
    }
    text + "END $watchroom$;\n"
}

/// Ends the transaction unless each audit log ends as the manifest says.
fn ended(manifest: &Manifest) -> String {
    let mut text = "DO $watchroom$ BEGIN\n".to_owned();
    for (organization, head) in &manifest.audit_heads {
        let _ = writeln!(
            text,
            "    IF NOT EXISTS (SELECT 1 FROM public.audit_heads WHERE organization_id = '{organization}' AND seq = {} AND hash = '{}') \
             THEN RAISE EXCEPTION 'the audit log of {organization} does not end as the manifest says'; END IF;",
            head.seq, head.hash
        );
    }
    text + "END $watchroom$;\n"
}

/// The URL for a program's arguments, and the password for its environment.
fn without_password(url: &str) -> (String, Option<String>) {
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let (address, query) = url.split_once('?').unwrap_or((url, ""));
    let (scheme, rest) = address.split_once("://").unwrap_or(("postgres", address));
    let (authority, path) = rest.split_once('/').map_or((rest, None), |(a, p)| (a, Some(p)));
    let (user, host) = authority.rsplit_once('@').map_or((None, authority), |(u, h)| (Some(u), h));
    let mut password = None;
    let mut out = format!("{scheme}://");
    if let Some(user) = user {
        let (name, secret) = user.split_once(':').map_or((user, None), |(n, s)| (n, Some(s)));
        password = secret.map(decoded);
        out.push_str(name);
        out.push('@');
    }
    out.push_str(host);
    if let Some(path) = path {
        out.push('/');
        out.push_str(path);
    }
    let mut separator = '?';
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        if key == "password" {
            password = Some(decoded(value));
        } else if PARAMETERS.contains(&key) {
            out.push(separator);
            out.push_str(pair);
            separator = '&';
        }
    }
    (out, password)
}

fn version_of(text: &str) -> Option<i64> {
    let number = |word: &str| word.split(|c: char| !c.is_ascii_digit()).next().and_then(|n| n.parse().ok());
    text.split_whitespace().find_map(number)
}

/// Reads what a program complains of while its other output is read.
pub fn collect(stderr: Option<ChildStderr>) -> Option<JoinHandle<String>> {
    stderr.map(|stderr| {
        std::thread::spawn(move || {
            let mut text = Vec::new();
            let _ = stderr.take(64 * 1024).read_to_end(&mut text);
            String::from_utf8_lossy(&text).into_owned()
        })
    })
}

/// Its complaints in one line.
pub fn said(complaints: Option<JoinHandle<String>>) -> String {
    let text = complaints.and_then(|thread| thread.join().ok()).unwrap_or_default();
    text.lines().map(str::trim).filter(|line| !line.is_empty()).take(5).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_goes_into_the_environment_and_not_into_the_arguments() {
        let split = |url| without_password(url);
        assert_eq!(
            split("postgres://me:h%40sh@db:5433/w?sslmode=require&statement-cache-capacity=9"),
            ("postgres://me@db:5433/w?sslmode=require".to_owned(), Some("h@sh".to_owned()))
        );
        assert_eq!(
            split("postgres://me@db/w?password=x&host=/run/pg"),
            ("postgres://me@db/w?host=/run/pg".to_owned(), Some("x".to_owned()))
        );
        assert_eq!(split("postgres://db"), ("postgres://db".to_owned(), None));
        let command = Tools { folder: None }.dump("postgres://me:hush@db/w", "1-2");
        assert!(command.get_args().all(|argument| !argument.to_string_lossy().contains("hush")));
    }

    #[test]
    fn what_a_server_before_17_does_not_know_is_left_out_of_the_preamble_only() {
        let passed = |text: &str| {
            let mut out = Vec::new();
            pass(text.as_bytes(), &mut out).unwrap();
            String::from_utf8(out).unwrap()
        };
        let line = "SET transaction_timeout = 0;\n";
        let before = "--\n-- dump\n--\n\n\\restrict x\n\nSET lock_timeout = 0;\n";
        let after = format!("SET row_security = off;\nCOPY public.t (x) FROM stdin;\n{line}\\.\n");
        assert_eq!(passed(&format!("{before}{line}{after}")), format!("{before}{after}"));
        assert_eq!(passed(&format!("{before}{after}")), format!("{before}{after}"), "data stays");
        assert_eq!(passed("-- cut"), "-- cut");
    }

    #[test]
    fn a_version_is_the_first_number() {
        assert_eq!(version_of("pg_dump (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)"), Some(15));
        assert_eq!(version_of("pg_dump (PostgreSQL) 18beta1"), Some(18));
    }

    #[test]
    fn programs_that_are_missing_or_too_old_are_said_in_words() {
        let error = Tools::find(Some(Path::new("/nowhere")), 150_000).unwrap_err().to_string();
        assert!(error.contains("no pg_dump in /nowhere"), "{error}");
        let error = Tools::find(None, 990_000).unwrap_err().to_string();
        assert!(error.contains("postgresql-client-99") && error.contains("--pg-programs"), "{error}");
    }
}
