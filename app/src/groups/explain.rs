//! Why the events of a group belong together, and what its slots hold, in words. Server only.

use std::collections::HashMap;

use domain::group::Group;
use domain::group::rule::{Condition, Rule};
use domain::group::slots::{Counted, Distribution};
use domain::permission::{GroupRead, Key};
use domain::query::{EVENTS, edit::condition, edit::written, parse};
use domain::template::parts;
use domain::{GroupId, Timestamp};
use service::Error;
use service::groups::{MOVED, Preview, Sample};

use super::facts::{
    Bar, Bars, GroupingShown, Linked, MemberShown, PreviewShown, RuleShown, SimilarShown, SlotShown,
};
use super::words::brief;
use crate::Answer;
use crate::events::EventQuery;
use crate::events::parts::{counted, number};
use crate::events::read::{marked, marked_template};
use crate::routes::{self, Link};
use crate::server::Scope;

/// What the slots of a group hold and where its events come from.
pub struct Held {
    pub sampled: String,
    pub slots: Vec<Bars>,
    /// What the breakdown counts.
    pub counted: String,
    pub breakdown: Vec<Bars>,
}

pub fn held(sample: Sample, group: GroupId, organization: &str, may_act: bool) -> Held {
    let of_group = |more: &str| {
        let q = format!("group:{group} {more}");
        // A value that is no word, such as a dash, cannot be searched for.
        let valid = parse(&q, &EVENTS, Timestamp::EPOCH).is_ok();
        EventQuery::all_time(if valid { q } else { format!("group:{group}") }).href(organization)
    };
    let names = ["Systems", "Environments", "Severities", "Services", "Sources"];
    let breakdown = sample
        .breakdown
        .iter()
        .zip(names)
        .filter(|((_, counted), _)| counted.distinct > 0)
        .map(|((field, counted), title)| Bars {
            title: title.to_owned(),
            note: values(counted),
            values: bars(counted, |value| (of_group(&condition(field, value)), None)),
        })
        .collect();
    let slot = |(i, held): (usize, &Distribution)| Bars {
        title: slot_name(i, held.slot.mark()),
        note: note(held),
        values: bars(&held.counted, |value| {
            let split = Link::new(routes::group(organization, group))
                .with("tab", "grouping")
                .with("slot", &i.to_string())
                .with("value", value)
                .done();
            (of_group(&written(value)), Some([&split, "#split"].concat()).filter(|_| may_act))
        }),
    };
    Held {
        sampled: if sample.all {
            format!("Of all {}", counted_events(sample.events))
        } else {
            format!("Of the newest {}", counted_events(sample.events))
        },
        counted: match sample.counted {
            None => "Of all its events".to_owned(),
            Some(n) => {
                format!("Severities of all events, the rest of the newest {}", counted(n, "event", "events"))
            }
        },
        slots: sample.slots.iter().enumerate().filter(|(_, held)| held.counted.of > 0).map(slot).collect(),
        breakdown,
    }
}

fn counted_events(n: usize) -> String {
    counted(i64::try_from(n).unwrap_or(i64::MAX), "event", "events")
}

/// "2: ip".
fn slot_name(i: usize, mark: &str) -> String {
    format!("{}: {}", i + 1, mark.trim_matches(['<', '>']))
}

fn values(counted: &Counted) -> String {
    let n = i64::try_from(counted.distinct).unwrap_or(i64::MAX);
    let rest = counted.distinct.saturating_sub(counted.values.len());
    let all = crate::events::parts::counted(n, "value", "values");
    if rest == 0 { all } else { format!("{all}, the most frequent are shown") }
}

fn note(held: &Distribution) -> String {
    let values = values(&held.counted);
    match held.numbers {
        Some(n) if held.counted.distinct > 1 => {
            format!("{values}; from {} to {}, median {}, 95 % up to {}", n.min, n.max, n.median, n.p95)
        }
        _ => values,
    }
}

fn bars(counted: &Counted, links: impl Fn(&str) -> (String, Option<String>)) -> Vec<Bar> {
    let most = counted.values.first().map_or(1, |(_, n)| *n).max(1);
    let bar = |(value, n): &(String, i64)| {
        let (href, split) = links(value);
        let shown = if value.is_empty() { "(empty)" } else { value };
        Bar {
            value: shown.to_owned(),
            count: number(*n),
            share: u32::try_from(n * 100 / most).unwrap_or(100),
            href,
            split,
        }
    };
    counted.values.iter().map(bar).collect()
}

/// Name and address of a group.
pub fn linked(id: GroupId, template: &str, organization: &str) -> Linked {
    Linked { name: marked_template(&brief(template)).text, href: routes::group(organization, id) }
}

