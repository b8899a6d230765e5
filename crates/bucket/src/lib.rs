//! Files in an S3-compatible bucket, under names.
//!
//! It must never know what the files are, and opens no connection itself: whoever opens a bucket hands in how requests are sent, so
//! that all requests of the server leave by one client with one list of authorities. A file is brought in parts and read in parts, so
//! its size holds no memory: an upload has up to 40 MiB, a download up to 16.
//!
//! To keep another kind of thing in it: names under a first part of its own.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::TryStreamExt as _;
use http_body_util::BodyExt as _;
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::buffered::{BufReader, BufWriter};
use object_store::client::{
    ClientOptions, HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse,
    HttpService,
};
use object_store::path::Path;
use object_store::{BackoffConfig, ObjectStore, ObjectStoreExt as _, RetryConfig};
use tokio::io::{AsyncRead, AsyncWriteExt as _};

/// Bytes that are sent and asked for at once. S3 takes parts of at least 5 MiB, but for the last one.
pub const PART: usize = 8 * 1024 * 1024;

/// Where the bucket is, and who asks.
#[derive(Clone)]
pub struct Settings {
    pub bucket: String,
    pub region: String,
    /// `https://host[:port]`; empty: Amazon's own of the region.
    pub endpoint: String,
    pub key_id: String,
    pub secret: String,
}

/// The answer to a request, or why there is none.
pub type Answer = Pin<Box<dyn Future<Output = std::result::Result<http::Response<Vec<u8>>, String>> + Send>>;
/// Sends a request; the answer is read to its end, whatever its status.
pub type Ask = Arc<dyn Fn(http::Request<Vec<u8>>) -> Answer + Send + Sync>;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// What the bucket answered, or that it did not.
    #[error("the bucket {bucket}: {reason}")]
    Bucket { bucket: String, reason: String },
}

pub type Result<T> = std::result::Result<T, Error>;

/// A bucket. Cheap to clone.
#[derive(Clone)]
pub struct Bucket {
    store: Arc<AmazonS3>,
    name: Arc<str>,
}

/// A file that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    pub name: String,
    pub bytes: u64,
    /// When it was written, in microseconds since 1970.
    pub written: i64,
}

impl Bucket {
    /// Asks for nothing yet.
    pub fn open(settings: &Settings, ask: Ask) -> Result<Self> {
        let name: Arc<str> = settings.bucket.as_str().into();
        let endpoint = settings.endpoint.trim_end_matches('/');
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(&settings.bucket)
            .with_region(&settings.region)
            .with_access_key_id(&settings.key_id)
            .with_secret_access_key(&settings.secret)
            // Of what is not TLS the settings have a say, not this.
            .with_allow_http(true)
            // One request a file: bulk deletion is the part of S3 that others leave out.
            .with_disable_bulk_delete(true)
            .with_http_connector(Connector(ask))
            // Somebody waits for it, and a database may.
            .with_retry(RetryConfig {
                max_retries: 3,
                retry_timeout: Duration::from_secs(20),
                backoff: BackoffConfig {
                    init_backoff: Duration::from_millis(50),
                    ..BackoffConfig::default()
                },
            });
        if !endpoint.is_empty() {
            builder = builder.with_endpoint(endpoint);
        }
        let store = builder.build().map_err(|error| failed(&name, error))?;
        Ok(Self { store: Arc::new(store), name })
    }

    /// A file is begun; it is there when it was ended.
    pub fn write(&self, name: &str) -> Writer {
        let store: Arc<dyn ObjectStore> = self.store.clone();
        let writer = BufWriter::with_capacity(store, Path::from(name), PART).with_max_concurrency(2);
        Writer { writer: Some(writer), bucket: Arc::clone(&self.name) }
    }

