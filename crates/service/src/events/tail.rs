//! Live tails: the events of an organization as they arrive, for whoever watches.
//!
//! A tail reads on from its place among the arrivals (`store::arrival`), whose order has no gaps; so one that comes back with
//! the place it had misses nothing and gets nothing twice. What has just arrived is read once for all who watch ([`hub`]);
//! one who fell behind reads for itself. Nobody is told more than [`RATE`] events a second: of more a part is told, with the
//! numbers.

mod hub;
mod place;

use std::sync::Arc;
use std::time::Duration;

use domain::event::Event;
use domain::permission::EventRead;
use domain::query::Query;
use domain::{Invalid, OrganizationId, Timestamp};
use store::{ReadTx, arrival};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

pub use hub::Tails;
pub use place::Place;

use crate::seats::Seat;
use crate::{Cx, Error, Result, Services};
use hub::{Chunk, Hub};

/// Events told a second, to one who watches.
pub const RATE: u32 = 200;
/// How long a place can be gone on from: as long as arrivals are kept, less a minute.
pub const KEPT_SECONDS: i64 = 15 * 60;
/// Something is said at least this often, so that a broken connection is noticed.
const BEAT: Duration = Duration::from_secs(10);
/// What was left out is told this often.
const WINDOW: Duration = Duration::from_secs(1);
/// Events that one who fell behind reads; of more the oldest are left out.
const CATCH_UP: i64 = 5_000;
/// Arrivals read at once.
const ARRIVALS: i64 = 200;
/// Events evaluated before others get a turn.
const TURN: usize = 500;

/// One who watches. Dropping it ends the watch.
pub struct Tail {
    services: Services,
    organization: OrganizationId,
    wanted: Wanted,
    hub: Arc<Hub>,
    newest: watch::Receiver<i64>,
    closing: watch::Receiver<bool>,
    place: Place,
    /// The place it came with is too old: said first.
    lost: bool,
    allowance: Allowance,
    window: Window,
    beat: Instant,
    _seat: Seat,
}

/// What a tail hears next.
#[derive(Debug)]
pub enum Heard {
    /// Matching events in the order of arrival, each with the place after it.
    Events(Vec<(Place, Arc<Event>)>),
    /// Not everything could be told.
    Skipped(Skipped),
    /// The place to go on from was too old: what came between is not told.
    Lost(Place),
    /// Nothing matched for a while; everything up to this place was looked at.
    Quiet(Place),
    /// The server stops.
    Closed,
}

/// Numbers of the last second or so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Skipped {
    /// Matching events that were told.
    pub shown: u64,
    /// Matching events in all.
    pub matched: u64,
    /// Events that arrived too fast to look at.
    pub unread: u64,
    /// The time these numbers span.
    pub milliseconds: u64,
}

/// What one wants to hear of.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    pub query: Option<Query>,
    /// Not what happened before.
    pub from: Option<Timestamp>,
}

impl Wanted {
    fn fits(&self, event: &Event) -> bool {
        self.from.is_none_or(|from| event.occurred_at >= from)
            && self.query.as_ref().is_none_or(|query| query.matches(event))
    }
}

/// The newest place: what arrives from now on comes after it.
pub async fn here(cx: &Cx<EventRead>) -> Result<Place> {
    let now = cx.now();
    Ok(Place::after(arrival::newest(&mut cx.read().await?).await?, now))
}

/// Begins to watch what is wanted, after now or after the place where an earlier tail stopped.
///
/// # Errors
/// `TooMany` when this person (or key), or the organization, watches in too many places.
pub async fn open(cx: &Cx<EventRead>, wanted: Wanted, last: Option<&str>) -> Result<Tail> {
    let wrong =
        || Error::Invalid(Invalid::field("Last-Event-ID", "not a place of this stream; leave it out"));
    let last = last.map(|text| Place::parse(text).ok_or_else(wrong)).transpose()?;
    let services = cx.services.clone();
    let organization = cx.actor.organization;
    let tails = &services.memory.tails;
    let seat = tails.seats.take(&cx.actor).ok_or(Error::TooMany { retry_after: 30 })?;
    let now = cx.now();
    let head = arrival::newest(&mut cx.read().await?).await?;
    let here = Place::after(head, now);
    let fits = |place: &Place| place.seq <= head && place.seconds > now.seconds() - (KEPT_SECONDS - 60);
    let lost = last.as_ref().is_some_and(|place| !fits(place));
    let place = last.filter(fits).unwrap_or(here);
    let hub = tails.hub(&services, organization, head);
    Ok(Tail {
        newest: hub.newest.subscribe(),
        closing: tails.closing.subscribe(),
        hub,
        organization,
        wanted,
        place,
        lost,
        allowance: Allowance::new(),
        window: Window::new(),
        beat: Instant::now() + BEAT,
        services,
        _seat: seat,
    })
}

