//! Cases: opened, worked on by several, resolved and reopened; what is in them; what a stranger may not even know.

use domain::case::merge::Merging;
use domain::case::observable::ObservableKind;
use domain::case::{Act, Case, CaseFilter, CaseSort, LinkKind, NewCase, NewTask, Resolution, Status, Step};
use domain::event::NewEvent;
use domain::group::{Assignee, GroupFilter};
use domain::permission::{
    AuditRead, CaseRead, CaseWrite, EventRead, EventWrite, GroupRead, MemberRead, MemberWrite, TagRead,
    TagWrite,
};
use domain::query::{CASES, parse};
use domain::{CaseId, EventId, Severity};
use service::events::Origin;
use service::{Cx, Error, cases, events, groups, members};
use testkit::for_each_backend;
use uuid::Uuid;

use crate::events::event;
use crate::world::{World, start};

struct Room {
    world: World,
    ann: Cx<CaseWrite>,
    anns: Cx<CaseRead>,
}

/// alpha with the analysts ann and ben and the viewer vic; beta with bob.
async fn room(t: testkit::TestDb) -> Room {
    let world = World::new(t);
    world.organization("alpha").await;
    world.organization("beta").await;
    for (who, place, role) in [
        ("ann@a.test", "alpha", "analyst"),
        ("ben@a.test", "alpha", "analyst"),
        ("vic@a.test", "alpha", "viewer"),
        ("bob@b.test", "beta", "admin"),
    ] {
        world.person(who, place, role).await;
    }
    let (ann, anns) = (world.cx("ann@a.test", "alpha").await, world.cx("ann@a.test", "alpha").await);
    Room { world, ann, anns }
}

impl Room {
    async fn events(&self, who: &str, place: &str, count: u128) -> Vec<Uuid> {
        let ids: Vec<Uuid> = (1..=count).map(|n| Uuid::from_u128(n + 1_000)).collect();
        let rows =
            ids.iter().map(|id| NewEvent { id: Some(EventId(*id)), ..event(0, "failed password for root") });
        let cx = if place == "alpha" {
            self.world.cx::<EventWrite>(who, place).await
        } else {
            self.world.cx(who, place).await
        };
        events::ingest(&cx, rows.collect(), Origin::Api).await.unwrap();
        ids
    }
    async fn found(&self, q: &str) -> Vec<i64> {
        let query = Some(parse(q, &CASES, start()).unwrap());
        let filter = CaseFilter { query, ..CaseFilter::default() };
        let page = cases::list(&self.anns, &filter, CaseSort::Number, 50, None).await.unwrap();
        page.items.into_iter().map(|case| case.number).collect()
    }
    async fn steps(&self, id: CaseId) -> Vec<Step> {
        let mut steps: Vec<Step> =
            cases::history(&self.anns, id).await.unwrap().iter().map(|c| c.step).collect();
        steps.reverse();
        steps
    }
}

fn titled(title: &str) -> NewCase {
    NewCase::titled(title)
}

