//! A receiver of webhooks on loopback, of tests: it keeps what it is sent and answers as it is told to.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Ends with the process; its port is its own.
#[derive(Clone)]
pub struct Receiver {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

struct State {
    /// Everything after the version of the answer.
    answer: String,
    got: Vec<Message>,
}

/// What was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    pub path: String,
    /// Names in lower case.
    pub headers: HashMap<String, String>,
    pub body: Vec<u8>,
}

impl Receiver {
    /// Answers 204.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let state = State { answer: "204 No Content\r\n\r\n".to_owned(), got: Vec::new() };
        let receiver = Self { address, state: Arc::new(Mutex::new(state)) };
        let serving = receiver.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let serving = serving.clone();
                std::thread::spawn(move || serving.serve(stream));
            }
        });
        receiver
    }
    pub fn port(&self) -> u16 {
        self.address.port()
    }
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
    /// Status line without the version, headers and body: `500 No\r\n\r\n`.
    pub fn answer(&self, answer: &str) {
        answer.clone_into(&mut self.lock().answer);
    }
    /// What came so far, oldest first.
    pub fn got(&self) -> Vec<Message> {
        self.lock().got.clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn serve(&self, stream: TcpStream) {
        let _ = stream.set_read_timeout(Some(Duration::from_secs(10)));
        let mut reader = BufReader::new(&stream);
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            match reader.read_line(&mut line) {
                Ok(n) if n > 0 && line != "\r\n" => lines.push(line.trim_end().to_owned()),
                _ => break,
            }
        }
        let headers: HashMap<String, String> = lines
            .iter()
            .skip(1)
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        let length = headers.get("content-length").and_then(|v| v.parse().ok()).unwrap_or(0);
        let mut body = vec![0; length];
        if lines.is_empty() || reader.read_exact(&mut body).is_err() {
            return;
        }
        let path = lines[0].split(' ').nth(1).unwrap_or_default().to_owned();
        let answer = {
            let mut state = self.lock();
            state.got.push(Message { path, headers, body });
            state.answer.clone()
        };
        let _ = write!(&stream, "HTTP/1.1 {answer}");
    }
}
