//! Who is there. Each process knows the pages it serves, and tells the other processes of the same database with one small row
//! an organization (`store::presence`): so it costs the database the same for one reader as for a thousand, needs no connection of
//! its own as LISTEN would (which a pooler between would break), and ends by itself when a process does.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::live::Present;
use domain::{CaseId, OrganizationId, UserId};
use store::{ReadTx, SystemTx};
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, timeout};
use uuid::Uuid;

use crate::{Result, Services};

/// What is there is told again this often.
const AGAIN: Duration = Duration::from_secs(10);
/// What a process told longer ago is not true any more: it stopped without a word.
const EXPIRES_SECONDS: i64 = 30;
/// A database that is slow must not keep the changes from being read.
const PATIENCE: Duration = Duration::from_secs(2);
/// Pages of one organization that a process tells of.
const TOLD: usize = 1_000;

pub(super) struct People {
    /// The word is the table's: who tells, among all that do.
    server: Uuid,
    organization: OrganizationId,
    knock: Arc<Notify>,
    /// Counts the tickets.
    entered: AtomicU64,
    state: Mutex<State>,
    meetings: watch::Sender<u64>,
}

#[derive(Default)]
struct State {
    /// By page, with the ticket that it holds.
    own: HashMap<Uuid, (u64, Present)>,
    others: Vec<Present>,
    /// Counts that somebody came, went or does something else, and up to where that was told.
    stirred: u64,
    told_stirred: u64,
    told: Option<Instant>,
    by_case: HashMap<CaseId, Vec<Present>>,
}

/// Somebody is there until it is dropped.
pub(super) struct Ticket {
    people: Arc<People>,
    tab: Uuid,
    number: u64,
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let mut state = self.people.state();
        // The same page may be there again by a newer one.
        if state.own.get(&self.tab).is_some_and(|(number, _)| *number == self.number) {
            state.own.remove(&self.tab);
            state.stirred += 1;
            self.people.knock.notify_one();
        }
    }
}

impl People {
    pub(super) fn of(server: Uuid, organization: OrganizationId, knock: Arc<Notify>) -> Self {
        let (entered, state, meetings) = (AtomicU64::default(), Mutex::default(), watch::Sender::default());
        Self { server, organization, knock, entered, state, meetings }
    }
    pub(super) fn enter(self: &Arc<Self>, who: Present) -> Ticket {
        let (tab, number) = (who.tab, self.entered.fetch_add(1, Ordering::Relaxed));
        let mut state = self.state();
        state.own.insert(tab, (number, who));
        state.stirred += 1;
        Ticket { people: Arc::clone(self), tab, number }
    }
    /// Changes when it can be worth to look [`at`](Self::at) a case again.
    pub(super) fn meetings(&self) -> watch::Receiver<u64> {
        self.meetings.subscribe()
    }
    /// Who is at a case, each once, without `me`; of one who has it open twice the page that is being written in.
    pub(super) fn at(&self, case: CaseId, me: Option<UserId>) -> Vec<Present> {
        let state = self.state();
        let all = state.by_case.get(&case).into_iter().flatten();
        all.filter(|who| Some(who.user_id) != me).cloned().collect()
    }
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells the other processes and hears of theirs; failing that, those who are here meet all the same.
    pub(super) async fn meet(&self, services: &Services) {
        match timeout(PATIENCE, self.exchange(services)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::debug!(%error, "who is there could not be told to other servers"),
            Err(_) => tracing::debug!("the database took too long to be told who is there"),
        }
        let mut state = self.state();
        let mut by_case: HashMap<CaseId, Vec<Present>> = HashMap::new();
        for who in state.own.values().map(|(_, who)| who).chain(&state.others) {
            let there = by_case.entry(who.case_id).or_default();
            match there.iter_mut().find(|other| other.user_id == who.user_id) {
                None => there.push(who.clone()),
                Some(same) if (same.doing.is_none(), same.tab) > (who.doing.is_none(), who.tab) => {
                    same.clone_from(who);
                }
                Some(_) => {}
            }
        }
        for there in by_case.values_mut() {
            there.sort_by(|a, b| (&a.name, a.user_id).cmp(&(&b.name, b.user_id)));
        }
        if by_case != state.by_case {
            state.by_case = by_case;
            self.meetings.send_modify(|n| *n += 1);
        }
    }

    async fn exchange(&self, services: &Services) -> Result<()> {
        let now = services.clock.now();
        let tell: Option<(u64, Vec<Present>)> = {
            let state = self.state();
            let again = !state.own.is_empty() && state.told.is_none_or(|told| told.elapsed() >= AGAIN);
            let people = || state.own.values().map(|(_, who)| who).take(TOLD).cloned().collect();
            (again || state.stirred != state.told_stirred).then(|| (state.stirred, people()))
        };
        if let Some((stirred, people)) = tell {
            self.tell(services, &people).await?;
            // Only now: what failed, or took too long, is told again the next time.
            let mut state = self.state();
            (state.told_stirred, state.told) = (stirred, Some(Instant::now()));
        }
        let mut tx = ReadTx::begin(&services.db, self.organization).await?;
        let others =
            store::presence::others(&mut tx, self.server, now.plus_seconds(-EXPIRES_SECONDS)).await?;
        self.state().others = others;
        Ok(())
    }

    async fn tell(&self, services: &Services, people: &[Present]) -> Result<()> {
        let mut tx = SystemTx::across_all_organizations(&services.db).await?;
        store::presence::tell(&mut tx, self.organization, self.server, services.clock.now(), people).await?;
        Ok(tx.commit_unaudited_bookkeeping().await?)
    }

    /// Nobody is here any more.
    pub(super) async fn leave(&self, services: &Services) {
        if self.state().told.is_some() {
            // Should it fail, the row ends by itself.
            let _ = timeout(PATIENCE, self.tell(services, &[])).await;
        }
    }
}
