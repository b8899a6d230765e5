//! The context of a use-case: who, where, and the proof that it is allowed.

use std::marker::PhantomData;
use std::path::Path;
use std::sync::Arc;

use bucket::Bucket;
use domain::account::User;
use domain::audit::AuditActor;
use domain::member::Role;
use domain::permission::{Mutating, Permission, PermissionSet};
use domain::{ApiKeyId, OrganizationId, PLATFORM, SourceId, Timestamp, UserSessionId};
use store::{Db, ReadTx, Stamp, WriteTx};

use crate::api_keys::KeyCache;
use crate::auth::Hashing;
use crate::auth::chains::Behind;
use crate::auth::oidc::{Known, Provider};
use crate::events::queue::Queue;
use crate::events::tail::Tails;
use crate::evidence::Rules;
use crate::live::Live;
use crate::once::Once;
use crate::organizations::Entered;
use crate::secrets::Secrets;
use crate::webhooks::{Busy, Way};
use crate::{Clock, Error, Result};

/// Everything a use-case needs. Cheap to clone.
#[derive(Clone)]
pub struct Services {
    pub(crate) db: Db,
    pub clock: Clock,
    pub(crate) secrets: Arc<Secrets>,
    /// Demo mode: the sign-in page shows the demo's credentials.
    pub demo: bool,
    pub(crate) memory: Arc<Memory>,
    /// Where uploaded files are kept (in `uploads/`).
    pub(crate) data_dir: Arc<Path>,
    /// Since when this process hears what is sent to it.
    pub(crate) started_at: Timestamp,
    /// Bytes of the largest file that becomes events.
    pub(crate) max_upload: u64,
    /// What is taken as evidence.
    pub(crate) evidence: Arc<Rules>,
    /// Where evidence is kept instead of in the data folder.
    pub(crate) bucket: Option<Bucket>,
    /// By whom people may sign in besides their password.
    pub(crate) provider: Option<Arc<Provider>>,
    /// How webhooks leave this process.
    pub(crate) webhooks: Way,
    /// Of the request that this clone is for.
    pub(crate) once: Option<Once>,
}

/// What this process remembers between requests. Losing it costs time, never correctness.
#[derive(Default)]
pub(crate) struct Memory {
    pub(crate) hashing: Hashing,
    pub(crate) behind: Behind,
    pub(crate) keys: KeyCache,
    pub(crate) entered: Entered,
    pub(crate) ingest: Queue,
    pub(crate) tails: Tails,
    pub(crate) provider: Known,
    pub(crate) live: Live,
    pub(crate) webhooks: Busy,
}

