//! What makes a change matter: rules as data, so that they can be read, shown and changed without a line of code.

use std::collections::BTreeSet;

use domain::Invalid;
use domain::drift::{ChangeType, DriftType};
use domain::invalid::Problems;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::diff::MAX_CHANGES;
use crate::patch::on_the_way;
use crate::score;
use crate::{Change, Drift};

/// The rules that the product brings.
const BUILT_IN: &str = include_str!("rules.json");

/// One rule: where it looks, what it looks for, how much it weighs (0 to 1 each).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    pub id: String,
    pub what: String,
    pub why: String,
    /// Types of resources, with `*`; in any case.
    pub types: Vec<String>,
    /// Keys of a path between dots, with `*`; `**` is any number of keys. Case and `_` do not matter, so that `cidr_ip` is `CidrIp`.
    pub paths: Vec<String>,
    /// Places that are left out of `paths`.
    #[serde(default)]
    pub except: Vec<String>,
    pub when: When,
    #[serde(default = "changed")]
    pub on: Vec<On>,
    /// Goes only for what lets somebody in: not for rules that deny, or that let out.
    #[serde(default)]
    pub inward: bool,
    /// Makes the change security-critical.
    pub critical: bool,
    pub security: f64,
    pub performance: f64,
    pub cost: f64,
    pub compliance: f64,
}

impl Rule {
    /// Every problem of it at once.
    pub fn check(&self) -> Result<(), Invalid> {
        let mut p = Problems::default();
        p.require(
            domain::organization::is_slug(&self.id) && self.id != "new",
            "id",
            "2 to 63 lower-case letters, digits and hyphens, starting with a letter; not the word new",
        );
        p.name(&self.what, "what", 200);
        p.require(self.why.chars().count() <= 500, "why", "at most 500 characters");
        let fits = |all: &[String], most: usize| {
            all.len() <= most && all.iter().all(|one| !one.trim().is_empty() && one.chars().count() <= 500)
        };
        p.require(
            !self.types.is_empty() && fits(&self.types, 100),
            "types",
            "at least one type, * for all; at most 100",
        );
        p.require(
            !self.paths.is_empty() && fits(&self.paths, 200),
            "paths",
            "at least one path, ** for all; at most 200",
        );
        p.require(fits(&self.except, 200), "except", "at most 200 paths");
        let values = match &self.when {
            When::Any | When::Off | When::Sensitive | When::Shorter => 1,
            When::Is(values) | When::Unless(values) => values.len(),
            When::Ends(ends) => ends.len(),
        };
        p.require((1..=100).contains(&values), "values", "name at least one value, at most 100");
        p.require(!self.on.is_empty(), "on", "choose at least one of changed, deleted and added");
        for (name, weight) in [
            ("security", self.security),
            ("performance", self.performance),
            ("cost", self.cost),
            ("compliance", self.compliance),
        ] {
            p.require((0.0..=1.0).contains(&weight), name, "between 0 and 1");
        }
        p.done()
    }
}

/// What the real value has to be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum When {
    Any,
    /// Gone, false, empty, or a word for off.
    Off,
    /// Its value is a secret.
    Sensitive,
    /// A time, as a number, that is shorter than it was; none and 0 are for ever.
    Shorter,
    /// One of these.
    Is(Vec<Value>),
    /// Ends in one of these, in any case.
    Ends(Vec<String>),
    /// Gone, or none of these.
    Unless(Vec<Value>),
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum On {
    Changed,
    Deleted,
    Added,
}

fn changed() -> Vec<On> {
    vec![On::Changed]
}

/// A table of rules, ready to be applied.
#[derive(Clone, Debug, PartialEq)]
pub struct Rules {
    pub rules: Vec<Rule>,
    patterns: Vec<Patterns>,
}

/// Paths and exceptions of a rule, cut into folded keys.
#[derive(Clone, Debug, PartialEq)]
struct Patterns {
    paths: Vec<Vec<String>>,
    except: Vec<Vec<String>>,
}

