//! What people teach the grouping: which groups belong together, and which events go to a group of their own. Events keep
//! their fingerprint; the rules say where they are counted and read, so that everything can be taken back exactly.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::invalid::Problems;
use crate::template::{MAX_TEMPLATE, Slot, parts, values};
use crate::{EventId, GroupActionId, GroupId, GroupRuleId, Invalid, Timestamp, UserId, query};

/// Most groups of one merge, the one that takes the others included.
pub const MAX_MERGE: usize = 50;
/// Longest value of a slot that a split names, in characters.
pub const MAX_VALUE: usize = 500;
/// Splits of splits that one event follows.
const DEEPEST: usize = 8;

/// A rule, in force until it is undone.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    pub id: GroupRuleId,
    /// The group that is merged, or that events are split from.
    pub group_id: GroupId,
    /// The group that takes them.
    pub target_id: GroupId,
    /// Which events a split takes; `None`: a merge, all of them.
    pub split: Option<Condition>,
    pub note: Option<String>,
    pub action_id: GroupActionId,
    pub created_by: Option<UserId>,
    /// E-mail or API key.
    pub created_by_label: String,
    pub created_at: Timestamp,
    pub undone_by_label: Option<String>,
    pub undone_at: Option<Timestamp>,
    /// Events that a split moved so far, of those that were there.
    pub moved: i64,
    /// Of a split that is still looking at the events that are there: it has come to here, newest first.
    pub looked: Option<(Timestamp, EventId)>,
}

/// Which events of a group a split takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Condition {
    /// A slot of the template, counted from 0, has this value.
    Slot { slot: usize, value: String },
    /// The event matches, see [`crate::query`].
    Query { query: String },
}

impl Condition {
    /// # Errors
    /// A slot that the template does not have, a value that is too long, a query that is none.
    pub fn check(&self, template: &str, now: Timestamp) -> Result<(), Invalid> {
        let mut p = Problems::default();
        match self {
            Self::Slot { slot, value } => {
                let slots = parts(template).filter(|(_, slot)| slot.is_some()).count();
                p.require(*slot < slots, "slot", "not a slot of this group's template");
                p.require(value.chars().count() <= MAX_VALUE, "value", "use at most 500 characters");
            }
            Self::Query { query: text } => match query::parse(text, &query::EVENTS, now) {
                Err(problem) => return Err(Invalid::field("query", problem.placed(text))),
                Ok(_) => p.require(!text.trim().is_empty(), "query", "write a query that an event can match"),
            },
        }
        p.done()
    }

    /// Of the group that takes the events: the same for the same condition, so that a split that is made again finds its
    /// group.
    pub fn fingerprint(&self, of: &str) -> String {
        let mut hash = Sha256::new();
        hash.update(b"split\0");
        hash.update(of.as_bytes());
        match self {
            Self::Slot { slot, value } => {
                hash.update(format!("\0slot\0{slot}\0"));
                hash.update(value.as_bytes());
            }
            Self::Query { query } => {
                hash.update(b"\0query\0");
                hash.update(query.trim().as_bytes());
            }
        }
        crate::audit::hex(&hash.finalize()[..16])
    }

    /// Of the group that takes the events: the slot is its value, a query is told at the end.
    pub fn template(&self, of: &str) -> String {
        let mut out = String::with_capacity(of.len() + 32);
        match self {
            Self::Slot { slot: wanted, value } => {
                let mut n = 0;
                for (text, slot) in parts(of) {
                    let here = slot.is_some() && n == *wanted;
                    n += usize::from(slot.is_some());
                    out.push_str(if here { value } else { text });
                }
            }
            Self::Query { query } => {
                out.push_str(of);
                out.push_str(" where ");
                out.push_str(query.trim());
            }
        }
        if out.len() > MAX_TEMPLATE {
            out.truncate(out.floor_char_boundary(MAX_TEMPLATE - '…'.len_utf8()));
            out.push('…');
        }
        out
    }

    /// Whether a slot of the message has the value. `template`: the one that the message itself has. Queries are asked of whole
    /// events, by whoever has parsed them.
    pub fn holds_in(&self, template: &str, message: &str) -> bool {
        match self {
            Self::Slot { slot, value } => {
                values(template, message).is_some_and(|values| values.get(*slot) == Some(&value.as_str()))
            }
            Self::Query { .. } => false,
        }
    }
}

/// Where each merged group's events are read: the end of its chain of merges. `merges`: group and the one that takes it.
pub fn heads(merges: &[(GroupId, GroupId)]) -> HashMap<GroupId, GroupId> {
    let into: HashMap<GroupId, GroupId> = merges.iter().copied().collect();
    let end = |from: GroupId| {
        let mut at = from;
        // A circle is refused when it is made; should there be one, it ends here.
        for _ in 0..=into.len() {
            match into.get(&at) {
                Some(next) => at = *next,
                None => break,
            }
        }
        at
    };
    into.keys().map(|group| (*group, end(*group))).collect()
}

/// The group of an event that the splits in force, the oldest first, leave it to. `holds`: whether the event meets the
/// condition of a split of the group it is in.
pub fn home(splits: &[Rule], of: GroupId, mut holds: impl FnMut(&Rule) -> bool) -> GroupId {
    let mut at = of;
    for _ in 0..DEEPEST {
        match splits.iter().find(|rule| rule.group_id == at && holds(rule)) {
            Some(rule) => at = rule.target_id,
            None => break,
        }
    }
    at
}

/// Words that are compared of two templates.
const WORDS: usize = 60;

