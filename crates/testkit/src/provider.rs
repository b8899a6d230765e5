//! A sign-in provider (OpenID Connect) of tests, on loopback: it signs people in at once, and tells what a test wants it to tell, true
//! or not. What a real one does is tested in the browser.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use ring::hmac;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// What clients of these tests have as their secret.
pub const CLIENT_SECRET: &str = "the client's secret";

/// Ends with the process; its port is its own.
#[derive(Clone)]
pub struct Provider {
    issuer: String,
    state: Arc<Mutex<State>>,
}

struct State {
    key: EcdsaKeyPair,
    key_id: u32,
    down: bool,
    /// ID tokens hold what they must and no more; the rest is told by userinfo.
    terse: bool,
    forgery: Forgery,
    /// What a code stands for: claims and PKCE's challenge.
    codes: HashMap<String, (Value, String)>,
    /// What an access token stands for.
    tokens: HashMap<String, Value>,
    made: u32,
    reads: u32,
}

/// How the ID token is made by somebody else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forgery {
    None,
    /// `alg: none`, without a signature.
    Unsigned,
    /// HS256 with the provider's public key, which everybody knows.
    PublicKeyAsSecret,
    /// HS256 with the client's secret.
    ClientSecret,
    /// The right name of the key, and another key.
    OtherKey,
    /// No ID token at all.
    Missing,
}

/// What a browser brings back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Back {
    pub state: String,
    pub code: String,
}

impl Provider {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let issuer = format!("http://{}", listener.local_addr().expect("an address"));
        let state = State {
            key: fresh_key(),
            key_id: 1,
            down: false,
            terse: false,
            forgery: Forgery::None,
            codes: HashMap::new(),
            tokens: HashMap::new(),
            made: 0,
            reads: 0,
        };
        let provider = Self { issuer, state: Arc::new(Mutex::new(state)) };
        let serving = provider.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let serving = serving.clone();
                std::thread::spawn(move || serving.serve(stream));
            }
        });
        provider
    }

    pub fn issuer(&self) -> &str {
        &self.issuer
    }
    /// It answers 503, whatever is asked.
    pub fn set_down(&self, down: bool) {
        self.lock().down = down;
    }
    pub fn forge(&self, forgery: Forgery) {
        self.lock().forgery = forgery;
    }
    pub fn set_terse(&self, terse: bool) {
        self.lock().terse = terse;
    }
    /// Signs with another key from now on, and tells that one alone.
    pub fn change_key(&self) {
        let mut state = self.lock();
        state.key = fresh_key();
        state.key_id += 1;
    }
    /// How often its discovery document was read.
    pub fn reads(&self) -> u32 {
        self.lock().reads
    }

    /// Signs somebody in who came with `url`, at `now` (seconds since 1970): `claims` beside what every token has, which they overrule.
    pub fn sign_in(&self, url: &str, now: i64, claims: &Value) -> Back {
        let query = url.split_once('?').map_or("", |(_, query)| query);
        let asked: HashMap<String, String> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        assert_eq!(asked["response_type"], "code");
        assert_eq!(asked["code_challenge_method"], "S256");
        assert!(asked["scope"].split(' ').any(|scope| scope == "openid"));
        let mut all = json!({
            "iss": self.issuer, "aud": asked["client_id"], "nonce": asked["nonce"], "iat": now, "exp": now + 300,
        });
        for (name, value) in claims.as_object().expect("claims") {
            all[name] = value.clone();
        }
        let mut state = self.lock();
        state.made += 1;
        let code = format!("code-{}", state.made);
        state.codes.insert(code.clone(), (all, asked["code_challenge"].clone()));
        Back { state: asked["state"].clone(), code }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn serve(&self, stream: TcpStream) {
        let _ = stream.set_read_timeout(Some(Duration::from_secs(10)));
        let mut reader = BufReader::new(&stream);
        let mut head = Vec::new();
        loop {
            let mut line = String::new();
            match reader.read_line(&mut line) {
                Ok(n) if n > 0 && line != "\r\n" => head.push(line.trim_end().to_owned()),
                _ => break,
            }
        }
        let header = |name: &str| {
            head.iter()
                .filter_map(|l| l.split_once(": "))
                .find(|(n, _)| n.eq_ignore_ascii_case(name))
                .map(|(_, v)| v)
        };
        let length = header("content-length").and_then(|v| v.parse().ok()).unwrap_or(0);
        let mut body = vec![0; length];
        if reader.read_exact(&mut body).is_err() {
            return;
        }
        let path = head.first().and_then(|line| line.split(' ').nth(1)).unwrap_or_default();
        let bearer = header("authorization").and_then(|v| v.strip_prefix("Bearer ")).unwrap_or_default();
        let (status, answer) = self.answer(path, bearer, &body);
        let text = answer.to_string();
        let _ = write!(
            &stream,
            "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{text}",
            text.len()
        );
    }

    fn answer(&self, path: &str, bearer: &str, body: &[u8]) -> (&'static str, Value) {
        let mut state = self.lock();
        if state.down {
            return ("503 Service Unavailable", json!({ "error": "down" }));
        }
        let at = |path: &str| format!("{}{path}", self.issuer);
        match path {
            "/.well-known/openid-configuration" => {
                state.reads += 1;
                let document = json!({
                    "issuer": self.issuer, "authorization_endpoint": at("/authorize"), "token_endpoint": at("/token"),
                    "userinfo_endpoint": at("/userinfo"), "jwks_uri": at("/keys"), "response_types_supported": ["code"],
                    "subject_types_supported": ["public"], "id_token_signing_alg_values_supported": ["ES256"],
                });
                ("200 OK", document)
            }
            "/keys" => {
                let point = state.key.public_key().as_ref();
                let key = json!({
                    "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": state.key_id.to_string(),
                    "x": BASE64.encode(&point[1..33]), "y": BASE64.encode(&point[33..]),
                });
                ("200 OK", json!({ "keys": [key] }))
            }
            "/token" => state.exchange(body),
            "/userinfo" => match state.tokens.get(bearer) {
                Some(claims) => ("200 OK", claims.clone()),
                None => ("401 Unauthorized", json!({ "error": "invalid_token" })),
            },
            _ => ("404 Not Found", json!({ "error": "not_found" })),
        }
    }
}

