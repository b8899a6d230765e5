//! Request bodies: at most so large (413), and arriving at a minimum pace (408).

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_LENGTH, EXPECT};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use bytes::{Bytes, BytesMut};
use http_body::{Body as _, Frame, SizeHint};
use http_body_util::BodyExt as _;
use tokio::time::{Instant, Sleep, sleep};

use crate::http::problem::Problem;
use crate::state::AppState;

/// No byte for this long ends the request.
const IDLE: Duration = Duration::from_secs(10);
/// After the grace period a body has to have arrived at this rate.
const GRACE: Duration = Duration::from_secs(15);
const BYTES_A_SECOND: u64 = 1024;
/// So much of a body that is refused for its length is taken in and thrown away, for so long at most.
const LINGER: usize = 64 << 20;
const LINGERING: Duration = Duration::from_secs(10);

#[derive(Debug)]
pub struct TooSlow;

impl fmt::Display for TooSlow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the body arrives too slowly")
    }
}
impl std::error::Error for TooSlow {}

pin_project_lite::pin_project! {
    struct Paced {
        #[pin]
        inner: Body,
        #[pin]
        idle: Sleep,
        started: Instant,
        received: u64,
    }
}

impl http_body::Body for Paced {
    type Data = Bytes;
    type Error = axum::BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let mut this = self.project();
        let Poll::Ready(frame) = this.inner.poll_frame(cx) else {
            ready!(this.idle.poll(cx));
            return Poll::Ready(Some(Err(Box::new(TooSlow))));
        };
        let now = Instant::now();
        this.idle.as_mut().reset(now + IDLE);
        if let Some(Ok(frame)) = &frame {
            *this.received += frame.data_ref().map_or(0, |data| data.len() as u64);
            let age = now.duration_since(*this.started);
            if age > GRACE && *this.received < age.as_secs() * BYTES_A_SECOND {
                return Poll::Ready(Some(Err(Box::new(TooSlow))));
            }
        }
        Poll::Ready(frame.map(|f| f.map_err(Into::into)))
    }
    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }
    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// Every body has to arrive at a pace.
pub async fn pace(request: Request, next: Next) -> Response {
    let request = request.map(|inner| {
        if inner.is_end_stream() {
            return inner;
        }
        Body::new(Paced { inner, idle: sleep(IDLE), started: Instant::now(), received: 0 })
    });
    next.run(request).await
}

/// Reads a form or a server function's arguments whole, up to `max_body`, so that a breach is 413 and not a failed parse.
/// Uploads stream under their own limit.
pub async fn buffer(State(state): State<AppState>, request: Request, next: Next) -> Response {
    if request.body().is_end_stream() || super::is_upload(&request) {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    match read(&parts.headers, body, state.config.max_body.0).await {
        Ok(bytes) => next.run(Request::from_parts(parts, Body::from(bytes))).await,
        Err(problem) => problem.into_response(),
    }
}

/// The whole body, or 413 above `max` bytes, 408 when too slow, 400 when it breaks off.
pub async fn read(headers: &axum::http::HeaderMap, mut body: Body, max: usize) -> Result<Bytes, Problem> {
    if content_length(headers).is_some_and(|length| length > max as u64) {
        discard(headers, body).await;
        return Err(Problem::too_large(max));
    }
    let mut whole = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| broken(&error))?;
        if let Some(data) = frame.data_ref() {
            if whole.len() + data.len() > max {
                drop(whole);
                discard(&axum::http::HeaderMap::new(), body).await;
                return Err(Problem::too_large(max));
            }
            whole.extend_from_slice(data);
        }
    }
    Ok(whole.freeze())
}

/// Takes in what is still sent of a body that is refused for its length: who writes all before reading would see a closed connection and
/// not why. Who asks first (`Expect: 100-continue`) is not told to go on, and one that would take too long is not begun with.
pub async fn discard(headers: &axum::http::HeaderMap, mut body: Body) {
    if headers.contains_key(EXPECT) || content_length(headers).is_some_and(|length| length > LINGER as u64) {
        return;
    }
    let all = async {
        let mut left = LINGER;
        while let Some(Ok(frame)) = body.frame().await {
            let Some(rest) = left.checked_sub(frame.data_ref().map_or(0, Bytes::len)) else { return };
            left = rest;
        }
    };
    // What is still on its way then is not worth more of this server's time.
    let _ = tokio::time::timeout(LINGERING, all).await;
}

pub fn content_length(headers: &axum::http::HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// What a body error means.
pub fn broken(error: &axum::Error) -> Problem {
    let mut source: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(cause) = source {
        if cause.is::<TooSlow>() {
            return Problem::too_slow();
        }
        source = cause.source();
    }
    Problem::bad_request("The body broke off.")
}
