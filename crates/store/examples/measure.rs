//! Measures the store. Each line of output is JSON, except for `plans`, which prints Markdown for docs/SQL.md.
//!
//! ```text
//! cargo run --release -p store --example measure -- bare  URL ROWS [BATCH]   rows into `events` alone: the ceiling
//! cargo run --release -p store --example measure -- fill  URL ROWS [BATCH]   the real thing: groups, roll-ups, sources
//! cargo run --release -p store --example measure -- query URL [PART]         times of reads, of those whose name has PART
//! cargo run --release -p store --example measure -- plans URL                how the database runs them
//! ```
//! BATCH is rows a transaction, 1,000 when left out. URL is `sqlite://file` or `postgres://…`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use domain::audit::{Action, AuditActor, AuditEntry};
use domain::event::NewEvent;
use domain::filter::EventFilter;
use domain::group::{GroupFilter, GroupSort};
use domain::id::Id;
use domain::organization::Organization;
use domain::query::{EVENTS, Problem, Query};
use domain::template::{fingerprint, template};
use domain::{EventId, GroupId, OrganizationId, Severity, Timestamp};
use store::db::{Arg, CopyBuffer, Dialect, Insert, ToArg as _};
use store::event::Position;
use store::ingest::{Batch, GroupSeed, Prepared};
use store::rollup::{self, Span};
use store::{Db, Options, ReadTx, Stamp, SystemTx, WriteTx};
use uuid::Uuid;

type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

#[tokio::main]
async fn main() -> Outcome {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let (Some(what), Some(url)) = (args.first(), args.get(1)) else {
        return Err("usage: measure bare|fill|query|plans URL [ROWS [BATCH]]".into());
    };
    let rows: u64 = args.get(2).and_then(|n| n.parse().ok()).unwrap_or(0);
    let batch: u64 = args.get(3).map_or(Ok(1000), |n| n.parse())?;
    let db = Db::connect(url, &Options::default()).await?;
    db.migrate().await?;
    match what.as_str() {
        "bare" => bare(&db, rows, batch).await?,
        "fill" => fill(&db, rows, batch).await?,
        "query" => query(&db, args.get(2).map_or("", String::as_str)).await?,
        "plans" => plans(&db).await?,
        other => return Err(format!("{other}: bare, fill, query or plans").into()),
    }
    db.close().await;
    Ok(())
}

const ORGANIZATION: OrganizationId =
    OrganizationId(Uuid::from_u128(0x0199_0000_0000_7000_8000_0000_0000_0001));

/// 2026-11-01, the start of thirty days.
fn start() -> Timestamp {
    Timestamp::from_micros(1_793_491_200_000_000).unwrap_or(Timestamp::EPOCH)
}

