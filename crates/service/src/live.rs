//! Pages that are followed: what changed in what a page shows, by whom, and who else is there.
//!
//! A stream reads on from the number of an audit entry, whose order has no gaps (`changes`): one that comes back with the number it
//! had misses nothing and hears nothing twice, whichever process it comes to. What changed is read once for all who follow an
//! organization ([`hub`]); each keeps only its number, so whoever reads slowly costs nothing and is told [`Heard::Lost`] when
//! what it missed is too much. Who is there ([`people`]) lasts as long as the stream that said so.

mod hub;
mod people;

use std::sync::Arc;
use std::time::Duration;

use domain::live::{Doing, MAX_TOPICS, Note, Present, Topic};
use domain::permission::{CaseRead, OrganizationEnter, Permission as _};
use domain::{CaseId, Invalid, OrganizationId, UserId};
use store::ReadTx;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};
use uuid::Uuid;

pub use hub::Live;

use crate::seats::Seat;
use crate::{Actor, Cx, Error, Result, Services, Who};
use hub::Hub;
use people::Ticket;

/// Something is said at least this often, so that a broken connection is noticed.
const BEAT: Duration = Duration::from_secs(10);
/// Changes that one who comes back is told; after more it reads its page anew.
const CATCH_UP: u32 = 200;
/// One that is further behind is not even looked up: the log has many entries that no page follows.
const FURTHEST: i64 = 50_000;

/// What a page asks for.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    pub topics: Vec<Topic>,
    /// The number that the page was printed at, or that of the last change it heard.
    pub after: Option<i64>,
    /// Of the page, if it says that somebody is there.
    pub tab: Option<Uuid>,
    pub doing: Option<Doing>,
}

/// A page that is followed. Dropping it ends that, and whoever was there by it is gone.
pub struct Stream {
    services: Services,
    organization: OrganizationId,
    topics: Vec<Topic>,
    me: Option<UserId>,
    hub: Arc<Hub>,
    newest: watch::Receiver<i64>,
    meetings: watch::Receiver<u64>,
    closing: watch::Receiver<bool>,
    place: i64,
    lost: bool,
    /// Where others are met, and who was told last.
    meets: Option<(CaseId, Option<Vec<Present>>)>,
    beat: Instant,
    _here: Option<Ticket>,
    _seat: Seat,
}

/// What is heard next.
#[derive(Debug)]
pub enum Heard {
    /// The oldest first. The place to go on from is that of the stream.
    Changes(Vec<Arc<Note>>),
    /// Who else is there now; first told when the stream begins.
    People(Vec<Present>),
    /// Too much was missed: the page has to be read anew.
    Lost,
    /// Nothing for a while.
    Quiet,
    /// The server stops.
    Closed,
}

/// The number of the newest change: what a page is printed from after this was asked is not older.
pub async fn newest(cx: &Cx<OrganizationEnter>) -> Result<i64> {
    Ok(store::audit::own_head(&mut cx.read().await?).await?.0)
}

/// Whether the actor may read all that is followed.
pub fn may_follow(actor: &Actor, topics: &[Topic]) -> bool {
    topics.iter().all(|topic| actor.permissions.has(topic.needs))
}

/// Begins to follow. Only members of the organization meet: whoever looks by the platform role sees nobody and is not seen.
///
/// # Errors
/// `Forbidden` of what one may not read, `NotFound` of a case that is not there, `TooMany` with too many pages open.
pub async fn open(cx: &Cx<OrganizationEnter>, asked: Asked) -> Result<Stream> {
    let (services, actor) = (&cx.services, &cx.actor);
    let wrong = |why: &str| Err(Error::Invalid(Invalid::field("about", why)));
    if asked.topics.is_empty() || asked.topics.len() > MAX_TOPICS {
        return wrong("name one to twelve things to follow");
    }
    if !may_follow(actor, &asked.topics) {
        return Err(Error::Forbidden);
    }
    let case = asked.topics.iter().find_map(Topic::case);
    let organization = actor.organization;
    let mut tx = cx.read().await?;
    let (head, _) = store::audit::own_head(&mut tx).await?;
    if let Some(id) = case
        && store::case::get(&mut tx, id).await?.is_none()
    {
        return Err(Error::NotFound);
    }
    drop(tx);
    let live = &services.memory.live;
    let seat = live.seats.take(actor).ok_or(Error::TooMany { retry_after: 30 })?;
    let lost = asked.after.is_some_and(|after| is_lost(after, head));
    let place = asked.after.filter(|_| !lost).unwrap_or(head);
    let hub = live.hub(services, organization, head);
    let me = match &actor.who {
        Who::User(user) => Some(user),
        Who::ApiKey { .. } | Who::System(_) => None,
    };
    let (mut meets, mut here) = (None, None);
    if let (Some(case_id), Some(user), Some(_)) = (case, me, actor.role)
        && actor.permissions.has(CaseRead::KEY)
    {
        meets = Some((case_id, None));
        here = asked.tab.map(|tab| {
            let (user_id, name) = (user.id, user.name().to_owned());
            hub.people.enter(Present { tab, user_id, name, case_id, doing: asked.doing })
        });
        hub.knock.notify_one();
    }
    Ok(Stream {
        newest: hub.newest.subscribe(),
        meetings: hub.people.meetings(),
        closing: live.closing.subscribe(),
        me: me.map(|user| user.id),
        topics: asked.topics,
        hub,
        organization,
        place,
        lost,
        meets,
        beat: Instant::now() + BEAT,
        services: services.clone(),
        _here: here,
        _seat: seat,
    })
}

