//! Cases that are one after all: merged, read as one, and taken apart again with all that each had.

use std::collections::BTreeMap;

use domain::case::bulk::{Bulk, Outcome, Why};
use domain::case::entry::NewEntry;
use domain::case::field::{FieldKind, NewField};
use domain::case::merge::{Merged, Merging};
use domain::case::review::{Seen, Verdict};
use domain::case::{Act, Case, CaseFilter, CaseSort, LinkKind, NewCase, NewTask, Resolution, Step};
use domain::event::NewEvent;
use domain::permission::{CaseExport, CaseRead, CaseReview, CaseWrite, EventRead, EventWrite, SettingsWrite};
use domain::query::{CASES, parse};
use domain::{CaseId, EventId, Invalid};
use serde_json::json;
use service::events::Origin;
use service::{Cx, Error, cases, events, settings};
use store::SystemTx;
use store::db::{Dialect, sql};
use testkit::for_each_backend;
use uuid::Uuid;

use crate::events::event;
use crate::world::{World, start};

struct Room {
    world: World,
    ann: Cx<CaseWrite>,
    reads: Cx<CaseRead>,
    bob: Cx<CaseWrite>,
}

/// alpha with the admin adi and the analysts ann and ben; beta with bob.
async fn room(t: testkit::TestDb) -> Room {
    let mut world = World::new(t);
    world.services = world.services.clone().with_data_dir(world.t.folder.path());
    world.organization("alpha").await;
    world.organization("beta").await;
    for (who, place, role) in [
        ("adi@a.test", "alpha", "admin"),
        ("ann@a.test", "alpha", "analyst"),
        ("ben@a.test", "alpha", "analyst"),
        ("bob@b.test", "beta", "admin"),
    ] {
        world.person(who, place, role).await;
    }
    let ann = world.cx("ann@a.test", "alpha").await;
    let reads = world.cx("ann@a.test", "alpha").await;
    let bob = world.cx("bob@b.test", "beta").await;
    Room { world, ann, reads, bob }
}

fn of(case: &Case) -> Merging {
    Merging { id: case.id, version: None }
}

