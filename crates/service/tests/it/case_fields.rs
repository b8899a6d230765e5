//! Fields that an organization gives its cases: defined, typed, wanted before a case is resolved, found, and nobody else's.

use std::collections::BTreeMap;

use domain::case::bulk::{Bulk, Outcome, Why};
use domain::case::field::{CaseField, FieldKind, FieldValues, NewField};
use domain::case::{Act, CaseFilter, CaseSort, NewCase, Resolution, Status};
use domain::permission::{CaseRead, CaseWrite, SettingsWrite};
use domain::query::{CASES, parse};
use service::{Cx, Error, cases};
use testkit::for_each_backend;

use crate::world::{World, start};

struct Room {
    world: World,
    admin: Cx<SettingsWrite>,
    ann: Cx<CaseWrite>,
    reads: Cx<CaseRead>,
}

/// alpha with the admin adi, the analyst ann and the viewer vic; beta with bob.
async fn room(t: testkit::TestDb) -> Room {
    let world = World::new(t);
    world.organization("alpha").await;
    world.organization("beta").await;
    for (who, place, role) in [
        ("adi@a.test", "alpha", "admin"),
        ("ann@a.test", "alpha", "analyst"),
        ("vic@a.test", "alpha", "viewer"),
        ("bob@b.test", "beta", "admin"),
    ] {
        world.person(who, place, role).await;
    }
    Room {
        admin: world.cx("adi@a.test", "alpha").await,
        ann: world.cx("ann@a.test", "alpha").await,
        reads: world.cx("ann@a.test", "alpha").await,
        world,
    }
}

fn new(name: &str, kind: FieldKind, choices: &[&str], required: bool) -> NewField {
    let choices = choices.iter().map(|choice| (*choice).to_owned()).collect();
    NewField { name: name.to_owned(), kind, choices, required }
}

