//! A store that speaks as much of S3 as a bucket of evidence needs, on loopback, of tests.
//!
//! It looks at who signed (not at the signature: that is the library's own test), and at the order of the parts of an upload.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeZone as _, Utc};

pub const BUCKET: &str = "evidence-of-tests";
pub const KEY_ID: &str = "TESTKEY";

/// Ends with the process; its port is its own.
#[derive(Clone)]
pub struct Store {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    files: BTreeMap<String, (Vec<u8>, DateTime<Utc>)>,
    uploads: HashMap<String, BTreeMap<u32, Vec<u8>>>,
    /// When what comes is written.
    now: DateTime<Utc>,
    count: u32,
    /// Everything is answered 503.
    away: bool,
    /// Methods and paths that were asked, oldest first.
    asked: Vec<String>,
}

struct Request {
    method: String,
    path: String,
    query: HashMap<String, String>,
    headers: HashMap<String, String>,
    body: Vec<u8>,
}

struct Answer(u16, Vec<(&'static str, String)>, Vec<u8>);

impl Store {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let store = Self { address, state: Arc::default() };
        let serving = store.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let serving = serving.clone();
                std::thread::spawn(move || serving.serve(&stream));
            }
        });
        store
    }
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }
    /// What comes from now on is written at this time, in seconds since 1970.
    pub fn at(&self, seconds: i64) {
        self.lock().now = Utc.timestamp_opt(seconds, 0).single().expect("a time");
    }
    pub fn put(&self, name: &str, bytes: &[u8]) {
        let mut state = self.lock();
        let now = state.now;
        state.files.insert(name.to_owned(), (bytes.to_vec(), now));
    }
    pub fn remove(&self, name: &str) {
        self.lock().files.remove(name);
    }
    pub fn get(&self, name: &str) -> Option<Vec<u8>> {
        self.lock().files.get(name).map(|(bytes, _)| bytes.clone())
    }
    pub fn names(&self) -> Vec<String> {
        self.lock().files.keys().cloned().collect()
    }
    /// Uploads in parts that were neither completed nor taken back.
    pub fn unfinished(&self) -> usize {
        self.lock().uploads.len()
    }
    pub fn set_away(&self, away: bool) {
        self.lock().away = away;
    }
    pub fn asked(&self) -> Vec<String> {
        self.lock().asked.clone()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One request after the other on a connection.
    fn serve(&self, stream: &TcpStream) {
        let _ = stream.set_nodelay(true);
        let mut reader = BufReader::new(stream);
        while let Some(request) = read(&mut reader, stream) {
            let Answer(status, headers, body) = self.answer(&request);
            let mut head = format!("HTTP/1.1 {status} X\r\n");
            if !headers.iter().any(|(name, _)| *name == "content-length") && status != 204 {
                let _ = write!(head, "content-length: {}\r\n", body.len());
            }
            for (name, value) in headers {
                let _ = write!(head, "{name}: {value}\r\n");
            }
            let mut answer = (head + "\r\n").into_bytes();
            answer.extend(body);
            let mut stream = stream;
            if stream.write_all(&answer).is_err() {
                return;
            }
        }
    }

    fn answer(&self, request: &Request) -> Answer {
        let mut state = self.lock();
        state.asked.push(format!("{} {}", request.method, request.path));
        if state.away {
            return said(503, "SlowDown", "not now");
        }
        let signed = request.headers.get("authorization").map_or("", String::as_str);
        if !signed.starts_with(&format!("AWS4-HMAC-SHA256 Credential={KEY_ID}/")) {
            return said(403, "InvalidAccessKeyId", "nobody has this key");
        }
        let Some(name) = request.path.strip_prefix(&format!("/{BUCKET}")) else {
            return said(404, "NoSuchBucket", "there is no such bucket");
        };
        let name = name.trim_start_matches('/').to_owned();
        let asked = |key: &str| request.query.get(key).cloned();
        match (request.method.as_str(), asked("uploadId")) {
            ("GET", _) if name.is_empty() => list(&state, &asked("prefix").unwrap_or_default()),
            ("POST", None) if asked("uploads").is_some() => {
                state.count += 1;
                let id = format!("upload-{}", state.count);
                state.uploads.insert(id.clone(), BTreeMap::new());
                xml(format!(
                    "<InitiateMultipartUploadResult><UploadId>{id}</UploadId></InitiateMultipartUploadResult>"
                ))
            }
            ("PUT", Some(id)) => {
                let number = asked("partNumber").and_then(|n| n.parse().ok()).unwrap_or(0);
                let Some(parts) = state.uploads.get_mut(&id) else { return gone() };
                parts.insert(number, request.body.clone());
                Answer(200, vec![("etag", format!("\"part-{number}\""))], Vec::new())
            }
            ("POST", Some(id)) => {
                let Some(parts) = state.uploads.remove(&id) else { return gone() };
                let now = state.now;
                state.files.insert(name, (parts.into_values().flatten().collect(), now));
                xml("<CompleteMultipartUploadResult><ETag>\"whole\"</ETag></CompleteMultipartUploadResult>"
                    .to_owned())
            }
            ("DELETE", Some(id)) => {
                state.uploads.remove(&id);
                Answer(204, Vec::new(), Vec::new())
            }
            ("PUT", None) => {
                let now = state.now;
                match request.headers.get("x-amz-copy-source") {
                    None => {
                        state.files.insert(name, (request.body.clone(), now));
                        Answer(200, vec![("etag", "\"file\"".to_owned())], Vec::new())
                    }
                    Some(from) => {
                        let from = from.trim_start_matches('/');
                        let from = from.strip_prefix(BUCKET).unwrap_or(from).trim_start_matches('/');
                        let Some((bytes, _)) = state.files.get(from).cloned() else { return gone() };
                        state.files.insert(name, (bytes, now));
                        xml("<CopyObjectResult><ETag>\"file\"</ETag></CopyObjectResult>".to_owned())
                    }
                }
            }
            ("DELETE", None) => {
                state.files.remove(&name);
                Answer(204, Vec::new(), Vec::new())
            }
            ("GET" | "HEAD", _) => match state.files.get(&name) {
                Some((bytes, at)) => file(request, bytes, *at),
                None => gone(),
            },
            _ => said(501, "NotImplemented", "not in tests"),
        }
    }
}

