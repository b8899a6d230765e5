//! Drifts in cases: linked as events and groups are, through the same table.

use domain::case::merge::Merging;
use domain::case::{Case, LinkKind, NewCase};
use domain::drift::DriftFilter;
use domain::permission::{CaseRead, CaseWrite, DriftRead};
use domain::query::{DRIFTS, parse};
use serde_json::json;
use service::{Cx, Error, cases, drifts};
use testkit::for_each_backend;
use uuid::Uuid;

use crate::drifts::Room;

struct Cases {
    room: Room,
    write: Cx<CaseWrite>,
    read: Cx<CaseRead>,
}

/// Three drifts: of two instances and a bucket.
async fn cases(t: testkit::TestDb) -> Cases {
    let room = Room::new(t).await;
    let differs = |address: &'static str| (address, json!({"size": 1}), json!({"size": 2}));
    room.push(&[differs("aws_instance.a"), differs("aws_instance.b"), differs("aws_s3_bucket.c")]).await;
    let write = room.world.cx("ana@alpha.test", "alpha").await;
    let read = room.world.cx("ana@alpha.test", "alpha").await;
    Cases { room, write, read }
}

impl Cases {
    async fn id(&self, number: &str) -> Uuid {
        self.room.get(number).await.id.0
    }
    async fn opened(&self, title: &str) -> Case {
        cases::open(&self.write, NewCase::titled(title), &[]).await.unwrap()
    }
    async fn linked(&self, case: &Case) -> Vec<i64> {
        let (found, all) = cases::drifts(&self.read, &self.room.read, case.id, 50).await.unwrap();
        assert_eq!(all, found.len() as i64);
        let mut numbers: Vec<i64> = found.into_iter().map(|(_, drift)| drift.unwrap().number).collect();
        numbers.sort_unstable();
        numbers
    }
    async fn count(&self, case: &Case) -> i64 {
        cases::get(&self.read, case.id).await.unwrap().link_count
    }
    async fn numbers_of(&self, drift: &str) -> Vec<i64> {
        drifts::case_numbers(&self.room.read, self.room.get(drift).await.id).await.unwrap()
    }
    async fn actions(&self) -> Vec<String> {
        let log = self.room.world.log(self.room.read.actor().organization).await;
        log.into_iter().map(|entry| entry.action).filter(|action| action.contains("_CASE")).collect()
    }
}

#[tokio::test]
async fn drifts_are_linked_once_found_from_both_sides_and_taken_out() {
    for_each_backend(|t| async move {
        let r = cases(t).await;
        let ids = [r.id("1").await, r.id("2").await];
        let case = cases::open(&r.write, NewCase::titled("One"), &[(LinkKind::Drift, ids[0])]).await.unwrap();
        assert_eq!(case.link_count, 1);
        assert_eq!(cases::link(&r.write, case.id, LinkKind::Drift, &ids).await.unwrap(), 1);
        assert_eq!(cases::link(&r.write, case.id, LinkKind::Drift, &ids).await.unwrap(), 0);
        let absent = cases::link(&r.write, case.id, LinkKind::Drift, &[ids[0], Uuid::from_u128(7)]).await;
        assert!(matches!(absent, Err(Error::Invalid(_))));
        assert_eq!((r.linked(&case).await, r.count(&case).await), (vec![1, 2], 2));
        let (one, all) = cases::drifts(&r.read, &r.room.read, case.id, 1).await.unwrap();
        assert_eq!((one.len(), all), (1, 2), "what is not shown is counted");
        assert_eq!(cases::linked_to(&r.read, LinkKind::Drift, ids[1]).await.unwrap()[0].id, case.id);
        assert!(cases::linked_to(&r.read, LinkKind::Event, ids[1]).await.unwrap().is_empty());
        assert_eq!(r.numbers_of("2").await, [1]);
        let links = cases::links(&r.read, case.id, Some(LinkKind::Drift), 50, None).await.unwrap().items;
        let link = links.iter().find(|link| link.target_id == ids[0]).unwrap();
        cases::remove_link(&r.write, case.id, link.id).await.unwrap();
        assert_eq!(cases::unlink(&r.write, case.id, LinkKind::Drift, &ids).await.unwrap(), 1);
        assert_eq!((r.linked(&case).await, r.numbers_of("1").await), (vec![], vec![]));
        let told: Vec<String> =
            cases::history(&r.read, case.id).await.unwrap().iter().map(domain::case::story::words).collect();
        assert_eq!(
            told,
            ["unlinked a drift", "unlinked a drift", "linked a drift", "linked a drift", "opened the case"]
        );
        assert_eq!(
            r.actions().await,
            ["DRIFT_LINKED_TO_CASE", "DRIFT_UNLINKED_FROM_CASE", "DRIFT_UNLINKED_FROM_CASE"]
        );
    })
    .await;
}