impl Room {
    async fn events(&self, count: u128) -> Vec<Uuid> {
        let ids: Vec<Uuid> = (1..=count).map(|n| Uuid::from_u128(n + 1_000)).collect();
        let rows =
            ids.iter().map(|id| NewEvent { id: Some(EventId(*id)), ..event(0, "failed password for root") });
        let cx: Cx<EventWrite> = self.world.cx("ann@a.test", "alpha").await;
        events::ingest(&cx, rows.collect(), Origin::Api).await.unwrap();
        ids
    }
    async fn opened(&self, title: &str) -> Case {
        cases::open(&self.ann, NewCase::titled(title), &[]).await.unwrap()
    }
    /// With one of everything, in which two such cases overlap.
    async fn full(&self, title: &str, events: &[Uuid]) -> Case {
        let about: Vec<_> = events.iter().map(|id| (LinkKind::Event, *id)).collect();
        let new = NewCase {
            tags: vec!["shared".to_owned(), title.to_owned()],
            fields: Some(BTreeMap::from([("unit".to_owned(), title.to_owned())])),
            ..NewCase::titled(title)
        };
        let case = cases::open(&self.ann, new, &about).await.unwrap();
        cases::add_note(&self.ann, case.id, &format!("note of {title}")).await.unwrap();
        let task = NewTask { title: format!("task of {title}"), ..NewTask::default() };
        cases::add_task(&self.ann, case.id, task).await.unwrap();
        let pasted = format!("10.0.0.1\n{title}.example");
        cases::add_observables(&self.ann, case.id, &pasted, false).await.unwrap();
        let entry = NewEntry { at: start(), content: format!("seen by {title}"), system: None };
        cases::add_entry(&self.ann, case.id, entry).await.unwrap();
        cases::add_evidence(&self.ann, case.id, ("a.txt", "text/plain"), title.as_bytes(), "").await.unwrap();
        cases::get(&self.reads, case.id).await.unwrap()
    }
    async fn now(&self, case: &Case) -> Case {
        cases::get(&self.reads, case.id).await.unwrap()
    }
    async fn found(&self, q: &str, merged: Merged) -> Vec<i64> {
        let query = (!q.is_empty()).then(|| parse(q, &CASES, start()).unwrap());
        let filter = CaseFilter { query, merged, ..CaseFilter::default() };
        let page = cases::list(&self.reads, &filter, CaseSort::Number, 50, None).await.unwrap();
        page.items.into_iter().map(|case| case.number).collect()
    }
    /// Every row of every table of cases, without what a merge writes on purpose: history, and version and time of a case.
    async fn rows(&self) -> BTreeMap<String, Vec<String>> {
        let dialect = self.world.t.db.dialect();
        let mut tx = SystemTx::read_across_all_organizations(&self.world.t.db).await.unwrap();
        let columns = match dialect {
            Dialect::Sqlite => {
                sql("SELECT m.name AS t, c.name AS c FROM sqlite_master m, pragma_table_info(m.name) c
                                    WHERE m.type = 'table'")
            }
            Dialect::Postgres => sql("SELECT CAST(table_name AS TEXT) AS t, CAST(column_name AS TEXT) AS c
                                      FROM information_schema.columns WHERE table_schema = 'public'"),
        };
        let mut tables: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for row in tx.conn().rows(columns).await.unwrap() {
            tables.entry(row.get("t").unwrap()).or_default().push(row.get("c").unwrap());
        }
        let written = ["case_history", "case_merges"];
        tables.retain(|table, _| {
            (table.starts_with("case")
                || table.starts_with("evidence")
                || table.ends_with("tags")
                || table == "observables")
                && !written.contains(&table.as_str())
        });
        assert!(tables.len() > 12, "{tables:?}");
        let mut all = BTreeMap::new();
        for (table, columns) in tables {
            let told: Vec<String> = columns
                .iter()
                .filter(|column| table != "cases" || !["version", "updated_at"].contains(&column.as_str()))
                .map(|column| format!("coalesce(CAST({column} AS TEXT), 'NULL')"))
                .collect();
            let text = format!("SELECT {} AS line FROM {table}", told.join(" || '|' || "));
            let q = sql(Box::leak(text.into_boxed_str()));
            let mut lines: Vec<String> =
                tx.conn().rows(q).await.unwrap().iter().map(|row| row.get("line").unwrap()).collect();
            lines.sort();
            all.insert(table, lines);
        }
        all
    }
}

#[tokio::test]
async fn what_merged_cases_have_is_read_in_one_and_each_thing_once() {
    for_each_backend(|t| async move {
        let r = room(t).await;
        let field =
            NewField { name: "Unit".to_owned(), kind: FieldKind::Text, choices: Vec::new(), required: false };
        let admin: Cx<SettingsWrite> = r.world.cx("adi@a.test", "alpha").await;
        cases::define_field(&admin, field).await.unwrap();
        let ids = r.events(3).await;
        let (one, two) = (r.full("one", &ids[..2]).await, r.full("two", &ids[1..]).await);
        let report = cases::merge_cases(&r.ann, of(&one), &[of(&two), of(&one)], " the same ").await.unwrap();
        assert_eq!((report.done(), report.results.len()), (1, 1), "the target has no part in it");

        let (head, member) = (r.now(&one).await, r.now(&two).await);
        assert_eq!((head.link_count, head.note_count, head.task_count, head.observable_count), (3, 2, 2, 3));
        assert_eq!(
            (&*head.tags, &*head.merged_tags),
            (&["one".to_owned(), "shared".to_owned()][..], &["two".to_owned()][..])
        );
        assert_eq!((member.merged_into, member.merged_number, head.merged_count), (Some(one.id), Some(1), 1));
        assert_eq!(
            (member.link_count, member.number, head.version, member.version),
            (2, 2, one.version + 1, two.version + 1)
        );
        let linked = cases::events(&r.reads, one.id, 2, None).await.unwrap();
        let rest = cases::events(&r.reads, one.id, 2, linked.next_cursor.as_deref()).await.unwrap();
        let mut seen: Vec<Uuid> =
            linked.items.iter().chain(&rest.items).map(|(link, _)| link.target_id).collect();
        seen.sort_unstable();
        assert_eq!(seen, ids, "each once, over the pages");
        assert_eq!(cases::notes(&r.reads, one.id).await.unwrap().len(), 2);
        assert_eq!(cases::entries(&r.reads, one.id).await.unwrap().len(), 2);
        let files = cases::evidence(&r.reads, one.id).await.unwrap();
        assert_eq!((files.len(), cases::evidence_count(&r.reads, one.id).await.unwrap()), (2, 2));
        let exports: Cx<CaseExport> = r.world.cx("ann@a.test", "alpha").await;
        let theirs = cases::evidence(&r.reads, two.id).await.unwrap();
        assert_eq!(theirs.len(), 1);
        for (case, file) in files.iter().map(|file| (one.id, file)).chain([(two.id, &theirs[0])]) {
            cases::download_evidence(&exports, case, file.id).await.unwrap();
        }
        let values: Vec<String> =
            cases::observables(&r.reads, one.id).await.unwrap().into_iter().map(|o| o.value).collect();
        assert_eq!(values, ["one.example", "two.example", "10.0.0.1"]);
        let merged = cases::merged(&r.reads, one.id).await.unwrap();
        let (merge, case) = &merged[0];
        assert_eq!((merge.note.as_deref(), &*case.fields["unit"]), (Some("the same"), "two"));

        // One investigation: found once, by what any of them has.
        assert_eq!(r.found("", Merged::Hide).await, [1]);
        assert_eq!(r.found("", Merged::Include).await, [2, 1]);
        assert_eq!(r.found("", Merged::Only).await, [2]);
        for q in ["tag:two", "observable:two.example", "field:\"unit=two\""] {
            assert_eq!(r.found(q, Merged::Hide).await, [1], "{q}");
            assert_eq!(r.found(q, Merged::Only).await, [2], "{q}");
        }
        let of_event = cases::linked_to(&r.reads, LinkKind::Event, ids[2]).await.unwrap();
        assert_eq!(of_event.iter().map(|case| case.number).collect::<Vec<_>>(), [1]);
        let counts = cases::counts(&r.reads, &CaseFilter::default()).await.unwrap();
        assert_eq!(counts.open, 1);
        let history = cases::history(&r.reads, one.id).await.unwrap();
        for (case, step) in [(one.id, Step::TookIn), (two.id, Step::Merged), (two.id, Step::Opened)] {
            assert!(history.iter().any(|change| (change.case_id, change.step) == (case, step)), "{step}");
        }
        assert!(
            cases::history(&r.reads, two.id).await.unwrap().iter().all(|change| change.case_id == two.id)
        );
        assert!(r.world.actions(r.reads.actor().organization).await.iter().any(|a| a == "CASES_MERGED"));
    })
    .await;
}

#[tokio::test]
async fn merging_and_taking_apart_leaves_every_row_as_it_was() {
    for_each_backend(|t| async move {
        let room = room(t).await;
        let admin: Cx<SettingsWrite> = room.world.cx("adi@a.test", "alpha").await;
        let field =
            NewField { name: "Unit".to_owned(), kind: FieldKind::Text, choices: Vec::new(), required: false };
        cases::define_field(&admin, field).await.unwrap();
        let ids = room.events(6).await;
        let mut all = Vec::new();
        for (n, title) in ["a", "b", "c", "d"].into_iter().enumerate() {
            all.push(room.full(title, &ids[n..n + 3]).await);
        }
        let before = room.rows().await;
        let [a, b, c, d] = [&all[0], &all[1], &all[2], &all[3]];

        // Undone as one action.
        let report = cases::merge_cases(&room.ann, of(a), &[of(b), of(c), of(d)], "").await.unwrap();
        assert_ne!(room.rows().await, before);
        let undone = cases::undo(&room.ann, report.action_id.unwrap()).await.unwrap();
        assert_eq!(undone.done(), 3);
        assert_eq!(room.rows().await, before, "as one action");

        // In chains, taken apart in every order.
        for order in [[b, c, d], [d, c, b], [c, b, d], [c, d, b], [b, d, c], [d, b, c]] {
            for (from, into) in [(d, c), (c, b), (b, a)] {
                cases::merge_cases(&room.ann, of(into), &[of(from)], "chain").await.unwrap();
            }
            let head = room.now(a).await;
            assert_eq!((head.merged_count, head.link_count, head.note_count), (3, 6, 4));
            assert_eq!(room.now(d).await.merged_into, Some(a.id));
            for case in order {
                let out = cases::unmerge(&room.ann, case.id).await.unwrap();
                assert_eq!(out.merged_into, None);
            }
            assert_eq!(room.rows().await, before, "in the order {:?}", order.map(|case| case.number));
        }
        // What is in one that is taken out stays in it.
        cases::merge_cases(&room.ann, of(c), &[of(d)], "").await.unwrap();
        cases::merge_cases(&room.ann, of(a), &[of(c)], "").await.unwrap();
        cases::unmerge(&room.ann, c.id).await.unwrap();
        assert_eq!((room.now(d).await.merged_into, room.now(c).await.merged_count), (Some(c.id), 1));
        assert_eq!(room.now(a).await.merged_count, 0);
        cases::unmerge(&room.ann, d.id).await.unwrap();
        assert_eq!(room.rows().await, before);
    })
    .await;
}

#[tokio::test]
async fn what_is_done_meanwhile_stays_where_it_was_done() {
    for_each_backend(|t| async move {
        let r = room(t).await;
        let ids = r.events(2).await;
        let (one, two) = (r.opened("one").await, r.opened("two").await);
        cases::link(&r.ann, two.id, LinkKind::Event, &ids[..1]).await.unwrap();
        let task = NewTask { title: "ask".to_owned(), ..NewTask::default() };
        let task = cases::add_task(&r.ann, two.id, task).await.unwrap();
        cases::merge_cases(&r.ann, of(&one), &[of(&two)], "").await.unwrap();
        // Through the case it is in, what it has is worked on.
        cases::complete_task(&r.ann, one.id, task.id, true).await.unwrap();
        cases::link(&r.ann, one.id, LinkKind::Event, &ids).await.unwrap();
        cases::add_note(&r.ann, one.id, "of one").await.unwrap();
        assert_eq!(r.now(&one).await.link_count, 2);
        cases::unmerge(&r.ann, two.id).await.unwrap();
        assert!(cases::tasks(&r.reads, two.id).await.unwrap()[0].completed_at.is_some());
        let (one, two) = (r.now(&one).await, r.now(&two).await);
        assert_eq!((one.link_count, one.task_count, one.note_count), (2, 0, 1));
        assert_eq!((two.link_count, two.task_count, two.note_count), (1, 1, 0));
        // What is taken out of the whole is out of each.
        cases::merge_cases(&r.ann, of(&one), &[of(&two)], "").await.unwrap();
        assert_eq!(cases::unlink(&r.ann, one.id, LinkKind::Event, &ids[..1]).await.unwrap(), 1);
        cases::unmerge(&r.ann, two.id).await.unwrap();
        assert_eq!((r.now(&one).await.link_count, r.now(&two).await.link_count), (1, 0));
    })
    .await;
}

#[tokio::test]
async fn a_merged_case_is_read_but_not_changed() {
    for_each_backend(|t| async move {
        let r = room(t).await;
        let (one, two) = (r.opened("one").await, r.opened("two").await);
        let note = cases::add_note(&r.ann, two.id, "mine").await.unwrap();
        cases::merge_cases(&r.ann, of(&one), &[of(&two)], "").await.unwrap();
        let member = r.now(&two).await;
        let refused = |result: Result<(), Error>| {
            assert!(matches!(&result, Err(Error::Conflict(why)) if why.contains("CASE-1")), "{result:?}");
        };
        refused(cases::edit(&r.ann, two.id, member.version, NewCase::titled("x")).await.map(drop));
        refused(cases::act(&r.ann, two.id, &Act::Investigate).await.map(drop));
        refused(cases::assign(&r.ann, two.id, None).await.map(drop));
        refused(cases::add_note(&r.ann, two.id, "x").await.map(drop));
        refused(cases::edit_note(&r.ann, two.id, note.id, 1, "x").await);
        refused(cases::delete_note(&r.ann, two.id, note.id).await);
        refused(cases::add_observables(&r.ann, two.id, "10.0.0.1", false).await.map(drop));
        refused(cases::add_evidence(&r.ann, two.id, ("a", "text/plain"), b"a", "").await.map(drop));
        refused(cases::merge_cases(&r.ann, of(&two), &[of(&one)], "").await.map(drop));
        let report = cases::change_many(&r.ann, &Bulk::Investigate, &[two.id], "").await.unwrap();
        assert_eq!(report.results[0].outcome, Outcome::Unchanged(Why::Merged));
        assert_eq!(cases::find(&r.reads, "CASE-2").await.unwrap().merged_number, Some(1));
        let exports: Cx<CaseExport> = r.world.cx("ann@a.test", "alpha").await;
        cases::export(&exports, two.id).await.unwrap();
        // Through the case it is in its author changes the note.
        cases::edit_note(&r.ann, one.id, note.id, 1, "through").await.unwrap();
        cases::unmerge(&r.ann, two.id).await.unwrap();
        cases::act(&r.ann, two.id, &Act::Investigate).await.unwrap();
        assert!(matches!(cases::unmerge(&r.ann, two.id).await, Err(Error::Conflict(_))));
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_merged_is_said_of_each_case() {
    for_each_backend(|t| async move {
        let r = room(t).await;
        let (into, late) = (r.opened("into").await, r.opened("late").await);
        let (asked, linking, resolved) =
            (r.opened("asked").await, r.opened("linking").await, r.opened("done").await);
        r.events(1).await;
        r.world.clock.advance_seconds(60);
        let sees: Cx<EventRead> = r.world.cx("ann@a.test", "alpha").await;
        cases::link_matching(&r.ann, &sees, linking.id, &domain::case::job::Asked::default()).await.unwrap();
        let resolve = Act::Resolve { resolution: Resolution::Benign, reason: "a drill".to_owned() };
        cases::act(&r.ann, resolved.id, &resolve).await.unwrap();
        let admin: Cx<SettingsWrite> = r.world.cx("adi@a.test", "alpha").await;
        settings::set(&admin, settings::Cases::KEY, json!({ "four_eyes": true })).await.unwrap();
        cases::act(&r.ann, asked.id, &resolve).await.unwrap();
        let stale = Merging { id: late.id, version: Some(late.version + 7) };
        let all = [
            stale,
            of(&asked),
            of(&linking),
            Merging { id: CaseId(Uuid::nil()), version: None },
            of(&resolved),
        ];
        let report = cases::merge_cases(&r.ann, of(&into), &all, "").await.unwrap();
        let outcomes: Vec<Outcome> = report.results.iter().map(|item| item.outcome).collect();
        assert_eq!(
            outcomes,
            [
                Outcome::Unchanged(Why::ChangedSince),
                Outcome::Unchanged(Why::InReview),
                Outcome::Unchanged(Why::JobRuns),
                Outcome::Absent,
                Outcome::Done,
            ]
        );
        // What a second person looked at is another case once something was merged into it.
        cases::act(&r.ann, into.id, &resolve).await.unwrap();
        let review = cases::reviews(&r.reads, into.id).await.unwrap().remove(0);
        let seen = Seen { review: review.id, length: cases::length(&r.reads, into.id).await.unwrap() };
        cases::merge_cases(&r.ann, of(&into), &[of(&late)], "").await.unwrap();
        let ben: Cx<CaseReview> = r.world.cx("ben@a.test", "alpha").await;
        let yes = Verdict::Approve { note: String::new() };
        assert!(matches!(cases::review(&ben, into.id, seen, &yes).await, Err(Error::Conflict(_))));
        let seen = Seen { length: cases::length(&r.reads, into.id).await.unwrap(), ..seen };
        cases::review(&ben, into.id, seen, &yes).await.unwrap();
        let again = r.opened("again").await;
        for (into, why) in [(of(&into), "resolved"), (Merging { id: again.id, version: Some(9) }, "changed")]
        {
            let refused = cases::merge_cases(&r.ann, into, &[of(&linking)], "").await;
            assert!(matches!(&refused, Err(Error::Conflict(text)) if text.contains(why)), "{refused:?}");
        }
        for cases in [vec![], vec![of(&again)]] {
            let refused = cases::merge_cases(&r.ann, of(&again), &cases, "").await;
            assert!(matches!(refused, Err(Error::Invalid(Invalid(_)))));
        }
    })
    .await;
}

#[tokio::test]
async fn an_undo_leaves_what_was_taken_apart_since_and_strangers_reach_nothing() {
    for_each_backend(|t| async move {
        let r = room(t).await;
        let (one, two, three) = (r.opened("one").await, r.opened("two").await, r.opened("three").await);
        let theirs = cases::open(&r.bob, NewCase::titled("theirs"), &[]).await.unwrap();
        let report =
            cases::merge_cases(&r.ann, of(&one), &[of(&two), of(&three), of(&theirs)], "").await.unwrap();
        assert_eq!(report.results[2].outcome, Outcome::Absent);
        let action = report.action_id.unwrap();
        for refused in [
            cases::merge_cases(&r.bob, of(&theirs), &[of(&two)], "").await.map(|report| report.done()),
            cases::merge_cases(&r.bob, of(&one), &[of(&theirs)], "").await.map(|report| report.done()),
            cases::unmerge(&r.bob, two.id).await.map(|_| 1),
            cases::undo(&r.bob, action).await.map(|report| report.done()),
        ] {
            assert!(matches!(refused, Ok(0) | Err(Error::NotFound)), "{refused:?}");
        }
        cases::unmerge(&r.ann, two.id).await.unwrap();
        let undone = cases::undo(&r.ann, action).await.unwrap();
        let outcome = |id: CaseId| undone.results.iter().find(|item| item.id == id).map(|item| item.outcome);
        assert_eq!(outcome(two.id), Some(Outcome::Unchanged(Why::ChangedSince)));
        assert_eq!(outcome(three.id), Some(Outcome::Done));
        assert_eq!(r.found("", Merged::Hide).await, [3, 2, 1]);
        assert_eq!(cases::undo(&r.ann, action).await.unwrap().done(), 0);
        // That is taken back as well, unless somebody changed it since.
        let again = cases::undo(&r.ann, undone.action_id.unwrap()).await.unwrap();
        assert_eq!((again.done(), r.now(&three).await.merged_into), (1, Some(one.id)));
        assert!(matches!(cases::undo(&r.bob, undone.action_id.unwrap()).await, Err(Error::NotFound)));
        let out = cases::undo(&r.ann, again.action_id.unwrap()).await.unwrap();
        cases::assign(&r.ann, three.id, r.ann.actor().audit().user_id).await.unwrap();
        let late = cases::undo(&r.ann, out.action_id.unwrap()).await.unwrap();
        assert_eq!(late.results[0].outcome, Outcome::Unchanged(Why::ChangedSince));
    })
    .await;
}