fn values(pairs: &[(&str, &str)]) -> FieldValues {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

fn with(title: &str, pairs: &[(&str, &str)]) -> NewCase {
    NewCase { fields: Some(values(pairs)), ..NewCase::titled(title) }
}

impl Room {
    async fn define(&self, name: &str, kind: FieldKind, choices: &[&str], required: bool) -> CaseField {
        cases::define_field(&self.admin, new(name, kind, choices, required)).await.unwrap()
    }
    async fn found(&self, q: &str) -> Vec<i64> {
        let filter = CaseFilter { query: Some(parse(q, &CASES, start()).unwrap()), ..CaseFilter::default() };
        let page = cases::list(&self.reads, &filter, CaseSort::Number, 50, None).await.unwrap();
        page.items.into_iter().map(|case| case.number).collect()
    }
    async fn names(&self) -> Vec<String> {
        let all = cases::fields(&self.reads).await.unwrap();
        all.into_iter().filter(|field| field.archived_at.is_none()).map(|field| field.name).collect()
    }
}

#[tokio::test]
async fn fields_are_defined_ordered_changed_and_archived() {
    for_each_backend(|t| async move {
        let r = room(t).await;
        let unit = r.define("Business unit", FieldKind::Choice, &["Finance", "Sales"], false).await;
        let ticket = r.define("Ticket", FieldKind::Number, &[], false).await;
        assert_eq!((unit.key.as_str(), ticket.position > unit.position), ("business_unit", true));
        let again = cases::define_field(&r.admin, new("business  UNIT", FieldKind::Text, &[], false)).await;
        assert!(matches!(again, Err(Error::Invalid(_))), "{again:?}");
        cases::move_field(&r.admin, ticket.id, true).await.unwrap();
        assert_eq!(r.names().await, ["Ticket", "Business unit"]);
        cases::move_field(&r.admin, ticket.id, true).await.unwrap();
        assert_eq!(r.names().await, ["Ticket", "Business unit"], "it is the first already");

        let renamed = new("Unit", FieldKind::Text, &["Finance"], true);
        let refuses = |now: &CaseField| {
            assert!(now.version > unit.version, "moving it made it newer");
            Err(Error::Conflict("somebody was faster".to_owned()))
        };
        let refused = cases::change_field_with(&r.admin, unit.id, refuses).await;
        assert!(matches!(refused, Err(Error::Conflict(_))), "{refused:?}");
        assert_eq!(r.names().await, ["Ticket", "Business unit"]);
        let changed = cases::change_field_with(&r.admin, unit.id, |_| Ok(renamed)).await.unwrap();
        assert_eq!(
            (changed.key.as_str(), changed.name.as_str(), changed.kind, changed.required),
            ("business_unit", "Unit", FieldKind::Choice, true)
        );
        cases::archive_field(&r.admin, ticket.id, true).await.unwrap();
        assert_eq!(r.names().await, ["Unit"]);
        cases::archive_field(&r.admin, ticket.id, false).await.unwrap();
        assert_eq!(r.names().await, ["Ticket", "Unit"]);
        let actions = r.world.actions(r.admin.actor().organization).await;
        assert_eq!(actions.iter().filter(|a| *a == "CASE_FIELD_CREATED").count(), 2);
        assert_eq!(actions.iter().filter(|a| *a == "CASE_FIELD_UPDATED").count(), 4);
    })
    .await;
}

#[tokio::test]
async fn what_a_case_says_in_them_is_checked_kept_and_found() {
    for_each_backend(|t| async move {
        let r = room(t).await;
        r.define("Business unit", FieldKind::Choice, &["Finance", "Sales"], false).await;
        let ticket = r.define("Ticket", FieldKind::Number, &[], false).await;
        r.define("Owner", FieldKind::User, &[], false).await;
        let ann = r.world.viewer("ann@a.test").await.user.id.to_string();
        let bob = r.world.viewer("bob@b.test").await.user.id.to_string();
        let said = [("business_unit", "Finance"), ("ticket", " 7.50 "), ("owner", ann.as_str())];
        let case = cases::open(&r.ann, with("One", &said), &[]).await.unwrap();
        assert_eq!(
            case.fields,
            values(&[("business_unit", "Finance"), ("ticket", "7.5"), ("owner", ann.as_str())])
        );
        cases::open(&r.ann, with("Two", &[("business_unit", "Sales"), ("ticket", "")]), &[]).await.unwrap();
        for (q, wanted) in [
            ("field:\"business_unit=finance\"", vec![1]),
            ("field:business_unit=*", vec![2, 1]),
            ("field:business_unit=fin*", vec![1]),
            ("-field:ticket=*", vec![2]),
            ("field:owner=ann@a.test", vec![1]),
        ] {
            assert_eq!(r.found(q).await, wanted, "{q}");
        }
        for (key, value) in [
            ("business_unit", "Elsewhere"),
            ("ticket", "seven"),
            ("owner", bob.as_str()),
            ("owner", "ann"),
            ("nothing", "x"),
        ] {
            let wrong = cases::open(&r.ann, with("Wrong", &[(key, value)]), &[]).await;
            assert!(matches!(wrong, Err(Error::Invalid(_))), "{key} {value}: {wrong:?}");
        }

        // Left out they stay, named they are changed, and the history says which.
        let left = NewCase { title: "Uno".to_owned(), fields: None, ..NewCase::of(&case) };
        let left = cases::edit(&r.ann, case.id, case.version, left).await.unwrap();
        assert_eq!(left.fields, case.fields);
        let said = [("business_unit", "Sales"), ("ticket", "7.5")];
        let edited = NewCase { fields: Some(values(&said)), ..NewCase::of(&left) };
        let edited = cases::edit(&r.ann, case.id, left.version, edited).await.unwrap();
        let change = cases::history(&r.reads, case.id).await.unwrap().remove(0);
        assert_eq!(change.new["field.business_unit"], "Sales");
        assert_eq!((change.old["field.owner"].as_str(), change.new.get("field.owner")), (Some(&*ann), None));
        assert!(change.new.get("field.ticket").is_none(), "it is what it was");

        // What is archived is asked no more and not lost.
        cases::archive_field(&r.admin, ticket.id, true).await.unwrap();
        let after = NewCase { fields: Some(values(&[("business_unit", "")])), ..NewCase::of(&edited) };
        let after = cases::edit(&r.ann, case.id, edited.version, after).await.unwrap();
        assert_eq!(after.fields, values(&[("ticket", "7.5")]));
        let lines = cases::field_lines(&r.reads, &after).await.unwrap();
        let told: BTreeMap<&str, Option<&str>> =
            lines.iter().map(|(field, value)| (field.key.as_str(), value.as_deref())).collect();
        assert_eq!(told, BTreeMap::from([("business_unit", None), ("owner", None), ("ticket", Some("7.5"))]));
    })
    .await;
}

#[tokio::test]
async fn a_case_is_not_resolved_without_what_is_wanted_whichever_way() {
    for_each_backend(|t| async move {
        let r = room(t).await;
        r.define("Cause", FieldKind::Text, &[], true).await;
        let lacks = cases::open(&r.ann, NewCase::titled("Lacks it"), &[]).await.unwrap();
        let has = cases::open(&r.ann, with("Has it", &[("cause", "a drill")]), &[]).await.unwrap();
        let resolve = Act::Resolve { resolution: Resolution::Benign, reason: "done".to_owned() };
        let refused = cases::act(&r.ann, lacks.id, &resolve).await;
        let Err(Error::Invalid(why)) = refused else { panic!("{refused:?}") };
        assert!(why.to_string().contains("Cause"), "{why}");
        let bulk = Bulk::Resolve(Resolution::Benign);
        let report = cases::change_many(&r.ann, &bulk, &[lacks.id, has.id], "done").await.unwrap();
        let outcomes: Vec<Outcome> = report.results.iter().map(|item| item.outcome).collect();
        assert_eq!(outcomes, [Outcome::Unchanged(Why::FieldsMissing), Outcome::Done]);
        let filled = NewCase { fields: Some(values(&[("cause", "x")])), ..NewCase::of(&lacks) };
        cases::edit(&r.ann, lacks.id, lacks.version, filled).await.unwrap();
        assert_eq!(cases::act(&r.ann, lacks.id, &resolve).await.unwrap().status, Status::Resolved);
    })
    .await;
}

#[tokio::test]
async fn fields_are_the_admins_of_their_organization() {
    for_each_backend(|t| async move {
        let r = room(t).await;
        let field = r.define("Unit", FieldKind::Text, &[], false).await;
        for who in ["ann@a.test", "vic@a.test"] {
            let actor = r.world.actor(who, "alpha").await;
            assert!(
                matches!(r.world.services.admit::<SettingsWrite>(&actor), Err(Error::Forbidden)),
                "{who}"
            );
        }
        let (bob, bobs) = (r.world.cx("bob@b.test", "beta").await, r.world.cx("bob@b.test", "beta").await);
        let bob_reads = r.world.cx("bob@b.test", "beta").await;
        assert_eq!(cases::fields(&bob_reads).await.unwrap(), []);
        for got in [
            cases::change_field_with(&bob, field.id, |_| Ok(new("X", FieldKind::Text, &[], false)))
                .await
                .map(|_| ()),
            cases::archive_field(&bob, field.id, true).await.map(|_| ()),
            cases::move_field(&bob, field.id, true).await,
        ] {
            assert!(matches!(got, Err(Error::NotFound)), "{got:?}");
        }
        let foreign = cases::open(&bobs, with("Mine", &[("unit", "x")]), &[]).await;
        assert!(matches!(foreign, Err(Error::Invalid(_))), "no such field there: {foreign:?}");
        // The same name is another field there.
        cases::define_field(&bob, new("Unit", FieldKind::Number, &[], false)).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn what_is_typed_is_kept_whole_or_refused_at_its_field() {
    for_each_backend(|t| async move {
        let r = room(t).await;
        r.define("Invoice", FieldKind::Number, &[], false).await;
        r.define("Owner", FieldKind::User, &[], false).await;
        let ticket = r.define("Ticket", FieldKind::Text, &[], false).await;
        let long = "12345678901234567890.25";
        let case =
            cases::open(&r.ann, with("one", &[("invoice", long), ("ticket", "a\r\nb")]), &[]).await.unwrap();
        assert_eq!((&*case.fields["invoice"], &*case.fields["ticket"]), (long, "a\nb"));
        assert_eq!(r.found(&format!("field:\"invoice={long}\"")).await, [1]);

        let reasons = |refused: Result<_, Error>| match refused {
            Err(Error::Invalid(wrong)) => {
                wrong.0.into_iter().map(|e| (e.field, e.reason)).collect::<Vec<_>>()
            }
            other => panic!("{other:?}"),
        };
        let stranger = r.world.cx::<CaseWrite>("bob@b.test", "beta").await.actor().audit().user_id.unwrap();
        let wrong = with("one", &[("owner", &stranger.to_string()), ("invoice", "x")]);
        let fields: Vec<String> =
            reasons(cases::open(&r.ann, wrong, &[]).await).into_iter().map(|e| e.0).collect();
        assert_eq!(fields, ["fields.invoice", "fields.owner"]);

        // It was archived while the form was open: what was typed is not lost without a word.
        cases::archive_field(&r.admin, ticket.id, true).await.unwrap();
        let typed = with("one", &[("invoice", "1"), ("ticket", "T-1")]);
        let told = reasons(cases::edit(&r.ann, case.id, 1, typed).await);
        assert_eq!(told[0].0, "fields.ticket");
        assert!(told[0].1.contains("archived") && told[0].1.contains("T-1"), "{told:?}");
        let again = cases::edit(&r.ann, case.id, 1, with("one", &[("invoice", "1")])).await.unwrap();
        assert_eq!(&*again.fields["ticket"], "a\nb", "what it had stays");
    })
    .await;
}