/// A number that looks random, always the same for one `n`.
fn mix(n: u64) -> u64 {
    let mut z = n.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn id<T: Id>(at: Timestamp, n: u64) -> T {
    let mut tail = [0u8; 10];
    tail[..8].copy_from_slice(&mix(n).to_be_bytes());
    T::from_uuid(uuid::Builder::from_unix_timestamp_millis(at.millis().unsigned_abs(), &tail).into_uuid())
}

/// The `n`th of `total` events over thirty days, about 600 bytes: 25 kinds of message, 200 hosts, one rare host.
fn event(n: u64, total: u64) -> NewEvent {
    const WORDS: [&str; 25] = [
        "accepted",
        "blocked",
        "cached",
        "declined",
        "expired",
        "failed",
        "granted",
        "handled",
        "ignored",
        "joined",
        "killed",
        "loaded",
        "missed",
        "noticed",
        "opened",
        "polled",
        "queued",
        "retried",
        "started",
        "timed out",
        "updated",
        "verified",
        "written",
        "exported",
        "zeroed",
    ];
    let r = mix(n);
    let at = start().plus_micros((u128::from(n) * 2_592_000_000_000 / u128::from(total.max(1))) as i64);
    // A few kinds are common, most are not.
    let kind = ((r % 25) * (r >> 8 & 0xff) / 255) as usize;
    let severity = match r >> 16 & 0xff {
        0..=1 => Severity::Critical,
        2..=15 => Severity::High,
        16..=50 => Severity::Medium,
        51..=100 => Severity::Low,
        _ => Severity::Info,
    };
    let host =
        if n % (total / 5).max(1) == 7 { "rare-host".to_owned() } else { format!("host-{}", r >> 24 & 0x7f) };
    let (component, service) = (format!("component-{}", kind % 12), format!("service-{}", kind % 7));
    let message = format!(
        "request {} {} for user {} from 10.{}.{}.{} after {} ms",
        r >> 40,
        WORDS[kind],
        r % 9000,
        r & 7,
        r >> 3 & 255,
        r >> 11 & 255,
        r >> 19 & 1023
    );
    let payload = format!(
        r#"{{"occurred_at":"{at}","severity":"{severity}","message":"{message}","component":"{component}","service":"{service}","system_id":"{host}","trace":"{:032x}","region":"eu-central-1","version":"4.{}.{}"}}"#,
        u128::from(r) << 64 | u128::from(mix(r)),
        kind,
        r & 15
    );
    NewEvent {
        id: None,
        occurred_at: at,
        severity,
        severity_text: severity.to_string(),
        severity_known: true,
        dated: true,
        component: Some(component),
        service: Some(service),
        environment: Some(if r.trailing_zeros() >= 3 { "staging" } else { "prod" }.to_owned()),
        system_id: Some(host),
        event_type: Some(WORDS[kind].to_owned()),
        source: Some(format!("source-{}", r >> 32 & 7)),
        message,
        raw_payload: payload,
    }
}

fn prepared(n: u64, total: u64, seeds: &mut std::collections::HashMap<String, Arc<GroupSeed>>) -> Prepared {
    let event = event(n, total);
    let template = template(&event.message);
    let key = format!("{template}\0{}", event.component.as_deref().unwrap_or(""));
    let group = seeds.entry(key).or_insert_with(|| {
        let fingerprint = fingerprint(&template, event.component.as_deref(), event.event_type.as_deref());
        Arc::new(GroupSeed {
            id: GroupId::derive(ORGANIZATION, &fingerprint),
            fingerprint,
            template: template.clone(),
            component: event.component.clone(),
            event_type: event.event_type.clone(),
            events_fingerprint: None,
        })
    });
    Prepared { id: id::<EventId>(event.occurred_at, n), named: false, group: Arc::clone(group), event }
}

async fn organization(db: &Db) -> Outcome {
    let mut tx = SystemTx::across_all_organizations(db).await?;
    if store::organization::by_slug(&mut tx, "measure").await?.is_some() {
        return Ok(());
    }
    let organization = Organization {
        id: ORGANIZATION,
        slug: "measure".to_owned(),
        name: "Measure".to_owned(),
        description: None,
        contact_email: None,
        is_active: true,
        created_at: start(),
        updated_at: start(),
    };
    store::organization::insert(&mut tx, &organization).await?;
    tx.commit_unaudited_bookkeeping().await?;
    Ok(())
}

async fn fill(db: &Db, rows: u64, batch: u64) -> Outcome {
    organization(db).await?;
    let actor = AuditActor {
        user_id: None,
        label: "measure".to_owned(),
        ip_address: None,
        user_agent: None,
        session_id: None,
    };
    let mut seeds = std::collections::HashMap::new();
    let sources = AtomicU64::new(1);
    // Making the rows is not measured (another thread parses), putting them in order is.
    let (mut ordering, mut storing, mut part, mut last) = (0.0, 0.0, 0.0, 0);
    let mut n = 0;
    while n < rows {
        let end = (n + batch).min(rows);
        let ready: Vec<Prepared> = (n..end).map(|i| prepared(i, rows, &mut seeds)).collect();
        let began = Instant::now();
        let ready = Batch::new(ready);
        ordering += began.elapsed().as_secs_f64();
        let began = Instant::now();
        let now = start().plus_seconds(30 * 86_400);
        let stamp = Stamp { now, audit_id: id(now, end) };
        let mut tx = WriteTx::begin(db, ORGANIZATION, actor.clone(), stamp).await?;
        let fresh = || id(now, sources.fetch_add(1, Ordering::Relaxed));
        store::ingest::insert(&mut tx, &ready, now, &fresh).await?;
        tx.commit(AuditEntry::new(Action::EVENTS_INGESTED, "event", "")).await?;
        storing += began.elapsed().as_secs_f64();
        n = end;
        if n - last >= 100_000 || n == rows {
            let rate = (n - last) as f64 / (storing - part);
            println!("{{\"what\":\"fill\",\"rows\":{n},\"rows_per_second\":{rate:.0}}}");
            (part, last) = (storing, n);
        }
    }
    let (rate, order, kb) = (n as f64 / storing, ordering * 1e6 / n as f64, memory());
    println!(
        "{{\"what\":\"fill total\",\"rows\":{n},\"batch\":{batch},\"rows_per_second\":{rate:.0},\"ordering_us_a_row\":{order:.2},\"memory_kb\":{kb}}}"
    );
    Ok(())
}

const INSERT: &str = "INSERT INTO events (organization_id, occurred_at, id, ingested_at, severity, severity_text, component, service,
        environment, system_id, event_type, source_id, message, raw_payload, fingerprint, group_id) VALUES";