    /// The bytes of a file, or `None` when it is not there.
    pub async fn read(&self, name: &str) -> Result<Option<Pin<Box<dyn AsyncRead + Send>>>> {
        let found = match self.store.head(&Path::from(name)).await {
            Ok(found) => found,
            Err(object_store::Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(failed(&self.name, error)),
        };
        let store: Arc<dyn ObjectStore> = self.store.clone();
        Ok(Some(Box::pin(BufReader::with_capacity(store, &found, PART))))
    }

    /// The same file under another name, over what is there. The bucket copies; no byte comes here.
    pub async fn copy(&self, from: &str, to: &str) -> Result<()> {
        let copied = self.store.copy(&Path::from(from), &Path::from(to)).await;
        copied.map_err(|error| failed(&self.name, error))
    }

    /// Takes a file away; that it is gone already is fine.
    pub async fn delete(&self, name: &str) -> Result<()> {
        match self.store.delete(&Path::from(name)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(failed(&self.name, error)),
        }
    }

    /// Every file below a name.
    pub async fn list(&self, below: &str) -> Result<Vec<Stored>> {
        let found = self.store.list(Some(&Path::from(below)));
        let found = found.map_ok(|meta| Stored {
            name: meta.location.to_string(),
            bytes: meta.size,
            written: meta.last_modified.timestamp_micros(),
        });
        found.try_collect().await.map_err(|error| failed(&self.name, error))
    }

    /// Writes a small file, reads it and takes it away: everything that the key must be allowed to do.
    pub async fn probe(&self, name: &str) -> Result<()> {
        let (path, said) = (Path::from(name), b"Watchroom was here".as_slice());
        let tried = async {
            self.store.put(&path, said.into()).await?;
            let read = self.store.get(&path).await?.bytes().await?;
            self.store.delete(&path).await?;
            Ok(read)
        }
        .await;
        let read = tried.map_err(|error: object_store::Error| failed(&self.name, error))?;
        if read == said {
            return Ok(());
        }
        Err(Error::Bucket { bucket: self.name.to_string(), reason: "it gave back other bytes".to_owned() })
    }
}

impl fmt::Debug for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Bucket").field(&self.name).finish()
    }
}

/// A file on its way in. Dropped before it is [`Writer::end`]ed, its parts are taken back.
pub struct Writer {
    writer: Option<BufWriter>,
    bucket: Arc<str>,
}

impl Writer {
    pub async fn write(&mut self, chunk: &[u8]) -> Result<()> {
        let Some(writer) = &mut self.writer else { return Ok(()) };
        writer.write_all(chunk).await.map_err(|error| failed(&self.bucket, error))
    }
    /// Everything is in the bucket.
    pub async fn end(&mut self) -> Result<()> {
        // Taken first: one whose end failed cannot be taken back any more.
        let Some(mut writer) = self.writer.take() else { return Ok(()) };
        writer.shutdown().await.map_err(|error| failed(&self.bucket, error))
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // Where that fails too, the bucket's own rule for unfinished uploads is left.
        if let (Some(mut writer), Ok(runtime)) = (self.writer.take(), tokio::runtime::Handle::try_current()) {
            runtime.spawn(async move { writer.abort().await });
        }
    }
}

/// The innermost cause says what happened; those around it repeat addresses and counts of attempts.
fn failed(bucket: &str, error: impl std::error::Error) -> Error {
    let mut innermost: &dyn std::error::Error = &error;
    while let Some(cause) = innermost.source() {
        innermost = cause;
    }
    Error::Bucket { bucket: bucket.to_owned(), reason: innermost.to_string() }
}

struct Connector(Ask);

impl HttpConnector for Connector {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(Connector(Arc::clone(&self.0))))
    }
}

#[async_trait]
impl HttpService for Connector {
    async fn call(&self, request: HttpRequest) -> std::result::Result<HttpResponse, HttpError> {
        let (head, body) = request.into_parts();
        let body = body.collect().await?.to_bytes().to_vec();
        let answer = (self.0)(http::Request::from_parts(head, body)).await;
        let answer = answer.map_err(|reason| HttpError::new(HttpErrorKind::Connect, Unanswered(reason)))?;
        Ok(answer.map(Into::into))
    }
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connector")
    }
}

#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Unanswered(String);
