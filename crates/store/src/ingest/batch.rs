//! A batch on its way in: repeating texts are kept once, rows are in key order, and what follows from them is added up.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use domain::event::NewEvent;
use domain::{EventId, GroupId, Severity, Timestamp};
use uuid::Uuid;

use super::Names;
use crate::arrival::{self, Arrived};
use crate::rollup::{self, Grain, Row as RollupRow};
use crate::search;

/// What makes a group, shared by the rows of a batch.
#[derive(Debug, PartialEq)]
pub struct GroupSeed {
    pub id: GroupId,
    pub fingerprint: String,
    pub template: String,
    pub component: Option<String>,
    pub event_type: Option<String>,
    /// The fingerprint that its events carry, where that is not its own: it was split off another group.
    pub events_fingerprint: Option<String>,
}

impl GroupSeed {
    /// What its events carry.
    pub(super) fn of_events(&self) -> &str {
        self.events_fingerprint.as_deref().unwrap_or(&self.fingerprint)
    }
}

/// An event with its id and group, ready to be stored.
#[derive(Clone, Debug)]
pub struct Prepared {
    pub id: EventId,
    /// The sender chose the id; one of a file's row that follows from its content is not: there the same id is the same row.
    pub named: bool,
    /// `event.id` is `Some` when the sender (or the import) chose the id: only then can it be a duplicate.
    pub event: NewEvent,
    pub group: Arc<GroupSeed>,
}

/// Rows that are stored together. Making one is pure computation, outside the transaction, and it can be stored again when
/// the transaction failed.
#[derive(Clone, Debug)]
pub struct Batch {
    /// In the order of arrival.
    pub(super) rows: Vec<Row>,
    /// Positions in `rows`, sorted by the table's key, without the repeated ones.
    pub(super) order: Vec<u32>,
    /// Positions of rows whose id stands earlier in the batch.
    pub(super) repeated: Vec<u32>,
    /// Some ids were chosen by senders.
    pub(super) chosen: bool,
    pub(super) words: Vec<Arc<str>>,
    pub(super) groups: Vec<Arc<GroupSeed>>,
    /// Length of the long texts.
    pub(super) bytes: usize,
}

/// Texts are positions in `words`.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub id: Uuid,
    pub named: bool,
    pub at: Timestamp,
    pub severity: Severity,
    pub severity_text: u32,
    /// In the order of [`rollup::TEXT_FIELDS`].
    pub fields: [Option<u32>; 5],
    pub source: Option<u32>,
    pub group: u32,
    pub message: Arc<str>,
    /// What the message is found by, see [`search::words`].
    pub words: Arc<str>,
    pub raw_payload: Arc<str>,
}

impl Batch {
    pub fn new(prepared: Vec<Prepared>) -> Self {
        let chosen = prepared.iter().any(|p| p.event.id.is_some());
        let mut dictionary = Dictionary::default();
        let mut group_of: HashMap<GroupId, u32> = HashMap::new();
        let mut groups = Vec::new();
        let mut bytes = 0;
        let rows: Vec<Row> = prepared
            .into_iter()
            .map(|Prepared { id, named, event, group }| {
                bytes += 2 * event.message.len() + event.raw_payload.len();
                let group = *group_of.entry(group.id).or_insert_with(|| {
                    groups.push(group);
                    groups.len() as u32 - 1
                });
                Row {
                    id: id.0,
                    named,
                    at: event.occurred_at,
                    severity: event.severity,
                    severity_text: dictionary.word(&event.severity_text),
                    fields: [
                        event.component,
                        event.service,
                        event.environment,
                        event.system_id,
                        event.event_type,
                    ]
                    .map(|text| text.map(|t| dictionary.word(&t))),
                    source: event.source.map(|t| dictionary.word(&t)),
                    group,
                    words: search::words(&event.message).into(),
                    message: event.message.into(),
                    raw_payload: event.raw_payload.into(),
                }
            })
            .collect();
        let (mut order, mut repeated) = (Vec::with_capacity(rows.len()), Vec::new());
        let mut seen = HashSet::with_capacity(if chosen { rows.len() } else { 0 });
        for (i, row) in rows.iter().enumerate() {
            if chosen && !seen.insert(row.id) {
                repeated.push(i as u32);
            } else {
                order.push(i as u32);
            }
        }
        if chosen {
            // By id first: two transactions with the same ids then wait for each other in the same order.
            order.sort_unstable_by_key(|i| rows[*i as usize].id);
        } else {
            order.sort_unstable_by_key(|i| (rows[*i as usize].at, rows[*i as usize].id));
        }
        Self { rows, order, repeated, chosen, words: dictionary.words, groups, bytes }
    }

    pub fn len(&self) -> usize {
        self.rows.len()
    }
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Without the skipped rows; of many the newest.
    pub(super) fn arrived(&self, skipped: &HashSet<u32>) -> Arrived {
        let stored = self.order.iter().filter(|i| !skipped.contains(i)).map(|i| &self.rows[*i as usize]);
        let mut keys: Vec<(Timestamp, Uuid)> = stored.map(|row| (row.at, row.id)).collect();
        let count = keys.len() as i64;
        keys.sort_unstable();
        let newest = &keys[keys.len().saturating_sub(arrival::KEPT)..];
        Arrived { count, ids: newest.iter().map(|(_, id)| *id).collect() }
    }

    pub(super) fn source_names(&self) -> impl Iterator<Item = Arc<str>> {
        let words: HashSet<u32> = self.rows.iter().filter_map(|r| r.source).collect();
        words.into_iter().map(|w| Arc::clone(&self.words[w as usize]))
    }

