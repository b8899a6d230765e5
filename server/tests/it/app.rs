//! A Watchroom in memory: the real router over a fresh database, people, keys, and a browser that talks to it.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::ConnectInfo;
use axum::http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HOST, SET_COOKIE};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use axum::response::Response;
use domain::api_key::NewApiKey;
use domain::organization::NewOrganization;
use http_body_util::BodyExt as _;
use serde_json::Value;
use server::config::{Config, SecretKey};
use server::state::AppState;
use service::secrets::Secrets;
use service::{Actor, Clock, Services, api_keys, members, organizations};
use testkit::TestDb;
use tower::ServiceExt as _;

pub const PASSWORD: &str = "correct horse battery";

pub struct TestApp {
    pub services: Services,
    pub router: Router,
    pub config: Config,
    pub db: TestDb,
}

impl TestApp {
    /// Empty, with the default settings.
    pub fn new(db: TestDb) -> Self {
        Self::with(db, |_| ())
    }

    pub fn with(db: TestDb, change: impl FnOnce(&mut Config)) -> Self {
        Self::at(db, Clock::System, change)
    }

    /// By a clock that the test sets.
    pub fn at(db: TestDb, clock: Clock, change: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config::defaults().unwrap();
        db.folder.path().clone_into(&mut config.data_dir);
        change(&mut config);
        let SecretKey(key) = SecretKey::parse(&"07".repeat(32)).unwrap();
        let services = Services::new(db.db.clone(), clock, Secrets::new(key), false)
            .with_data_dir(&config.data_dir)
            .with_evidence_rules(config.evidence_rules())
            .with_max_upload(config.max_upload.0 as u64)
            .with_bucket(config.bucket().unwrap())
            .with_provider(config.provider().unwrap())
            .with_webhooks(config.webhooks().unwrap());
        let router = server::router::router(AppState::new(config.clone(), services.clone()));
        Self { services, router, config, db }
    }

    /// With the organization `acme` and its `ada@acme.test`, an admin.
    pub async fn acme(db: TestDb) -> Self {
        let app = Self::new(db);
        app.organization("acme").await;
        app.person("ada@acme.test", "acme", "admin").await;
        app
    }

    pub async fn organization(&self, slug: &str) {
        let cx = self.services.admit(&Actor::platform("test")).unwrap();
        let new = NewOrganization {
            slug: slug.to_owned(),
            name: slug.to_uppercase(),
            ..NewOrganization::default()
        };
        organizations::create(&cx, new).await.unwrap();
    }

    /// The password is [`PASSWORD`].
    pub async fn person(&self, email: &str, slug: &str, role: &str) {
        members::add_user(&self.services, email, slug, role, PASSWORD).await.unwrap();
    }

    pub async fn key(&self, slug: &str, scopes: &[&str]) -> String {
        let scopes = scopes.iter().map(|s| (*s).to_owned()).collect();
        let new = NewApiKey { name: "test".to_owned(), scopes, ..NewApiKey::default() };
        api_keys::create_for_organization(&self.services, slug, new).await.unwrap().1
    }

    /// Signs in as a browser does; the cookie, `name=value`.
    pub async fn sign_in(&self, email: &str) -> String {
        self.sign_in_with(email, PASSWORD).await
    }

    pub async fn sign_in_with(&self, email: &str, password: &str) -> String {
        let answer = self.post("/sign-in").form(&[("email", email), ("password", password)]).send().await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
        answer.cookie().expect("a session cookie")
    }

    pub fn get(&self, path: &str) -> Call<'_> {
        self.call(Method::GET, path)
    }
    pub fn post(&self, path: &str) -> Call<'_> {
        self.call(Method::POST, path)
    }
    pub fn call(&self, method: Method, path: &str) -> Call<'_> {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, "watchroom.test".parse().unwrap());
        headers.insert("sec-fetch-site", "same-origin".parse().unwrap());
        Call {
            app: self,
            method,
            path: path.to_owned(),
            headers,
            body: Body::empty(),
            peer: ([127, 0, 0, 1], 40_000).into(),
        }
    }
}

/// A request being put together; by default from this site's own page.
pub struct Call<'a> {
    app: &'a TestApp,
    method: Method,
    path: String,
    headers: HeaderMap,
    body: Body,
    peer: SocketAddr,
}

