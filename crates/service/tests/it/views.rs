//! Saved views.

use domain::permission::{ViewRead, ViewWrite};
use domain::view::{Area, NewView, View};
use service::{Cx, Error, Result, views};
use testkit::for_each_backend;

use crate::world::World;

fn new(name: &str, query: &str, shared: bool) -> NewView {
    NewView { name: name.to_owned(), query: query.to_owned(), shared }
}

async fn names(cx: &Cx<ViewRead>) -> Vec<String> {
    views::list(cx, Area::Events).await.unwrap().0.into_iter().map(|view| view.name).collect()
}

fn refused(result: Result<View>) -> Vec<String> {
    match result {
        Err(Error::Invalid(invalid)) => invalid.0.into_iter().map(|field| field.field).collect(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_view_is_ones_own_until_it_is_shared() {
    for_each_backend(|t| async move {
        let world = World::new(t);
        world.organization("alpha").await;
        world.organization("beta").await;
        for (who, place, role) in [
            ("ann@a.test", "alpha", "analyst"),
            ("vic@a.test", "alpha", "viewer"),
            ("bob@b.test", "beta", "admin"),
        ] {
            world.person(who, place, role).await;
        }
        let ann = world.cx::<ViewWrite>("ann@a.test", "alpha").await;
        let vic = world.cx::<ViewWrite>("vic@a.test", "alpha").await;
        let bob = world.cx::<ViewWrite>("bob@b.test", "beta").await;
        let anns = world.cx::<ViewRead>("ann@a.test", "alpha").await;
        let vics = world.cx::<ViewRead>("vic@a.test", "alpha").await;
        let bobs = world.cx::<ViewRead>("bob@b.test", "beta").await;

        let view =
            views::create(&ann, Area::Events, new(" Logins ", "from=7d&q=login", false)).await.unwrap();
        assert_eq!((view.name.as_str(), view.version), ("Logins", 1));
        assert_eq!(names(&anns).await, ["Logins"]);
        assert_eq!(names(&vics).await, [""; 0]);
        assert!(matches!(views::get(&vics, view.id).await, Err(Error::NotFound)));
        assert!(matches!(views::delete(&vic, view.id).await, Err(Error::NotFound)));

        // The same name is another person's as well, and the same of another list.
        views::create(&vic, Area::Events, new("Logins", "", false)).await.unwrap();
        views::create(&ann, Area::Groups, new("Logins", "status=muted&text=type%3Alogin", false))
            .await
            .unwrap();
        for query in ["text=componnent%3Asshd", "q=componnent%3Asshd"] {
            let Err(Error::Invalid(why)) = views::create(&ann, Area::Groups, new("x", query, false)).await
            else {
                panic!("{query}")
            };
            assert!(
                why.0[0].reason.ends_with("at character 1: no field `componnent`; did you mean `component`?")
            );
        }
        let twice = views::create(&ann, Area::Events, new("Logins", "", false)).await;
        assert!(matches!(twice, Err(Error::Conflict(_))));

        let shared = views::update(&ann, view.id, 1, new("Logins", "from=24h&q=login", true)).await.unwrap();
        assert_eq!(shared.version, 2);
        assert_eq!(names(&vics).await, ["Logins", "Logins"]);
        assert_eq!(views::get(&vics, view.id).await.unwrap().owner.as_deref(), Some("ann@a.test"));
        // A viewer neither shares nor changes what is shared.
        assert_eq!(refused(views::create(&vic, Area::Events, new("Mine", "", true)).await), ["shared"]);
        assert!(matches!(views::update(&vic, view.id, 2, new("x", "", true)).await, Err(Error::Forbidden)));
        assert!(matches!(views::delete(&vic, view.id).await, Err(Error::Forbidden)));
        // Another organization knows nothing of it.
        assert_eq!(names(&bobs).await, [""; 0]);
        for missing in
            [views::update(&bob, view.id, 2, new("x", "", true)).await, views::delete(&bob, view.id).await]
        {
            assert!(matches!(missing, Err(Error::NotFound)));
        }
        views::create(&bob, Area::Events, new("Logins", "", true)).await.unwrap();

        // Somebody who read version 1 does not overwrite version 2.
        let stale = views::update(&ann, view.id, 1, new("Old", "", true)).await;
        assert!(matches!(stale, Err(Error::Conflict(_))));
        assert_eq!(views::get(&anns, view.id).await.unwrap().query, "from=24h&q=login");

        views::delete(&ann, view.id).await.unwrap();
        assert_eq!(names(&anns).await, [""; 0]);
        let actions = world.actions(anns.actor().organization).await;
        let changes: Vec<_> = actions.iter().filter(|action| action.starts_with("VIEW_")).collect();
        assert_eq!(changes, ["VIEW_CREATED", "VIEW_CREATED", "VIEW_CREATED", "VIEW_UPDATED", "VIEW_DELETED"]);
    })
    .await;
}

#[tokio::test]
async fn a_list_opens_with_the_view_that_a_person_chose() {
    for_each_backend(|t| async move {
        let world = World::new(t);
        world.organization("alpha").await;
        world.person("ann@a.test", "alpha", "analyst").await;
        world.person("vic@a.test", "alpha", "viewer").await;
        let ann = world.cx::<ViewWrite>("ann@a.test", "alpha").await;
        let vic = world.cx::<ViewWrite>("vic@a.test", "alpha").await;
        let vics = world.cx::<ViewRead>("vic@a.test", "alpha").await;
        let anns = world.cx::<ViewRead>("ann@a.test", "alpha").await;
        let default = async |cx| views::default(cx, Area::Events).await.unwrap().map(|view| view.name);
        let shared = views::create(&ann, Area::Events, new("Shared", "q=a", true)).await.unwrap();
        let own = views::create(&ann, Area::Events, new("Own", "q=b", false)).await.unwrap();
        let groups = views::create(&ann, Area::Groups, new("Groups", "", true)).await.unwrap();

        views::set_default(&vic, Area::Events, Some(shared.id)).await.unwrap();
        assert_eq!(default(&vics).await.as_deref(), Some("Shared"));
        assert_eq!(views::list(&vics, Area::Events).await.unwrap().1, Some(shared.id));
        assert_eq!(default(&anns).await, None);
        for (cx, id) in [(&vic, own.id), (&vic, groups.id)] {
            assert!(matches!(views::set_default(cx, Area::Events, Some(id)).await, Err(Error::NotFound)));
        }
        views::set_default(&ann, Area::Events, Some(own.id)).await.unwrap();
        views::set_default(&ann, Area::Events, Some(shared.id)).await.unwrap();
        assert_eq!(default(&anns).await.as_deref(), Some("Shared"));
        views::set_default(&ann, Area::Events, None).await.unwrap();
        assert_eq!(default(&anns).await, None);

        // What is no longer shared is nobody else's default; what is deleted is nobody's.
        views::update(&ann, shared.id, 1, new("Shared", "q=a", false)).await.unwrap();
        assert_eq!(default(&vics).await, None);
        views::update(&ann, shared.id, 2, new("Shared", "q=a", true)).await.unwrap();
        assert_eq!(default(&vics).await.as_deref(), Some("Shared"));
        views::delete(&ann, shared.id).await.unwrap();
        assert_eq!(default(&vics).await, None);
    })
    .await;
}

#[tokio::test]
async fn a_view_whose_query_cannot_be_read_is_refused_and_there_is_an_end_to_them() {
    for_each_backend(|t| async move {
        let world = World::new(t);
        world.organization("alpha").await;
        world.person("vic@a.test", "alpha", "viewer").await;
        let vic = world.cx::<ViewWrite>("vic@a.test", "alpha").await;
        let bad = new("Bad", "q=severity%3E%3E", false);
        assert_eq!(refused(views::create(&vic, Area::Events, bad).await), ["query"]);
        for n in 0..50 {
            views::create(&vic, Area::Events, new(&format!("View {n}"), "q=a+b", false)).await.unwrap();
        }
        let more = views::create(&vic, Area::Events, new("One more", "", false)).await;
        assert!(matches!(more, Err(Error::Conflict(_))));
        views::create(&vic, Area::Groups, new("Another list", "", false)).await.unwrap();
    })
    .await;
}
