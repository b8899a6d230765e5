//! Pages that are followed: what changed is told once, to those who may read it, and who is there meets who is there.

use std::time::Duration;

use domain::case::NewCase;
use domain::live::{Doing, Present, Topic};
use domain::permission::{CaseWrite, EnvironmentWrite, OrganizationEnter};
use domain::{CaseId, CaseNoteId, environment::NewEnvironment};
use service::live::{self, Asked, Heard, Stream};
use service::{Actor, Cx, Error, Services, cases, environments};
use testkit::for_each_backend;
use uuid::Uuid;

use crate::backup::system;
use crate::world::World;

fn topic(text: &str) -> Topic {
    Topic::parse(text).unwrap()
}

fn of_case(id: CaseId) -> Vec<Topic> {
    vec![topic(&format!("case:{id}"))]
}

async fn follow(services: &Services, actor: &Actor, asked: Asked) -> Stream {
    live::open(&services.admit(actor).unwrap(), asked).await.unwrap()
}

async fn next(stream: &mut Stream) -> Heard {
    tokio::time::timeout(Duration::from_secs(20), stream.next()).await.expect("something is heard").unwrap()
}

/// Codes and authors of so many changes at least.
async fn changes(stream: &mut Stream, least: usize) -> Vec<(String, String)> {
    let mut heard = Vec::new();
    while heard.len() < least {
        if let Heard::Changes(notes) = next(stream).await {
            heard.extend(notes.iter().map(|note| (note.action.clone(), note.by.clone())));
        }
    }
    heard
}

/// Names of who is there, once they are these.
async fn meets(stream: &mut Stream, wanted: &[(&str, Option<&str>)]) {
    let wanted: Vec<_> = wanted.iter().map(|(name, doing)| ((*name).to_owned(), *doing)).collect();
    loop {
        if let Heard::People(people) = next(stream).await {
            let of = |who: &Present| (who.name.clone(), who.doing.as_ref().map(Doing::words));
            if people.iter().map(of).collect::<Vec<_>>() == wanted {
                return;
            }
        }
    }
}

async fn opened(services: &Services, actor: &Actor, title: &str) -> CaseId {
    let cx: Cx<CaseWrite> = services.admit(actor).unwrap();
    cases::open(&cx, NewCase::titled(title), &[]).await.unwrap().id
}

async fn note(services: &Services, actor: &Actor, case: CaseId) -> CaseNoteId {
    cases::add_note(&services.admit(actor).unwrap(), case, "seen").await.unwrap().id
}

#[tokio::test]
async fn what_changes_is_told_to_who_follows_it_whichever_process_wrote() {
    for_each_backend(|t| async move {
        let world = World::new(t);
        let (a, b) = (world.organization("alpha").await.id, world.organization("beta").await.id);
        world.person("ada@alpha.test", "alpha", "analyst").await;
        let ada = world.actor("ada@alpha.test", "alpha").await;
        let one = opened(&world.services, &ada, "one").await;
        let other = opened(&world.services, &ada, "other").await;
        let foreign = opened(&world.services, &Actor::system("test", b), "foreign").await;
        let mut case =
            follow(&world.services, &ada, Asked { topics: of_case(one), ..Asked::default() }).await;
        let both = Asked { topics: vec![topic("case"), topic("environment")], ..Asked::default() };
        let mut list = follow(&world.services, &ada, both).await;
        note(&world.services, &ada, other).await;
        note(&world.services, &Actor::system("test", b), foreign).await;
        // By another process, which cannot knock.
        let second = world.second_process();
        note(&second, &ada, one).await;
        let cx: Cx<EnvironmentWrite> = system(&second, a);
        let new = NewEnvironment {
            slug: "prod".to_owned(),
            name: "Production".to_owned(),
            ..NewEnvironment::default()
        };
        environments::create(&cx, new).await.unwrap();
        let by = |action: &str, name: &str| (action.to_owned(), name.to_owned());
        assert_eq!(changes(&mut case, 1).await, [by("CASE_NOTE_ADDED", "ada")], "of this case alone");
        let told = [
            by("CASE_NOTE_ADDED", "ada"),
            by("CASE_NOTE_ADDED", "ada"),
            by("ENVIRONMENT_CREATED", "system (test)"),
        ];
        assert_eq!(changes(&mut list, 3).await, told);
    })
    .await;
}

#[tokio::test]
async fn who_comes_back_with_its_number_is_told_the_gap_and_of_too_much_that_it_was_too_much() {
    for_each_backend(|t| async move {
        let world = World::new(t);
        world.organization("alpha").await;
        world.person("ada@alpha.test", "alpha", "analyst").await;
        let ada = world.actor("ada@alpha.test", "alpha").await;
        let case = opened(&world.services, &ada, "one").await;
        let printed = live::newest(&world.services.admit(&ada).unwrap()).await.unwrap();
        let asked = |after| Asked { topics: of_case(case), after: Some(after), ..Asked::default() };
        note(&world.services, &ada, case).await;
        let mut stream = follow(&world.services, &ada, asked(printed)).await;
        assert_eq!(changes(&mut stream, 1).await.len(), 1, "what came between the page and its stream");
        let place = stream.place();
        drop(stream);
        note(&world.services, &ada, case).await;
        note(&world.services, &ada, case).await;
        let mut again = follow(&world.second_process(), &ada, asked(place)).await;
        assert_eq!(changes(&mut again, 2).await.len(), 2, "no gap, no repeat, by another process as well");
        for _ in 0..201 {
            note(&world.services, &ada, case).await;
        }
        let mut late = follow(&world.second_process(), &ada, asked(place)).await;
        assert!(matches!(next(&mut late).await, Heard::Lost));
        let mut odd = follow(&world.services, &ada, asked(1_000_000)).await;
        assert!(matches!(next(&mut odd).await, Heard::Lost), "a number of another database");
    })
    .await;
}