impl State {
    /// A code is good once, for who began with its verifier.
    fn exchange(&mut self, body: &[u8]) -> (&'static str, Value) {
        let form: HashMap<String, String> = form_urlencoded::parse(body).into_owned().collect();
        let get = |name: &str| form.get(name).cloned().unwrap_or_default();
        let found = self.codes.remove(&get("code"));
        let challenge = BASE64.encode(Sha256::digest(get("code_verifier")));
        let Some((claims, _)) = found.filter(|(_, wanted)| *wanted == challenge) else {
            return ("400 Bad Request", json!({ "error": "invalid_grant" }));
        };
        self.made += 1;
        let access = format!("access-{}", self.made);
        let mut told = claims.clone();
        if self.terse {
            const KEPT: [&str; 6] = ["iss", "aud", "nonce", "iat", "exp", "sub"];
            told.as_object_mut().expect("claims").retain(|name, _| KEPT.contains(&name.as_str()));
        }
        self.tokens.insert(access.clone(), claims);
        let mut answer = json!({ "access_token": access, "token_type": "Bearer", "expires_in": 300 });
        if self.forgery != Forgery::Missing {
            answer["id_token"] = json!(self.signed(&told));
        }
        ("200 OK", answer)
    }

    fn signed(&self, claims: &Value) -> String {
        let algorithm = match self.forgery {
            Forgery::Unsigned => "none",
            Forgery::PublicKeyAsSecret | Forgery::ClientSecret => "HS256",
            Forgery::None | Forgery::OtherKey | Forgery::Missing => "ES256",
        };
        let head = json!({ "alg": algorithm, "typ": "JWT", "kid": self.key_id.to_string() });
        let text = format!("{}.{}", BASE64.encode(head.to_string()), BASE64.encode(claims.to_string()));
        let by = |key: &EcdsaKeyPair| {
            key.sign(&SystemRandom::new(), text.as_bytes()).expect("a signature").as_ref().to_vec()
        };
        let mac = |secret: &[u8]| {
            hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), text.as_bytes()).as_ref().to_vec()
        };
        let signature = match self.forgery {
            Forgery::Unsigned => Vec::new(),
            Forgery::PublicKeyAsSecret => mac(self.key.public_key().as_ref()),
            Forgery::ClientSecret => mac(CLIENT_SECRET.as_bytes()),
            Forgery::OtherKey => by(&fresh_key()),
            Forgery::None | Forgery::Missing => by(&self.key),
        };
        format!("{text}.{}", BASE64.encode(signature))
    }
}

fn fresh_key() -> EcdsaKeyPair {
    let random = SystemRandom::new();
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).expect("a key");
    EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref(), &random).expect("a key")
}
