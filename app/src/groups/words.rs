//! The life of a group in words. Server only.

use std::collections::HashMap;

use domain::group::life::{Change, DAYS_NEW, Life, Mute, Status, Step};
use domain::{GroupId, UserId};

use crate::when::Zone;

/// "3 groups resolved; 1 unchanged: it is resolved already".
pub fn done(step: Step, done: usize, left: usize, why: Option<&str>) -> String {
    let verb = match step {
        Step::Resolved => "resolved",
        Step::Reopened => "reopened",
        Step::Muted => "muted",
        Step::Unmuted => "unmuted",
        Step::Undone => "put back",
        Step::Merged => "merged",
        Step::Unmerged => "on their own again",
        Step::Split => "split",
        Step::SplitUndone => "as before the split",
        _ => "assigned",
    };
    let mut text = match done {
        0 => "Nothing changed".to_owned(),
        1 => format!("1 group {verb}"),
        n => format!("{n} groups {verb}"),
    };
    if left > 0 {
        text.push_str("; ");
        text.push_str(&left.to_string());
        text.push_str(" unchanged");
        if let Some(why) = why {
            text.push_str(": ");
            text.push_str(why);
        }
    }
    text
}

/// As much of a template as a sentence takes.
pub fn brief(template: &str) -> String {
    let mut text: String = template.chars().take(80).collect();
    if text.len() < template.len() {
        text.push('…');
    }
    text
}

/// Why a group is called what it is called.
pub fn why(life: &Life, zone: Zone) -> String {
    match (life.status, life.rate, &life.mute) {
        (Status::New, ..) => format!("its first event was less than {DAYS_NEW} days ago"),
        (Status::Ongoing, ..) => "it is known and open".to_owned(),
        (Status::Escalating, Some(rate), _) => {
            format!("{} in the last hour, usually up to {}", rate.hour, rate.usual)
        }
        (Status::Escalating, None, Some(mute)) => {
            format!(
                "it was muted {}, and there were; it is muted again after a quiet time",
                until(mute, zone)
            )
        }
        (Status::Escalating, None, None) => "an event matched the query it was muted until".to_owned(),
        (Status::Regressed, ..) => match life.resolved_at {
            Some(at) => format!("an event occurred after it was resolved on {}", zone.when(at).text),
            None => "an event occurred after it was resolved".to_owned(),
        },
        (Status::Muted, _, Some(mute)) => until(mute, zone),
        (Status::Muted, _, None) => "it is muted".to_owned(),
        (Status::Resolved, ..) => format!("since {}", zone.when(life.since).text),
    }
}

/// "until 2026-11-23 15:31", "until there are 10 events in 1 hour".
fn until(mute: &Mute, zone: Zone) -> String {
    match mute {
        Mute::Until { at } => format!("until {}", zone.when(*at).text),
        Mute::Count { events, seconds } => {
            let (n, unit) = match seconds {
                s if s % 86_400 == 0 => (s / 86_400, "day"),
                s if s % 3600 == 0 => (s / 3600, "hour"),
                s if s % 60 == 0 => (s / 60, "minute"),
                s => (*s, "second"),
            };
            let plural = |n: i64| if n == 1 { "" } else { "s" };
            format!("until there are {events} event{} in {n} {unit}{}", plural(*events), plural(n))
        }
        Mute::Query { query } => format!("until an event matches {query}"),
    }
}

