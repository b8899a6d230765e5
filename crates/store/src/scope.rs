//! Transactions. `ReadTx` and `WriteTx` belong to one organization; `$1` of their statements is always that organization.
//! A write transaction can only be ended by `commit(entry)`, which appends to the audit chain; dropping it rolls back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use domain::audit::{AuditActor, AuditEntry};
use domain::{AuditId, OrganizationId, PLATFORM, Timestamp};
use tokio::sync::Notify;

use crate::db::{Conn, Db, Dialect, Error, Result, Sql, sql};

/// Time and id of the audit entry to come, from the service's clock.
#[derive(Clone, Copy, Debug)]
pub struct Stamp {
    pub now: Timestamp,
    pub audit_id: AuditId,
}

/// The `Idempotency-Key` of a request whose answer is not known yet. The first transaction of the request that commits takes the key with it: what
/// the request did and that it was done are there together, or neither.
#[derive(Clone, Debug)]
pub struct Once {
    pub key: String,
    /// Of all that the request says.
    pub request_hash: String,
    taken: Arc<AtomicBool>,
}

impl Once {
    pub fn new(key: String, request_hash: String) -> Self {
        Self { key, request_hash, taken: Arc::default() }
    }
}

/// A transaction of one organization.
pub trait Scoped: Send {
    fn organization(&self) -> OrganizationId;
    fn conn(&mut self) -> &mut Conn;
    /// A statement whose `$1` is the organization.
    fn sql(&self, text: &'static str) -> Sql {
        sql(text).bind(self.organization())
    }
}

/// A transaction of one organization that may write.
pub trait Writing: Scoped {}

pub struct ReadTx {
    organization: OrganizationId,
    conn: Conn,
}

pub struct WriteTx {
    organization: OrganizationId,
    conn: Conn,
    actor: AuditActor,
    stamp: Stamp,
    knock: Option<Arc<Notify>>,
    once: Option<Once>,
}

impl ReadTx {
    pub async fn begin(db: &Db, organization: OrganizationId) -> Result<Self> {
        Ok(Self { organization, conn: db.begin_read(Some(organization)).await? })
    }
}

impl WriteTx {
    pub async fn begin(
        db: &Db,
        organization: OrganizationId,
        actor: AuditActor,
        stamp: Stamp,
    ) -> Result<Self> {
        let conn = db.begin_write(Some(organization)).await?;
        Ok(Self { organization, conn, actor, stamp, knock: None, once: None })
    }
    /// Whom to wake once it is committed.
    #[must_use]
    pub fn knocking(self, knock: Option<Arc<Notify>>) -> Self {
        Self { knock, ..self }
    }
    /// What its commit takes with it.
    #[must_use]
    pub fn once(self, once: Option<Once>) -> Self {
        Self { once, ..self }
    }
    /// The instant of this write.
    pub fn now(&self) -> Timestamp {
        self.stamp.now
    }
    /// Appends the entry to the organization's chain and commits both together.
    ///
    /// # Errors
    /// `Unique` where another request took the same `Idempotency-Key` meanwhile.
    pub async fn commit(mut self, entry: AuditEntry) -> Result<()> {
        let once = self.once.take().filter(|once| !once.taken.load(Ordering::Acquire));
        if let Some(once) = &once
            && !crate::idempotency::take(&mut self, once).await?
        {
            return Err(Error::Unique);
        }
        crate::audit::append(&mut self.conn, self.organization, &self.actor, self.stamp, entry).await?;
        self.conn.commit().await?;
        if let Some(once) = once {
            once.taken.store(true, Ordering::Release);
        }
        if let Some(knock) = self.knock {
            knock.notify_one();
        }
        Ok(())
    }
    /// An entry besides the one of the commit, before it.
    pub async fn also(&mut self, audit_id: AuditId, entry: AuditEntry) -> Result<()> {
        let actor = self.actor.clone();
        self.append_each(vec![(actor, audit_id, entry)]).await
    }
    /// One entry for each of the actors that asked for this work, in this order; then [`WriteTx::end`].
    pub(crate) async fn append_each(
        &mut self,
        entries: Vec<(AuditActor, AuditId, AuditEntry)>,
    ) -> Result<()> {
        for (actor, audit_id, entry) in entries {
            let stamp = Stamp { now: self.stamp.now, audit_id };
            crate::audit::append(&mut self.conn, self.organization, &actor, stamp, entry).await?;
        }
        Ok(())
    }
    /// Commits what was audited.
    pub(crate) async fn end(self) -> Result<()> {
        self.conn.commit().await
    }
}

impl Scoped for ReadTx {
    fn organization(&self) -> OrganizationId {
        self.organization
    }
    fn conn(&mut self) -> &mut Conn {
        &mut self.conn
    }
}
impl Scoped for WriteTx {
    fn organization(&self) -> OrganizationId {
        self.organization
    }
    fn conn(&mut self) -> &mut Conn {
        &mut self.conn
    }
}

impl Writing for WriteTx {}

/// One organization inside a [`SystemTx`], for the few writes that touch a global table and an organization's together
/// (the first administrator, a new account with its membership).
pub struct Within<'a> {
    organization: OrganizationId,
    conn: &'a mut Conn,
}

impl Scoped for Within<'_> {
    fn organization(&self) -> OrganizationId {
        self.organization
    }
    fn conn(&mut self) -> &mut Conn {
        self.conn
    }
}
impl Writing for Within<'_> {}

/// A transaction that sees every organization: sign-in, key look-up, housekeeping, verification. Rare, and named so.
pub struct SystemTx {
    conn: Conn,
}

impl SystemTx {
    pub async fn across_all_organizations(db: &Db) -> Result<Self> {
        Ok(Self { conn: db.begin_write(None).await? })
    }
    pub async fn read_across_all_organizations(db: &Db) -> Result<Self> {
        Ok(Self { conn: db.begin_read(None).await? })
    }
    pub fn conn(&mut self) -> &mut Conn {
        &mut self.conn
    }
    pub fn dialect(&self) -> Dialect {
        self.conn.dialect()
    }
    /// Statements of one organization.
    pub fn within(&mut self, organization: OrganizationId) -> Within<'_> {
        Within { organization, conn: &mut self.conn }
    }
    /// Appends to an organization's chain, when one transaction belongs in two chains; the platform's is always the last,
    /// so that two such transactions never wait for each other.
    pub async fn append_in(
        &mut self,
        organization: OrganizationId,
        actor: &AuditActor,
        stamp: Stamp,
        entry: AuditEntry,
    ) -> Result<()> {
        crate::audit::append(&mut self.conn, organization, actor, stamp, entry).await
    }
    /// Appends to the platform's chain and commits.
    pub async fn commit(self, actor: &AuditActor, stamp: Stamp, entry: AuditEntry) -> Result<()> {
        self.commit_in(PLATFORM, actor, stamp, entry).await
    }
    /// Appends to an organization's chain and commits.
    pub async fn commit_in(
        mut self,
        organization: OrganizationId,
        actor: &AuditActor,
        stamp: Stamp,
        entry: AuditEntry,
    ) -> Result<()> {
        crate::audit::append(&mut self.conn, organization, actor, stamp, entry).await?;
        self.conn.commit().await
    }
    /// For records about the machinery itself (session bytes, "last seen", attempt counters), which nobody audits.
    pub async fn commit_unaudited_bookkeeping(self) -> Result<()> {
        self.conn.commit().await
    }
}
