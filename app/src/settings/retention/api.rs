//! Server functions of retention: sentences and numbers, ready to print.

use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;
use serde::{Deserialize, Serialize};

use crate::error::Answer;
use crate::page::Done;
use crate::printed::Printed;
use crate::shown::shown;

/// Days by severity, as the form has them; empty is for ever.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Days {
    pub info: String,
    pub low: String,
    pub medium: String,
    pub high: String,
    pub critical: String,
}
shown!(Days: info, low, medium, high, critical);

/// The retention page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RetentionShown {
    pub days: Days,
    /// The days that hold now, as the hidden field of the forms has them ([`crate::stale`]).
    pub seen: String,
    /// What others changed since the days were asked for.
    pub stale: Printed,
    /// What is wrong with the days that were asked for: severity and reason.
    pub wrong: Vec<(String, String)>,
    /// What the days that were asked for would delete, a sentence each; empty where none were asked for or they are wrong.
    pub preview: Vec<String>,
    /// What holds now, in a sentence.
    pub now: String,
    pub holds: Vec<HoldRow>,
    pub runs: Vec<RunRow>,
    /// What happened to the days, for who may read the audit log.
    pub history: Printed,
}
shown!(RetentionShown: days, seen, stale, wrong, preview, now, holds, runs, history);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HoldRow {
    pub id: String,
    pub reason: String,
    /// "Every event", or the query.
    pub keeps: String,
    /// "since 2026-11-23 09:30 by ada@acme.example, until it is lifted".
    pub told: String,
    pub stands: bool,
    /// Its entries in the audit log, for who may read that.
    pub history: Option<String>,
}
shown!(HoldRow: id, reason, keeps, told, stands, history);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunRow {
    pub started: String,
    /// "12,340: Info 10,000, Low 2,340".
    pub deleted: String,
    pub held: String,
    pub ended: String,
}
shown!(RunRow: started, deleted, held, ended);

/// `preview`: the days are asked for and not those that are kept; `seen`: what those were when the form was made.
#[server(name = LoadRetention, prefix = "/fn", endpoint = "retention", input = GetUrl)]
pub async fn load_retention(
    organization: String,
    #[server(default)] days: Days,
    #[server(default)] preview: bool,
    #[server(default)] seen: String,
) -> Answer<RetentionShown> {
    let scope = crate::server::scope(&organization).await?;
    read::page(&scope, days, preview, &seen).await
}

/// `seen`: the days that the form was made from ([`crate::stale`]).
#[server(name = SaveRetention, prefix = "/fn", endpoint = "save_retention")]
pub async fn save_retention(
    organization: String,
    #[server(default)] seen: String,
    #[server(default)] info: String,
    #[server(default)] low: String,
    #[server(default)] medium: String,
    #[server(default)] high: String,
    #[server(default)] critical: String,
) -> Answer<Done> {
    let scope = crate::server::scope(&organization).await?;
    let mut sent = crate::stale::Sent::of(&seen, Days { info, low, medium, high, critical });
    let merged = |now| Ok(read::policy(&sent.onto(&read::form(now))?)?);
    service::retention::set_with(&scope.admit()?, merged).await.map_err(crate::stale::refused)?;
    leptos_axum::redirect(&crate::routes::SettingsPage::Retention.href(&organization));
    Ok(sent.done(&read::DAYS, "Retention saved"))
}

/// `until`: in the reader's zone; empty is until it is lifted. `finds`: a query; empty keeps everything.
#[server(name = PlaceHold, prefix = "/fn", endpoint = "place_hold")]
pub async fn place_hold(
    organization: String,
    reason: String,
    #[server(default)] finds: String,
    #[server(default)] until: String,
) -> Answer<()> {
    use crate::error::Typed as _;
    let scope = crate::server::scope(&organization).await?;
    let hold = read::new_hold(&scope, &reason, &finds, &until);
    let typed = [("reason", reason.as_str()), ("finds", &finds), ("until", &until)];
    let hold = hold.typed(&typed)?;
    service::retention::hold(&scope.admit()?, &hold).await.typed(&typed)?;
    leptos_axum::redirect(&crate::routes::SettingsPage::Retention.href(&organization));
    Ok(())
}