/// A number that was never given out is of another database: one that was restored, perhaps.
fn is_lost(after: i64, head: i64) -> bool {
    !(0..=head).contains(&after) || head - after > FURTHEST
}

impl Stream {
    /// Where it goes on from.
    pub fn place(&self) -> i64 {
        self.place
    }
    pub fn topics(&self) -> &[Topic] {
        &self.topics
    }
    /// Who follows; nobody for a program.
    pub fn me(&self) -> Option<UserId> {
        self.me
    }
    /// Waits for something to tell.
    pub async fn next(&mut self) -> Result<Heard> {
        let heard = self.wait().await?;
        self.beat = Instant::now() + BEAT;
        Ok(heard)
    }

    async fn wait(&mut self) -> Result<Heard> {
        loop {
            if *self.closing.borrow() {
                return Ok(Heard::Closed);
            }
            // Marked as seen before they are read, so that what comes meanwhile wakes the wait below.
            self.newest.borrow_and_update();
            self.meetings.borrow_and_update();
            if let Some(notes) = self.take().await? {
                if !notes.is_empty() {
                    return Ok(Heard::Changes(notes));
                }
            } else {
                self.lost = true;
            }
            if std::mem::take(&mut self.lost) {
                return Ok(Heard::Lost);
            }
            if let Some(people) = self.meet() {
                return Ok(Heard::People(people));
            }
            tokio::select! {
                _ = self.newest.changed() => {}
                _ = self.meetings.changed() => {}
                _ = self.closing.changed() => {}
                () = sleep_until(self.beat) => return Ok(Heard::Quiet),
            }
        }
    }

    /// What changed after the place in what is followed: from the shared memory, or where that does not reach so far back, from the
    /// store. `None`: it is too much. The place moves on over all of it.
    async fn take(&mut self) -> Result<Option<Vec<Arc<Note>>>> {
        let newest = *self.newest.borrow();
        let notes = if let Some(notes) = self.hub.after(self.place) {
            notes
        } else {
            let mut tx = ReadTx::begin(&self.services.db, self.organization).await?;
            let found = store::live::after(&mut tx, self.place, CATCH_UP + 1).await?;
            if found.len() > CATCH_UP as usize {
                self.place = self.place.max(newest);
                return Ok(None);
            }
            found.into_iter().map(Arc::new).collect()
        };
        let last = notes.last().map_or(newest, |note| note.seq);
        self.place = self.place.max(newest).max(last);
        Ok(Some(
            notes.into_iter().filter(|note| self.topics.iter().any(|topic| topic.is_about(note))).collect(),
        ))
    }

    /// Who else is there, when that is not what was told last.
    fn meet(&mut self) -> Option<Vec<Present>> {
        let (case, told) = self.meets.as_mut()?;
        let others = self.hub.people.at(*case, self.me);
        if told.as_ref() == Some(&others) {
            return None;
        }
        *told = Some(others.clone());
        Some(others)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_too_far_behind_or_ahead_is_lost() {
        let lost: Vec<bool> =
            [0, 9_999, 10_000, 60_000, 60_001, -1].iter().map(|after| is_lost(*after, 60_000)).collect();
        assert_eq!(lost, [true, true, false, false, true, true]);
    }
}
