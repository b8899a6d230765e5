//! Builders: ids that count up, instants around one fixed morning, organizations and people.

use std::sync::atomic::{AtomicU64, Ordering};

use domain::account::User;
use domain::audit::{Action, AuditActor, AuditEntry};
use domain::id::Id;
use domain::organization::Organization;
use domain::{OrganizationId, Timestamp};
use store::{Db, ReadTx, Stamp, SystemTx, WriteTx};
use uuid::Uuid;

/// 2026-11-23 09:30 UTC and so many seconds.
pub fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros((1_795_426_200 + seconds) * 1_000_000).unwrap()
}

pub fn id<T: Id>() -> T {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let n = NEXT.fetch_add(1, Ordering::Relaxed);
    T::from_uuid(Uuid::from_u128(0x0199_0000_0000_7000_8000_0000_0000_0000 + u128::from(n)))
}

pub fn stamp() -> Stamp {
    Stamp { now: at(0), audit_id: id() }
}

pub fn actor() -> AuditActor {
    AuditActor {
        user_id: None,
        label: "test".to_owned(),
        ip_address: None,
        user_agent: None,
        session_id: None,
    }
}

pub fn entry() -> AuditEntry {
    AuditEntry::new(Action::SETTINGS_UPDATED, "test", "x")
}

pub async fn read(db: &Db, organization: OrganizationId) -> ReadTx {
    ReadTx::begin(db, organization).await.unwrap()
}

pub async fn write(db: &Db, organization: OrganizationId) -> WriteTx {
    WriteTx::begin(db, organization, actor(), stamp()).await.unwrap()
}

pub async fn system(db: &Db) -> SystemTx {
    SystemTx::across_all_organizations(db).await.unwrap()
}

pub async fn organization(db: &Db, slug: &str) -> OrganizationId {
    let organization = Organization {
        id: id(),
        slug: slug.to_owned(),
        name: slug.to_uppercase(),
        description: None,
        contact_email: None,
        is_active: true,
        created_at: at(0),
        updated_at: at(0),
    };
    let mut tx = system(db).await;
    store::organization::insert(&mut tx, &organization).await.unwrap();
    tx.commit_unaudited_bookkeeping().await.unwrap();
    organization.id
}

pub fn person(email: &str) -> User {
    User {
        id: id(),
        email: email.to_owned(),
        username: email.to_owned(),
        display_name: None,
        is_sre: false,
        enabled: true,
        time_zone: "UTC".to_owned(),
        last_login_at: None,
        created_at: at(0),
        updated_at: at(0),
    }
}

pub async fn user(db: &Db, email: &str) -> User {
    let user = person(email);
    let mut tx = system(db).await;
    store::account::insert(&mut tx, &user, "no hash").await.unwrap();
    tx.commit_unaudited_bookkeeping().await.unwrap();
    user
}
