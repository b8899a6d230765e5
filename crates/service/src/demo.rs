//! Fills an empty database with the demo: two organizations, their people, thirty days of events, all in one transaction: it
//! is there or it is not. Then the drift and the cases of one, as its pipelines and people would have made them.

mod cases;
mod drifts;

use std::sync::atomic::{AtomicU64, Ordering};

use ::demo::{ORGANIZATIONS, PASSWORD, PEOPLE, Person};
use domain::account::User;
use domain::audit::{Action, AuditActor, AuditEntry};
use domain::environment::Environment;
use domain::id::Id;
use domain::member::{ApprovalLevel, Role};
use domain::organization::Organization;
use domain::source::Source;
use domain::{MembershipId, OrganizationId, PLATFORM, Timestamp};
use serde_json::json;
use sha2::{Digest, Sha256};
use store::ingest::{self, Batch};
use store::{Stamp, SystemTx};

use crate::clock::Clock;
use crate::events::Preparer;
use crate::{Actor, Error, Result, Services, auth, environments, organizations, sources};

/// A line of the sign-in page's help in demo mode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    pub email: &'static str,
    pub password: &'static str,
    pub name: &'static str,
    /// For example `admin of acme`.
    pub role: String,
}

/// Who can sign in to the demo, the most useful account first.
pub fn credentials() -> Vec<Credential> {
    PEOPLE
        .iter()
        .map(|person| {
            let roles: Vec<String> =
                person.memberships.iter().map(|(slug, role)| format!("{role} of {slug}")).collect();
            let role =
                if person.is_sre { "platform (every organization)".to_owned() } else { roles.join(", ") };
            Credential { email: person.email, password: PASSWORD, name: person.name, role }
        })
        .collect()
}

/// Rows that arrive together; their arrival is the last one's time, so that "last seen" looks lived in.
const BATCH: usize = 1000;
/// The set-up begins so many seconds before the first event, and takes so many for each thing that is made.
const SET_UP: i64 = 2 * 3600;
const STEP: i64 = 240;

/// Fills the database if it is empty; `false` (and nothing done) if it is not. `progress` hears how many events are in.
/// The story ends at the clock's last full hour; the same hour gives the same rows, to the byte: ids, salts and the times of what is told
/// about the filling itself follow from the story and not from the clock (`service/tests/it/demo.rs` compares every table).
pub async fn fill(services: &Services, mut progress: impl FnMut(u64) + Send) -> Result<bool> {
    let end = services.clock.now().hour();
    let start = end.plus_seconds(-::demo::DAYS * 86_400);
    let system = Actor::platform("demo").audit();
    let mut hashes = Vec::with_capacity(PEOPLE.len());
    if !is_empty(&mut SystemTx::read_across_all_organizations(&services.db).await?).await? {
        return Ok(false);
    }
    for person in PEOPLE {
        hashes.push(auth::hash_password_of_demo(services, person.email, PASSWORD).await?);
    }
    // Set up before the first event, as it has to be.
    let begin = start.plus_seconds(-SET_UP);
    services.db.prepare_audit_months(begin).await?;
    let mut tx = SystemTx::across_all_organizations(&services.db).await?;
    store::account::lock_first(&mut tx).await?;
    if !is_empty(&mut tx).await? {
        return Ok(false);
    }
    people(&mut tx, hashes, begin).await?;
    let mut total = 0;
    for organization in ORGANIZATIONS {
        let id: OrganizationId = derive(&["organization", organization.slug]);
        place(&mut tx, organization, id, begin).await?;
        let events = events(&mut tx, organization, id, end, &mut total, &mut progress).await?;
        let entry = AuditEntry::new(Action::DEMO_FILLED, "organization", id)
            .metadata(json!({ "events": events, "until": end }));
        tx.append_in(id, &system, filled(organization.slug, end), entry).await?;
    }
    let entry = AuditEntry::new(Action::DEMO_FILLED, "platform", "demo")
        .metadata(json!({ "events": total, "until": end }));
    tx.commit(&system, filled("platform", end), entry).await?;
    let services = &Services { clock: Clock::story(end), ..services.clone() };
    drifts::tell(services, "acme", begin, end).await?;
    cases::tell(services, "acme", begin, end).await?;
    drifts::explain(services, "acme").await?;
    Ok(true)
}

