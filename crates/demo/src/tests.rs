use std::collections::{BTreeMap, BTreeSet};

use super::*;

fn end() -> Timestamp {
    "2026-11-24T06:00:00Z".parse().unwrap()
}

fn all(slug: &str) -> Vec<NewEvent> {
    story(organization(slug).unwrap(), end()).collect()
}

#[test]
fn the_story_is_the_same_every_time() {
    // FNV-1a over what a reader sees: any change to the story shows here, on purpose or not.
    let digest = |slug: &str| {
        story(organization(slug).unwrap(), end()).take(2000).fold(0xcbf2_9ce4_8422_2325_u64, |hash, e| {
            let line =
                format!("{:?} {} {} {} {}\n", e.id, e.occurred_at, e.severity, e.message, e.raw_payload);
            line.bytes().fold(hash, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3))
        })
    };
    assert_eq!(
        format!("{:016x} {:016x}", digest("acme"), digest("globex")),
        "8e4eefbf8d10e436 28d127582fd15b9b"
    );
}

#[test]
fn another_end_only_shifts_the_times() {
    let globex = organization("globex").unwrap();
    let shift = 86_400 * 17 + 3600 * 5;
    for (a, b) in story(globex, end()).zip(story(globex, end().plus_seconds(shift))).take(5000) {
        assert_eq!(a.occurred_at.plus_seconds(shift), b.occurred_at);
        assert_eq!((a.message, a.source, a.severity), (b.message, b.source, b.severity));
    }
}

#[test]
fn volumes_sources_and_order_are_as_documented() {
    for (slug, low, high) in [("acme", 115_000, 125_000), ("globex", 18_500, 21_500)] {
        let events = all(slug);
        assert!((low..=high).contains(&events.len()), "{slug}: {}", events.len());
        assert!(events.windows(2).all(|w| w[0].occurred_at <= w[1].occurred_at));
        assert!(
            events
                .iter()
                .all(|e| e.occurred_at <= end() && e.occurred_at >= end().plus_seconds(-86_400 * DAYS))
        );
        assert_eq!(events.iter().map(|e| e.id).collect::<BTreeSet<_>>().len(), events.len());
        let used: BTreeSet<_> = events.iter().filter_map(|e| e.source.as_deref()).collect();
        let known: BTreeSet<_> = organization(slug).unwrap().sources.iter().map(|s| s.name).collect();
        assert_eq!(used, known);
        for source in organization(slug).unwrap().sources {
            assert!(domain::source::SOURCE_TYPES.contains(&source.source_type));
        }
    }
}

#[test]
fn the_attack_can_be_found() {
    let events = all("acme");
    let count = |text: &str| events.iter().filter(|e| e.message.contains(text)).count();
    assert_eq!(
        events
            .iter()
            .filter(
                |e| e.event_type.as_deref() == Some("login_failed") && e.message.contains("185.220.101.34")
            )
            .count(),
        312
    );
    assert_eq!(count("Accepted password for deploy from 185.220.101.34"), 1);
    assert_eq!(count("GetObject by deploy"), 840);
    assert_eq!(count("0.0.0.0/0"), 1);
    assert_eq!(count("The audit log was cleared"), 1);
    assert!(count("DENY TCP 198.18.") > 500);
}

#[test]
fn every_event_passes_the_contract_and_groups_stay_few() {
    let mapping = domain::event::Mapping::contract();
    let mut groups = BTreeMap::<String, usize>::new();
    // Every seventh is enough and takes a second.
    for event in all("acme").into_iter().step_by(7) {
        let object: serde_json::Map<_, _> = serde_json::from_str(&event.raw_payload).unwrap();
        let read = domain::event::normalise(&object, &mapping, end()).unwrap();
        assert_eq!(
            (read.occurred_at, read.severity, &read.message),
            (event.occurred_at, event.severity, &event.message)
        );
        *groups.entry(domain::template::template(&event.message)).or_default() += 1;
    }
    assert!(groups.len() < 150, "{} groups: {:?}", groups.len(), groups.keys().take(200).collect::<Vec<_>>());
}