pub async fn grouping(
    scope: &Scope,
    id: GroupId,
    split: Option<Condition>,
    before: &str,
) -> Answer<GroupingShown> {
    let cx = scope.admit::<GroupRead>()?;
    let told = service::groups::grouping(&cx, id, Some(before).filter(|at| !at.is_empty())).await?;
    let organization = scope.organization.slug.as_str();
    let may_act = scope.actor.permissions.has(Key::GroupWrite);
    let preview = match split {
        Some(condition) if may_act => {
            Some(preview(service::groups::preview_split(&cx, id, &condition).await, &condition)?)
        }
        _ => None,
    };
    let group = told.group;
    let input = |name: &str, value: Option<&str>| Linked {
        name: name.to_owned(),
        href: value.map_or_else(|| "none".to_owned(), str::to_owned),
    };
    let inputs = vec![
        input("Template", Some(&group.template)),
        input("Component", group.component.as_deref()),
        input("Event type", group.event_type.as_deref()),
    ];
    let other = |id: GroupId| told.others.get(&id).map_or("a group that is gone", String::as_str);
    Ok(GroupingShown {
        slots: parts(&group.template)
            .filter_map(|(_, slot)| slot)
            .enumerate()
            .map(|(i, slot)| SlotShown { name: slot_name(i, slot.mark()), why: slot.why().to_owned() })
            .collect(),
        inputs,
        merged_into: group.merged_into.map(|id| linked(id, other(id), organization)),
        members: told
            .members
            .iter()
            .map(|(member, rule)| {
                let own = counted(member.event_count, "event of its own", "events of its own");
                MemberShown {
                    id: member.id.to_string(),
                    group: linked(member.id, &member.template, organization),
                    what: match rule {
                        Some(rule) if rule.target_id == group.id => {
                            format!("{own}, merged by {}", rule.created_by_label)
                        }
                        Some(rule) => format!(
                            "{own}, merged by {} into “{}” before",
                            rule.created_by_label,
                            brief(other(rule.target_id))
                        ),
                        None => own,
                    },
                    at: rule.as_ref().map(|rule| scope.zone.when(rule.created_at)),
                    note: rule.as_ref().and_then(|rule| rule.note.clone()),
                }
            })
            .collect(),
        rules: told.rules.iter().map(|rule| self::rule(rule, &told.others, scope)).collect(),
        similar: told.similar.iter().map(|(group, words)| similar(group, *words, organization)).collect(),
        id: id.to_string(),
        event_count: group.event_count,
        template: marked_template(&group.template),
        older: told.older_rules,
        is_older: !before.is_empty(),
        fingerprint: group.fingerprint,
        may_act,
        preview,
    })
}

fn similar(group: &Group, words: usize, organization: &str) -> SimilarShown {
    let words = i64::try_from(words).unwrap_or(i64::MAX);
    let differs = match words {
        0 => "the same words, of another kind of event".to_owned(),
        n => format!("differs in {}", counted(n, "word", "words")),
    };
    SimilarShown {
        id: group.id.to_string(),
        template: marked_template(&group.template),
        href: routes::group(organization, group.id),
        what: format!("{differs}; {}", counted(group.event_count, "event", "events")),
    }
}

fn rule(rule: &Rule, others: &HashMap<GroupId, String>, scope: &Scope) -> RuleShown {
    let name = |id: GroupId| {
        let template = others.get(&id).map_or("a group that is gone", String::as_str);
        format!("“{}”", marked_template(&brief(template)).text)
    };
    let (from, to) = (name(rule.group_id), name(rule.target_id));
    let what = match &rule.split {
        None => format!("Events of {from} are read with {to}"),
        Some(Condition::Slot { slot, value }) => {
            format!("Events of {from} whose slot {} is {value} go to {to}", slot + 1)
        }
        Some(Condition::Query { query }) => format!("Events of {from} that match {query} go to {to}"),
    };
    let who = match &rule.undone_by_label {
        None => rule.created_by_label.clone(),
        Some(by) => format!("{}; undone by {by}", rule.created_by_label),
    };
    let in_force = rule.undone_at.is_none();
    let moved = rule.split.is_some().then(|| {
        let moved = format!("{} moved", counted(rule.moved, "event", "events"));
        match rule.looked {
            Some((at, _)) if in_force => {
                format!("{moved} so far; those before {} are still looked at", scope.zone.when(at).title)
            }
            _ => moved,
        }
    });
    RuleShown { what, who, moved, at: scope.zone.when(rule.created_at), in_force }
}

fn preview(found: service::Result<Preview>, condition: &Condition) -> Answer<PreviewShown> {
    let (slot, value, query) = match condition {
        Condition::Slot { slot, value } => (slot.to_string(), value.clone(), String::new()),
        Condition::Query { query } => (String::new(), String::new(), query.clone()),
    };
    let (what, template) = match found {
        Ok(found) if found.taken == 0 => {
            (format!("None of its newest {} is like that.", counted_events(found.of)), String::new())
        }
        Ok(found) if found.all && found.taken == found.of => {
            ("All of its events are like that; there is nothing to split.".to_owned(), String::new())
        }
        Ok(found) => {
            let past = if found.all {
                "and all that come like them".to_owned()
            } else {
                format!(
                    "those like them before the newest {}, a part at a time, and all that come like them",
                    number(MOVED as i64)
                )
            };
            let of = counted_events(found.of);
            (
                format!("It would take {} of its newest {of}, {past}.", number(found.taken as i64)),
                found.template,
            )
        }
        Err(Error::Invalid(invalid)) => {
            (invalid.0.first().map(|e| e.reason.clone()).unwrap_or_default(), String::new())
        }
        Err(error) => return Err(error.into()),
    };
    Ok(PreviewShown { what, template: marked(template, None).text, slot, value, query })
}
