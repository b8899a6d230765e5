//! Saves that come too late: put together where nobody has to choose, refused and kept where somebody has.

use domain::case::{Case, NewCase, Priority};
use domain::permission::{CaseRead, CaseWrite};
use domain::{CaseId, Severity};
use service::drafts::{self, Typed};
use service::{Actor, Cx, Error, Services, cases};
use testkit::for_each_backend;

use crate::world::World;

fn cx<P: domain::permission::Permission>(services: &Services, actor: &Actor) -> Cx<P> {
    services.admit(actor).unwrap()
}

async fn opened(cx: &Cx<CaseWrite>) -> Case {
    let new = NewCase {
        description: "one\ntwo\nthree".to_owned(),
        tags: vec!["ssh".to_owned()],
        ..NewCase::titled("A case")
    };
    cases::open(cx, new, &[]).await.unwrap()
}

#[tokio::test]
async fn what_two_people_change_in_different_fields_is_saved_together_whatever_came_between() {
    for_each_backend(|t| async move {
        let world = World::new(t);
        let alpha = world.organization("alpha").await.id;
        for email in ["ada@alpha.test", "ben@alpha.test"] {
            world.person(email, "alpha", "analyst").await;
        }
        let ada = cx::<CaseWrite>(&world.services, &world.actor("ada@alpha.test", "alpha").await);
        let ben = cx::<CaseWrite>(&world.services, &world.actor("ben@alpha.test", "alpha").await);
        let case = opened(&ada).await;
        let form = NewCase::of(&case);
        // Several changes come between, also such that are none of the form: a note, the status.
        let theirs = NewCase {
            severity: Severity::Critical,
            tags: vec!["ssh".into(), "brute".into()],
            ..form.clone()
        };
        cases::save(&ben, case.id, 1, theirs).await.unwrap();
        cases::add_note(&ben, case.id, "looked").await.unwrap();
        cases::act(&ben, case.id, &domain::case::Act::Investigate).await.unwrap();
        let mine = NewCase {
            priority: Priority::Urgent,
            title: "Mine".into(),
            tags: vec!["mine".into()],
            ..form.clone()
        };
        let saved = cases::save(&ada, case.id, 1, mine).await.unwrap();
        assert_eq!(saved.kept, ["severity", "assigned_to_id", "tags"]);
        let now = &saved.case;
        assert_eq!(
            (now.title.as_str(), now.severity, now.priority),
            ("Mine", Severity::Critical, Priority::Urgent)
        );
        assert_eq!(now.tags, ["brute", "mine"], "each addition and each removal");
        assert_eq!(now.assigned_to_id, ben.actor().audit().user_id, "who began it has it");
        assert_eq!(now.version, 4);
        let log = world.log(alpha).await;
        let entry = log.last().unwrap();
        assert_eq!(
            (entry.action.as_str(), entry.old_values.as_ref().unwrap()["title"].as_str()),
            ("CASE_UPDATED", Some("A case"))
        );
        assert!(entry.old_values.as_ref().unwrap().get("severity").is_none(), "only what this save changed");
    })
    .await;
}

#[tokio::test]
async fn what_is_put_together_has_to_fit_as_well() {
    for_each_backend(|t| async move {
        let world = World::new(t);
        let alpha = world.organization("alpha").await.id;
        let ada = cx::<CaseWrite>(&world.services, &Actor::system("test", alpha));
        let case = opened(&ada).await;
        let tagged = |word: &str| NewCase {
            tags: (0..30).map(|n| format!("{word} {n}")).collect(),
            ..NewCase::of(&case)
        };
        cases::save(&ada, case.id, 1, tagged("theirs")).await.unwrap();
        let refused = cases::save(&ada, case.id, 1, tagged("mine")).await.unwrap_err();
        let Error::Invalid(why) = &refused else { panic!("{refused}") };
        assert_eq!(why.0[0].field, "tags");
        let now = cases::get(&cx(&world.services, ada.actor()), case.id).await.unwrap();
        assert_eq!((now.version, now.tags.len()), (2, 30), "nothing was written");
    })
    .await;
}

