//! Lock-out with growing waits: wrong passwords and wrong codes of an account, and of an address.

use domain::Timestamp;
use domain::account::User;
use domain::audit::{Action, AuditActor, AuditEntry};
use serde_json::json;
use store::SystemTx;
use store::account::AttemptKind;

use super::{actor_of, chains};
use crate::{Client, Error, Result, Services};

/// Failures in a row before an account is locked, and before an address is (which several people may share).
const FREE: [(AttemptKind, i64); 2] = [(AttemptKind::Account, 5), (AttemptKind::Address, 30)];
/// The first wait in seconds; it doubles with each further failure.
const FIRST_WAIT: i64 = 30;
const LONGEST_WAIT: i64 = 15 * 60;
pub(super) const WRONG_PASSWORD: &str = "wrong e-mail or password";
/// Failures older than this are forgotten (seconds).
const MEMORY: i64 = 3600;

/// Whose failures count. An account's subject is a keyed digest: people type passwords into the wrong field.
pub(super) struct Subjects {
    pub(super) account: String,
    address: Option<String>,
}

impl Subjects {
    pub(super) fn new(services: &Services, email: &str, client: &Client) -> Self {
        Self {
            account: services.secrets.tag("sign_in_attempts", email),
            address: client.ip_address.as_deref().map(network),
        }
    }
    fn of(&self, kind: AttemptKind) -> Option<&str> {
        match kind {
            AttemptKind::Account => Some(&self.account),
            AttemptKind::Address => self.address.as_deref(),
        }
    }
}

/// An IPv6 customer holds a whole /64.
fn network(address: &str) -> String {
    match address.parse::<std::net::IpAddr>().map(|ip| ip.to_canonical()) {
        Ok(std::net::IpAddr::V6(ip)) => {
            let s = ip.segments();
            format!("{:x}:{:x}:{:x}:{:x}::/64", s[0], s[1], s[2], s[3])
        }
        Ok(ip) => ip.to_string(),
        Err(_) => address.to_owned(),
    }
}

/// [`Error::TooMany`] while the account or the address is locked.
pub(super) async fn refuse_locked(tx: &mut SystemTx, subjects: &Subjects, now: Timestamp) -> Result<()> {
    for (kind, _) in FREE {
        let Some(subject) = subjects.of(kind) else { continue };
        let Some(until) = store::account::locked_until(tx, kind, subject).await? else { continue };
        // A lock further away than the longest one was written before the clock was set back.
        let left = (until.micros() - now.micros()).div_euclid(1_000_000) + 1;
        if until > now && left <= LONGEST_WAIT + 1 {
            return Err(Error::TooMany { retry_after: left.unsigned_abs() });
        }
    }
    Ok(())
}

/// Counts a failure, locks when there were too many, and audits it. `why` is for the log.
pub(super) async fn count_failure(
    services: &Services,
    user: Option<User>,
    subjects: &Subjects,
    client: &Client,
    why: &'static str,
) -> Result<()> {
    let stamp = services.stamp();
    let mut tx = SystemTx::across_all_organizations(&services.db).await?;
    let mut wait = 0;
    for (kind, free) in FREE {
        let Some(subject) = subjects.of(kind) else { continue };
        let forgotten = stamp.now.plus_seconds(-MEMORY);
        let failures = store::account::count_failure(&mut tx, kind, subject, stamp.now, forgotten).await?;
        if let Some(seconds) = wait_after(failures, free) {
            store::account::lock(&mut tx, kind, subject, stamp.now.plus_seconds(seconds)).await?;
            wait = wait.max(seconds);
        }
    }
    let (target, actor) = match &user {
        Some(user) => (user.id.to_string(), actor_of(user, None, client)),
        None => ("unknown".to_owned(), anonymous(client)),
    };
    let entry = AuditEntry::new(Action::SIGN_IN_FAILED, "user", target).failed(why);
    let entry = if wait > 0 { entry.metadata(json!({ "locked_for_seconds": wait })) } else { entry };
    tx.commit(&actor, stamp, entry.clone()).await?;
    if let Some(user) = user {
        chains::tell_behind(services, user.id, actor, stamp.now, entry).await;
    }
    Ok(())
}

pub(super) fn anonymous(client: &Client) -> AuditActor {
    AuditActor {
        user_id: None,
        label: "unknown".to_owned(),
        ip_address: client.ip_address.clone(),
        user_agent: client.user_agent.clone(),
        session_id: None,
    }
}

/// Seconds to wait after this many failures; `None` while they are free.
fn wait_after(failures: i64, free: i64) -> Option<i64> {
    let over = u32::try_from(failures - free).ok()?;
    Some(FIRST_WAIT.saturating_mul(2_i64.saturating_pow(over)).min(LONGEST_WAIT))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_doubles_up_to_a_quarter_of_an_hour() {
        let waits: Vec<_> = (1..=12).map(|n| wait_after(n, 5)).collect();
        assert_eq!(waits[..4], [None; 4]);
        assert_eq!(waits[4..9], [Some(30), Some(60), Some(120), Some(240), Some(480)]);
        assert_eq!(waits[9..], [Some(900); 3]);
        assert_eq!(wait_after(1_000_000, 5), Some(900));
    }

    #[test]
    fn an_address_of_ipv6_counts_as_its_network() {
        assert_eq!(network("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
        assert_eq!(network("::ffff:192.0.2.7"), "192.0.2.7");
        assert_eq!(network("192.0.2.7"), "192.0.2.7");
    }
}