impl Rules {
    pub fn new(rules: Vec<Rule>) -> Self {
        let cut = |paths: &[String]| paths.iter().map(|path| path.split('.').map(folded).collect()).collect();
        let patterns = rules
            .iter()
            .map(|rule| Patterns { paths: cut(&rule.paths), except: cut(&rule.except) })
            .collect();
        Self { rules, patterns }
    }
    /// # Panics
    /// Never: the built-in table is read by a test.
    pub fn built_in() -> Self {
        Self::new(serde_json::from_str(BUILT_IN).unwrap_or_default())
    }
    /// Marks the changes that rules meet, and weighs the whole.
    pub(crate) fn judge(&self, resource_type: &str, drift: &mut Drift) {
        let kind = resource_type.to_ascii_lowercase();
        let mine: Vec<usize> = (0..self.rules.len())
            .filter(|at| self.rules[*at].types.iter().any(|glob| fits(&glob.to_ascii_lowercase(), &kind)))
            .collect();
        let closed =
            drift.actual.as_ref().and_then(Value::as_object).is_some_and(|map| denies(map) || leads_out(map));
        let mine: Vec<usize> = mine.into_iter().filter(|at| !(closed && self.rules[*at].inward)).collect();
        let mut met = BTreeSet::new();
        let mut weights = Vec::with_capacity(drift.changes.len());
        for change in &mut drift.changes {
            let way = drift.actual.as_ref().map(|actual| on_the_way(actual, &change.property_path));
            let closed = way.is_some_and(|way| way.into_iter().any(|map| denies(map) || leads_out(map)));
            let mut weight = 0.0;
            for at in mine.iter().filter(|at| self.rules[**at].on.contains(&On::Changed)) {
                if !(closed && self.rules[*at].inward) && self.meets(*at, change) {
                    let rule = &self.rules[*at];
                    change.rules.push(rule.id.clone());
                    change.is_security_critical |= rule.critical;
                    weight += rule.security + rule.performance + rule.cost + rule.compliance;
                    met.insert(*at);
                }
            }
            weights.push(weight);
        }
        match drift.drift_type {
            DriftType::Deleted => {
                met.extend(mine.iter().copied().filter(|at| self.rules[*at].on.contains(&On::Deleted)));
            }
            DriftType::Added => met.extend(self.of_added(&mine, drift.actual.as_ref())),
            DriftType::Modified | DriftType::Moved => {}
        }
        keep_heaviest(drift, weights);
        let met: Vec<&Rule> = met.into_iter().map(|at| &self.rules[at]).collect();
        drift.score = score::score(drift, &met);
    }

    /// What a drift weighs by what is left of it, where some of its changes are ignored: `met` are the rules of the others, by id. `whole`
    /// is what was said of all of it.
    pub fn weigh(
        &self,
        drift_type: DriftType,
        met: &BTreeSet<&str>,
        whole: &score::Score,
        omitted: usize,
    ) -> score::Score {
        let rules: Vec<&Rule> = self.rules.iter().filter(|rule| met.contains(rule.id.as_str())).collect();
        score::weigh(drift_type, omitted, whole.was_guessed(), &rules)
    }

    /// What nobody declared is looked at as if each of its properties had come new. That it has an image or a route says nothing then: only
    /// values do.
    fn of_added(&self, mine: &[usize], actual: Option<&Value>) -> Vec<usize> {
        let whole = Change {
            property_path: String::new(),
            change_type: ChangeType::Added,
            declared_value: None,
            actual_value: actual.cloned(),
            is_security_critical: false,
            is_sensitive: false,
            rules: Vec::new(),
            is_relevant: None,
            owner: None,
        };
        let asked = |rule: &Rule| {
            rule.on.contains(&On::Added) || matches!(rule.when, When::Is(_) | When::Ends(_) | When::Off)
        };
        mine.iter().copied().filter(|at| asked(&self.rules[*at]) && self.meets(*at, &whole)).collect()
    }

