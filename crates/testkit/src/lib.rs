//! For tests only: a fresh database of either kind, fast.
//!
//! PostgreSQL comes from `WATCHROOM_TEST_POSTGRES_URL` (scripts/with-postgres.sh sets it); without it a test that needs it
//! fails, it does not skip. The schema is migrated once into a template of each and copied for each test.

pub mod provider;
pub mod receiver;
pub mod s3;

use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;

use store::{Db, Options};
use tokio::sync::OnceCell;
use uuid::Uuid;

/// A migrated, empty database that is removed when dropped (the private cluster forgets PostgreSQL's at its end).
pub struct TestDb {
    pub db: Db,
    pub url: String,
    /// Scratch folder of this test.
    pub folder: Arc<tempfile::TempDir>,
}

static SQLITE_TEMPLATE: OnceCell<Vec<u8>> = OnceCell::const_new();
static TEMPLATE: OnceCell<()> = OnceCell::const_new();

/// One template a schema, so that a cluster that outlives a changed migration still serves.
fn template_name() -> String {
    format!("watchroom_{}", store::db::schema_name())
}

/// Runs the test on SQLite, then on PostgreSQL.
pub async fn for_each_backend<F, Fut>(test: F)
where
    F: Fn(TestDb) -> Fut,
    Fut: Future<Output = ()>,
{
    let sqlite = sqlite().await;
    // A test that uses only `db` would drop the folder under it.
    let folder = Arc::clone(&sqlite.folder);
    // Boxed: a test may hold a whole world.
    Box::pin(test(sqlite)).await;
    drop(folder);
    let postgres = postgres().await;
    let name = postgres.url.rsplit('/').next().map(|n| n.split('?').next().unwrap_or(n).to_owned());
    Box::pin(test(postgres)).await;
    // A failed test leaves its database to look at.
    if let Some(name) = name {
        let _ = store::db::admin(&server(), &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await;
    }
}

pub async fn sqlite() -> TestDb {
    let folder = Arc::new(tempfile::tempdir().expect("a temporary folder"));
    let file = folder.path().join("watchroom.db");
    std::fs::write(&file, SQLITE_TEMPLATE.get_or_init(sqlite_template).await)
        .expect("a copy of the template");
    let url = format!("sqlite://{}", file.display());
    let db = Db::connect(&url, &Options::default()).await.expect("SQLite opens");
    TestDb { db, url, folder }
}

/// The bytes of a migrated file. Closing the last connection brings everything out of its WAL.
async fn sqlite_template() -> Vec<u8> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("template.db");
    let url = format!("sqlite://{}", file.display());
    let db = Db::connect(&url, &Options::default()).await.expect("SQLite opens");
    db.migrate().await.expect("SQLite migrates");
    db.close().await;
    std::fs::read(&file).expect("the template")
}

pub async fn postgres() -> TestDb {
    let server = server();
    TEMPLATE.get_or_init(|| make_template(server.clone())).await;
    let name = format!("t_{}", fresh().simple());
    // Files are copied: through the write-ahead log, the default, it takes twice as long.
    store::db::admin(
        &server,
        &format!("CREATE DATABASE {name} TEMPLATE {} STRATEGY file_copy", template_name()),
    )
    .await
    .expect("a database from the template");
    let url = with_database(&server, &name);
    let db = Db::connect(&url, &Options { connections: 4, ..Options::default() })
        .await
        .expect("PostgreSQL answers");
    TestDb { db, url, folder: Arc::new(tempfile::tempdir().expect("a temporary folder")) }
}

/// The URL of a database of PostgreSQL without a table in it.
pub async fn bare_postgres() -> String {
    let (server, name) = (server(), format!("b_{}", fresh().simple()));
    store::db::admin(&server, &format!("CREATE DATABASE {name}")).await.expect("an empty database");
    with_database(&server, &name)
}

fn server() -> String {
    std::env::var("WATCHROOM_TEST_POSTGRES_URL")
        .expect("WATCHROOM_TEST_POSTGRES_URL is not set: run the tests through scripts/with-postgres.sh (make test does)")
}

async fn make_template(server: String) {
    // Several test binaries may start at once: the first makes the template under a private name and renames it.
    if store::db::admin(&server, &format!("CREATE DATABASE {}_claim", template_name())).await.is_ok() {
        let private = format!("template_{}", fresh().simple());
        store::db::admin(&server, &format!("CREATE DATABASE {private}")).await.expect("a template database");
        let db =
            Db::connect(&with_database(&server, &private), &Options { connections: 1, ..Options::default() })
                .await
                .expect("PostgreSQL answers");
        db.migrate().await.expect("PostgreSQL migrates");
        db.close().await;
        store::db::admin(&server, &format!("ALTER DATABASE {private} RENAME TO {}", template_name()))
            .await
            .expect("the template is renamed");
        return;
    }
    for _ in 0..600 {
        let probe = format!("p_{}", fresh().simple());
        if store::db::admin(&server, &format!("CREATE DATABASE {probe} TEMPLATE {}", template_name()))
            .await
            .is_ok()
        {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("nobody finished the template database");
}

fn with_database(server: &str, name: &str) -> String {
    let (base, query) = server.split_once('?').map_or((server, None), |(b, q)| (b, Some(q)));
    let base = match base.splitn(4, '/').collect::<Vec<_>>()[..] {
        [scheme, empty, host, _] | [scheme, empty, host] => format!("{scheme}/{empty}/{host}/{name}"),
        _ => panic!("not a PostgreSQL URL: {server}"),
    };
    query.map_or(base.clone(), |q| format!("{base}?{q}"))
}

#[expect(clippy::disallowed_methods, reason = "names of scratch databases")]
fn fresh() -> Uuid {
    Uuid::new_v4()
}

/// The folder of real data beside the repository (`../shared`), or `WATCHROOM_SHARED`.
pub fn shared_data() -> PathBuf {
    let folder = std::env::var_os("WATCHROOM_SHARED").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared")),
        PathBuf::from,
    );
    let data = folder.join("data");
    assert!(data.is_dir(), "real data for tests is missing: expected {}", data.display());
    data
}
