//! Where people land after signing in.

use domain::permission::{AccountRead, AccountWrite, ViewWrite};
use domain::start::StartPage;
use domain::view::{Area, NewView};
use service::auth::{Viewer, account_actor};
use service::{Cx, Error, members, starts, views};
use testkit::for_each_backend;

use crate::world::World;

fn own<P: domain::permission::Permission>(world: &World, viewer: &Viewer) -> Cx<P> {
    world.services.admit(&account_actor(viewer)).unwrap()
}

#[tokio::test]
async fn a_person_lands_where_they_chose_while_they_can_get_there() {
    for_each_backend(|t| async move {
        let world = World::new(t);
        let alpha = world.organization("alpha").await;
        world.organization("beta").await;
        world.organization("gamma").await;
        world.person("ann@a.test", "alpha", "analyst").await;
        members::add_user(&world.services, "ann@a.test", "beta", "viewer", crate::world::PASSWORD)
            .await
            .unwrap();
        world.person("bob@b.test", "beta", "admin").await;
        let viewer = world.viewer("ann@a.test").await;
        let (reads, writes): (Cx<AccountRead>, Cx<AccountWrite>) =
            (own(&world, &viewer), own(&world, &viewer));
        let landing = async || starts::landing(&world.services, &viewer).await.unwrap();
        assert_eq!(landing().await, None);

        starts::set_page(&writes, &viewer, "beta", StartPage::Cases).await.unwrap();
        let there = landing().await.unwrap();
        assert_eq!((there.slug.as_str(), there.page, there.view), ("beta", StartPage::Cases, None));
        let entry = world.log(alpha.id).await.pop().unwrap();
        assert_eq!(
            (entry.action.as_str(), &entry.new_values.unwrap()["start_page"]),
            ("USER_UPDATED", &"cases".into())
        );

        // One's own views and shared ones, not another's.
        let view = |name: &str, shared| NewView { name: name.to_owned(), query: "q=a".to_owned(), shared };
        let anns: Cx<ViewWrite> = world.cx("ann@a.test", "alpha").await;
        let bobs: Cx<ViewWrite> = world.cx("bob@b.test", "beta").await;
        let mine = views::create(&anns, Area::Events, view("mine", false)).await.unwrap();
        let hidden = views::create(&bobs, Area::Events, view("hidden", false)).await.unwrap();
        let shared = views::create(&bobs, Area::Cases, view("shared", true)).await.unwrap();
        let offered: Vec<(String, Vec<String>)> = starts::choices(&reads, &viewer)
            .await
            .unwrap()
            .into_iter()
            .map(|(there, views)| (there.slug, views.into_iter().map(|view| view.name).collect()))
            .collect();
        let of = |slug: &str, names: &[&str]| {
            (slug.to_owned(), names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>())
        };
        assert_eq!(offered, [of("alpha", &["mine"]), of("beta", &["shared"])]);
        for (slug, id) in [("beta", hidden.id), ("beta", mine.id), ("alpha", shared.id), ("gamma", mine.id)] {
            let set = starts::set_view(&writes, &viewer, slug, id).await;
            assert!(matches!(set, Err(Error::Invalid(_))), "{slug}: {set:?}");
        }
        assert!(matches!(
            starts::set_page(&writes, &viewer, "gamma", StartPage::Events).await,
            Err(Error::Invalid(_))
        ));
        starts::set_view(&writes, &viewer, "beta", shared.id).await.unwrap();
        assert_eq!(landing().await.unwrap().view.unwrap().id, shared.id);
        // A view that is gone leaves nobody at a page that is not there.
        views::delete(&bobs, shared.id).await.unwrap();
        assert_eq!(landing().await, None);
        starts::set_view(&writes, &viewer, "alpha", mine.id).await.unwrap();
        assert_eq!(landing().await.unwrap().page, StartPage::Events);
        // Nor does an organization that one is out of.
        starts::set_page(&writes, &viewer, "beta", StartPage::Tasks).await.unwrap();
        let admin = world.cx("bob@b.test", "beta").await;
        let membership = members::list(&world.cx("bob@b.test", "beta").await)
            .await
            .unwrap()
            .into_iter()
            .find(|member| member.email == "ann@a.test")
            .unwrap();
        members::remove(&admin, membership.id).await.unwrap();
        assert_eq!(landing().await, None);
        starts::forget(&writes).await.unwrap();
    })
    .await;
}
