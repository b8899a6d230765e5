//! Lists of groups and the figures of a period.

use domain::Severity;
use domain::group::{GroupFilter, GroupSort};
use domain::query::{GROUPS, edit, parse};
use store::group::{After, first_seen, list};
use testkit::for_each_backend;

use crate::events_world::{Random, event, insert};
use crate::world::{at, organization, read};

/// The groups that a query finds.
fn asking(q: &str) -> GroupFilter {
    let query = parse(q, &GROUPS, at(0)).unwrap_or_else(|e| panic!("{q}: {e}"));
    GroupFilter { query: Some(query), ..GroupFilter::default() }
}

#[tokio::test]
async fn groups_page_in_every_order() {
    for_each_backend(|t| async move {
        let org = organization(&t.db, "alpha").await;
        let mut r = Random(41);
        let names: Vec<String> = (0..40)
            .map(|i| format!("thing-{}{} broke", char::from(b'a' + i / 26), char::from(b'a' + i % 26)))
            .collect();
        let events = (0..600).map(|_| {
            let mut e = event(r.below(100_000) as i64, &names[r.below(40) as usize]);
            e.component = Some(if e.message.contains("aa") { "first" } else { "other" }.to_owned());
            e.severity = Severity::ALL[r.below(5) as usize];
            e
        });
        insert(&t.db, org, events.collect()).await;
        let everything =
            list(&mut read(&t.db, org).await, &GroupFilter::default(), None, 1000).await.unwrap();
        assert_eq!(everything.iter().map(|g| g.event_count).sum::<i64>(), 600);
        for sort in [GroupSort::LastSeen, GroupSort::FirstSeen, GroupSort::Count] {
            let filter = GroupFilter { sort, ..GroupFilter::default() };
            let (mut found, mut after) = (Vec::new(), None);
            loop {
                let page = list(&mut read(&t.db, org).await, &filter, after, 7).await.unwrap();
                let Some(last) = page.last() else { break };
                after = Some(match sort {
                    GroupSort::LastSeen => After::Time(last.last_seen, last.id.0),
                    GroupSort::FirstSeen => After::Time(last.first_seen, last.id.0),
                    GroupSort::Count => After::Count(last.event_count, last.id.0),
                });
                found.extend(page);
            }
            let mut expected = everything.clone();
            match sort {
                GroupSort::LastSeen => expected.sort_by_key(|g| std::cmp::Reverse((g.last_seen, g.id))),
                GroupSort::FirstSeen => expected.sort_by_key(|g| std::cmp::Reverse((g.first_seen, g.id))),
                GroupSort::Count => expected.sort_by_key(|g| std::cmp::Reverse((g.event_count, g.id))),
            }
            assert_eq!(found, expected, "{sort}");
        }
        let mut seen: Vec<_> = everything.iter().map(|g| g.first_seen).collect();
        seen.sort_unstable();
        let (from, to) = (seen[5], seen[30]);
        let found = first_seen(&mut read(&t.db, org).await, Some(from), Some(to), 1000).await.unwrap();
        assert_eq!(found, seen.iter().copied().filter(|at| *at >= from && *at < to).collect::<Vec<_>>());
        let found = first_seen(&mut read(&t.db, org).await, None, None, 7).await.unwrap();
        assert_eq!(found, seen[..7]);
        for filter in [
            GroupFilter { component: vec!["first".to_owned()], ..GroupFilter::default() },
            asking("THING-AA"),
        ] {
            let found = list(&mut read(&t.db, org).await, &filter, None, 100).await.unwrap();
            assert!(
                !found.is_empty() && found.iter().all(|g| g.component.as_deref() == Some("first")),
                "{filter:?}"
            );
        }
        let filter = GroupFilter { from: Some(at(99_000)), to: Some(at(1000)), ..GroupFilter::default() };
        let found = list(&mut read(&t.db, org).await, &filter, None, 100).await.unwrap();
        assert!(found.iter().all(|g| g.last_seen >= at(99_000) && g.first_seen < at(1000)));
        let filter = GroupFilter { severity: vec![Severity::Critical], ..GroupFilter::default() };
        let found = list(&mut read(&t.db, org).await, &filter, None, 100).await.unwrap();
        assert!(found.iter().all(|g| g.severity == Severity::Critical));
    })
    .await;
}

#[tokio::test]
async fn a_group_is_found_by_its_template_as_it_is_shown_and_by_a_part_of_a_message() {
    for_each_backend(|t| async move {
        let org = organization(&t.db, "alpha").await;
        let messages = [
            "number 17 done",
            "Failed password for root from 10.0.0.1 port 22 ssh2",
            "saved \"a b\" to /var/lib/x.db",
            "100% done_with flag=yes",
        ];
        insert(&t.db, org, messages.iter().enumerate().map(|(i, m)| event(i as i64, m)).collect()).await;
        let mut tx = read(&t.db, org).await;
        for (text, found) in [
            ("number n done", Some(0)),
            ("NUMBER <n> DONE", Some(0)),
            ("number 42", Some(0)),
            ("failed password for id", Some(1)),
            ("Failed password for <id> from ip port n", Some(1)),
            ("password for admin from 192.168.7.8", Some(1)),
            ("saved quoted to path", Some(2)),
            ("done_with", Some(3)),
            ("done%with", None),
            ("number id done", None),
            // But a slot: no template for what it could stand for.
            ("4711", None),
            ("10.9.8.7", None),
            ("/etc/passwd", None),
        ] {
            let groups = list(&mut tx, &asking(text), None, 10).await.unwrap();
            let examples: Vec<_> = groups.iter().map(|g| g.example.as_str()).collect();
            assert_eq!(examples, found.map(|i: usize| messages[i]).into_iter().collect::<Vec<_>>(), "{text}");
        }
        // The shown template in SQL is that of the domain.
        for group in list(&mut tx, &GroupFilter::default(), None, 10).await.unwrap() {
            let text = edit::phrase(&domain::template::shown(&group.template));
            assert_eq!(list(&mut tx, &asking(&text), None, 10).await.unwrap(), [group]);
        }
    })
    .await;
}

