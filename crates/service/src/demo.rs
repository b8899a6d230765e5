//! Fills an empty database with the demo: two organizations, their people, thirty days of events. Everything in one
//! transaction: it is there or it is not.

use std::sync::atomic::{AtomicU64, Ordering};

use ::demo::{ORGANIZATIONS, PASSWORD, PEOPLE};
use domain::account::User;
use domain::audit::{Action, AuditEntry};
use domain::environment::Environment;
use domain::id::Id;
use domain::member::{ApprovalLevel, Role};
use domain::organization::Organization;
use domain::source::Source;
use domain::{OrganizationId, Timestamp, UserId};
use serde_json::json;
use sha2::{Digest, Sha256};
use store::SystemTx;
use store::ingest::{self, Batch};

use crate::events::Preparer;
use crate::{Actor, Result, Services, auth};

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

/// Fills the database if it is empty; `false` (and nothing done) if it is not. `progress` hears how many events are in.
/// The story ends at the clock's last full hour; the same hour gives the same rows.
pub async fn fill(services: &Services, mut progress: impl FnMut(u64) + Send) -> Result<bool> {
    let end = services.clock.now().hour();
    let start = end.plus_seconds(-::demo::DAYS * 86_400);
    let actor = Actor::platform("demo").audit();
    let mut hashes = Vec::with_capacity(PEOPLE.len());
    if !is_empty(&mut SystemTx::read_across_all_organizations(&services.db).await?).await? {
        return Ok(false);
    }
    for _ in PEOPLE {
        hashes.push(auth::hash_password(services, PASSWORD).await?);
    }
    let mut tx = SystemTx::across_all_organizations(&services.db).await?;
    store::account::lock_first(&mut tx).await?;
    if !is_empty(&mut tx).await? {
        return Ok(false);
    }
    people(&mut tx, hashes, start).await?;
    let mut total = 0;
    for organization in ORGANIZATIONS {
        let id: OrganizationId = derive(&["organization", organization.slug]);
        place(&mut tx, organization, id, start).await?;
        let events = events(&mut tx, organization, id, end, &mut total, &mut progress).await?;
        let entry = AuditEntry::new(Action::DEMO_FILLED, "organization", id)
            .metadata(json!({ "events": events, "until": end }));
        tx.append_in(id, &actor, services.stamp(), entry).await?;
    }
    let entry = AuditEntry::new(Action::DEMO_FILLED, "platform", "demo")
        .metadata(json!({ "events": total, "until": end }));
    tx.commit(&actor, services.stamp(), entry).await?;
    Ok(true)
}

async fn is_empty(tx: &mut SystemTx) -> Result<bool> {
    Ok(!store::account::exist(tx).await? && store::organization::all(tx).await?.is_empty())
}

async fn people(tx: &mut SystemTx, hashes: Vec<String>, at: Timestamp) -> Result<()> {
    for (person, hash) in PEOPLE.iter().zip(hashes) {
        let user = User {
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
        };
        store::account::insert(tx, &user, &hash).await?;
    }
    Ok(())
}

/// The organization with its members, environments and sources.
async fn place(
    tx: &mut SystemTx,
    demo: &'static ::demo::Organization,
    id: OrganizationId,
    at: Timestamp,
) -> Result<()> {
    let organization = Organization {
        id,
        slug: demo.slug.to_owned(),
        name: demo.name.to_owned(),
        description: Some("Made-up data of the demo".to_owned()),
        contact_email: None,
        is_active: true,
        created_at: at,
        updated_at: at,
    };
    store::organization::insert(tx, &organization).await?;
    let mut within = tx.within(id);
    for person in PEOPLE {
        for (slug, role) in person.memberships.iter().filter(|(slug, _)| *slug == demo.slug) {
            let level = match role {
                Role::Viewer => ApprovalLevel::None,
                Role::Analyst => ApprovalLevel::Analyst,
                Role::Admin => ApprovalLevel::Executive,
            };
            let user: UserId = derive(&["user", person.email]);
            store::member::insert(
                &mut within,
                derive(&["member", slug, person.email]),
                user,
                *role,
                level,
                at,
            )
            .await?;
        }
    }
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
            created_at: at,
            updated_at: at,
        };
        store::environment::insert(&mut within, &environment).await?;
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
            created_at: at,
            updated_at: at,
        };
        store::source::insert(&mut within, &source).await?;
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
    let mut preparer = Preparer::new(id);
    let mut story = ::demo::story(demo, end);
    let mut events = 0;
    let made = AtomicU64::new(0);
    loop {
        let rows: Vec<_> = story.by_ref().take(BATCH).collect();
        let Some(last) = rows.last() else { return Ok(events) };
        let arrived = last.occurred_at;
        events += rows.len() as u64;
        *total += rows.len() as u64;
        let batch = Batch::new(rows.into_iter().map(|row| preparer.prepare(row)).collect());
        // Every source of the story exists; a new one would be a mistake of the story and gets an id of its own.
        let unknown = || derive(&["unknown", demo.slug, &made.fetch_add(1, Ordering::Relaxed).to_string()]);
        ingest::insert(&mut tx.within(id), &batch, arrived, &unknown).await?;
        progress(*total);
    }
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