/// The entry that tells of the filling, at the end of the story.
fn filled(chain: &str, end: Timestamp) -> Stamp {
    Stamp { now: end, audit_id: derive(&["audit", "filled", chain]) }
}

async fn is_empty(tx: &mut SystemTx) -> Result<bool> {
    Ok(!store::account::exist(tx).await? && store::organization::all(tx).await?.is_empty())
}

/// The accounts, made one after the other by the platform's own.
async fn people(tx: &mut SystemTx, hashes: Vec<String>, begin: Timestamp) -> Result<()> {
    for ((n, person), hash) in PEOPLE.iter().enumerate().zip(hashes) {
        let user = account(n, person, begin);
        store::account::insert(tx, &user, &hash).await?;
        let stamp = Stamp { now: user.created_at, audit_id: derive(&["audit", "user", person.email]) };
        tx.append_in(PLATFORM, &platform_admin(), stamp, auth::user_created(&user)).await?;
    }
    Ok(())
}

fn account(n: usize, person: &Person, begin: Timestamp) -> User {
    let at = begin.plus_seconds(STEP * n as i64);
    User {
        id: derive(&["user", person.email]),
        email: person.email.to_owned(),
        username: person.username.to_owned(),
        display_name: Some(person.name.to_owned()),
        is_sre: person.is_sre,
        enabled: true,
        time_zone: person.time_zone.to_owned(),
        last_login_at: None,
        created_at: at,
        updated_at: at,
    }
}

fn actor(email: &str) -> AuditActor {
    AuditActor {
        user_id: Some(derive(&["user", email])),
        label: email.to_owned(),
        ip_address: None,
        user_agent: None,
        session_id: None,
    }
}

/// Who made the organizations and accounts.
fn platform_admin() -> AuditActor {
    PEOPLE.iter().find(|p| p.is_sre).map_or_else(|| Actor::platform("demo").audit(), |p| actor(p.email))
}

/// The audit log of an organization while it is set up: when, and as which entry. Ids follow from the number, so that the
/// log is the same in every demo.
struct Log {
    id: OrganizationId,
    slug: &'static str,
    at: Timestamp,
    n: u32,
}

impl Log {
    /// Writes the entry, and lets some minutes pass.
    async fn tell(&mut self, tx: &mut SystemTx, by: &AuditActor, entry: AuditEntry) -> Result<()> {
        self.n += 1;
        let audit_id = derive(&["audit", self.slug, &self.n.to_string()]);
        tx.append_in(self.id, by, Stamp { now: self.at, audit_id }, entry).await?;
        self.at = self.at.plus_seconds(STEP);
        Ok(())
    }
}

/// The organization with its members, environments and sources, each with its entry in the audit log.
async fn place(
    tx: &mut SystemTx,
    demo: &'static ::demo::Organization,
    id: OrganizationId,
    begin: Timestamp,
) -> Result<()> {
    let made = begin.plus_seconds(-STEP);
    let organization = Organization {
        id,
        slug: demo.slug.to_owned(),
        name: demo.name.to_owned(),
        description: Some("Made-up data of the demo".to_owned()),
        contact_email: None,
        is_active: true,
        created_at: made,
        updated_at: made,
    };
    store::organization::insert(tx, &organization).await?;
    let mut log = Log { id, slug: demo.slug, at: made, n: 0 };
    log.tell(tx, &platform_admin(), organizations::created(&organization)).await?;
    members(tx, &mut log, begin).await?;
    let admin = PEOPLE.iter().find(|p| p.memberships.contains(&(demo.slug, Role::Admin)));
    let admin = admin.map_or_else(platform_admin, |person| actor(person.email));
    log.at = begin.plus_seconds(STEP * PEOPLE.len() as i64);
    for place in demo.environments {
        let environment = Environment {
            id: derive(&["environment", demo.slug, place.slug]),
            slug: place.slug.to_owned(),
            name: place.name.to_owned(),
            cloud_provider: place.cloud_provider.map(str::to_owned),
            region: place.region.map(str::to_owned),
            account_id: place.account_id.map(str::to_owned),
            tags: json!({}),
            is_active: true,
            created_at: log.at,
            updated_at: log.at,
        };
        store::environment::insert(&mut tx.within(id), &environment).await?;
        log.tell(tx, &admin, environments::created(&environment)).await?;
    }
    for sender in demo.sources {
        let source = Source {
            id: derive(&["source", demo.slug, sender.name]),
            name: sender.name.to_owned(),
            source_type: sender.source_type.to_owned(),
            ip: Some(sender.ip.to_owned()),
            port: Some(sender.port),
            protocol: Some(sender.protocol.to_owned()),
            status: "active".to_owned(),
            notifications: json!({}),
            last_activity: None,
            event_count: 0,
            created_at: log.at,
            updated_at: log.at,
        };
        store::source::insert(&mut tx.within(id), &source).await?;
        log.tell(tx, &admin, sources::created(&source)).await?;
    }
    Ok(())
}

