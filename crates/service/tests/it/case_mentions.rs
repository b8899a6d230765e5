//! People named in notes: who is called, what they find, and what a stranger does not.

use domain::case::NewCase;
use domain::case::mention::MentionFilter;
use domain::case::merge::Merging;
use domain::permission::{AccountWrite, CaseRead, CaseWrite};
use domain::{CaseId, UserId};
use service::{Actor, Cx, Error, cases, members};
use testkit::for_each_backend;

use crate::world::World;

fn unread(user: UserId) -> MentionFilter {
    MentionFilter { user: Some(user), unread: true }
}

async fn count(cx: &Cx<CaseRead>, filter: MentionFilter) -> i64 {
    cases::count_mentions(cx, &filter).await.unwrap()
}

/// Names in the notes of a case, in the order of the notes.
async fn written(cx: &Cx<CaseRead>, case: CaseId) -> Vec<String> {
    cases::named(cx, case).await.unwrap().into_iter().map(|named| named.written).collect()
}

#[tokio::test]
async fn whom_a_note_names_finds_it_until_they_have_read_it() {
    for_each_backend(|t| async move {
        let world = World::new(t);
        let alpha = world.organization("alpha").await;
        world.organization("beta").await;
        let ann = world.person("ann@a.test", "alpha", "analyst").await;
        let ben = world.person("ben@a.test", "alpha", "viewer").await;
        world.person("bob@b.test", "beta", "admin").await;
        let anns: Cx<CaseWrite> = world.cx("ann@a.test", "alpha").await;
        let reads: Cx<CaseRead> = world.cx("ben@a.test", "alpha").await;
        let bens: Cx<AccountWrite> = world.cx("ben@a.test", "alpha").await;
        let case = cases::open(&anns, NewCase::titled("one"), &[]).await.unwrap();

        // Oneself, a stranger, nobody and code call nobody.
        let text = "@Ben, ask @ann, @bob, @nobody and `@ben`; @BEN@a.test again";
        let note = cases::add_note(&anns, case.id, text).await.unwrap();
        assert_eq!(written(&reads, case.id).await, ["ben"]);
        assert_eq!(cases::named_in(&anns, case.id, note.id).await.unwrap()[0].user_id, ben.id);
        let entry = world.log(alpha.id).await.pop().unwrap();
        assert_eq!(entry.metadata["mentioned"], serde_json::json!([ben.id]));
        let found = cases::mentions(&reads, &unread(ben.id), 10, None).await.unwrap().items;
        assert_eq!(found.len(), 1);
        assert_eq!(
            (found[0].number, found[0].content.as_str(), found[0].author.as_str()),
            (1, text, "ann@a.test")
        );
        assert_eq!(count(&reads, unread(ann.id)).await, 0);

        cases::read_mention(&bens, note.id).await.unwrap();
        cases::read_mention(&bens, note.id).await.unwrap();
        assert_eq!(count(&reads, unread(ben.id)).await, 0);
        assert_eq!(count(&reads, MentionFilter { user: Some(ben.id), unread: false }).await, 1);
        let marks = world.actions(alpha.id).await.iter().filter(|action| *action == "MENTIONS_READ").count();
        assert_eq!(marks, 1, "once");

        // A change keeps who was named and read it, and takes out who is not named any more.
        cases::edit_note(&anns, case.id, note.id, 1, "@ben: done").await.unwrap();
        assert_eq!(count(&reads, unread(ben.id)).await, 0);
        cases::edit_note(&anns, case.id, note.id, 2, "done").await.unwrap();
        assert!(written(&reads, case.id).await.is_empty());

        for n in 0..3 {
            world.clock.advance_seconds(1);
            cases::add_note(&anns, case.id, &format!("{n} @ben")).await.unwrap();
        }
        let first = cases::mentions(&reads, &unread(ben.id), 2, None).await.unwrap();
        let second = cases::mentions(&reads, &unread(ben.id), 2, first.next_cursor.as_deref()).await.unwrap();
        let texts: Vec<_> =
            first.items.iter().chain(&second.items).map(|mention| mention.content.as_str()).collect();
        assert_eq!((texts, second.next_cursor), (vec!["2 @ben", "1 @ben", "0 @ben"], None));
        for wrong in ["", "1", "1.2.3", "a.b.c"] {
            assert!(matches!(
                cases::mentions(&reads, &unread(ben.id), 2, Some(wrong)).await,
                Err(Error::Invalid(_))
            ));
        }
        // Of a merged case it is told where it is read.
        let other = cases::open(&anns, NewCase::titled("other"), &[]).await.unwrap();
        let merging = |id| Merging { id, version: None };
        cases::merge_cases(&anns, merging(other.id), &[merging(case.id)], "").await.unwrap();
        assert_eq!(cases::mentions(&reads, &unread(ben.id), 1, None).await.unwrap().items[0].number, 2);
        assert_eq!(written(&reads, other.id).await.len(), 3);
        assert_eq!(cases::read_all_mentions(&bens).await.unwrap(), 3);
        assert_eq!(cases::read_all_mentions(&bens).await.unwrap(), 0);
        // What is deleted calls nobody.
        cases::delete_note(&anns, other.id, note.id).await.unwrap();
        assert_eq!(written(&reads, other.id).await.len(), 3);
    })
    .await;
}

#[tokio::test]
async fn a_stranger_neither_finds_nor_marks_mentions() {
    for_each_backend(|t| async move {
        let world = World::new(t);
        world.organization("alpha").await;
        world.organization("beta").await;
        world.person("ann@a.test", "alpha", "analyst").await;
        let ben = world.person("ben@a.test", "alpha", "analyst").await;
        // Of both organizations, and named in one.
        members::add_user(&world.services, "ben@a.test", "beta", "analyst", crate::world::PASSWORD)
            .await
            .unwrap();
        let anns: Cx<CaseWrite> = world.cx("ann@a.test", "alpha").await;
        let case = cases::open(&anns, NewCase::titled("one"), &[]).await.unwrap();
        let note = cases::add_note(&anns, case.id, "@ben").await.unwrap();
        let here: Cx<CaseRead> = world.cx("ben@a.test", "alpha").await;
        let there: Cx<CaseRead> = world.cx("ben@a.test", "beta").await;
        let elsewhere: Cx<AccountWrite> = world.cx("ben@a.test", "beta").await;
        let by_ann: Cx<AccountWrite> = world.cx("ann@a.test", "alpha").await;
        assert_eq!(count(&there, MentionFilter::default()).await, 0);
        assert!(cases::named(&there, case.id).await.unwrap().is_empty());
        for cx in [&elsewhere, &by_ann] {
            assert!(matches!(cases::read_mention(cx, note.id).await, Err(Error::NotFound)));
            assert_eq!(cases::read_all_mentions(cx).await.unwrap(), 0);
        }
        let system = world.services.admit(&Actor::system("test", here.actor().organization)).unwrap();
        assert!(matches!(cases::read_mention(&system, note.id).await, Err(Error::NotFound)));
        assert_eq!(count(&here, unread(ben.id)).await, 1, "nothing happened");
    })
    .await;
}