fn read(reader: &mut BufReader<&TcpStream>, mut stream: &TcpStream) -> Option<Request> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if line == "\r\n" {
            break;
        }
        lines.push(line.trim_end().to_owned());
    }
    let headers: HashMap<String, String> = lines
        .iter()
        .skip(1)
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    if headers.contains_key("expect") {
        stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").ok()?;
    }
    let length = headers.get("content-length").and_then(|v| v.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let mut words = lines.first()?.split(' ');
    let (method, target) = (words.next()?.to_owned(), words.next()?);
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let query = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    // Names of files are percent-encoded as the keys of a form are.
    let path = form_urlencoded::parse(path.as_bytes()).next().map(|(name, _)| name.into_owned())?;
    Some(Request { method, path, query, headers, body })
}

/// All of it, or the part that was asked for.
fn file(request: &Request, bytes: &[u8], at: DateTime<Utc>) -> Answer {
    let mut headers = vec![
        ("etag", "\"file\"".to_owned()),
        ("last-modified", at.format("%a, %d %b %Y %H:%M:%S GMT").to_string()),
    ];
    if request.method == "HEAD" {
        headers.push(("content-length", bytes.len().to_string()));
        return Answer(200, headers, Vec::new());
    }
    let asked = request.headers.get("range").and_then(|range| {
        let (from, to) = range.strip_prefix("bytes=")?.split_once('-')?;
        let to = to.parse().map_or(bytes.len(), |to: usize| (to + 1).min(bytes.len()));
        Some((from.parse::<usize>().ok()?, to))
    });
    let Some((from, to)) = asked else { return Answer(200, headers, bytes.to_vec()) };
    if from >= to {
        return said(416, "InvalidRange", "there is nothing");
    }
    headers.push(("content-range", format!("bytes {from}-{}/{}", to - 1, bytes.len())));
    Answer(206, headers, bytes[from..to].to_vec())
}

fn list(state: &State, prefix: &str) -> Answer {
    let mut text = "<ListBucketResult><IsTruncated>false</IsTruncated>".to_owned();
    for (name, (bytes, at)) in state.files.iter().filter(|(name, _)| name.starts_with(prefix)) {
        let _ = write!(
            text,
            "<Contents><Key>{name}</Key><Size>{}</Size><LastModified>{}</LastModified><ETag>\"file\"</ETag></Contents>",
            bytes.len(),
            at.format("%Y-%m-%dT%H:%M:%S.000Z")
        );
    }
    xml(text + "</ListBucketResult>")
}

fn xml(text: String) -> Answer {
    Answer(200, vec![("content-type", "application/xml".to_owned())], text.into_bytes())
}

fn gone() -> Answer {
    said(404, "NoSuchKey", "there is no such file")
}

fn said(status: u16, code: &str, message: &str) -> Answer {
    let text = format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>");
    Answer(status, vec![("content-type", "application/xml".to_owned())], text.into_bytes())
}