#[tokio::test]
async fn groups_are_asked_in_the_query_language() {
    for_each_backend(|t| async move {
        let org = organization(&t.db, "alpha").await;
        let door = [
            (0, "door opened by kim", Severity::Low, Some("door"), Some("entry")),
            (60, "door opened by kim", Severity::High, Some("door"), Some("entry")),
            (120, "Failed password for root from 10.0.0.1 port 22", Severity::Critical, Some("sshd"), None),
            (4000, "kernel: disk 100% full", Severity::Info, None, Some("Disk")),
        ];
        let events = door.map(|(seconds, message, severity, component, kind)| {
            let mut event = event(seconds, message);
            event.severity = severity;
            event.component = component.map(str::to_owned);
            event.event_type = kind.map(str::to_owned);
            event
        });
        insert(&t.db, org, events.to_vec()).await;
        let mut tx = read(&t.db, org).await;
        let (door, ssh, disk) = ("door", "ssh", "disk");
        let after = at(3000).iso();
        for (q, found) in [
            ("", &[disk, ssh, door][..]),
            ("component:sshd", &[ssh]),
            ("component:[sshd, door] severity>=critical", &[ssh]),
            ("-component:*", &[disk]),
            ("component:s*d", &[ssh]),
            ("component:SSHD", &[]),
            ("type:entry OR type:Disk", &[disk, door]),
            ("-type:entry", &[disk, ssh]),
            ("severity:high", &[door]),
            ("count:2", &[door]),
            ("event_count:..1", &[disk, ssh]),
            ("state:[new, ongoing]", &[disk, ssh, door]),
            ("-status:muted status:resolved", &[]),
            ("assignee:*", &[]),
            (&format!("first_seen>{after}"), &[disk]),
            (&format!("last_seen<{after}"), &[ssh, door]),
            ("component:sshd failed password for id", &[ssh]),
            ("Failed password for admin from 192.168.7.8 component:sshd", &[ssh]),
            ("-password", &[disk, door]),
            ("-(password OR \"OPENED by\")", &[disk]),
            ("kernel: disk 7%", &[disk]),
            ("template:\"kernel: disk\"", &[disk]),
            ("open*kim", &[door]),
            ("template:(fail*port OR d?or)", &[ssh, door]),
            ("kim opened", &[]),
            ("100%x", &[]),
        ] {
            let groups = list(&mut tx, &asking(q), None, 10).await.unwrap();
            let name = |g: &domain::group::Group| match g.component.as_deref() {
                Some("door") => door,
                Some(_) => ssh,
                None => disk,
            };
            assert_eq!(groups.iter().map(name).collect::<Vec<_>>(), found, "{q}");
        }
        let facets = store::group::facet::list(&mut tx, 3).await.unwrap();
        let of = |n: usize| (facets.facets[n].field, facets.facets[n].values.as_slice());
        let one = |value: &str| (value.to_owned(), 1);
        assert_eq!(
            of(0),
            ("component", [one("door"), one("sshd")].as_slice()),
            "groups are counted, not events"
        );
        assert_eq!(of(2), ("assignee", [].as_slice()));
        assert!(facets.of_the_latest, "there may be more than three");
        let id = list(&mut tx, &asking("component:sshd"), None, 1).await.unwrap()[0].id;
        assert_eq!(list(&mut tx, &asking(&format!("id:{id}")), None, 9).await.unwrap().len(), 1);
        assert_eq!(list(&mut tx, &asking(&format!("-group:{id}")), None, 9).await.unwrap().len(), 2);
    })
    .await;
}

#[tokio::test]
async fn an_overview_compares_with_the_period_before() {
    for_each_backend(|t| async move {
        let org = organization(&t.db, "alpha").await;
        // 09:30 is the fixed morning; the period is 10:00 to 13:00.
        let mut events = Vec::new();
        for (seconds, message, severity, source, n) in [
            (-3600, "old news", Severity::High, "quiet", 4),
            (3600, "old news", Severity::Info, "loud", 2),
            (5400, "fresh trouble", Severity::Critical, "loud", 3),
            (20_000, "later", Severity::Critical, "loud", 5),
        ] {
            for _ in 0..n {
                let mut e = event(seconds, message);
                (e.severity, e.source) = (severity, Some(source.to_owned()));
                events.push(e);
            }
        }
        insert(&t.db, org, events).await;
        let o = store::overview::get(&mut read(&t.db, org).await, at(1800), at(1800 + 3 * 3600 - 60), 3600)
            .await
            .unwrap();
        assert_eq!((o.from, o.to, o.step), (at(1800), at(1800 + 3 * 3600), 3600));
        assert_eq!((o.events, o.events_before, o.severe, o.severe_before), (5, 4, 3, 4));
        assert_eq!((o.groups_new, o.groups_active, o.sources_active, o.sources_quiet), (1, 2, 1, 1));
        assert_eq!(
            o.buckets.iter().map(|b| b.counts).collect::<Vec<_>>(),
            [[2, 0, 0, 0, 0], [0, 0, 0, 0, 3], [0; 5]]
        );
        let top: Vec<_> = o.top_groups.iter().map(|g| (g.template.as_str(), g.event_count)).collect();
        assert_eq!(top, [("fresh trouble", 3), ("old news", 2)]);
    })
    .await;
}