    fn meets(&self, at: usize, change: &Change) -> bool {
        let rule = &self.rules[at];
        let Patterns { paths, except } = &self.patterns[at];
        let here = |keys: &[String]| {
            paths.iter().any(|pattern| leads(pattern, keys))
                && !except.iter().any(|pattern| leads(pattern, keys))
        };
        let mut keys: Vec<String> =
            crate::path::keys_of(&change.property_path).iter().map(|key| folded(key)).collect();
        match &rule.when {
            When::Sensitive => change.is_sensitive && here(&keys),
            // Of a property by itself: in a whole block nobody knows which number was which.
            When::Shorter => here(&keys) && is_shorter(change),
            When::Any => {
                let side = change.actual_value.as_ref().or(change.declared_value.as_ref());
                any_leaf(&mut keys, side.unwrap_or(&Value::Null), true, &mut |keys, _| here(keys))
                    || here(&keys)
            }
            When::Is(values) => change.actual_value.as_ref().is_some_and(|value| {
                any_leaf(&mut keys, value, false, &mut |keys, leaf| values.contains(leaf) && here(keys))
            }),
            When::Ends(ends) => change.actual_value.as_ref().is_some_and(|value| {
                any_leaf(&mut keys, value, false, &mut |keys, leaf| {
                    let text = leaf.as_str().unwrap_or_default().to_ascii_lowercase();
                    ends.iter().any(|end| text.ends_with(&end.to_ascii_lowercase())) && here(keys)
                })
            }),
            When::Unless(values) => match (&change.declared_value, &change.actual_value) {
                (_, Some(actual)) => {
                    any_leaf(&mut keys, actual, true, &mut |keys, leaf| !values.contains(leaf) && here(keys))
                }
                (Some(declared), None) => any_leaf(&mut keys, declared, true, &mut |keys, _| here(keys)),
                (None, None) => false,
            },
            When::Off => match (change.change_type, &change.declared_value, &change.actual_value) {
                (ChangeType::Removed, Some(declared), _) => {
                    any_leaf(&mut keys, declared, true, &mut |keys, leaf| !is_off(leaf) && here(keys))
                }
                // Of what nobody declared, only what says that it is off.
                (ChangeType::Added, None, Some(actual)) if change.property_path.is_empty() => {
                    any_leaf(&mut keys, actual, true, &mut |keys, leaf| says_off(leaf) && here(keys))
                }
                (ChangeType::Modified, _, Some(actual)) => {
                    any_leaf(&mut keys, actual, true, &mut |keys, leaf| is_off(leaf) && here(keys))
                }
                _ => false,
            },
        }
    }
}

/// The heaviest changes, by path again; the rest is counted.
fn keep_heaviest(drift: &mut Drift, weights: Vec<f64>) {
    if drift.changes.len() <= MAX_CHANGES {
        return;
    }
    drift.omitted += drift.changes.len() - MAX_CHANGES;
    let mut changes: Vec<(f64, Change)> =
        weights.into_iter().zip(std::mem::take(&mut drift.changes)).collect();
    changes
        .sort_by(|(a, x), (b, y)| y.is_security_critical.cmp(&x.is_security_critical).then(b.total_cmp(a)));
    changes.truncate(MAX_CHANGES);
    drift.changes = changes.into_iter().map(|(_, change)| change).collect();
    drift.changes.sort_by(|a, b| a.property_path.cmp(&b.property_path));
}

/// A statement or rule that forbids.
fn denies(map: &Map<String, Value>) -> bool {
    ["Effect", "effect", "access", "Access", "rule_action", "RuleAction", "action"].iter().any(|key| {
        map.get(*key).and_then(Value::as_str).is_some_and(|word| word.eq_ignore_ascii_case("deny"))
    })
}

/// A rule of a network for what goes out.
fn leads_out(map: &Map<String, Value>) -> bool {
    let word = |key: &str| map.get(key).and_then(Value::as_str).unwrap_or_default().to_ascii_lowercase();
    word("type") == "egress"
        || matches!(word("direction").as_str(), "egress" | "outbound")
        || map.get("egress") == Some(&Value::Bool(true))
        || map.get("Egress") == Some(&Value::Bool(true))
}

fn is_shorter(change: &Change) -> bool {
    let time = |value: Option<&Value>| {
        let number = match value {
            Some(Value::Number(number)) => number.as_f64(),
            Some(Value::String(text)) => text.parse().ok(),
            _ => None,
        };
        number.filter(|time| *time > 0.0).unwrap_or(f64::INFINITY)
    };
    let is_told = |value: Option<&Value>| {
        value.is_none_or(|value| value.is_number() || value.is_string() || value.is_null())
    };
    let (before, now) = (change.declared_value.as_ref(), change.actual_value.as_ref());
    is_told(before) && is_told(now) && time(now) < time(before)
}

fn says_off(value: &Value) -> bool {
    match value {
        Value::Bool(yes) => !yes,
        Value::String(text) => !text.is_empty() && text != "0" && is_off(value),
        _ => false,
    }
}

fn is_off(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(yes) => !yes,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => {
            matches!(
                text.to_ascii_lowercase().as_str(),
                "" | "false" | "off" | "disabled" | "none" | "suspended" | "unconfined" | "0"
            )
        }
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.is_empty(),
    }
}

