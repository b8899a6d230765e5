//! The rates that an organization chose for itself (Settings, general): requests a minute of one API key, events a second of
//! all its keys. While it chose none, the server's own limits are the only ones.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use domain::permission::SettingsRead;
use domain::{ApiKeyId, OrganizationId};
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultDirectRateLimiter, DefaultKeyedRateLimiter, Quota, RateLimiter};
use service::settings::{self, RateLimits};
use service::{Actor, Services};

use crate::http::problem::Problem;

/// The limiters of each organization that sent something lately. Cheap to clone.
#[derive(Clone, Default)]
pub struct Plans(Arc<Mutex<HashMap<OrganizationId, Plan>>>);

#[derive(Clone)]
struct Plan {
    read_at: Instant,
    chosen: RateLimits,
    requests: Option<Arc<DefaultKeyedRateLimiter<ApiKeyId>>>,
    events: Option<Arc<DefaultDirectRateLimiter>>,
}

/// A changed setting counts after this.
const FRESH: Duration = Duration::from_secs(10);
/// Events that are let through at once where the rate is lower, so that it slows batches down and does not lock them out. A larger batch
/// counts as so many.
const BURST: NonZeroU32 = NonZeroU32::new(5_000).expect("not zero");

impl Plans {
    /// One more request with this key. Reads the settings when they were not read lately; a database that is away is not a
    /// reason to refuse here.
    pub async fn request(
        &self,
        services: &Services,
        organization: OrganizationId,
        key: ApiKeyId,
    ) -> Result<(), Problem> {
        let plan = match self.get(organization) {
            Some(plan) if plan.read_at.elapsed() < FRESH => plan,
            known => match read(services, organization).await {
                Ok(chosen) => self.put(organization, Plan::of(chosen, known)),
                Err(error) => {
                    tracing::debug!(%error, "rate limits of an organization could not be read");
                    return Ok(());
                }
            },
        };
        let Some(requests) = plan.requests else { return Ok(()) };
        requests.check_key(&key).map_err(|until| wait(until.wait_time_from(DefaultClock::default().now())))
    }

    /// So many more events of the organization.
    pub fn events(&self, organization: OrganizationId, rows: usize) -> Result<(), Problem> {
        let Some(plan) = self.get(organization) else { return Ok(()) };
        let burst = plan.chosen.events_per_second.map_or(BURST, count).max(BURST).get();
        let Some(events) = plan.events else { return Ok(()) };
        let most = rows.min(burst as usize);
        let Some(rows) = u32::try_from(most).ok().and_then(NonZeroU32::new) else { return Ok(()) };
        match events.check_n(rows) {
            Ok(Err(until)) => Err(wait(until.wait_time_from(DefaultClock::default().now()))),
            Ok(Ok(())) | Err(_) => Ok(()),
        }
    }

    /// Forgets organizations that sent nothing for a while.
    pub fn forget_quiet(&self) {
        self.lock().retain(|_, plan| plan.read_at.elapsed() < FRESH * 60);
    }

    fn get(&self, organization: OrganizationId) -> Option<Plan> {
        self.lock().get(&organization).cloned()
    }

    fn put(&self, organization: OrganizationId, plan: Plan) -> Plan {
        self.lock().insert(organization, plan.clone());
        plan
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<OrganizationId, Plan>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Plan {
    /// The same choice keeps its limiters, so that reading it again forgives nothing.
    fn of(chosen: RateLimits, before: Option<Self>) -> Self {
        if let Some(before) = before.filter(|b| b.chosen == chosen) {
            return Self { read_at: Instant::now(), ..before };
        }
        let requests = chosen.requests_per_minute.map(|n| Quota::per_minute(count(n)));
        let events =
            chosen.events_per_second.map(|n| Quota::per_second(count(n)).allow_burst(BURST.max(count(n))));
        Self {
            read_at: Instant::now(),
            requests: requests.map(|quota| Arc::new(RateLimiter::keyed(quota))),
            events: events.map(|quota| Arc::new(RateLimiter::direct(quota))),
            chosen,
        }
    }
}

async fn read(services: &Services, organization: OrganizationId) -> service::Result<RateLimits> {
    let cx = services.admit::<SettingsRead>(&Actor::system("rate limits", organization))?;
    let value = settings::get(&cx, RateLimits::KEY).await?;
    serde_json::from_value(value).map_err(|e| service::Error::Internal(format!("rate limits: {e}")))
}

fn count(n: i64) -> NonZeroU32 {
    u32::try_from(n).ok().and_then(NonZeroU32::new).unwrap_or(NonZeroU32::MAX)
}

fn wait(until: Duration) -> Problem {
    Problem::too_many(until.as_secs() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(requests_per_minute: Option<i64>, events_per_second: Option<i64>) -> RateLimits {
        RateLimits { requests_per_minute, events_per_second }
    }

    #[test]
    fn events_above_the_chosen_rate_wait() {
        let (plans, organization) = (Plans::default(), OrganizationId(uuid::Uuid::from_u128(1)));
        assert!(plans.events(organization, 1).is_ok(), "nothing is known of it yet");
        plans.put(organization, Plan::of(chosen(Some(1), None), None));
        for _ in 0..5 {
            assert!(plans.events(organization, 1_000_000).is_ok(), "no rate of events was chosen");
        }
        plans.put(organization, Plan::of(chosen(None, Some(10)), None));
        assert!(plans.events(organization, 60_000).is_ok(), "a low rate does not lock out");
        assert!(plans.events(organization, 100).is_err());
    }

    #[test]
    fn reading_the_same_choice_again_forgives_nothing() {
        let (plans, organization) = (Plans::default(), OrganizationId(uuid::Uuid::from_u128(1)));
        let first = plans.put(organization, Plan::of(chosen(None, Some(10)), None));
        assert!(plans.events(organization, 5_000).is_ok());
        plans.put(organization, Plan::of(chosen(None, Some(10)), Some(first)));
        assert!(plans.events(organization, 1_000).is_err());
    }
}