/// Where a request came from.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Client {
    pub ip_address: Option<String>,
    pub user_agent: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Who {
    User(User),
    ApiKey {
        id: ApiKeyId,
        prefix: String,
        /// The one source that it sends as.
        source: Option<SourceId>,
    },
    /// The command line or a background task.
    System(&'static str),
}

/// Who acts, in which organization, with which permissions.
#[derive(Clone, Debug, PartialEq)]
pub struct Actor {
    pub who: Who,
    pub organization: OrganizationId,
    pub permissions: PermissionSet,
    /// `None`: the platform role, an API key or the system.
    pub role: Option<Role>,
    pub session: Option<UserSessionId>,
    pub client: Client,
}

impl Actor {
    /// The command line or a background task, in one organization.
    pub fn system(name: &'static str, organization: OrganizationId) -> Self {
        Self {
            who: Who::System(name),
            organization,
            permissions: PermissionSet::all(),
            role: None,
            session: None,
            client: Client::default(),
        }
    }
    /// The command line or a background task, on the platform.
    pub fn platform(name: &'static str) -> Self {
        Self::system(name, PLATFORM)
    }
    pub fn audit(&self) -> AuditActor {
        let (user_id, label) = match &self.who {
            Who::User(user) => (Some(user.id), user.email.clone()),
            Who::ApiKey { prefix, .. } => (None, format!("api key {prefix}")),
            Who::System(name) => (None, format!("system ({name})")),
        };
        AuditActor {
            user_id,
            label,
            ip_address: self.client.ip_address.clone(),
            user_agent: self.client.user_agent.clone(),
            session_id: self.session.map(|s| s.to_string()),
        }
    }
}

/// The proof that `actor` holds `P`. Only [`Services::admit`] makes one.
pub struct Cx<P> {
    pub(crate) services: Services,
    pub(crate) actor: Actor,
    permission: PhantomData<fn() -> P>,
}

impl Services {
    pub fn new(db: Db, clock: Clock, secrets: Secrets, demo: bool) -> Self {
        let started_at = clock.now();
        Self {
            db,
            clock,
            secrets: Arc::new(secrets),
            demo,
            memory: Arc::default(),
            data_dir: Path::new("data").into(),
            evidence: Arc::default(),
            max_upload: crate::uploads::MAX_FILE,
            bucket: None,
            provider: None,
            webhooks: Way::default(),
            once: None,
            started_at,
        }
    }
    /// The data folder; `data` in the working folder when nobody says otherwise.
    #[must_use]
    pub fn with_data_dir(mut self, folder: impl AsRef<Path>) -> Self {
        self.data_dir = folder.as_ref().into();
        self
    }
    /// What is taken as evidence; everything up to 100 MiB when nobody says otherwise.
    #[must_use]
    pub fn with_evidence_rules(mut self, rules: Rules) -> Self {
        self.evidence = rules.into();
        self
    }
    /// The largest file that becomes events, in bytes; [`crate::uploads::MAX_FILE`] when nobody says otherwise.
    #[must_use]
    pub fn with_max_upload(mut self, bytes: u64) -> Self {
        self.max_upload = bytes;
        self
    }
    pub fn max_upload(&self) -> u64 {
        self.max_upload
    }
    /// Keeps evidence in a bucket from now on; what lies in the data folder is still read there.
    #[must_use]
    pub fn with_bucket(mut self, bucket: Option<Bucket>) -> Self {
        self.bucket = bucket;
        self
    }
    /// Lets people sign in by a provider, too; nobody does when nobody says otherwise.
    #[must_use]
    pub fn with_provider(mut self, provider: Option<Provider>) -> Self {
        self.provider = provider.map(Arc::new);
        self
    }
    /// Lets webhooks go another way than by https to public addresses.
    #[must_use]
    pub fn with_webhooks(mut self, way: Way) -> Self {
        self.webhooks = way;
        self
    }
    pub fn evidence_rules(&self) -> &Rules {
        &self.evidence
    }
    /// Bytes of events that wait to be stored, for the metrics.
    pub fn ingest_backlog(&self) -> usize {
        self.memory.ingest.waiting_bytes()
    }
    /// Live tails that are open, for the metrics.
    pub fn open_tails(&self) -> usize {
        self.memory.tails.open()
    }
    /// Pages that are followed, for the metrics.
    pub fn open_pages(&self) -> usize {
        self.memory.live.open()
    }
    /// Ends every live tail and every stream of a page, and those to come: the server stops, and open answers would keep it.
    pub fn close_tails(&self) {
        self.memory.tails.close();
        self.memory.live.close();
    }
    /// Checks the permission. The one way to a context.
    pub fn admit<P: Permission>(&self, actor: &Actor) -> Result<Cx<P>> {
        if actor.permissions.has(P::KEY) {
            Ok(Cx { services: self.clone(), actor: actor.clone(), permission: PhantomData })
        } else {
            Err(Error::Forbidden)
        }
    }
    /// A mark of words for a purpose, which nobody else can make.
    pub fn mark(&self, purpose: &str, words: &str) -> String {
        self.secrets.tag(purpose, words)
    }
    /// Whether that is the [`mark`](Self::mark) of these words.
    pub fn is_mark(&self, purpose: &str, words: &str, mark: &str) -> bool {
        self.secrets.is_tag(purpose, words, mark)
    }
    pub(crate) fn stamp(&self) -> Stamp {
        Stamp { now: self.clock.now(), audit_id: self.clock.id() }
    }
    /// Pool figures for the metrics: open and idle.
    pub fn pool_state(&self) -> (u32, usize) {
        self.db.pool_state()
    }
    /// Gives the connections back; what is asked afterwards fails.
    pub async fn close(&self) {
        self.db.close().await;
    }
    /// The database answers and its schema is current.
    pub async fn is_ready(&self) -> Result<bool> {
        Ok(self.db.is_migrated().await?)
    }
}

impl<P: Permission> Cx<P> {
    /// Who it was made for; nobody can change that afterwards.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }
    pub fn now(&self) -> Timestamp {
        self.services.clock.now()
    }
    pub async fn read(&self) -> Result<ReadTx> {
        Ok(ReadTx::begin(&self.services.db, self.actor.organization).await?)
    }
}

impl<P: Mutating> Cx<P> {
    pub async fn write(&self) -> Result<WriteTx> {
        Ok(WriteTx::begin(
            &self.services.db,
            self.actor.organization,
            self.actor.audit(),
            self.services.stamp(),
        )
        .await?
        .knocking(self.services.memory.live.knock(self.actor.organization))
        .once(self.services.once.clone()))
    }
}