#[tokio::test]
async fn what_both_changed_is_refused_told_and_kept() {
    for_each_backend(|t| async move {
        let world = World::new(t);
        world.organization("alpha").await;
        for email in ["ada@alpha.test", "ben@alpha.test"] {
            world.person(email, "alpha", "analyst").await;
        }
        let ada = cx::<CaseWrite>(&world.services, &world.actor("ada@alpha.test", "alpha").await);
        let ben = cx::<CaseWrite>(&world.services, &world.actor("ben@alpha.test", "alpha").await);
        let reads = cx::<CaseRead>(&world.services, ada.actor());
        let case = opened(&ada).await;
        let form = NewCase::of(&case);
        let theirs =
            NewCase { description: "ONE\ntwo\nthree".into(), severity: Severity::Low, ..form.clone() };
        cases::save(&ben, case.id, 1, theirs).await.unwrap();
        let mine = NewCase { description: "one\ntwo\nTHREE\nfour".into(), ..form.clone() };
        let refused = cases::save(&ada, case.id, 1, mine.clone()).await.unwrap_err();
        assert!(matches!(refused, Error::Conflict(_)), "{refused}");
        let clash = cases::clash(&reads, case.id, 1, mine.clone()).await.unwrap().unwrap();
        assert_eq!((clash.both, clash.kept), (vec!["description".to_owned()], vec!["severity".to_owned()]));
        assert_eq!(clash.base.description, "one\ntwo\nthree");
        assert_eq!(clash.merged.description, "ONE\ntwo\nTHREE\nfour");
        assert_eq!(clash.merged.severity, Severity::Low);

        // Kept for the one who typed it, in their organization, until it is saved.
        let long = "x".repeat(50_000);
        drafts::keep(&ada, "case", case.id.0, 1, &long).await.unwrap();
        drafts::keep(&ada, "case", case.id.0, 1, &mine.description).await.unwrap();
        let kept = drafts::kept::<_, String>(&reads, "case", case.id.0).await.unwrap();
        assert_eq!(kept, Some(Typed { version: 1, fields: mine.description.clone() }), "the newest");
        assert_eq!(
            drafts::kept::<_, String>(&ben, "case", case.id.0).await.unwrap(),
            None,
            "nobody else reads it"
        );
        let merged = NewCase { description: clash.merged.description, severity: Severity::Low, ..mine };
        let saved = cases::save(&ada, case.id, 2, merged).await.unwrap();
        assert_eq!((saved.case.version, saved.kept.len()), (3, 0));
        assert_eq!(drafts::kept::<_, String>(&reads, "case", case.id.0).await.unwrap(), None);
        // A version that never was is no place to merge from.
        let never = NewCase { title: "Never".into(), ..form };
        for version in [0, 9] {
            assert!(matches!(
                cases::save(&ada, case.id, version, never.clone()).await,
                Err(Error::Conflict(_))
            ));
            assert_eq!(cases::clash(&reads, case.id, version, never.clone()).await.unwrap(), None);
        }
    })
    .await;
}

#[tokio::test]
async fn another_organization_neither_saves_nor_compares() {
    for_each_backend(|t| async move {
        let world = World::new(t);
        let (alpha, beta) = (world.organization("alpha").await.id, world.organization("beta").await.id);
        let case = opened(&cx(&world.services, &Actor::system("test", alpha))).await;
        let stranger = Actor::system("test", beta);
        let mine = NewCase::titled("mine");
        let saved = cases::save(&cx(&world.services, &stranger), case.id, 1, mine.clone()).await;
        assert!(matches!(saved, Err(Error::NotFound)));
        let told = cases::clash(&cx(&world.services, &stranger), case.id, 1, mine).await.unwrap();
        assert_eq!(told, None);
        assert_eq!(
            cases::clash(&cx(&world.services, &stranger), CaseId(uuid::Uuid::nil()), 1, NewCase::of(&case))
                .await
                .unwrap(),
            None
        );
    })
    .await;
}

#[tokio::test]
async fn a_note_that_its_author_changed_elsewhere_is_put_together() {
    for_each_backend(|t| async move {
        let world = World::new(t);
        world.organization("alpha").await;
        world.person("ada@alpha.test", "alpha", "analyst").await;
        let ada = cx::<CaseWrite>(&world.services, &world.actor("ada@alpha.test", "alpha").await);
        let reads = cx::<CaseRead>(&world.services, ada.actor());
        let case = opened(&ada).await;
        let note = cases::add_note(&ada, case.id, "one\ntwo\nthree").await.unwrap().id;
        cases::edit_note(&ada, case.id, note, 1, "ONE\ntwo\nthree").await.unwrap();
        let late = cases::edit_note(&ada, case.id, note, 1, "one\ntwo\nTHREE").await;
        assert!(matches!(late, Err(Error::Conflict(_))));
        let merged = cases::note_clash(&reads, case.id, note, 1, "one\ntwo\nTHREE").await.unwrap().unwrap();
        assert_eq!((merged.text.as_str(), merged.clashes()), ("ONE\ntwo\nTHREE", false));
        assert_eq!(cases::note_clash(&reads, case.id, note, 7, "x").await.unwrap(), None);
    })
    .await;
}