impl Tail {
    /// Where it goes on from.
    pub fn place(&self) -> Place {
        self.place
    }
    /// Waits for something to tell.
    pub async fn next(&mut self) -> Result<Heard> {
        if std::mem::take(&mut self.lost) {
            return Ok(Heard::Lost(self.place));
        }
        loop {
            if *self.closing.borrow() {
                return Ok(Heard::Closed);
            }
            if let Some(skipped) = self.window.over() {
                return Ok(Heard::Skipped(skipped));
            }
            // Marked as seen before it is read, so that what arrives meanwhile wakes the wait below.
            self.newest.borrow_and_update();
            let chunks = self.take().await?;
            if chunks.is_empty() {
                let wake = self.window.end().map_or(self.beat, |end| end.min(self.beat));
                tokio::select! {
                    _ = self.newest.changed() => {}
                    _ = self.closing.changed() => {}
                    () = sleep_until(wake) => {}
                }
                if Instant::now() >= self.beat {
                    return Ok(Heard::Quiet(self.rest()));
                }
                continue;
            }
            let events = self.sift(chunks).await;
            if !events.is_empty() {
                self.rest();
                return Ok(Heard::Events(events));
            }
        }
    }

    /// Something is being said: the next beat can wait. A place that nothing comes after stays fresh.
    fn rest(&mut self) -> Place {
        self.beat = Instant::now() + BEAT;
        if self.place.is_whole() {
            self.place.seconds = self.services.clock.now().seconds();
        }
        self.place
    }

    /// What arrived after the place: of the shared memory, or where that does not reach so far back, from the store.
    async fn take(&mut self) -> Result<Vec<Arc<Chunk>>> {
        let after = self.place.read_after();
        if let Some(chunks) = self.hub.after(after) {
            return Ok(chunks);
        }
        // Asked before the store is: up to here the store's answer is whole.
        let reaches_back_to = self.hub.reaches_back_to();
        let mut tx = ReadTx::begin(&self.services.db, self.organization).await?;
        let total = arrival::count_after(&mut tx, after).await?;
        if total > CATCH_UP {
            let (mut first, mut kept) = (after, 0);
            for (seq, n) in arrival::latest(&mut tx, after, CATCH_UP).await? {
                if kept > 0 && kept + n > CATCH_UP {
                    break;
                }
                (first, kept) = (seq, kept + n);
            }
            if first > self.place.seq {
                let heard = if self.place.is_whole() { 0 } else { i64::from(self.place.passed) };
                self.window.unread += u64::try_from(total - kept - heard).unwrap_or(0);
                self.place = Place { seq: first - 1, passed: u32::MAX, ..self.place };
            }
        }
        let arrivals = arrival::after(&mut tx, self.place.read_after(), ARRIVALS).await?;
        let chunks = hub::read(&mut tx, arrivals, usize::MAX).await?;
        if chunks.is_empty() {
            // Nothing is left up to where the memory begins.
            self.place.seq = self.place.seq.max(reaches_back_to);
            self.place.passed = u32::MAX;
        }
        Ok(chunks.into_iter().map(Arc::new).collect())
    }

    /// What matches and may be told; the place moves on over all of it.
    async fn sift(&mut self, chunks: Vec<Arc<Chunk>>) -> Vec<(Place, Arc<Event>)> {
        let (mut told, mut turn) = (Vec::new(), 0);
        self.allowance.grow();
        for chunk in chunks {
            let passed = if chunk.seq == self.place.seq { self.place.passed } else { 0 };
            for (index, event) in chunk.events.iter().filter(|(index, _)| *index >= passed) {
                turn += 1;
                if turn % TURN == 0 {
                    tokio::task::yield_now().await;
                }
                if !self.wanted.fits(event) {
                    continue;
                }
                self.window.matched += 1;
                if self.allowance.take() {
                    self.window.shown += 1;
                    let seconds = chunk.at.seconds();
                    told.push((Place { seq: chunk.seq, passed: index + 1, seconds }, Arc::clone(event)));
                }
            }
            self.window.unread += chunk.unread;
            self.place = Place::after(chunk.seq, chunk.at);
        }
        told
    }
}

/// Lets [`RATE`] a second through, evenly, and as many at once after a rest.
struct Allowance {
    left: f64,
    at: Instant,
}

impl Allowance {
    fn new() -> Self {
        Self { left: f64::from(RATE), at: Instant::now() }
    }
    fn grow(&mut self) {
        let now = Instant::now();
        let grown = self.left + now.duration_since(self.at).as_secs_f64() * f64::from(RATE);
        (self.left, self.at) = (grown.min(f64::from(RATE)), now);
    }
    fn take(&mut self) -> bool {
        if self.left < 1.0 {
            return false;
        }
        self.left -= 1.0;
        true
    }
}

/// What was told and what was not, of the second that runs.
struct Window {
    since: Instant,
    shown: u64,
    matched: u64,
    unread: u64,
}

impl Window {
    fn new() -> Self {
        Self { since: Instant::now(), shown: 0, matched: 0, unread: 0 }
    }
    fn is_lacking(&self) -> bool {
        self.matched > self.shown || self.unread > 0
    }
    /// When something has to be told.
    fn end(&self) -> Option<Instant> {
        self.is_lacking().then_some(self.since + WINDOW)
    }
    /// Ends the second once it is over; its numbers where something was left out.
    fn over(&mut self) -> Option<Skipped> {
        let length = self.since.elapsed();
        if length < WINDOW {
            return None;
        }
        let ended = std::mem::replace(self, Self::new());
        ended.is_lacking().then(|| Skipped {
            shown: ended.shown,
            matched: ended.matched,
            unread: ended.unread,
            milliseconds: length.as_millis().try_into().unwrap_or(u64::MAX),
        })
    }
}