#[tokio::test]
async fn nobody_follows_what_they_may_not_read() {
    for_each_backend(|t| async move {
        let world = World::new(t);
        world.organization("alpha").await;
        let beta = world.organization("beta").await.id;
        world.person("vera@alpha.test", "alpha", "viewer").await;
        let vera = world.actor("vera@alpha.test", "alpha").await;
        let foreign = opened(&world.services, &Actor::system("test", beta), "foreign").await;
        let open = async |topics: Vec<Topic>| {
            let cx: Cx<OrganizationEnter> = world.services.admit(&vera).unwrap();
            live::open(&cx, Asked { topics, ..Asked::default() }).await.map(drop)
        };
        assert!(matches!(open(vec![topic("case"), topic("api_key")]).await, Err(Error::Forbidden)));
        assert!(matches!(open(vec![topic("member")]).await, Err(Error::Forbidden)));
        assert!(matches!(open(of_case(foreign)).await, Err(Error::NotFound)), "as if it were not there");
        assert!(matches!(open(Vec::new()).await, Err(Error::Invalid(_))));
        open(vec![topic("case"), topic("environment")]).await.unwrap();
        assert_eq!(world.services.open_pages(), 0);
    })
    .await;
}

#[tokio::test]
async fn two_people_at_a_case_meet_across_processes_and_part() {
    for_each_backend(|t| async move {
        let world = World::new(t);
        let alpha = world.organization("alpha").await.id;
        for (email, role) in
            [("ada@alpha.test", "analyst"), ("ben@alpha.test", "viewer"), ("sre@alpha.test", "sre")]
        {
            world.person(email, "alpha", role).await;
        }
        let ada = world.actor("ada@alpha.test", "alpha").await;
        let ben = world.actor("ben@alpha.test", "alpha").await;
        let sre = world.actor("sre@alpha.test", "alpha").await;
        let case = opened(&world.services, &ada, "one").await;
        let other = opened(&world.services, &ada, "other").await;
        let entries = world.log(alpha).await.len();
        let at = |case, tab, doing: &str| Asked {
            topics: of_case(case),
            tab: Some(Uuid::from_u128(tab)),
            doing: Doing::parse(doing),
            ..Asked::default()
        };
        let second = world.second_process();
        let mut ada_sees = follow(&world.services, &ada, at(case, 1, "")).await;
        meets(&mut ada_sees, &[]).await;
        let mut ben_sees = follow(&second, &ben, at(case, 2, "")).await;
        meets(&mut ada_sees, &[("ben", None)]).await;
        meets(&mut ben_sees, &[("ada", None)]).await;
        // Elsewhere, by the platform role, twice, or as nobody in particular: not seen, or once.
        let elsewhere = follow(&second, &ben, at(other, 3, "")).await;
        let mut looks_in = follow(&second, &sre, at(case, 4, "")).await;
        let twice = follow(&world.services, &ada, at(case, 5, "edit_case:case[description]")).await;
        meets(&mut ben_sees, &[("ada", Some("editing the description"))]).await;
        // The page says what it does by connecting anew; the old connection ends after that.
        let again = follow(&world.services, &ada, at(case, 5, "add_case_note:content")).await;
        drop(twice);
        meets(&mut ben_sees, &[("ada", Some("writing a note"))]).await;
        drop((again, ada_sees));
        meets(&mut ben_sees, &[]).await;
        note(&second, &ada, case).await;
        assert!(matches!(next(&mut looks_in).await, Heard::Changes(_)), "changes, but nobody");
        drop((elsewhere, looks_in, ben_sees));
        assert_eq!(world.log(alpha).await.len(), entries + 1, "nobody audits who looked where");
    })
    .await;
}

#[tokio::test]
async fn every_stream_ends_with_the_server() {
    for_each_backend(|t| async move {
        let world = World::new(t);
        world.organization("alpha").await;
        world.person("ada@alpha.test", "alpha", "analyst").await;
        let ada = world.actor("ada@alpha.test", "alpha").await;
        let asked = || Asked { topics: vec![topic("case")], ..Asked::default() };
        let mut streams = Vec::new();
        let refused = loop {
            let cx: Cx<OrganizationEnter> = world.services.admit(&ada).unwrap();
            match live::open(&cx, asked()).await {
                Ok(stream) => streams.push(stream),
                Err(error) => break error,
            }
        };
        assert!(matches!(refused, Error::TooMany { .. }));
        assert_eq!((streams.len(), world.services.open_pages()), (64, 64));
        world.services.close_tails();
        for stream in &mut streams {
            assert!(matches!(next(stream).await, Heard::Closed));
        }
        drop(streams);
        assert_eq!(world.services.open_pages(), 0);
    })
    .await;
}