static BARE: Insert = Insert { head: INSERT, columns: 16, tail: "" };
const COPY: &str = "COPY events (organization_id, occurred_at, id, ingested_at, severity, severity_text, component, service,
        environment, system_id, event_type, source_id, message, raw_payload, fingerprint, group_id) FROM STDIN (FORMAT BINARY)";

async fn bare(db: &Db, rows: u64, batch: u64) -> Outcome {
    organization(db).await?;
    let mut seeds = std::collections::HashMap::new();
    let mut n = 0;
    let mut spent = 0.0;
    while n < rows {
        let end = (n + batch).min(rows);
        let ready: Vec<Prepared> = (n..end).map(|i| prepared(i, rows, &mut seeds)).collect();
        let began = Instant::now();
        let mut tx = SystemTx::across_all_organizations(db).await?;
        match tx.dialect() {
            Dialect::Sqlite => {
                let args = ready.into_iter().flat_map(|p| args(p, start()));
                tx.conn().insert_many(&BARE, (end - n) as usize, args).await?;
            }
            Dialect::Postgres => {
                let mut copy = CopyBuffer::with_capacity(1 << 20);
                for p in &ready {
                    let e = &p.event;
                    copy.row(16)
                        .uuid(ORGANIZATION.0)
                        .time(e.occurred_at)
                        .uuid(p.id.0)
                        .time(start())
                        .text(e.severity.as_str())
                        .text(&e.severity_text);
                    for field in [&e.component, &e.service, &e.environment, &e.system_id, &e.event_type] {
                        copy.text_or_null(field.as_deref());
                    }
                    copy.uuid_or_null(Some(Uuid::nil()))
                        .text(&e.message)
                        .json(&e.raw_payload)
                        .text(&p.group.fingerprint)
                        .uuid(p.group.id.0);
                }
                tx.conn().copy_in(COPY, copy).await?;
            }
        }
        tx.commit_unaudited_bookkeeping().await?;
        spent += began.elapsed().as_secs_f64();
        n = end;
    }
    println!(
        "{{\"what\":\"bare\",\"rows\":{n},\"batch\":{batch},\"rows_per_second\":{:.0},\"memory_kb\":{}}}",
        n as f64 / spent,
        memory()
    );
    Ok(())
}

fn args(p: Prepared, now: Timestamp) -> [Arg; 16] {
    let e = p.event;
    [
        ORGANIZATION.to_arg(),
        e.occurred_at.to_arg(),
        p.id.to_arg(),
        now.to_arg(),
        e.severity.to_arg(),
        e.severity_text.to_arg(),
        e.component.to_arg(),
        e.service.to_arg(),
        e.environment.to_arg(),
        e.system_id.to_arg(),
        e.event_type.to_arg(),
        Uuid::nil().to_arg(),
        e.message.to_arg(),
        Arg::Json(e.raw_payload),
        p.group.fingerprint.as_str().to_arg(),
        p.group.id.to_arg(),
    ]
}

/// Largest resident memory so far, in kB (Linux).
fn memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|l| l.starts_with("VmHWM")).unwrap_or("");
    line.split_whitespace().nth(1).and_then(|n| n.parse().ok()).unwrap_or(0)
}

/// The reads that pages make most.
#[derive(Clone, Copy, Debug)]
enum Read {
    FirstPage,
    DeepPage,
    OneField,
    ThreeFields,
    RareValue,
    Text,
    RareText,
    Phrase,
    Without,
    Part,
    TextCount,
    Payload,
    GroupEvents,
    Groups,
    Overview,
    Facets,
    Histogram,
    Count,
}

const READS: [(Read, &str); 18] = [
    (Read::FirstPage, "list, first page"),
    (Read::DeepPage, "list, a page in the middle"),
    (Read::OneField, "one field (component)"),
    (Read::ThreeFields, "three fields (component, environment, severity)"),
    (Read::RareValue, "a rare value (5 events)"),
    (Read::Text, "a common text"),
    (Read::RareText, "a text of one event"),
    (Read::Phrase, "a phrase"),
    (Read::Without, "without a common word"),
    (Read::Part, "part of a word of one event"),
    (Read::TextCount, "count of a common text"),
    (Read::Payload, "a field of the payload"),
    (Read::GroupEvents, "events of a group"),
    (Read::Groups, "groups by count"),
    (Read::Overview, "overview of 7 days"),
    (Read::Facets, "facets of 30 days"),
    (Read::Histogram, "histogram of 30 days of one field"),
    (Read::Count, "count of two fields"),
];

fn asked(text: &str) -> Result<Query, Problem> {
    domain::query::parse(text, &EVENTS, start().plus_seconds(30 * 86_400))
}

