//! The listener: connections with time limits, an upper bound on them, and a shutdown that finishes accepted work.
//!
//! HTTP/1.1 only: TLS and HTTP/2 are the reverse proxy's, and on a clear connection the protocol detection is the one
//! stage without a time limit. `axum::serve` can set neither the head's time limit nor the write limit.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use service::Services;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{Sleep, sleep};
use tower::ServiceExt as _;

use crate::config::Config;

/// A reader that takes no byte for this long is dropped.
const WRITE_LIMIT: Duration = Duration::from_secs(30);
/// File descriptors kept free for the database and files.
const SPARE_FILES: u64 = 128;

/// Serves until `stop` is ready, then ends the live tails and lets accepted requests finish within the shutdown time limit.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    config: &Config,
    services: &Services,
    stop: impl Future<Output = ()>,
) {
    let connections = Arc::new(Semaphore::new(connection_limit(config.max_connections)));
    let open = Arc::new(AtomicU64::new(0));
    let graceful = GracefulShutdown::new();
    let mut http = hyper::server::conn::http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(config.header_timeout)
        .max_buf_size(64 * 1024)
        .keep_alive(true);
    let mut stop = std::pin::pin!(stop);
    loop {
        let accepted = async {
            let permit = connections.clone().acquire_owned().await;
            (permit, listener.accept().await)
        };
        let (permit, stream, peer) = tokio::select! {
            () = &mut stop => break,
            (permit, accepted) = accepted => match (permit, accepted) {
                (Ok(permit), Ok((stream, peer))) => (permit, stream, peer),
                (_, Err(error)) => {
                    // Out of file descriptors, or the peer was gone already: a pause lets others finish.
                    tracing::warn!(%error, "a connection could not be accepted");
                    sleep(Duration::from_millis(50)).await;
                    continue;
                }
                (Err(_), _) => break,
            },
        };
        let _ = stream.set_nodelay(true);
        let router = router.clone();
        let service =
            service_fn(move |request: hyper::Request<Incoming>| answer(router.clone(), request, peer));
        let connection = graceful.watch(http.serve_connection(TokioIo::new(Guarded::new(stream)), service));
        let open = open.clone();
        metrics::gauge!("http_connections").set(open.fetch_add(1, Ordering::Relaxed) as f64 + 1.0);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, %peer, "connection ended");
            }
            metrics::gauge!("http_connections").set(open.fetch_sub(1, Ordering::Relaxed) as f64 - 1.0);
            drop(permit);
        });
    }
    drop(listener);
    services.close_tails();
    tracing::info!(open = open.load(Ordering::Relaxed), "stopping: accepted requests are finished first");
    if tokio::time::timeout(config.shutdown_timeout, graceful.shutdown()).await.is_err() {
        tracing::warn!(open = open.load(Ordering::Relaxed), "some connections did not finish in time");
    }
}

/// Ready at SIGTERM or SIGINT.
pub async fn signal() {
    let interrupt = async {
        if let Err(error) = tokio::signal::ctrl_c().await {
            tracing::error!(%error, "cannot listen for SIGINT");
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    let terminate = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(error) => {
                tracing::error!(%error, "cannot listen for SIGTERM");
                std::future::pending::<()>().await;
            }
        }
    };
    #[cfg(not(unix))]
    let terminate = std::future::pending::<()>();
    tokio::select! {
        () = interrupt => {}
        () = terminate => {}
    }
}

async fn answer(
    router: Router,
    request: hyper::Request<Incoming>,
    peer: SocketAddr,
) -> Result<axum::response::Response, Infallible> {
    let mut request = request.map(Body::new);
    request.extensions_mut().insert(ConnectInfo(peer));
    router.oneshot(request).await
}

/// As many connections as asked for, and no more than there are file descriptors; the soft limit is raised first.
fn connection_limit(wanted: u32) -> usize {
    let wanted = wanted as usize;
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let limit = getrlimit(Resource::Nofile);
        let target = (wanted as u64) + SPARE_FILES;
        let soft = limit.current.unwrap_or(target);
        let raised = limit.maximum.unwrap_or(target).min(target.max(soft));
        let files =
            match setrlimit(Resource::Nofile, Rlimit { current: Some(raised), maximum: limit.maximum }) {
                Ok(()) => raised,
                Err(_) => soft,
            };
        let most = usize::try_from(files.saturating_sub(SPARE_FILES)).unwrap_or(wanted).max(16);
        if most < wanted {
            tracing::warn!(connections = most, "max_connections is lowered to what the file limit allows");
        }
        wanted.min(most)
    }
    #[cfg(not(unix))]
    wanted
}

/// A stream whose writes have to make progress.
struct Guarded {
    stream: TcpStream,
    stalled: Option<Pin<Box<Sleep>>>,
}

impl Guarded {
    fn new(stream: TcpStream) -> Self {
        Self { stream, stalled: None }
    }
    fn watch<T>(&mut self, cx: &mut Context<'_>, poll: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if poll.is_ready() {
            self.stalled = None;
            return poll;
        }
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(sleep(WRITE_LIMIT)));
        match stalled.as_mut().poll(cx) {
            Poll::Ready(()) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl AsyncRead for Guarded {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Guarded {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let poll = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.watch(cx, poll)
    }
    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let poll = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.watch(cx, poll)
    }
    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let poll = Pin::new(&mut self.stream).poll_flush(cx);
        self.watch(cx, poll)
    }
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