#[tokio::test]
async fn a_case_is_opened_worked_on_resolved_and_reopened() {
    for_each_backend(|t| async move {
        let r = room(t).await;
        let ids = r.events("ann@a.test", "alpha", 3).await;
        let about: Vec<_> = ids.iter().map(|id| (LinkKind::Event, *id)).collect();
        let new = NewCase {
            tags: vec!["SSH".to_owned(), "ssh".to_owned()],
            severity: Severity::High,
            ..titled("  Somebody guesses passwords ")
        };
        let case = cases::open(&r.ann, new, &about).await.unwrap();
        assert_eq!((case.key().as_str(), case.title.as_str()), ("CASE-1", "Somebody guesses passwords"));
        assert_eq!(
            (case.tags.clone(), case.link_count, case.status),
            (vec!["SSH".to_owned()], 3, Status::Open)
        );

        let begun = cases::act(&r.ann, case.id, &Act::Investigate).await.unwrap();
        assert_eq!(begun.assignee.as_deref(), Some("ann"), "who begins has it");
        let resolve = Act::Resolve { resolution: Resolution::TruePositive, reason: "blocked".to_owned() };
        let resolved = cases::act(&r.ann, case.id, &resolve).await.unwrap();
        assert_eq!(
            (resolved.status, resolved.resolution),
            (Status::Resolved, Some(Resolution::TruePositive))
        );
        assert_eq!(resolved.resolved_at, Some(start()));
        assert!(matches!(cases::act(&r.ann, case.id, &resolve).await, Err(Error::Conflict(_))));
        let reopen = Act::Reopen { reason: "it goes on".to_owned() };
        let again = cases::act(&r.ann, case.id, &reopen).await.unwrap();
        assert_eq!((again.status, again.resolution, again.resolved_at), (Status::Investigating, None, None));
        let blank = Act::Reopen { reason: " ".to_owned() };
        assert!(matches!(cases::act(&r.ann, case.id, &blank).await, Err(Error::Invalid(_))));

        use Step::{Linked, Opened, Reopened, Resolved, Started};
        assert_eq!(r.steps(case.id).await, [Opened, Linked, Started, Resolved, Reopened]);
        let history = cases::history(&r.anns, case.id).await.unwrap();
        assert_eq!(
            (history[0].reason.as_deref(), history[0].actor.as_str()),
            (Some("it goes on"), "ann@a.test")
        );
        let actions = r.world.actions(r.anns.actor().organization).await;
        for action in ["CASE_CREATED", "CASE_STARTED", "CASE_RESOLVED", "CASE_REOPENED"] {
            assert!(actions.iter().any(|a| a == action), "{action} in {actions:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn nobody_overwrites_what_another_wrote() {
    for_each_backend(|t| async move {
        let r = room(t).await;
        let ben = r.world.cx::<CaseWrite>("ben@a.test", "alpha").await;
        let case = cases::open(&r.ann, titled("One"), &[]).await.unwrap();
        let anns = NewCase { title: "Ann's".to_owned(), ..NewCase::of(&case) };
        let bens = NewCase { title: "Ben's".to_owned(), ..NewCase::of(&case) };
        let saved = cases::edit(&r.ann, case.id, case.version, anns.clone()).await.unwrap();
        assert_eq!(saved.version, 2);
        assert!(matches!(
            cases::edit(&ben, case.id, case.version, bens.clone()).await,
            Err(Error::Conflict(_))
        ));
        assert_eq!(cases::get(&r.anns, case.id).await.unwrap().title, "Ann's");
        let same = cases::edit(&r.ann, case.id, 2, anns).await.unwrap();
        assert_eq!(same.version, 2, "nothing changed");
        assert_eq!(cases::edit(&ben, case.id, 2, bens).await.unwrap().title, "Ben's");
        let stranger = r.world.viewer("bob@b.test").await.user.id;
        let given = cases::assign(&r.ann, case.id, Some(stranger)).await;
        assert!(matches!(given, Err(Error::Invalid(_))), "not a member here: {given:?}");

        // Two at the same time: numbers never collide, and one of two edits from the same version wins.
        let opened = tokio::join!(
            Box::pin(cases::open(&r.ann, titled("A"), &[])),
            Box::pin(cases::open(&ben, titled("B"), &[]))
        );
        let mut numbers = [opened.0.unwrap().number, opened.1.unwrap().number];
        numbers.sort_unstable();
        assert_eq!(numbers, [2, 3]);
        let now = cases::get(&r.anns, case.id).await.unwrap();
        let to = |title: &str| NewCase { title: title.to_owned(), ..NewCase::of(&now) };
        let raced = tokio::join!(
            Box::pin(cases::edit(&r.ann, case.id, now.version, to("x"))),
            Box::pin(cases::edit(&ben, case.id, now.version, to("y")))
        );
        assert_eq!([raced.0.is_ok(), raced.1.is_ok()].iter().filter(|ok| **ok).count(), 1);
    })
    .await;
}

#[tokio::test]
async fn facets_count_each_field_without_what_is_chosen_of_it() {
    for_each_backend(|t| async move {
        let r = room(t).await;
        let ben = r.world.viewer("ben@a.test").await.user.id;
        let mut opened = Vec::new();
        for (title, severity, tags) in [
            ("one", Severity::High, vec!["SSH", "night"]),
            ("two", Severity::Low, vec!["ssh"]),
            ("three", Severity::High, vec![]),
        ] {
            let tags = tags.into_iter().map(str::to_owned).collect();
            opened.push(cases::open(&r.ann, NewCase { severity, tags, ..titled(title) }, &[]).await.unwrap());
        }
        cases::assign(&r.ann, opened[1].id, Some(ben)).await.unwrap();
        let of = async |filter: &CaseFilter, field: &str| {
            let found = cases::facets(&r.anns, filter).await.unwrap();
            assert!(!found.of_the_latest);
            found.facets.into_iter().find(|facet| facet.field == field).unwrap().values
        };
        let named =
            |values: &[(&str, i64)]| values.iter().map(|(v, n)| ((*v).to_owned(), *n)).collect::<Vec<_>>();
        let all = CaseFilter::default();
        assert_eq!(of(&all, "severity").await, named(&[("high", 2), ("low", 1)]));
        assert_eq!(of(&all, "assignee").await, named(&[("ben@a.test", 1)]), "nobody is no value");
        assert_eq!(of(&all, "tag").await, named(&[("ssh", 2), ("night", 1)]));
        assert_eq!(of(&all, "resolution").await, named(&[]));
        let query = parse("severity:high tag:ssh", &CASES, start()).unwrap();
        let chosen = CaseFilter { query: Some(query), ..CaseFilter::default() };
        assert_eq!(
            of(&chosen, "severity").await,
            named(&[("high", 1), ("low", 1)]),
            "the other one stays to choose"
        );
        assert_eq!(of(&chosen, "tag").await, named(&[("night", 1), ("ssh", 1)]));
        assert_eq!(of(&chosen, "priority").await, named(&[("normal", 1)]));
        // What a merged case has is found by the one it went into.
        let merging = |case: &Case| Merging { id: case.id, version: None };
        cases::merge_cases(&r.ann, merging(&opened[2]), &[merging(&opened[0])], "same").await.unwrap();
        assert_eq!(of(&all, "tag").await, named(&[("ssh", 2), ("night", 1)]));
        assert_eq!(of(&all, "severity").await, named(&[("high", 1), ("low", 1)]));
        // Another organization's are not counted.
        let bob = r.world.cx::<CaseRead>("bob@b.test", "beta").await;
        assert!(cases::facets(&bob, &all).await.unwrap().facets.iter().all(|facet| facet.values.is_empty()));
    })
    .await;
}

#[tokio::test]
async fn cases_are_found_counted_and_paged() {
    for_each_backend(|t| async move {
        let r = room(t).await;
        let ben = r.world.viewer("ben@a.test").await.user.id;
        let mut opened: Vec<Case> = Vec::new();
        for (title, severity, tags, due) in [
            ("Password guessing on bastion-1", Severity::High, vec!["ssh", "brute-force"], Some(-60)),
            ("Noise of the checkout service", Severity::Low, vec!["noise"], None),
            ("Passwords in a log file", Severity::Critical, vec!["Leak"], Some(3_600)),
        ] {
            let new = NewCase {
                severity,
                tags: tags.into_iter().map(str::to_owned).collect(),
                due_at: due.map(|seconds| start().plus_seconds(seconds)),
                ..titled(title)
            };
            opened.push(cases::open(&r.ann, new, &[]).await.unwrap());
            r.world.clock.advance_seconds(1);
        }
        cases::assign(&r.ann, opened[1].id, Some(ben)).await.unwrap();
        cases::add_observables(&r.ann, opened[2].id, "203.0.113.9", true).await.unwrap();
        for (q, wanted) in [
            ("password", vec![1]),
            ("passw*", vec![3, 1]),
            ("\"guessing on\"", vec![1]),
            ("severity>=high -tag:ssh", vec![3]),
            ("tag:(leak OR noise)", vec![3, 2]),
            ("assignee:ben@a.test", vec![2]),
            ("assignee:nobody", vec![3, 1]),
            ("number>1 status:open", vec![3, 2]),
            ("due<2026-11-23T09:30:00Z", vec![1]),
            ("observable:203.0.113.9", vec![3]),
            ("created_by:ann@a.test priority:normal tlp:amber", vec![3, 2, 1]),
            ("id:00000000-0000-0000-0000-000000000000", vec![]),
        ] {
            assert_eq!(r.found(q).await, wanted, "{q}");
        }
        let counts = cases::counts(&r.anns, &CaseFilter::default()).await.unwrap();
        assert_eq!((counts.open, counts.unassigned, counts.mine, counts.overdue), (3, 2, 0, 1));
        let of = CaseFilter { assigned_to: Some(Assignee::User(ben)), ..CaseFilter::default() };
        assert_eq!(cases::list(&r.anns, &of, CaseSort::Updated, 10, None).await.unwrap().items.len(), 1);

        for (sort, wanted) in [
            (CaseSort::Number, [3, 2, 1]),
            (CaseSort::Severity, [3, 1, 2]),
            (CaseSort::Due, [1, 3, 2]),
            (CaseSort::Updated, [3, 2, 1]),
            (CaseSort::Priority, [3, 2, 1]),
        ] {
            let (mut numbers, mut cursor) = (Vec::new(), None);
            loop {
                let page =
                    cases::list(&r.anns, &CaseFilter::default(), sort, 1, cursor.as_deref()).await.unwrap();
                numbers.extend(page.items.into_iter().map(|case| case.number));
                cursor = page.next_cursor;
                if cursor.is_none() {
                    break;
                }
            }
            if sort == CaseSort::Priority {
                numbers.sort_unstable_by(|a, b| b.cmp(a));
            }
            assert_eq!(numbers, wanted, "{sort:?}");
        }
        assert!(matches!(cases::find(&r.anns, "CASE-2").await, Ok(case) if case.id == opened[1].id));
        assert!(matches!(cases::find(&r.anns, "CASE-9").await, Err(Error::NotFound)));
        let odd =
            cases::list(&r.anns, &CaseFilter::default(), CaseSort::Number, 1, Some("updated.1.x")).await;
        assert!(matches!(odd, Err(Error::Invalid(_))));
    })
    .await;
}

#[tokio::test]
async fn events_and_groups_are_linked_once_and_found_from_both_sides() {
    for_each_backend(|t| async move {
        let r = room(t).await;
        let ids = r.events("ann@a.test", "alpha", 5).await;
        let case = cases::open(&r.ann, titled("One"), &[]).await.unwrap();
        assert_eq!(cases::link(&r.ann, case.id, LinkKind::Event, &ids[..3]).await.unwrap(), 3);
        assert_eq!(cases::link(&r.ann, case.id, LinkKind::Event, &ids).await.unwrap(), 2);
        let absent = [ids[0], Uuid::from_u128(7)];
        assert!(matches!(
            cases::link(&r.ann, case.id, LinkKind::Event, &absent).await,
            Err(Error::Invalid(_))
        ));
        let reader = r.world.cx::<GroupRead>("ann@a.test", "alpha").await;
        let groups = groups::list(&reader, &GroupFilter::default(), 10, None).await.unwrap();
        let group = groups.items[0].id;
        assert_eq!(cases::link(&r.ann, case.id, LinkKind::Group, &[group.0]).await.unwrap(), 1);

        let (mut seen, mut cursor) = (0, None);
        loop {
            let page = cases::events(&r.anns, case.id, 2, cursor.as_deref()).await.unwrap();
            seen += page.items.iter().filter(|(_, event)| event.is_some()).count();
            cursor = page.next_cursor;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(seen, 5);
        assert_eq!(
            cases::groups(&r.anns, case.id, 10, None).await.unwrap().items[0].1.as_ref().unwrap().id,
            group
        );
        assert_eq!(cases::linked_to(&r.anns, LinkKind::Event, ids[0]).await.unwrap()[0].id, case.id);
        assert_eq!(cases::linked_to(&r.anns, LinkKind::Group, ids[0]).await.unwrap(), []);
        assert_eq!(cases::unlink(&r.ann, case.id, LinkKind::Event, &ids[..2]).await.unwrap(), 2);
        assert_eq!(cases::get(&r.anns, case.id).await.unwrap().link_count, 4);
    })
    .await;
}

#[tokio::test]
async fn notes_keep_their_revisions_and_a_deleted_one_its_place() {
    for_each_backend(|t| async move {
        let r = room(t).await;
        let ben = r.world.cx::<CaseWrite>("ben@a.test", "alpha").await;
        let case = cases::open(&r.ann, titled("One"), &[]).await.unwrap();
        let note = cases::add_note(&r.ann, case.id, "It *is* an attack").await.unwrap();
        assert!(matches!(cases::add_note(&r.ann, case.id, " \n").await, Err(Error::Invalid(_))));
        assert!(matches!(cases::edit_note(&ben, case.id, note.id, 1, "no").await, Err(Error::Forbidden)));
        cases::edit_note(&r.ann, case.id, note.id, 1, "It was a drill").await.unwrap();
        assert!(matches!(
            cases::edit_note(&r.ann, case.id, note.id, 1, "late").await,
            Err(Error::Conflict(_))
        ));
        let read = cases::notes(&r.anns, case.id).await.unwrap();
        assert_eq!((read[0].content.as_str(), read[0].revision), ("It was a drill", 2));
        assert!(matches!(cases::delete_note(&ben, case.id, note.id).await, Err(Error::Forbidden)));
        cases::delete_note(&r.ann, case.id, note.id).await.unwrap();
        let read = cases::notes(&r.anns, case.id).await.unwrap();
        assert_eq!((read[0].content.as_str(), read[0].deleted_at), ("", Some(start())));
        let edited = cases::edit_note(&r.ann, case.id, note.id, 2, "again").await;
        assert!(matches!(edited, Err(Error::Conflict(_))));
        assert_eq!(cases::get(&r.anns, case.id).await.unwrap().note_count, 0);
    })
    .await;
}

#[tokio::test]
async fn what_a_note_said_before_is_read_by_who_may_and_the_audit_log_has_its_hashes() {
    for_each_backend(|t| async move {
        let r = room(t).await;
        let case = cases::open(&r.ann, titled("One"), &[]).await.unwrap();
        let note = cases::add_note(&r.ann, case.id, "It *is* an attack").await.unwrap();
        let quiet = cases::add_note(&r.ann, case.id, "quiet").await.unwrap();
        cases::edit_note(&r.ann, case.id, note.id, 1, "It was a drill").await.unwrap();
        let ben: Cx<CaseRead> = r.world.cx("ben@a.test", "alpha").await;
        let vic: Cx<CaseRead> = r.world.cx("vic@a.test", "alpha").await;
        let said = async |cx: &Cx<CaseRead>| {
            let all = cases::note_revisions(cx, case.id, note.id).await?;
            Ok::<Vec<(i64, String)>, Error>(all.into_iter().map(|r| (r.revision, r.content)).collect())
        };
        let both = vec![(1, "It *is* an attack".to_owned()), (2, "It was a drill".to_owned())];
        assert_eq!(said(&ben).await.unwrap(), both);
        cases::delete_note(&r.ann, case.id, note.id).await.unwrap();
        for reads in [&r.anns, &vic] {
            assert_eq!(said(reads).await.unwrap(), both, "its author, and who reads the audit log");
        }
        assert!(matches!(said(&ben).await, Err(Error::Forbidden)));
        let notes = cases::notes(&ben, case.id).await.unwrap();
        assert!(cases::earlier_notes(&ben, case.id, &notes).await.unwrap().is_empty());
        let earlier = cases::earlier_notes(&vic, case.id, &notes).await.unwrap();
        assert_eq!((earlier.len(), earlier[&note.id].len()), (1, 2));
        let bobs: Cx<CaseRead> = r.world.cx("bob@b.test", "beta").await;
        for id in [note.id, quiet.id] {
            let stranger = cases::note_revisions(&bobs, case.id, id).await;
            assert!(matches!(stranger, Err(Error::NotFound)));
        }
        let log = r.world.cx::<domain::permission::AuditRead>("vic@a.test", "alpha").await;
        let log = service::audit::of_record(&log, "case", &case.id.to_string(), 50).await.unwrap();
        let of = |action: &str| log.iter().find(|entry| entry.action == action).unwrap().clone();
        let edited = of("CASE_NOTE_EDITED");
        let [first, second] = [cases::note_hash("It *is* an attack"), cases::note_hash("It was a drill")];
        assert_eq!(edited.old_values.unwrap()["sha256"], first.as_str());
        assert_eq!(edited.new_values.unwrap()["sha256"], second.as_str());
        assert_eq!(of("CASE_NOTE_DELETED").old_values.unwrap()["sha256"], second.as_str());
    })
    .await;
}

#[tokio::test]
async fn tasks_and_observables_belong_to_a_case() {
    for_each_backend(|t| async move {
        let r = room(t).await;
        let case = cases::open(&r.ann, titled("One"), &[]).await.unwrap();
        let other = cases::open(&r.ann, titled("Two"), &[]).await.unwrap();
        let task = |title: &str| NewTask { title: title.to_owned(), ..NewTask::default() };
        let first = cases::add_task(&r.ann, case.id, task("Block the address")).await.unwrap();
        cases::add_task(&r.ann, case.id, task("Ask the owner")).await.unwrap();
        cases::complete_task(&r.ann, case.id, first.id, true).await.unwrap();
        cases::change_task(&r.ann, case.id, first.id, 2, task("Block the network")).await.unwrap();
        let tasks = cases::tasks(&r.anns, case.id).await.unwrap();
        let told: Vec<_> = tasks.iter().map(|t| (t.title.as_str(), t.completed_at.is_some())).collect();
        assert_eq!(told, [("Block the network", true), ("Ask the owner", false)]);
        let read = cases::get(&r.anns, case.id).await.unwrap();
        assert_eq!((read.task_count, read.tasks_done), (2, 1));
        let elsewhere = cases::complete_task(&r.ann, other.id, first.id, false).await;
        assert!(matches!(elsewhere, Err(Error::NotFound)), "a task of another case");
        cases::delete_task(&r.ann, case.id, first.id).await.unwrap();

        let added =
            cases::add_observables(&r.ann, case.id, "evil[.]example, 203.0.113.9", true).await.unwrap();
        assert_eq!((added.added, added.known), (2, 0));
        let again =
            cases::add_observables(&r.ann, case.id, "203.0.113.9\nroot@evil.example", false).await.unwrap();
        assert_eq!((again.added, again.known), (1, 1));
        cases::add_observables(&r.ann, other.id, "EVIL.example", false).await.unwrap();
        let observables = cases::observables(&r.anns, case.id).await.unwrap();
        let told: Vec<_> =
            observables.iter().map(|o| (o.kind, o.value.as_str(), o.ioc, o.other_cases)).collect();
        assert_eq!(
            told,
            [
                (ObservableKind::Domain, "evil.example", true, 1),
                (ObservableKind::Email, "root@evil.example", false, 0),
                (ObservableKind::Ip, "203.0.113.9", true, 0),
            ]
        );
        let similar = cases::similar(&r.anns, case.id).await.unwrap();
        assert_eq!(
            similar.iter().map(|s| (s.case.number, s.shared.observables)).collect::<Vec<_>>(),
            [(2, 1)]
        );
        cases::remove_observable(&r.ann, case.id, observables[0].id).await.unwrap();
        assert!(cases::similar(&r.anns, case.id).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn tags_are_made_renamed_merged_and_deleted() {
    for_each_backend(|t| async move {
        let r = room(t).await;
        r.world.person("pat@a.test", "alpha", "admin").await;
        let tagged = |title: &str, tags: &[&str]| NewCase {
            tags: tags.iter().map(ToString::to_string).collect(),
            ..titled(title)
        };
        let one = cases::open(&r.ann, tagged("One", &["phishing", "mail"]), &[]).await.unwrap();
        let two = cases::open(&r.ann, tagged("Two", &["Phish"]), &[]).await.unwrap();
        let (read, write) = (
            r.world.cx::<TagRead>("ann@a.test", "alpha").await,
            r.world.cx::<TagWrite>("ann@a.test", "alpha").await,
        );
        let tags = cases::tags(&read).await.unwrap();
        let id = |name: &str| tags.iter().find(|tag| tag.name == name).unwrap().id;
        assert!(matches!(cases::rename_tag(&write, id("Phish"), "PHISHING").await, Err(Error::Conflict(_))));
        cases::rename_tag(&write, id("mail"), "E-mail").await.unwrap();
        // One that no case has, made beforehand; a case that is given it later has it as it was written first.
        let noise = cases::create_tag(&write, " Noise ").await.unwrap();
        assert_eq!((noise.name.as_str(), noise.case_count), ("Noise", 0));
        for taken in ["NOISE", "PhIsH"] {
            let refused = cases::create_tag(&write, taken).await;
            assert!(matches!(refused, Err(Error::Conflict(_))), "{refused:?}");
        }
        for wrong in ["", "a,b"] {
            let refused = cases::create_tag(&write, wrong).await;
            let Err(Error::Invalid(why)) = refused else { panic!("{refused:?}") };
            assert_eq!(why.0[0].field, "name");
        }
        cases::open(&r.ann, tagged("Three", &["noise"]), &[]).await.unwrap();
        let merge = cases::preview_merge(&read, id("mail"), id("phishing")).await.unwrap();
        assert_eq!((merge.from.case_count, merge.into.case_count, merge.in_common), (1, 1, 1));
        let merge = cases::preview_merge(&read, id("Phish"), id("phishing")).await.unwrap();
        assert_eq!((merge.from.name.as_str(), merge.from.case_count, merge.in_common), ("Phish", 1, 0));
        // Those of others are neither told nor taken; what they are called is free elsewhere.
        let (seen, theirs) = (
            r.world.cx::<TagRead>("bob@b.test", "beta").await,
            r.world.cx::<TagWrite>("bob@b.test", "beta").await,
        );
        let own = cases::create_tag(&theirs, "noise").await.unwrap();
        for refused in [
            cases::preview_merge(&seen, noise.id, own.id).await.map(drop),
            cases::preview_merge(&seen, own.id, noise.id).await.map(drop),
            cases::merge_tags(&theirs, noise.id, own.id).await.map(drop),
            cases::rename_tag(&theirs, noise.id, "mine").await.map(|_| ()),
            cases::delete_tag(&theirs, noise.id).await.map(drop),
        ] {
            assert!(matches!(refused, Err(Error::NotFound)), "{refused:?}");
        }
        let kept = cases::tags(&read).await.unwrap().into_iter().find(|tag| tag.id == noise.id).unwrap();
        assert_eq!((kept.name.as_str(), kept.case_count), ("Noise", 1));
        assert_eq!(cases::delete_tag(&write, noise.id).await.unwrap(), 1);
        let told = r.world.cx::<AuditRead>("pat@a.test", "alpha").await;
        let told = service::audit::of_record(&told, "tag", &noise.id.to_string(), 9).await.unwrap();
        let told: Vec<&str> = told.iter().map(|entry| entry.action.as_str()).collect();
        assert_eq!(told, ["TAG_DELETED", "TAG_CREATED"]);
        assert_eq!(cases::merge_tags(&write, id("Phish"), id("phishing")).await.unwrap(), 1);
        assert_eq!(cases::get(&r.anns, two.id).await.unwrap().tags, ["phishing"]);
        assert_eq!(cases::get(&r.anns, one.id).await.unwrap().tags, ["E-mail", "phishing"]);
        // Each of it is a change of the cases: a form from before brings no tag back.
        let form = NewCase { title: "Renamed".into(), ..NewCase::of(&one) };
        let saved = cases::save(&r.ann, one.id, one.version, form).await.unwrap();
        assert_eq!(
            (saved.case.tags.as_slice(), saved.kept),
            (["E-mail", "phishing"].map(String::from).as_slice(), vec!["tags".to_owned()])
        );
        let history = cases::history(&r.anns, one.id).await.unwrap();
        let renamed = history.iter().find(|change| change.step == Step::Tagged).unwrap();
        assert_eq!(
            (&renamed.old["tags"], &renamed.new["tags"]),
            (&serde_json::json!(["mail", "phishing"]), &serde_json::json!(["E-mail", "phishing"]))
        );
        assert_eq!(cases::get(&r.anns, two.id).await.unwrap().version, two.version + 1);
        assert_eq!(cases::delete_tag(&write, id("phishing")).await.unwrap(), 2);
        assert_eq!(cases::tags(&read).await.unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_viewer_reads_and_a_stranger_finds_nothing() {
    for_each_backend(|t| async move {
        let r = room(t).await;
        let ids = r.events("ann@a.test", "alpha", 1).await;
        let case = cases::open(&r.ann, titled("Secret"), &[(LinkKind::Event, ids[0])]).await.unwrap();
        let note = cases::add_note(&r.ann, case.id, "secret").await.unwrap();
        let vic = r.world.actor("vic@a.test", "alpha").await;
        assert!(r.world.services.admit::<CaseWrite>(&vic).is_err());
        assert_eq!(
            cases::get(&r.world.services.admit(&vic).unwrap(), case.id).await.unwrap().title,
            "Secret"
        );

        let (bob, bobs) = (
            r.world.cx::<CaseWrite>("bob@b.test", "beta").await,
            r.world.cx::<CaseRead>("bob@b.test", "beta").await,
        );
        let gone =
            |result: service::Result<()>| assert!(matches!(result, Err(Error::NotFound)), "{result:?}");
        gone(cases::get(&bobs, case.id).await.map(drop));
        gone(cases::find(&bobs, "CASE-1").await.map(drop));
        gone(cases::events(&bobs, case.id, 10, None).await.map(drop));
        gone(cases::edit(&bob, case.id, 1, titled("mine")).await.map(drop));
        gone(cases::act(&bob, case.id, &Act::Investigate).await.map(drop));
        gone(cases::add_note(&bob, case.id, "hello").await.map(drop));
        gone(cases::edit_note(&bob, case.id, note.id, 1, "hello").await);
        gone(
            cases::add_task(&bob, case.id, NewTask { title: "x".to_owned(), ..NewTask::default() })
                .await
                .map(drop),
        );
        gone(cases::add_observables(&bob, case.id, "203.0.113.9", false).await.map(drop));
        assert!(cases::notes(&bobs, case.id).await.unwrap().is_empty());
        assert!(cases::history(&bobs, case.id).await.unwrap().is_empty());
        let linked = cases::open(&bob, titled("Theirs"), &[(LinkKind::Event, ids[0])]).await;
        assert!(matches!(linked, Err(Error::Invalid(_))), "an event of another organization");
        let theirs = cases::open(&bob, titled("Theirs"), &[]).await.unwrap();
        assert_eq!(theirs.number, 1, "each organization counts for itself");
    })
    .await;
}

#[tokio::test]
async fn who_leaves_has_no_open_cases() {
    for_each_backend(|t| async move {
        let r = room(t).await;
        r.world.person("ada@a.test", "alpha", "admin").await;
        let ben = r.world.viewer("ben@a.test").await.user.id;
        let case =
            cases::open(&r.ann, NewCase { assigned_to_id: Some(ben), ..titled("One") }, &[]).await.unwrap();
        let list = members::list(&r.world.cx::<MemberRead>("ada@a.test", "alpha").await).await.unwrap();
        let id = list.iter().find(|m| m.user_id == ben).unwrap().id;
        members::remove(&r.world.cx::<MemberWrite>("ada@a.test", "alpha").await, id).await.unwrap();
        assert_eq!(cases::get(&r.anns, case.id).await.unwrap().assigned_to_id, None);
        assert_eq!(r.steps(case.id).await, [Step::Opened, Step::Assigned]);
    })
    .await;
}

#[tokio::test]
async fn an_event_tells_its_cases_only_to_who_may_read_events() {
    for_each_backend(|t| async move {
        let r = room(t).await;
        let ids = r.events("ann@a.test", "alpha", 1).await;
        cases::open(&r.ann, titled("One"), &[(LinkKind::Event, ids[0])]).await.unwrap();
        let read = r.world.cx::<EventRead>("vic@a.test", "alpha").await;
        assert_eq!(events::get(&read, EventId(ids[0])).await.unwrap().id.0, ids[0]);
        let bobs = r.world.cx::<CaseRead>("bob@b.test", "beta").await;
        assert!(cases::linked_to(&bobs, LinkKind::Event, ids[0]).await.unwrap().is_empty());
    })
    .await;
}