/// Each account of the organization, and its membership.
async fn members(tx: &mut SystemTx, log: &mut Log, begin: Timestamp) -> Result<()> {
    let here = log.slug;
    for (n, person) in PEOPLE.iter().enumerate() {
        for (slug, role) in person.memberships.iter().filter(|(slug, _)| *slug == here) {
            let level = match role {
                Role::Viewer => ApprovalLevel::None,
                Role::Analyst => ApprovalLevel::Analyst,
                Role::Admin => ApprovalLevel::Executive,
            };
            let user = account(n, person, begin);
            let membership: MembershipId = derive(&["member", slug, person.email]);
            let mut within = tx.within(log.id);
            store::member::insert(&mut within, membership, user.id, *role, level, user.created_at).await?;
            let member = store::member::get(&mut within, membership).await?.ok_or(crate::Error::NotFound)?;
            for entry in [auth::user_created(&user), crate::members::added(&member)] {
                log.at = user.created_at;
                log.tell(tx, &platform_admin(), entry).await?;
            }
        }
    }
    Ok(())
}

async fn events(
    tx: &mut SystemTx,
    demo: &'static ::demo::Organization,
    id: OrganizationId,
    end: Timestamp,
    total: &mut u64,
    progress: &mut (impl FnMut(u64) + Send),
) -> Result<u64> {
    // One batch is told and grouped while the database takes in another.
    let (told, mut batches) = tokio::sync::mpsc::channel(1);
    let telling = tokio::task::spawn_blocking(move || {
        let mut preparer = Preparer::new(id);
        let mut story = ::demo::story(demo, end);
        loop {
            let rows: Vec<_> = story.by_ref().take(BATCH).collect();
            let Some(arrived) = rows.last().map(|row| row.occurred_at) else { break };
            let batch = Batch::new(rows.into_iter().map(|row| preparer.prepare(row)).collect());
            // Nobody listens where an insert failed.
            if told.blocking_send((batch, arrived)).is_err() {
                break;
            }
        }
    });
    let mut events = 0;
    let made = AtomicU64::new(0);
    while let Some((batch, arrived)) = batches.recv().await {
        events += batch.len() as u64;
        *total += batch.len() as u64;
        // Every source of the story exists; a new one would be a mistake of the story and gets an id of its own.
        let unknown = || derive(&["unknown", demo.slug, &made.fetch_add(1, Ordering::Relaxed).to_string()]);
        ingest::insert(&mut tx.within(id), &batch, arrived, &unknown).await?;
        progress(*total);
    }
    telling.await.map_err(|e| Error::Internal(format!("telling the story: {e}")))?;
    Ok(events)
}

/// The same id for the same thing in every demo: UUIDv8 over its name.
fn derive<T: Id>(name: &[&str]) -> T {
    let mut hash = Sha256::new();
    hash.update(b"watchroom demo");
    for part in name {
        hash.update([0]);
        hash.update(part.as_bytes());
    }
    let digest: [u8; 32] = hash.finalize().into();
    let mut bytes = [0u8; 16];
    bytes.copy_from_slice(&digest[..16]);
    T::from_uuid(uuid::Builder::from_custom_bytes(bytes).into_uuid())
}