    /// Something for each word that names a source.
    pub(super) fn by_word<T>(&self, of: impl Fn(&str) -> T) -> HashMap<u32, T> {
        let words: HashSet<u32> = self.rows.iter().filter_map(|r| r.source).collect();
        words.into_iter().map(|w| (w, of(&self.words[w as usize]))).collect()
    }
}

/// Each text once.
#[derive(Default)]
struct Dictionary {
    index: HashMap<Arc<str>, u32>,
    words: Vec<Arc<str>>,
}

impl Dictionary {
    fn word(&mut self, text: &str) -> u32 {
        if let Some(at) = self.index.get(text) {
            return *at;
        }
        let word: Arc<str> = text.into();
        let at = self.words.len() as u32;
        self.index.insert(Arc::clone(&word), at);
        self.words.push(word);
        at
    }
}

/// What the rows that were really inserted add to the derived tables.
pub(super) struct Tally {
    /// Sorted by id.
    pub groups: Vec<GroupDelta>,
    /// Sorted by key.
    pub rollups: Vec<RollupRow>,
    /// Word of the source's name, and its events.
    pub sources: Vec<(u32, i64)>,
}

pub(super) struct GroupDelta {
    pub seed: Arc<GroupSeed>,
    pub example: String,
    pub severity: Severity,
    pub count: i64,
    pub first_seen: Timestamp,
    pub last_seen: Timestamp,
}

/// Longest example of a group, in bytes.
const MAX_EXAMPLE: usize = 2000;

impl Tally {
    pub(super) fn of(batch: &Batch, skipped: &HashSet<u32>, names: &Names) -> Self {
        let mut groups: HashMap<u32, GroupDelta> = HashMap::new();
        let mut sources: HashMap<u32, i64> = HashMap::new();
        // Field, word (or group), hour.
        let mut cells: HashMap<(u8, u32, i64), [i64; 5]> = HashMap::new();
        let mut minutes: HashMap<i64, [i64; 5]> = HashMap::new();
        for i in batch.order.iter().filter(|i| !skipped.contains(i)) {
            let row = &batch.rows[*i as usize];
            let rank = row.severity.rank();
            let hour = row.at.micros().div_euclid(HOUR);
            let mut count = |field: u8, value: u32| cells.entry((field, value, hour)).or_default()[rank] += 1;
            count(TOTAL, 0);
            minutes.entry(row.at.micros().div_euclid(MINUTE)).or_default()[rank] += 1;
            for (field, value) in (0u8..).zip(row.fields) {
                if let Some(value) = value {
                    count(field, value);
                }
            }
            if let Some(source) = row.source {
                count(SOURCE, source);
                *sources.entry(source).or_default() += 1;
            }
            count(GROUP, row.group);
            let group = groups.entry(row.group).or_insert_with(|| GroupDelta {
                seed: Arc::clone(&batch.groups[row.group as usize]),
                example: row.message[..row.message.floor_char_boundary(MAX_EXAMPLE)].to_owned(),
                severity: row.severity,
                count: 0,
                first_seen: row.at,
                last_seen: row.at,
            });
            group.count += 1;
            group.severity = group.severity.max(row.severity);
            group.first_seen = group.first_seen.min(row.at);
            group.last_seen = group.last_seen.max(row.at);
        }
        let mut groups: Vec<GroupDelta> = groups.into_values().collect();
        groups.sort_unstable_by_key(|g| g.seed.id);
        let mut days: HashMap<(u8, u32, i64), [i64; 5]> = HashMap::new();
        for ((field, value, hour), counts) in &cells {
            let day = days.entry((*field, *value, hour.div_euclid(24))).or_default();
            for (sum, n) in day.iter_mut().zip(counts) {
                *sum += n;
            }
        }
        let grained = cells
            .into_iter()
            .map(|((field, value, hour), counts)| (Grain::Hour, hour * HOUR, field, value, counts))
            .chain(
                days.into_iter()
                    .map(|((field, value, day), counts)| (Grain::Day, day * 24 * HOUR, field, value, counts)),
            )
            .chain(
                minutes
                    .into_iter()
                    .map(|(minute, counts)| (Grain::Minute, minute * MINUTE, TOTAL, 0, counts)),
            );
        let rollups = grained.filter_map(|(grain, start, field, value, counts)| {
            let (field, value): (&'static str, Arc<str>) = match field {
                TOTAL => (rollup::TOTAL, "".into()),
                SOURCE => (rollup::SOURCE, names.get(&batch.words[value as usize])?.to_string().into()),
                GROUP => (rollup::GROUP, batch.groups[value as usize].id.to_string().into()),
                text => (rollup::TEXT_FIELDS[text as usize], Arc::clone(&batch.words[value as usize])),
            };
            Some(RollupRow { grain, start: Timestamp::from_micros(start)?, field, value, counts })
        });
        let mut rollups: Vec<RollupRow> = rollups.collect();
        rollups.sort_unstable_by(|a, b| {
            (a.grain, a.start, a.field, &a.value).cmp(&(b.grain, b.start, b.field, &b.value))
        });
        Self { groups, rollups, sources: sources.into_iter().collect() }
    }
}

const MINUTE: i64 = 60_000_000;
const HOUR: i64 = 60 * MINUTE;
const TOTAL: u8 = 10;
const SOURCE: u8 = 11;
const GROUP: u8 = 12;
