//! Templates of cases: what they bring, that it is told, and that they are nobody else's.

use domain::case::field::{FieldKind, FieldValues, NewField};
use domain::case::template::{CaseTemplate, NewTemplate, read_tasks};
use domain::case::{NewCase, Pap, Priority, Step, Tlp};
use domain::permission::{CaseRead, CaseWrite, SettingsWrite};
use domain::{CaseTemplateId, Severity};
use service::{Cx, Error, cases};
use testkit::for_each_backend;

use crate::world::{World, start};

struct Room {
    world: World,
    admin: Cx<SettingsWrite>,
    ann: Cx<CaseWrite>,
    reads: Cx<CaseRead>,
}

/// alpha with the admin adi and the analyst ann; beta with bob.
async fn room(t: testkit::TestDb) -> Room {
    let world = World::new(t);
    world.organization("alpha").await;
    world.organization("beta").await;
    for (who, place, role) in [
        ("adi@a.test", "alpha", "admin"),
        ("ann@a.test", "alpha", "analyst"),
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

fn phishing() -> NewTemplate {
    NewTemplate {
        name: " Phishing ".to_owned(),
        about: "A mail that asks for a password".to_owned(),
        description: "Who got it?".to_owned(),
        severity: Severity::High,
        priority: Priority::Urgent,
        tlp: Tlp::Red,
        pap: Pap::Green,
        tags: vec!["mail".to_owned(), "Mail".to_owned()],
        fields: FieldValues::new(),
        tasks: read_tasks("Ask the user | 4h\nBlock the sender | 2d\nWrite it down").unwrap(),
    }
}

#[tokio::test]
async fn a_case_of_a_template_has_its_tasks_and_the_timeline_says_what_it_brought() {
    for_each_backend(|t| async move {
        let r = room(t).await;
        let unit = NewField {
            name: "Unit".to_owned(),
            kind: FieldKind::Choice,
            choices: vec!["Sales".to_owned()],
            required: false,
        };
        cases::define_field(&r.admin, unit).await.unwrap();
        let fields = FieldValues::from([("unit".to_owned(), "Sales".to_owned())]);
        let wrong = NewTemplate {
            fields: FieldValues::from([("unit".to_owned(), "Nowhere".to_owned())]),
            ..phishing()
        };
        assert!(matches!(cases::define_template(&r.admin, wrong).await, Err(Error::Invalid(_))));
        let template = cases::define_template(&r.admin, NewTemplate { fields, ..phishing() }).await.unwrap();
        assert_eq!((template.brings.name.as_str(), template.brings.tags.len()), ("Phishing", 1));
        let twice = cases::define_template(&r.admin, phishing()).await;
        assert!(matches!(twice, Err(Error::Invalid(_))), "{twice:?}");

        let new = NewCase { template_id: Some(template.id), ..NewCase::titled("A mail") };
        let case = cases::open(&r.ann, new.clone(), &[]).await.unwrap();
        assert_eq!(case.task_count, 3);
        let tasks = cases::tasks(&r.reads, case.id).await.unwrap();
        let told: Vec<_> = tasks.iter().map(|task| (task.title.as_str(), task.due_at)).collect();
        assert_eq!(
            told,
            [
                ("Ask the user", Some(start().plus_seconds(4 * 3_600))),
                ("Block the sender", Some(start().plus_seconds(2 * 86_400))),
                ("Write it down", None)
            ]
        );
        let history = cases::history(&r.reads, case.id).await.unwrap();
        let steps: Vec<Step> = history.iter().rev().map(|change| change.step).collect();
        assert_eq!(steps, [Step::Opened, Step::Templated]);
        let brought = &history[0].new;
        assert_eq!(
            (brought["template"].as_str(), brought["tasks"].as_array().map(Vec::len), &brought["tags"][0]),
            (Some("Phishing"), Some(3), &serde_json::json!("mail"))
        );
        // Changing the template changes no case.
        let fewer = |now: &CaseTemplate| {
            assert_eq!((now.version, now.brings.tasks.len()), (1, 3), "as it is");
            Ok(NewTemplate { tasks: Vec::new(), ..now.brings.clone() })
        };
        let changed = cases::change_template_with(&r.admin, template.id, fewer).await.unwrap();
        let stale = |now: &CaseTemplate| {
            assert_eq!((now.version, now.brings.tasks.len()), (2, 0), "as it became");
            Err(Error::Conflict("somebody was faster".to_owned()))
        };
        let stale = cases::change_template_with(&r.admin, template.id, stale).await;
        assert!(matches!(stale, Err(Error::Conflict(_))), "{stale:?}");
        assert_eq!((changed.version, cases::tasks(&r.reads, case.id).await.unwrap().len()), (2, 3));
        cases::archive_template(&r.admin, template.id, true).await.unwrap();
        let gone = cases::open(&r.ann, new, &[]).await;
        assert!(matches!(gone, Err(Error::Invalid(_))), "it is offered no more: {gone:?}");
        let actions = r.world.actions(r.admin.actor().organization).await;
        assert_eq!(actions.iter().filter(|a| *a == "CASE_TEMPLATE_CREATED").count(), 1);
        assert_eq!(actions.iter().filter(|a| *a == "CASE_TEMPLATE_UPDATED").count(), 2);
    })
    .await;
}

#[tokio::test]
async fn a_template_is_of_its_organization() {
    for_each_backend(|t| async move {
        let r = room(t).await;
        let template = cases::define_template(&r.admin, phishing()).await.unwrap();
        let ann = r.world.actor("ann@a.test", "alpha").await;
        assert!(matches!(r.world.services.admit::<SettingsWrite>(&ann), Err(Error::Forbidden)));
        let bob: Cx<SettingsWrite> = r.world.cx("bob@b.test", "beta").await;
        let (bobs, reads) = (r.world.cx("bob@b.test", "beta").await, r.world.cx("bob@b.test", "beta").await);
        assert_eq!(cases::templates(&reads).await.unwrap(), []);
        let new = NewCase { template_id: Some(template.id), ..NewCase::titled("Mine") };
        assert!(matches!(cases::open(&bobs, new, &[]).await, Err(Error::Invalid(_))));
        for got in [
            cases::template(&reads, template.id).await.map(|_| ()),
            cases::change_template_with(&bob, template.id, |_| Ok(phishing())).await.map(|_| ()),
            cases::archive_template(&bob, template.id, true).await.map(|_| ()),
            cases::archive_template(&bob, CaseTemplateId(uuid::Uuid::nil()), true).await.map(|_| ()),
        ] {
            assert!(matches!(got, Err(Error::NotFound)), "{got:?}");
        }
        cases::define_template(&bob, phishing()).await.unwrap();
    })
    .await;
}