impl Call<'_> {
    /// Beside one of the same name, not in its place.
    pub fn also(mut self, name: &'static str, value: &str) -> Self {
        self.headers.append(name, value.parse().unwrap());
        self
    }
    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.insert(name, value.parse().unwrap());
        self
    }
    /// Not sent by a browser that says where it stands.
    pub fn without(mut self, name: &str) -> Self {
        self.headers.remove(name);
        self
    }
    pub fn cookie(self, cookie: &str) -> Self {
        self.header("cookie", cookie)
    }
    pub fn bearer(mut self, key: &str) -> Self {
        self.headers.insert(AUTHORIZATION, format!("Bearer {key}").parse().unwrap());
        self.without("sec-fetch-site")
    }
    pub fn from(mut self, peer: &str) -> Self {
        self.peer = SocketAddr::new(peer.parse().unwrap(), 40_000);
        self
    }
    pub fn body(mut self, kind: &str, body: impl Into<Bytes>) -> Self {
        let body = body.into();
        self.headers.insert(CONTENT_TYPE, kind.parse().unwrap());
        self.headers.insert(CONTENT_LENGTH, body.len().to_string().parse().unwrap());
        self.body = Body::from(body);
        self
    }
    /// A body whose length is not told beforehand.
    pub fn stream(mut self, kind: &str, chunks: Vec<Bytes>) -> Self {
        self.headers.insert(CONTENT_TYPE, kind.parse().unwrap());
        let chunks = chunks.into_iter().map(Ok::<_, std::io::Error>);
        self.body = Body::from_stream(futures::stream::iter(chunks));
        self
    }
    pub fn json(self, body: impl Into<Bytes>) -> Self {
        self.body("application/json", body)
    }
    pub fn form(self, pairs: &[(&str, &str)]) -> Self {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        self.body("application/x-www-form-urlencoded", body)
    }
    /// A stream that stays open is answered with nothing but its head; see [`Call::open`].
    pub async fn send(self) -> Answer {
        let (parts, body) = self.begin().await.into_parts();
        let streams = parts.headers.get(CONTENT_TYPE).is_some_and(|kind| kind == "text/event-stream");
        let bytes = if streams { Bytes::new() } else { body.collect().await.unwrap().to_bytes() };
        Answer {
            status: parts.status,
            headers: parts.headers,
            text: String::from_utf8_lossy(&bytes).into_owned(),
            bytes,
        }
    }
    /// A stream of server-sent events.
    pub async fn open(self) -> Stream {
        let response = self.begin().await;
        assert_eq!(response.status(), StatusCode::OK);
        let headers = response.headers().clone();
        Stream { headers, body: response.into_body(), text: String::new() }
    }
    async fn begin(self) -> Response {
        let mut request = Request::builder().method(self.method).uri(&self.path).body(self.body).unwrap();
        *request.headers_mut() = self.headers;
        request.extensions_mut().insert(ConnectInfo(self.peer));
        self.app.router.clone().oneshot(request).await.unwrap()
    }
}

/// An answer that goes on.
pub struct Stream {
    pub headers: HeaderMap,
    body: Body,
    text: String,
}

/// One block of a [`Stream`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Block {
    pub id: String,
    pub event: String,
    pub data: String,
}

impl Stream {
    /// The next block; `None` at the end.
    pub async fn next(&mut self) -> Option<Block> {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let mut read = Block::default();
                for line in block.lines() {
                    match line.split_once(": ") {
                        Some(("id", text)) => text.clone_into(&mut read.id),
                        Some(("event", text)) => text.clone_into(&mut read.event),
                        Some(("data", text)) => text.clone_into(&mut read.data),
                        _ => {}
                    }
                }
                let read_bytes = self.text.len() - rest.len();
                self.text.drain(..read_bytes);
                return Some(read);
            }
            let frame = tokio::time::timeout(Duration::from_secs(30), self.body.frame()).await;
            let frame = frame.expect("the stream says something")?.unwrap();
            self.text.push_str(std::str::from_utf8(frame.data_ref().unwrap()).unwrap());
        }
    }
    /// The next block of this kind.
    pub async fn event(&mut self, kind: &str) -> Block {
        loop {
            let block = self.next().await.expect("the stream goes on");
            if block.event == kind {
                return block;
            }
        }
    }
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
    pub bytes: Bytes,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text)
            .unwrap_or_else(|e| panic!("not JSON ({e}): {} {}", self.status, self.text))
    }
    /// Empty when there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |v| v.to_str().unwrap())
    }
    /// The session cookie it sets, `name=value`; `None` when it sets none.
    pub fn cookie(&self) -> Option<String> {
        let mut set = self.headers.get_all(SET_COOKIE).iter().map(|v| v.to_str().unwrap());
        let session = set.rfind(|c| c.starts_with("watchroom=") || c.starts_with("__Host-watchroom="))?;
        Some(session.split(';').next().unwrap().to_owned())
    }
    /// A problem document of this status, whose `type` ends with `kind`.
    #[track_caller]
    pub fn assert_problem(&self, status: u16, kind: &str) {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        assert_eq!(self.header("content-type"), "application/problem+json");
        let problem = self.json();
        assert_eq!(problem["type"], format!("/api/docs#{kind}"));
        assert_eq!(problem["status"], status);
        assert_eq!(problem["correlation_id"], self.header("x-request-id"), "the id of the log line");
    }
}