/// What happened, after who did it.
pub fn step(
    change: &Change,
    names: &HashMap<UserId, String>,
    others: &HashMap<GroupId, String>,
    zone: Zone,
) -> String {
    let other = || match change.other {
        None => "other groups".to_owned(),
        Some(id) => {
            others.get(&id).map_or_else(|| "another group".to_owned(), |name| format!("“{}”", brief(name)))
        }
    };
    let name = |id: Option<UserId>| match id {
        None => "nobody".to_owned(),
        Some(id) => names.get(&id).cloned().unwrap_or_else(|| "somebody who is gone".to_owned()),
    };
    match change.step {
        Step::Aged => "became ongoing: it is no news any more".to_owned(),
        Step::Escalated => format!("escalates: {}", why(&change.new, zone)),
        Step::Calmed => "is as loud as usual again".to_owned(),
        Step::Regressed => "regressed: an event occurred after it was resolved".to_owned(),
        Step::MuteEnded => "is not muted any more: the time is over".to_owned(),
        Step::MuteBroken => match &change.old.mute {
            Some(mute) => format!("is back: it was muted {}", until(mute, zone)),
            None => "is back".to_owned(),
        },
        Step::MutedAgain => "is muted again: a quiet time has passed".to_owned(),
        Step::Resolved => "resolved it".to_owned(),
        Step::Reopened => "reopened it".to_owned(),
        Step::Muted => match &change.new.mute {
            Some(mute) => format!("muted it {}", until(mute, zone)),
            None => "muted it".to_owned(),
        },
        Step::Unmuted => "unmuted it".to_owned(),
        Step::Assigned => match change.old.assigned_to {
            None => format!("assigned it to {}", name(change.new.assigned_to)),
            Some(_) => format!(
                "assigned it to {}, before to {}",
                name(change.new.assigned_to),
                name(change.old.assigned_to)
            ),
        },
        Step::Undone => format!("put it back: {}", change.new.status),
        Step::Merged => format!("merged it into {}", other()),
        Step::TookIn => format!("merged {} into it", other()),
        Step::Unmerged => format!("took it out of {}", other()),
        Step::LetGo => format!("took {} out of it", other()),
        Step::Split => format!("split {} off", other()),
        Step::SplitOff => format!("split it off {}", other()),
        Step::SplitUndone => format!("undid the split with {}", other()),
    }
}

#[cfg(test)]
mod tests {
    use domain::group::life::{Act, Rate};

    use super::*;

    #[test]
    fn what_was_done_is_told_with_what_was_not() {
        assert_eq!(done(Step::Resolved, 1, 0, None), "1 group resolved");
        assert_eq!(
            done(Step::Muted, 3, 2, Some("it is resolved; reopen it first")),
            "3 groups muted; 2 unchanged: it is resolved; reopen it first"
        );
        assert_eq!(
            done(Step::Undone, 0, 1, Some("it was changed since; that stays")),
            "Nothing changed; 1 unchanged: it was changed since; that stays"
        );
    }

    #[test]
    fn a_merge_is_told_with_the_other_group() {
        let zone = Zone::named("UTC");
        let now = "2026-11-23T09:30:00Z".parse().unwrap();
        let other = GroupId(uuid::Uuid::from_u128(7));
        let life = Life::born(now, now);
        let change = |step, other| Change {
            id: domain::GroupChangeId(uuid::Uuid::from_u128(1)),
            group_id: GroupId(uuid::Uuid::from_u128(2)),
            at: now,
            actor_id: None,
            actor: None,
            step,
            old: life.clone(),
            new: life.clone(),
            note: None,
            action_id: None,
            undoes: None,
            other,
        };
        let others = HashMap::from([(other, "x".repeat(90))]);
        let told = |change| step(&change, &HashMap::new(), &others, zone);
        assert_eq!(told(change(Step::Merged, Some(other))), format!("merged it into “{}…”", "x".repeat(80)));
        assert_eq!(told(change(Step::TookIn, None)), "merged other groups into it");
    }

    #[test]
    fn a_status_is_explained() {
        let zone = Zone::named("UTC");
        let now = "2026-11-23T09:30:00Z".parse().unwrap();
        let life = Life::born(now, now);
        assert_eq!(why(&life, zone), "its first event was less than 7 days ago");
        let loud =
            Life { status: Status::Escalating, rate: Some(Rate { hour: 84, usual: 12 }), ..life.clone() };
        assert_eq!(why(&loud, zone), "84 in the last hour, usually up to 12");
        let muted = |mute| why(&life.act(&Act::Mute(mute), now).unwrap().life, zone);
        assert_eq!(muted(Mute::Until { at: now.plus_seconds(60) }), "until 2026-11-23 09:31:00");
        assert_eq!(muted(Mute::Count { events: 1, seconds: 7200 }), "until there are 1 event in 2 hours");
        assert_eq!(muted(Mute::Query { query: "a b".to_owned() }), "until an event matches a b");
    }
}
