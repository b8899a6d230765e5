//! Addresses of the event list.

use super::*;

fn map(pairs: &[(&'static str, &str)]) -> ParamsMap {
    pairs.iter().map(|(name, value)| (*name, (*value).to_owned())).collect()
}

#[test]
fn a_query_is_read_back_as_it_was_written() {
    let query = EventQuery::read(&map(&[
        ("from", "7d"),
        ("facet", "user"),
        ("facet", "payload.b"),
        ("q", "a b&c"),
        ("event", "e1"),
    ]));
    assert_eq!(query.href("acme"), "/o/acme/events?from=7d&q=a%20b%26c&facet=user&facet=payload.b&event=e1");
    let pairs = query.pairs(&["q"]);
    assert_eq!(pairs.iter().map(|(name, _)| *name).collect::<Vec<_>>(), ["from", "facet", "facet"]);
}

#[test]
fn a_query_that_cannot_be_read_says_where() {
    let asking = |q: &str| EventQuery { q: q.to_owned(), ..EventQuery::default() };
    assert_eq!(asking("severity>=high -service:billing \"failed password\"").problem(), None);
    assert_eq!(asking("").problem(), None);
    let problem = asking("ok componnent:auth").problem().unwrap();
    assert_eq!((problem.at, problem.suggestion.as_deref()), (3..13, Some("component")));
}

#[test]
fn a_condition_narrows_all_of_the_query_and_returns_to_the_first_page() {
    let query = |q: &str| EventQuery { q: q.into(), cursor: "c9".into(), ..EventQuery::default() };
    assert_eq!(query("").and("a:1").href("acme"), "/o/acme/events?q=a%3A1");
    assert_eq!(query("b ").and("a:1").q, "b a:1");
    assert_eq!(query("b OR c").and("a:1").q, "(b OR c) a:1");
}

#[test]
fn columns_are_chosen_and_ordered() {
    let usual = EventQuery::default();
    assert_eq!(usual.columns(), COLUMNS);
    let more = usual.with_column("payload.user");
    assert_eq!(more.columns(), ["component", "service", "system_id", "source", "payload.user"]);
    assert_eq!(more.with_column("payload.user"), usual);
    let moved = more.with_column_earlier("payload.user").with_column_earlier("component");
    assert_eq!(moved.columns(), ["component", "service", "system_id", "payload.user", "source"]);
    assert_eq!(moved.with_usual_rows(), usual);
    let none = COLUMNS.iter().fold(usual.clone(), |query, name| query.with_column(name));
    assert_eq!((none.columns(), none.saved().as_str()), (vec![], "column=none"));
    assert_eq!(none.with_column("service").columns(), ["service"]);
    assert_eq!(usual.with_other_density().saved(), "density=compact");
}

#[test]
fn a_saved_view_keeps_no_place_in_the_list() {
    let query = EventQuery {
        from: "7d".into(),
        more: "component".into(),
        cursor: "c".into(),
        back: vec!["b".into()],
        event: "e".into(),
        view: "v".into(),
        ..EventQuery::default()
    };
    assert_eq!(EventQuery::default().href("acme"), "/o/acme/events?view=all");
    assert_eq!(query.saved(), "from=7d");
    assert_eq!(query.href("acme"), "/o/acme/events?from=7d&more=component&back=b&cursor=c&event=e&view=v");
}

#[test]
fn a_facet_shows_more_and_less() {
    let more = EventQuery { within: "x".into(), ..EventQuery::default() }.with_more("component");
    assert_eq!((more.more.as_str(), more.within.as_str()), ("component", ""));
    assert_eq!(more.with_more("component"), EventQuery::default());
    let two = EventQuery { facet: vec!["a".into(), "b".into()], ..EventQuery::default() };
    assert_eq!(two.without_facet("a").facet, ["b"]);
}

#[test]
fn paging_leaves_a_trail_back() {
    let first = EventQuery::default();
    let third = first.next("c1").next("c2");
    assert_eq!((third.cursor.as_str(), third.back.as_slice()), ("c2", ["c1".to_owned()].as_slice()));
    assert_eq!(third.previous(), Some(first.next("c1")));
    assert_eq!(first.next("c1").previous(), Some(first.clone()));
    assert_eq!(first.previous(), None);
    let far = (0..20).fold(first, |query, n| query.next(&n.to_string()));
    assert_eq!(far.back.len(), MAX_TRAIL);
}

#[test]
fn live_is_the_first_page_of_a_range_that_ends_now() {
    let past = EventQuery {
        from: "2026-01-01T00:00:00Z".into(),
        to: "2026-01-02T00:00:00Z".into(),
        q: "a".into(),
        order: "oldest".into(),
        cursor: "c9".into(),
        ..EventQuery::default()
    };
    let live = past.live_toggled();
    assert_eq!(live.href("acme"), "/o/acme/events?from=2026-01-01T00%3A00%3A00Z&q=a&live=1");
    assert_eq!(
        live.tail_href("acme", "1-2-3"),
        "/o/acme/events/tail?from=2026-01-01T00%3A00%3A00Z&q=a&after=1-2-3"
    );
    assert!(live.is_live() && !live.live_toggled().is_live());
    assert!(live.open("e1").is_live() && live.and("b").is_live(), "another query is live too");
    for still in [live.next("c1"), live.by_time(), live.by_severity(), live.range("", "2026-01-02T00:00:00Z")]
    {
        assert!(!still.is_live(), "{still:?}");
    }
    assert_eq!(live.filter().live, "", "the numbers around it do not depend on it");
}

#[test]
fn the_url_without_a_range_means_the_last_day() {
    assert_eq!(EventQuery::default().preset(), Some("24h"));
    assert_eq!(EventQuery { to: "2026-01-01T00:00:00Z".into(), ..EventQuery::default() }.preset(), None);
    assert_eq!(
        EventQuery { from: "2026-01-01T00:00".into(), ..EventQuery::default() }.range_label(),
        "Custom range"
    );
}

#[cfg(feature = "ssr")]
#[test]
fn ranges_are_relative_absolute_or_local() {
    let now: domain::Timestamp = "2026-11-24T12:00:00Z".parse().unwrap();
    let local = |text: &str| format!("{text}:00+01:00").parse().ok();
    let at = |text: &str| Some(text.parse().unwrap());
    assert_eq!(on_server::range("1h", "", now, local).unwrap(), (at("2026-11-24T11:00:00Z"), None));
    assert_eq!(on_server::range("all", "", now, local).unwrap(), (None, None));
    assert_eq!(
        on_server::range("2026-11-24T10:00", "2026-11-24T11:00:00Z", now, local).unwrap(),
        (at("2026-11-24T09:00:00Z"), at("2026-11-24T11:00:00Z"))
    );
    assert!(on_server::range("yesterday", "", now, local).is_err());
    assert!(on_server::range("2026-11-24T11:00:00Z", "2026-11-24T10:00:00Z", now, local).is_err());
}

#[cfg(feature = "ssr")]
#[test]
fn what_an_address_asks_for_is_never_passed_over() {
    let wrong = |pairs: &[(&'static str, &str)]| {
        let now: Timestamp = "2026-11-23T09:30:00Z".parse().unwrap();
        EventQuery::of_page(&map(pairs)).to_filter(now, |_| None).expect_err("refused").to_string()
    };
    assert!(wrong(&[("order", "bogus")]).contains("order: 'bogus' is none; oldest, hottest"));
    assert!(wrong(&[("limit", "abc")]).contains("limit: 'abc' is none; 25, 50, 100 or 200"));
    assert!(wrong(&[("severity", "bogus")]).contains("write severity:bogus into the query"));
    assert!(wrong(&[("host", "db-1")]).contains("write system_id:db-1 into the query"));
    assert!(wrong(&[("sort", "bogus")]).contains("('bogus'); order takes oldest, hottest or mildest"));
    assert!(wrong(&[("colour", "red")]).starts_with("colour: no parameter of this page; it has from, to"));
    // Nothing else is lost: what the list counts and shows beside it does not depend on them.
    let page = EventQuery::of_page(&map(&[("q", "a"), ("sort", "x")]));
    assert_eq!(
        (page.filter().other.len(), page.filter().q.as_str(), page.href("acme").as_str()),
        (0, "a", "/o/acme/events?q=a")
    );
    assert!(EventQuery::of_page(&map(&[("q", "a"), ("live", "1"), ("back", "x")])).other.is_empty());
}