async fn run(db: &Db, read: Read) -> Outcome<usize> {
    let mut tx = ReadTx::begin(db, ORGANIZATION).await?;
    let end = start().plus_seconds(30 * 86_400);
    let all = EventFilter::default();
    let page = |filter: EventFilter| (filter, None);
    let (filter, after) = match read {
        Read::FirstPage => page(all),
        Read::DeepPage => (all, Some(Position { at: start().plus_seconds(15 * 86_400), id: Uuid::nil() })),
        Read::OneField => page(EventFilter { component: vec!["component-3".to_owned()], ..all }),
        Read::ThreeFields => page(EventFilter {
            component: vec!["component-3".to_owned()],
            environment: vec!["staging".to_owned()],
            severity: vec![Severity::Critical],
            ..all
        }),
        Read::RareValue => page(EventFilter { system_id: vec!["rare-host".to_owned()], ..all }),
        Read::Text => page(EventFilter { query: Some(asked("declined")?), ..all }),
        Read::RareText => {
            let message = event(777, 1_000_000).message;
            let number = message.split(' ').nth(1).unwrap_or("").to_owned();
            page(EventFilter { query: Some(asked(&number)?), ..all })
        }
        Read::Phrase => page(EventFilter { query: Some(asked("\"declined for user\"")?), ..all }),
        Read::Without => page(EventFilter { query: Some(asked("request -accepted -blocked")?), ..all }),
        Read::Part => page(EventFilter { query: Some(asked("*.222.1*9?after*")?), ..all }),
        Read::TextCount => {
            let filter = EventFilter { query: Some(asked("declined")?), ..all };
            return Ok(store::event::count(&mut tx, &filter).await?.n as usize);
        }
        Read::Payload => page(EventFilter { query: Some(asked("payload.version:4.3.*")?), ..all }),
        Read::GroupEvents => {
            let groups = store::group::list(
                &mut tx,
                &GroupFilter { sort: GroupSort::Count, ..GroupFilter::default() },
                None,
                1,
            )
            .await?;
            page(EventFilter { group_id: groups.first().map(|g| g.id), ..all })
        }
        Read::Groups => {
            return Ok(store::group::list(
                &mut tx,
                &GroupFilter { sort: GroupSort::Count, ..GroupFilter::default() },
                None,
                51,
            )
            .await?
            .len());
        }
        Read::Overview => {
            return Ok(store::overview::get(&mut tx, end.plus_seconds(-7 * 86_400), end, 3 * 3600)
                .await?
                .buckets
                .len());
        }
        Read::Facets => {
            let mut n = 0;
            for field in rollup::TEXT_FIELDS.into_iter().chain([rollup::SOURCE]) {
                n += rollup::top(&mut tx, field, "", &[], Span { from: Some(start()), to: Some(end) }, 12)
                    .await?
                    .len();
            }
            return Ok(n);
        }
        Read::Histogram => {
            let filter = EventFilter { component: vec!["component-3".to_owned()], ..all };
            return Ok(store::event::histogram(&mut tx, &filter, 60).await?.buckets.len());
        }
        Read::Count => {
            let filter = EventFilter {
                component: vec!["component-3".to_owned()],
                system_id: vec!["host-9".to_owned()],
                ..all
            };
            return Ok(store::event::count(&mut tx, &filter).await?.n as usize);
        }
    };
    Ok(store::event::page(&mut tx, &filter, after, 50).await?.events.len())
}

async fn query(db: &Db, part: &str) -> Outcome {
    for (read, name) in READS.into_iter().filter(|(_, name)| name.contains(part)) {
        let mut times = Vec::new();
        let mut found = 0;
        for _ in 0..15 {
            let began = Instant::now();
            found = run(db, read).await?;
            times.push(began.elapsed().as_secs_f64() * 1000.0);
        }
        times.sort_by(f64::total_cmp);
        println!(
            "{{\"what\":\"{name}\",\"found\":{found},\"median_ms\":{:.2},\"worst_ms\":{:.2}}}",
            times[7], times[14]
        );
    }
    Ok(())
}

async fn plans(db: &Db) -> Outcome {
    for (read, name) in READS {
        let (found, mut plans) = store::db::explain(run(db, read)).await;
        found?;
        println!("### {name}\n");
        // One statement of a kind is enough.
        let mut seen = std::collections::HashSet::new();
        plans.retain(|p| {
            seen.insert(
                p.lines
                    .iter()
                    .map(|l| l.split(" (actual").next().unwrap_or(l).to_owned())
                    .collect::<Vec<_>>(),
            )
        });
        for plan in plans.iter().take(4) {
            let mut shown: String = plan.statement.chars().take(700).collect();
            if shown.len() < plan.statement.len() {
                shown.push('…');
            }
            println!("```text\n{shown}\n--\n{}\n```\n", plan.lines.join("\n"));
        }
    }
    Ok(())
}