/// Whether some value at the end of some way below has what is asked, in texts of JSON too. What forbids is left out unless `denied`.
fn any_leaf(
    keys: &mut Vec<String>,
    value: &Value,
    denied: bool,
    ask: &mut dyn FnMut(&[String], &Value) -> bool,
) -> bool {
    match value {
        Value::Array(items) if !items.is_empty() => {
            items.iter().any(|item| any_leaf(keys, item, denied, ask))
        }
        Value::Object(map) if !map.is_empty() => {
            (denied || !denies(map))
                && map.iter().any(|(key, inner)| {
                    keys.push(folded(key));
                    let found = any_leaf(keys, inner, denied, ask);
                    keys.pop();
                    found
                })
        }
        Value::String(text) if text.starts_with(['{', '[']) => match serde_json::from_str::<Value>(text) {
            Ok(inner @ (Value::Object(_) | Value::Array(_))) => any_leaf(keys, &inner, denied, ask),
            _ => ask(keys, value),
        },
        leaf => ask(keys, leaf),
    }
}

fn folded(key: &str) -> String {
    key.chars().filter(|c| *c != '_').flat_map(char::to_lowercase).collect()
}

/// `**` is any number of keys. Only the last one that was met takes more keys, so that a pattern of many costs no more than its length
/// times that of the way: people write these.
fn leads(pattern: &[String], keys: &[String]) -> bool {
    let (mut p, mut k) = (0, 0);
    // Where the last `**` stands, and the first key that it has not taken.
    let mut last = None;
    while let Some(key) = keys.get(k) {
        match pattern.get(p) {
            Some(step) if step == "**" => {
                last = Some((p, k));
                p += 1;
            }
            Some(step) if fits(step, key) => {
                p += 1;
                k += 1;
            }
            _ => {
                let Some((at, taken)) = last else { return false };
                last = Some((at, taken + 1));
                p = at + 1;
                k = taken + 1;
            }
        }
    }
    pattern.iter().skip(p).all(|step| step == "**")
}

/// `*` is any run of characters.
fn fits(glob: &str, text: &str) -> bool {
    let parts: Vec<&str> = glob.split('*').collect();
    let [first, middle @ .., last] = parts.as_slice() else { return glob == text };
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    for part in middle {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_stars_cost_no_more_than_their_number() {
        let words = |text: &str| text.split('.').map(str::to_owned).collect::<Vec<_>>();
        let keys = words(&["a"; 30].join("."));
        let stars = words(&["**.a"; 29].join("."));
        assert!(leads(&stars, &keys));
        assert!(!leads(&[stars.clone(), words("z")].concat(), &keys));
        assert!(!leads(&[words(&["**"; 100].join(".")), words("z")].concat(), &keys));
        for (pattern, way, fit) in [
            ("**", "a", true),
            ("a.**", "a", true),
            ("a.**.c", "a.b.c.c", true),
            ("a.**.c", "a.b.c.d", false),
            ("**.b.*", "a.b.b", true),
            ("a.*.c", "a.c", false),
            ("a", "a.b", false),
        ] {
            assert_eq!(leads(&words(pattern), &words(way)), fit, "{pattern} {way}");
        }
    }

    #[test]
    fn the_built_in_table_is_whole() {
        let rules: Vec<Rule> = serde_json::from_str(BUILT_IN).expect("rules.json is a table of rules");
        assert!(rules.len() > 15);
        let ids: BTreeSet<&str> = rules.iter().map(|rule| rule.id.as_str()).collect();
        assert_eq!(ids.len(), rules.len());
        for rule in &rules {
            for weight in [rule.security, rule.performance, rule.cost, rule.compliance] {
                assert!((0.0..=1.0).contains(&weight), "{}", rule.id);
            }
        }
    }

    #[test]
    fn globs_and_ways() {
        let way = |text: &str| text.split('.').map(folded).collect::<Vec<_>>();
        assert!(
            fits("*security_group*", "aws_security_group_rule")
                && !fits("*iam*", "aws_instance")
                && fits("a", "a")
        );
        assert!(!fits("aXa", "aXaa") && !fits("ab*ba", "aba"));
        assert!(
            leads(&way("**.cidr_ip"), &way("ingress.CidrIp")) && leads(&way("**.cidr_ip"), &way("cidr_ip"))
        );
        assert!(leads(&way("tags.**"), &way("tags.a.b")) && !leads(&way("tags.**"), &way("x.tags.a")));
    }
}
