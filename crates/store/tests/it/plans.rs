//! How SQLite reads what once took it minutes: through an index that leads to the rows, not through all rows of an organization.

use domain::case::{CaseFilter, CaseSort, LinkKind};
use domain::group::GroupFilter;
use domain::{GroupId, Timestamp};
use store::db::{Plan, explain};
use store::group::{self, Seen};
use store::{case, group::rules};

use crate::world::{at, id, organization, read};

/// Steps that look at all rows of an organization, but for the first of a statement.
fn wide(plans: &[Plan]) -> Vec<&str> {
    let inner = plans.iter().flat_map(|plan| {
        let first = plan.lines.iter().position(|line| line.starts_with("SEARCH"));
        plan.lines.iter().enumerate().filter(move |(i, _)| Some(*i) != first).map(|(_, line)| line.as_str())
    });
    inner.filter(|line| line.starts_with("SEARCH") && line.contains("(organization_id=?)")).collect()
}

#[tokio::test]
async fn facets_of_cases_go_from_the_cases_to_their_tags() {
    let t = testkit::sqlite().await;
    let org = organization(&t.db, "alpha").await;
    let filter = CaseFilter::default();
    let mut tx = read(&t.db, org).await;
    let (_, plans) = explain(case::facet::list(&mut tx, &filter, 2_000, 12)).await;
    assert_eq!(plans.len(), 2);
    assert_eq!(wide(&plans), Vec::<&str>::new());
    for (sort, index) in [
        (CaseSort::Severity, "cases_by_severity"),
        (CaseSort::Priority, "cases_by_priority"),
        (CaseSort::Updated, "cases_by_update"),
    ] {
        let (_, plans) = explain(case::list(&mut tx, &filter, sort, None, 50)).await;
        let lines = &plans[0].lines;
        assert!(lines.iter().any(|line| line.contains(index)), "{sort:?}: {lines:?}");
        assert!(!lines.iter().any(|line| line.contains("ORDER BY")), "{sort:?}: {lines:?}");
    }
    let (_, plans) = explain(case::counts(&mut tx, &filter, None, at(0))).await;
    assert!(plans[0].lines[0].contains("COVERING INDEX cases_counted"), "{plans:?}");
}

#[tokio::test]
async fn groups_are_gone_through_as_they_lie() {
    let t = testkit::sqlite().await;
    let org = organization(&t.db, "alpha").await;
    let mut tx = read(&t.db, org).await;
    let walks = |plans: &[Plan]| {
        let lines = plans.iter().flat_map(|plan| &plan.lines);
        let of_groups = lines.filter(|line| line.starts_with("SEARCH g ")).cloned().collect::<Vec<_>>();
        assert!(!of_groups.is_empty(), "{plans:?}");
        assert!(of_groups.iter().all(|line| line.contains("groups_by_first_seen")), "{of_groups:?}");
    };
    let filter = GroupFilter::default();
    walks(&explain(group::list(&mut tx, &filter, None, 50)).await.1);
    walks(&explain(group::counts(&mut tx, &filter, None)).await.1);
    walks(&explain(group::count_seen(&mut tx, Seen::Last, Timestamp::EPOCH, at(0))).await.1);
    walks(&explain(group::first_seen(&mut tx, None, None, 100)).await.1);
    let one: GroupId = id();
    let (_, plans) = explain(rules::with_members(&mut tx, &[one])).await;
    assert!(plans[0].lines[0].contains("groups_by_merged_into"), "{plans:?}");
    let (_, plans) = explain(group::get(&mut tx, one)).await;
    assert!(plans.iter().any(|plan| plan.lines.iter().any(|line| line.contains("id=?"))), "{plans:?}");
}

#[tokio::test]
async fn cases_are_found_from_what_they_share_and_not_the_other_way() {
    let t = testkit::sqlite().await;
    let org = organization(&t.db, "alpha").await;
    let mut tx = read(&t.db, org).await;
    let family = [id()];
    for (_, plans) in [
        explain(case::similar::by_observables(&mut tx, &family)).await,
        explain(case::similar::by_links(&mut tx, &family, LinkKind::Group)).await,
    ] {
        let lines = &plans[0].lines;
        let place = |begin: &str| lines.iter().position(|line| line.starts_with(begin));
        assert!(place("SCAN pairs").unwrap() < place("SEARCH c ").unwrap(), "{lines:?}");
        assert_eq!(wide(&plans), Vec::<&str>::new());
    }
    for text in ["tag:phishing", "observable:203.0.113.7", "field:ticket=7"] {
        let query = domain::query::parse(text, &domain::query::CASES, at(0)).unwrap();
        let filter = CaseFilter { query: Some(query), ..CaseFilter::default() };
        let (_, plans) = explain(case::list(&mut tx, &filter, CaseSort::Updated, None, 50)).await;
        let family = plans[0].lines.iter().find(|line| line.starts_with("SEARCH f ")).unwrap();
        assert!(family.contains("member_id=?"), "{text}: {family}");
    }
}