#[tokio::test]
async fn all_drifts_that_a_list_shows_are_named_to_be_linked() {
    for_each_backend(|t| async move {
        let r = cases(t).await;
        let of = |q: &str| DriftFilter {
            query: Some(parse(q, &DRIFTS, r.room.world.clock.now()).unwrap()),
            ..DriftFilter::default()
        };
        let found = cases::drifts_matching(&r.room.read, &of("type:aws_instance")).await.unwrap();
        let case = r.opened("All").await;
        assert_eq!(cases::link(&r.write, case.id, LinkKind::Drift, &found).await.unwrap(), 2);
        assert_eq!(r.linked(&case).await, [1, 2]);
        let none = cases::drifts_matching(&r.room.read, &of("type:moon")).await;
        assert!(matches!(none, Err(Error::Invalid(_))));
    })
    .await;
}

#[tokio::test]
async fn escalating_links_the_drift_and_taking_it_out_leaves_where_it_was_escalated_to() {
    for_each_backend(|t| async move {
        let r = cases(t).await;
        let other = r.opened("Other").await;
        let id = r.room.get("1").await.id;
        cases::link(&r.write, other.id, LinkKind::Drift, &[id.0]).await.unwrap();
        let number = drifts::escalate(&r.room.write, &r.write, id, "who?").await.unwrap();
        let case = cases::find(&r.read, &number.to_string()).await.unwrap();
        assert_eq!((r.linked(&case).await, case.link_count), (vec![1], 1));
        assert_eq!(r.numbers_of("1").await, [number, other.number], "all that it is in");
        assert_eq!(cases::unlink(&r.write, case.id, LinkKind::Drift, &[id.0]).await.unwrap(), 1);
        assert_eq!(r.room.get("1").await.case_number, Some(number));
        assert_eq!(r.numbers_of("1").await, [other.number]);
    })
    .await;
}

#[tokio::test]
async fn a_drift_of_merged_cases_counts_once_and_shared_ones_make_cases_similar() {
    for_each_backend(|t| async move {
        let r = cases(t).await;
        let ids = [r.id("1").await, r.id("2").await, r.id("3").await];
        let one = r.opened("Payroll").await;
        let two = r.opened("Lunch").await;
        cases::link(&r.write, one.id, LinkKind::Drift, &ids[..2]).await.unwrap();
        cases::link(&r.write, two.id, LinkKind::Drift, &ids[1..]).await.unwrap();
        let similar = cases::similar(&r.read, one.id).await.unwrap();
        let told: Vec<_> = similar.iter().map(|like| (like.case.id, like.shared.drifts)).collect();
        assert_eq!(told, [(two.id, 1)]);
        let of = |case: &Case| Merging { id: case.id, version: None };
        cases::merge_cases(&r.write, of(&one), &[of(&two)], "").await.unwrap();
        assert_eq!((r.linked(&one).await, r.count(&one).await), (vec![1, 2, 3], 3));
        assert_eq!(r.numbers_of("3").await, [one.number], "where it is read");
        cases::unmerge(&r.write, two.id).await.unwrap();
        assert_eq!((r.linked(&one).await, r.linked(&two).await), (vec![1, 2], vec![2, 3]));
        assert_eq!(r.numbers_of("2").await, [two.number, one.number]);
    })
    .await;
}

#[tokio::test]
async fn a_drift_of_another_organization_is_in_no_case() {
    for_each_backend(|t| async move {
        let r = cases(t).await;
        let (id, own) = (r.id("1").await, r.opened("Own").await);
        cases::link(&r.write, own.id, LinkKind::Drift, &[id]).await.unwrap();
        r.room.world.organization("beta").await;
        r.room.world.person("eve@beta.test", "beta", "admin").await;
        let write: Cx<CaseWrite> = r.room.world.cx("eve@beta.test", "beta").await;
        let read: Cx<CaseRead> = r.room.world.cx("eve@beta.test", "beta").await;
        let seen: Cx<DriftRead> = r.room.world.cx("eve@beta.test", "beta").await;
        let theirs = cases::open(&write, NewCase::titled("Theirs"), &[]).await.unwrap();
        let linked = cases::link(&write, theirs.id, LinkKind::Drift, &[id]).await;
        assert!(matches!(linked, Err(Error::Invalid(_))), "{linked:?}");
        let opened = cases::open(&write, NewCase::titled("Theirs"), &[(LinkKind::Drift, id)]).await;
        assert!(matches!(opened, Err(Error::Invalid(_))), "{opened:?}");
        let into = cases::link(&write, own.id, LinkKind::Drift, &[id]).await;
        assert!(matches!(into, Err(Error::NotFound)), "{into:?}");
        assert!(matches!(cases::unlink(&write, own.id, LinkKind::Drift, &[id]).await, Err(Error::NotFound)));
        assert!(cases::linked_to(&read, LinkKind::Drift, id).await.unwrap().is_empty());
        assert_eq!(cases::drifts(&read, &seen, own.id, 50).await.unwrap(), (Vec::new(), 0));
        assert!(drifts::case_numbers(&seen, domain::DriftId(id)).await.unwrap().is_empty());
        let all = cases::drifts_matching(&seen, &DriftFilter::default()).await;
        assert!(matches!(all, Err(Error::Invalid(_))), "none of them is theirs");
        assert_eq!(r.linked(&own).await, [1]);
    })
    .await;
}