#[server(name = LiftHold, prefix = "/fn", endpoint = "lift_hold")]
pub async fn lift_hold(organization: String, id: String) -> Answer<()> {
    let scope = crate::server::scope(&organization).await?;
    service::retention::lift(&scope.admit()?, &id).await?;
    leptos_axum::redirect(&crate::routes::SettingsPage::Retention.href(&organization));
    Ok(())
}

#[cfg(feature = "ssr")]
mod read {
    use domain::permission::{Key, SettingsRead};
    use domain::retention::{NewHold, Policy};
    use domain::{Invalid, Severity};
    use service::merge;
    use service::retention::{self, Preview};

    use super::{Days, HoldRow, RetentionShown, RunRow};
    use crate::Answer;
    use crate::audit::history;
    use crate::events::parts::{counted, number, severity_word};
    use crate::printed::Printed;
    use crate::routes::AuditQuery;
    use crate::server::Scope;
    use crate::stale::{self, Kind};
    use crate::when::Zone;

    pub const DAYS: Kind<'_> = Kind {
        name: "retention",
        fields: &[
            ("info", "Info"),
            ("low", "Low"),
            ("medium", "Medium"),
            ("high", "High"),
            ("critical", "Critical"),
        ],
    };

    pub async fn page(scope: &Scope, asked: Days, preview: bool, seen: &str) -> Answer<RetentionShown> {
        let cx = scope.admit::<SettingsRead>()?;
        let kept = retention::get(&cx).await?;
        let (now, zone) = (scope.services.clock.now(), scope.zone);
        let (mut wrong, mut sentences) = (Vec::new(), Vec::new());
        let stored = form(kept.policy.unwrap_or_default());
        let (days, stale) =
            if preview { compared(seen, &stored, &asked)? } else { (stored.clone(), Printed::default()) };
        if preview {
            match policy(&days) {
                Ok(policy) => sentences = told(&policy, &retention::preview(&cx, &policy).await?, zone),
                Err(Invalid(errors)) => wrong = errors.into_iter().map(|e| (e.field, e.reason)).collect(),
            }
        }
        let now_kept = if kept.policy.is_none_or(|policy| policy.keeps_all()) {
            "Every event is kept for ever."
        } else {
            "Events that are past their time are deleted within the hour."
        };
        let may_audit = scope.may(Key::AuditRead);
        let holds = kept.holds.into_iter().map(|hold| {
            let history = may_audit.then(|| {
                let entries = AuditQuery {
                    target_type: "legal_hold".to_owned(),
                    target_id: hold.id.to_string(),
                    ..AuditQuery::default()
                };
                entries.href(&scope.organization.slug)
            });
            let stands = hold.stands(now);
            let end = match (&hold.lifted_by, hold.lifted_at, hold.until) {
                (Some(by), Some(at), _) => format!("lifted {} by {by}", zone.when(at).text),
                (.., Some(until)) => format!("until {}", zone.when(until).text),
                _ => "until it is lifted".to_owned(),
            };
            HoldRow {
                id: hold.id.to_string(),
                told: format!("Since {} by {}, {end}", zone.when(hold.placed_at).text, hold.placed_by),
                reason: hold.reason,
                keeps: hold.query.unwrap_or_else(|| "Every event".to_owned()),
                stands,
                history,
            }
        });
        let runs = kept.runs.into_iter().map(|run| RunRow {
            started: zone.when(run.started_at).text,
            deleted: by_severity(run.counts),
            held: number(run.held),
            ended: run.ended_at.map_or_else(|| "at work".to_owned(), |at| zone.when(at).text),
        });
        let told = history::fold(history::history(scope, "retention", "policy").await?);
        Ok(RetentionShown {
            days,
            seen: stale::json(&stored)?,
            stale,
            wrong,
            preview: sentences,
            now: now_kept.to_owned(),
            holds: holds.collect(),
            runs: runs.collect(),
            history: told.map(Printed::of).unwrap_or_default(),
        })
    }

    pub fn new_hold(scope: &Scope, reason: &str, finds: &str, until: &str) -> Result<NewHold, Invalid> {
        let until = match until {
            "" => None,
            text => Some(scope.zone.parse(text).map_err(|reason| Invalid::field("until", reason))?),
        };
        Ok(NewHold { reason: reason.to_owned(), query: finds.to_owned(), until })
    }

    /// The days that were asked for, with what others saved since for severities that were left alone, and what is to be told of that.
    fn compared(seen: &str, stored: &Days, asked: &Days) -> service::Result<(Days, Printed)> {
        // Who wrote the address by hand saw what is stored.
        let seen = serde_json::from_str(seen).unwrap_or_else(|_| stored.clone());
        let [seen, now, mine] = [&seen, stored, asked].map(stale::texts);
        let (seen, now, mine) = (seen?, now?, mine?);
        let together = merge::fields(Some(&seen), &now, &mine);
        let told = Printed::of(stale::differences(&DAYS, Some(&seen), &now, &mine, &together));
        Ok((stale::form(together.fields)?, told))
    }

    pub fn policy(days: &Days) -> Result<Policy, Invalid> {
        Policy::read(&[&days.info, &days.low, &days.medium, &days.high, &days.critical].map(Clone::clone))
    }

    pub fn form(policy: Policy) -> Days {
        let [info, low, medium, high, critical] =
            policy.days.map(|days| days.map(|n| n.to_string()).unwrap_or_default());
        Days { info, low, medium, high, critical }
    }

    fn by_severity(counts: [i64; 5]) -> String {
        let parts: Vec<String> = Severity::ALL
            .into_iter()
            .filter(|s| counts[s.rank()] > 0)
            .map(|s| format!("{} {}", severity_word(s), number(counts[s.rank()])))
            .collect();
        format!("{}: {}", number(counts.iter().sum()), parts.join(", "))
    }

    /// What would go, a sentence for each severity with its days, and what holds keep of it.
    fn told(policy: &Policy, preview: &Preview, zone: Zone) -> Vec<String> {
        let (sum, held): (i64, i64) = (preview.counts.iter().sum(), preview.held.iter().sum());
        let about = if preview.exact { "" } else { "about " };
        let mut sentences = vec![match sum {
            0 => "Nothing would be deleted now.".to_owned(),
            n => format!("Would delete {about}{}:", counted(n, "event", "events")),
        }];
        for severity in Severity::ALL {
            let rank = severity.rank();
            if let (n @ 1.., Some(before), Some(days)) =
                (preview.counts[rank], preview.before[rank], policy.days[rank])
            {
                let (days, before) = (counted(days, "day", "days"), zone.when(before).text);
                let word = severity_word(severity);
                sentences.push(format!("{about}{} {word}, kept {days}: from before {before}", number(n)));
            }
        }
        if held > 0 {
            let held = counted(held, "event is", "events are");
            sentences.push(if preview.all_held {
                format!("{held} past the time. A legal hold keeps every event: none goes until it is lifted.")
            } else {
                format!("{about}{held} past the time and kept by legal holds or cases.")
            });
        }
        sentences
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a_preview_tells_what_goes_and_what_is_held() {
            let before = [Some("2026-10-01T00:00:00Z".parse().unwrap()), None, None, None, None];
            let policy = Policy { days: [Some(30), None, None, None, None] };
            let preview = Preview {
                counts: [40, 0, 0, 0, 0],
                held: [1, 0, 0, 0, 0],
                exact: true,
                before,
                all_held: false,
            };
            let zone = Zone::named("UTC");
            assert_eq!(
                told(&policy, &preview, zone),
                [
                    "Would delete 40 events:",
                    "40 Info, kept 30 days: from before 2026-10-01 00:00:00",
                    "1 event is past the time and kept by legal holds or cases."
                ]
            );
            let none = Preview { counts: [0; 5], all_held: true, ..preview };
            assert_eq!(told(&policy, &none, zone)[0], "Nothing would be deleted now.");
        }
    }
}