/// In how many words two templates differ, where these are few: at most a third of them, and not more than six.
pub fn distance(a: &str, b: &str) -> Option<usize> {
    let a: Vec<&str> = a.split(' ').take(WORDS).collect();
    let b: Vec<&str> = b.split(' ').take(WORDS).collect();
    let most = (a.len().max(b.len()) / 3).clamp(1, 6);
    if a.len().abs_diff(b.len()) > most || a.len().max(b.len()) < 2 {
        return None;
    }
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, left) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, right) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(left != right);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    let n = row[b.len()];
    (n <= most).then_some(n)
}

impl Slot {
    /// Why it is no part of the text.
    pub fn why(self) -> &'static str {
        match self {
            Self::Number => "a number, time or version: it differs from event to event",
            Self::Hex => "a hexadecimal number, digest or hardware address",
            Self::Uuid => "a UUID",
            Self::Ip => "an address or a full host name",
            Self::Path => "a path of a file or URL",
            Self::Quoted => "quoted text",
            Self::Mail => "an e-mail address",
            Self::Url => "a URL",
            Self::Id => "an identifier or the name of a user",
            Self::Value => "a value after “=”, or a word such as true and null",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::OrganizationId;
    use crate::template::template;
    use uuid::Uuid;

    fn group(n: u128) -> GroupId {
        GroupId(Uuid::from_u128(n))
    }

    fn split(from: u128, to: u128, condition: Condition) -> Rule {
        Rule {
            id: GroupRuleId(Uuid::from_u128(to)),
            group_id: group(from),
            target_id: group(to),
            split: Some(condition),
            note: None,
            action_id: GroupActionId(Uuid::nil()),
            created_by: None,
            created_by_label: "ana".to_owned(),
            created_at: Timestamp::EPOCH,
            undone_by_label: None,
            undone_at: None,
            moved: 0,
            looked: None,
        }
    }

    fn slot(slot: usize, value: &str) -> Condition {
        Condition::Slot { slot, value: value.to_owned() }
    }

    #[test]
    fn a_chain_of_merges_is_read_at_its_end() {
        let found = heads(&[(group(1), group(2)), (group(2), group(3)), (group(9), group(8))]);
        assert_eq!(found[&group(1)], group(3));
        assert_eq!(found[&group(2)], group(3));
        assert_eq!(found[&group(9)], group(8));
        assert_eq!(found.len(), 3);
        // No merge can make one; a damaged table must not hang the server.
        assert_eq!(heads(&[(group(1), group(2)), (group(2), group(1))]).len(), 2);
    }

    #[test]
    fn an_event_follows_the_first_split_that_holds_and_its_splits() {
        let rules = [split(1, 2, slot(0, "a")), split(1, 3, slot(0, "a")), split(2, 4, slot(1, "b"))];
        assert_eq!(home(&rules, group(1), |_| false), group(1));
        assert_eq!(home(&rules, group(1), |r| r.group_id == group(1)), group(2));
        assert_eq!(home(&rules, group(1), |_| true), group(4));
        assert_eq!(home(&rules, group(7), |_| true), group(7));
    }

    #[test]
    fn a_slot_has_the_value_that_stands_there() {
        let message = "Failed password for root from 10.0.0.7 port 22 ssh2";
        let shape = template(message);
        assert_eq!(values(&shape, message), Some(vec!["root", "10.0.0.7", "22"]));
        assert!(slot(1, "10.0.0.7").holds_in(&shape, message));
        assert!(!slot(1, "10.0.0.8").holds_in(&shape, message));
        assert!(!slot(3, "").holds_in(&shape, message));
        // A list is folded: how many values there are differs, so none of them can be told.
        let list = "open ports 1, 2, 3, 4";
        assert_eq!(values(&template(list), list), None);
        assert!(slot(1, "x").check(&shape, Timestamp::EPOCH).is_ok());
        assert!(slot(3, "x").check(&shape, Timestamp::EPOCH).is_err());
    }

    #[test]
    fn a_split_has_its_own_fingerprint_and_says_what_it_holds() {
        let org = OrganizationId(Uuid::from_u128(5));
        let (a, b) = (slot(1, "10.0.0.7"), Condition::Query { query: " severity:high ".to_owned() });
        assert_eq!(a.template("from <id> at <ip> <n>"), "from <id> at 10.0.0.7 <n>");
        assert_eq!(b.template("from <id>"), "from <id> where severity:high");
        assert_eq!(a.fingerprint("f"), a.clone().fingerprint("f"));
        let ids: Vec<GroupId> = [
            a.fingerprint("f"),
            a.fingerprint("g"),
            b.fingerprint("f"),
            slot(2, "10.0.0.7").fingerprint("f"),
        ]
        .iter()
        .map(|f| GroupId::derive(org, f))
        .collect();
        for (i, id) in ids.iter().enumerate() {
            assert!(!ids[..i].contains(id));
        }
        assert!(b.check("x", Timestamp::EPOCH).is_ok());
        for wrong in ["", "severity:"] {
            assert!(
                Condition::Query { query: wrong.to_owned() }.check("x", Timestamp::EPOCH).is_err(),
                "{wrong}"
            );
        }
    }

    #[test]
    fn templates_are_alike_when_few_words_differ() {
        assert_eq!(
            distance("Failed password for <id> from <ip>", "Failed password for <id> from <ip>"),
            Some(0)
        );
        assert_eq!(
            distance("Failed password for <id> from <ip>", "Failed publickey for <id> from <ip>"),
            Some(1)
        );
        assert_eq!(
            distance("Failed password for invalid user <id> from <ip>", "Failed password for <id> from <ip>"),
            Some(2)
        );
        assert_eq!(distance("Failed password for <id>", "Accepted password of <n>"), None);
        assert_eq!(distance("started", "stopped"), None);
    }
}
