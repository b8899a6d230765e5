//! `/o/{organization}/cases/add`: events, groups and drifts, chosen in a list or found by a query, go into a case that is there or a
//! new one.
//!
//! `?about=event:{id}&about=group:{id}` names them; `?list=events&all=true&from=&to=&q=` is all that a list of events shows, and
//! `?list=groups&all=true&…` and `?list=drift&all=true&…` likewise. `find` searches the cases. Server only.

use domain::Severity;
use domain::case::job::Asked as Matching;
use domain::case::{Case, CaseFilter, CaseSort, LinkKind, Status, number};
use domain::drift::DriftFilter;
use domain::permission::{CaseRead, CaseWrite, DriftRead, EventRead, GroupRead, MemberRead};
use domain::query::{CASES, parse};
use leptos::prelude::*;
use leptos_router::params::ParamsMap;
use service::cases;
use ui::{Button, Empty, Glyph, Notice, NoticeKind, PageHead, Section, TextInput, Variant};
use uuid::Uuid;

use super::{CaseForm, LinkToCase, OpenCase, forms, parts, saving};
use crate::drift::list::DriftQuery;
use crate::error::{Answer, AppError, Kind};
use crate::events::EventQuery;
use crate::events::parts::{counted, hidden};
use crate::form::{Form, FormError};
use crate::groups::GroupQuery;
use crate::page::Page;
use crate::page::print::{Asked, form};
use crate::routes::{self, Link};
use crate::server::{Scope, not_found};

/// Cases that are offered.
const OFFERED: u32 = 12;
/// What the address says of what goes in.
const NAMES: [&str; 12] =
    ["about", "list", "all", "from", "to", "q", "text", "show", "status", "severity", "component", "sort"];

/// All that a list shows, as it was when the page was printed.
pub enum All {
    Events(Matching),
    Groups(GroupQuery),
    Drifts(DriftQuery),
}

/// What is to go into a case.
struct What {
    /// Kinds and ids, parted by blanks.
    about: String,
    /// [`All`], as a form carries it; empty where things are named.
    matching: String,
    words: String,
    /// What a new case starts with.
    starts: CaseForm,
    /// The list it came from.
    back: String,
}

pub async fn page(asked: Asked) -> Answer<Page> {
    let scope = asked.scope().await?;
    scope.admit::<CaseWrite>()?;
    let what = what(&scope, &asked).await;
    let members = service::members::list(&scope.admit::<MemberRead>()?).await?;
    let reads = scope.admit::<CaseRead>()?;
    let (own, templates) = (cases::fields(&reads).await?, cases::templates(&reads).await?);
    let slug = scope.organization.slug.clone();
    let body = match what {
        Err(error) if error.kind == Kind::Invalid => {
            let why = error.detail.clone();
            view! { <Notice kind=NoticeKind::Error title="Nothing can be added">{why}</Notice> }.into_any()
        }
        Err(error) => return Err(error),
        Ok(what) => {
            let there = there(&scope, &asked, &what).await?;
            let chosen = asked.get("template");
            let with = |id: &str| {
                let link = kept(&asked)
                    .into_iter()
                    .fold(Link::new(routes::add_to_case(&slug)), |link, (name, value)| {
                        link.with(name, &value)
                    });
                link.with("template", id).done()
            };
            let offered = forms::Offered::of(&templates, chosen, with);
            let starts = match saving::opening(&reads).await? {
                Some(typed) => typed,
                None => forms::begun(what.starts.clone(), &templates, chosen),
            };
            let new = forms::open(&slug, (&what.about, &what.matching), &starts, (&members, &own), &offered);
            let refused = Form::printed::<OpenCase>().refused().get_untracked();
            let (back, words) = (what.back.clone(), what.words.clone());
            view! {
                <Section title="What goes in">
                    <p>{words} " " <a class="link" href=back>"Back to the list"</a></p>
                </Section>
                {there}
                <Section title="Into a new case">
                    <details class="fold" open=refused || asked.get("find").is_empty()>
                        <summary>"Open a case"</summary>
                        {new}
                    </details>
                </Section>
            }
            .into_any()
        }
    };
    let body = view! {
        <PageHead title="Add to a case" note="into a case that is there, or a new one" />
        <div class="columns">
            <div class="main-column">{body}</div>
        </div>
    };
    Ok(Page::of("Add to a case", body))
}

async fn what(scope: &Scope, asked: &Asked) -> Answer<What> {
    let slug = &scope.organization.slug;
    let list = asked.get("list");
    if asked.get("all").is_empty() {
        let about = asked.query.get_all("about").unwrap_or_default().join(" ");
        let named = super::links(&about)?;
        if named.is_empty() {
            return Err(domain::Invalid::field("about", "choose at least one in the list").into());
        }
        let of = |kind| named.iter().filter(|(of, _)| *of == kind).count() as i64;
        let back = if of(LinkKind::Group) > 0 {
            routes::groups(slug)
        } else if of(LinkKind::Drift) > 0 {
            routes::drift(slug)
        } else {
            routes::events(slug)
        };
        let words: Vec<_> = [
            (LinkKind::Event, "event", "events"),
            (LinkKind::Group, "group", "groups"),
            (LinkKind::Drift, "drift", "drifts"),
        ]
        .into_iter()
        .filter(|(kind, _, _)| of(*kind) > 0)
        .map(|(kind, one, many)| counted(of(kind), one, many))
        .collect();
        let mut starts = forms::starts();
        let mut words = format!("{}.", words.join(" and "));
        if let [(kind, id)] = named.as_slice() {
            let (title, severity) = match kind {
                LinkKind::Event => {
                    let event =
                        service::events::get(&scope.admit::<EventRead>()?, domain::EventId(*id)).await?;
                    (event.message, event.severity)
                }
                LinkKind::Group => {
                    let group =
                        service::groups::get(&scope.admit::<GroupRead>()?, domain::GroupId(*id)).await?;
                    (group.template, group.severity)
                }
                LinkKind::Drift => {
                    let drift = service::drifts::find(&scope.admit::<DriftRead>()?, &id.to_string()).await?;
                    (format!("{}: {} {}", drift.key(), drift.resource_id, drift.drift_type), drift.severity())
                }
            };
            words = format!("{words} {title}");
            starts = named_like(&title, severity);
        }
        return Ok(What { about, matching: String::new(), words, starts, back });
    }
    match list {
        "groups" => {
            let query = GroupQuery::read(&asked.query);
            let filter = crate::groups::read::filter(scope, &query)?;
            let ids = cases::groups_matching(&scope.admit::<GroupRead>()?, &filter).await?;
            Ok(What {
                about: String::new(),
                matching: format!("groups?{}", query.saved()),
                words: format!("All {} of the list.", counted(ids.len() as i64, "group", "groups")),
                starts: forms::starts(),
                back: query.href(slug),
            })
        }
        "drift" => {
            let query = DriftQuery::read(&asked.query);
            let ids = drifts_of(scope, &query).await?;
            Ok(What {
                about: String::new(),
                matching: format!("drift?{}", query.saved()),
                words: format!("All {} of the list.", counted(ids.len() as i64, "drift", "drifts")),
                starts: forms::starts(),
                back: query.link(slug).done(),
            })
        }
        "events" => {
            let query = EventQuery::read(&asked.query);
            let now = scope.services.clock.now();
            let filter = query.filter_of(scope.zone, now)?;
            let until = filter.to.map_or(now, |to| to.min(now));
            let text = filter.query.as_ref().map(ToString::to_string).unwrap_or_default();
            let fixed = Matching { query: filter.query, from: filter.from, until: Some(until) };
            let count = cases::count_matching(&scope.admit::<EventRead>()?, &fixed).await?;
            let about = if count.exact { "" } else { "about " };
            let which = if query.q.is_empty() { String::new() } else { format!(" that match {}", query.q) };
            let range = range_words(scope, &fixed);
            let words = format!("All {about}{}{which}, {range}.", counted(count.n, "event", "events"));
            let from = fixed.from.map_or_else(|| "all".to_owned(), domain::Timestamp::iso);
            let matching =
                Link::new("events").with("from", &from).with("to", &until.iso()).with("q", &text).done();
            let title = if query.q.is_empty() { String::new() } else { format!("Events: {}", query.q) };
            Ok(What {
                about: String::new(),
                matching,
                words,
                starts: CaseForm { title: cut(&title), ..forms::starts() },
                back: query.href(slug),
            })
        }
        _ => Err(not_found()),
    }
}

fn range_words(scope: &Scope, asked: &Matching) -> String {
    let until = asked.until.map(|at| scope.zone.when(at).text).unwrap_or_default();
    match asked.from {
        Some(from) => format!("from {} to {until}", scope.zone.when(from).text),
        None => format!("until {until}"),
    }
}

fn named_like(title: &str, severity: Severity) -> CaseForm {
    CaseForm { title: cut(title), severity: severity.as_str().to_owned(), ..forms::starts() }
}

/// As much as a title holds, on one line.
fn cut(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(domain::case::MAX_TITLE).collect()
}

/// What a form said of all that a list shows; `None` where it says nothing.
///
/// # Errors
/// What cannot be read.
pub fn all_of(scope: &Scope, matching: &str) -> Answer<Option<All>> {
    let Some((list, query)) = matching.split_once('?') else {
        return if matching.is_empty() { Ok(None) } else { Err(not_found()) };
    };
    let map: ParamsMap = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    match list {
        "groups" => Ok(Some(All::Groups(GroupQuery::read(&map)))),
        "drift" => Ok(Some(All::Drifts(DriftQuery::read(&map)))),
        "events" => {
            let filter = EventQuery::read(&map).filter_of(scope.zone, scope.services.clock.now())?;
            Ok(Some(All::Events(Matching { query: filter.query, from: filter.from, until: filter.to })))
        }
        _ => Err(not_found()),
    }
}

/// The cases that are there: found by number or words, else the last changed that are open.
async fn there(scope: &Scope, asked: &Asked, what: &What) -> Answer<AnyView> {
    let cx = scope.admit::<CaseRead>()?;
    let find = asked.get("find").trim();
    let (mut problem, mut found) = (None, Vec::new());
    if let (false, Some(_)) = (find.is_empty(), number(find)) {
        found.extend(cases::find(&cx, find).await.ok());
    }
    let open = vec![Status::Open, Status::Investigating];
    let filter = if find.is_empty() {
        Ok(CaseFilter { status: open, ..CaseFilter::default() })
    } else {
        parse(find, &CASES, scope.zone.reader(cx.now()))
            .map(|query| CaseFilter { query: Some(query), ..CaseFilter::default() })
    };
    match filter {
        Ok(filter) => {
            let more = cases::list(&cx, &filter, CaseSort::Updated, OFFERED, None).await?.items;
            found.extend(
                more.into_iter()
                    .filter(|case| Some(case.id) != found.first().map(|first: &Case| first.id))
                    .collect::<Vec<_>>(),
            );
        }
        Err(why) => problem = Some(format!("The search cannot be read {}", why.placed(find))),
    }
    let slug = scope.organization.slug.as_str();
    let state = Form::printed::<LinkToCase>();
    let rows: Vec<_> = found.iter().map(|case| offered(case, slug, what)).collect();
    let none = rows.is_empty().then(|| {
        let (title, text) = if find.is_empty() {
            ("No case is open", "Search finds resolved ones; or open a new one below.")
        } else {
            ("No case is like that", "Fewer words, or its number, may find it.")
        };
        view! { <Empty title text icon=Glyph::Cases /> }
    });
    let (kept, action, find) = (hidden(kept(asked)), routes::add_to_case(slug), find.to_owned());
    let problem = problem.map(|why| view! { <Notice kind=NoticeKind::Error>{why}</Notice> });
    let heading = if find.is_empty() { "Open cases, the last changed first" } else { "Cases found" };
    Ok(view! {
        <Section title="Into a case that is there">
            <form method="get" action=action class="row-line search-line" role="search">
                {kept}
                <TextInput name="find" kind="search" label="Search cases" placeholder="CASE-42, or words of the title" value=find search=true />
                <Button submit=true>"Search"</Button>
            </form>
            {problem}
            <FormError form=state fields=&[] />
            {none}
            <ul class="plain-list" aria-label=heading>{rows}</ul>
        </Section>
    }
    .into_any())
}

/// What the address says of what goes in.
fn kept(asked: &Asked) -> Vec<(&'static str, String)> {
    NAMES
        .into_iter()
        .flat_map(|name| {
            asked.query.get_all(name).unwrap_or_default().into_iter().map(move |value| (name, value))
        })
        .collect()
}

fn offered(case: &Case, slug: &str, what: &What) -> AnyView {
    let label = format!("Add to {}", case.key());
    let (href, key, title) = (routes::case(slug, case.number), case.key(), case.title.clone());
    let status = parts::status(case);
    let fields = view! {
        <input type="hidden" name="organization" value=slug.to_owned() />
        <input type="hidden" name="number" value=case.number.to_string() />
        <input type="hidden" name="about" value=what.about.clone() />
        <input type="hidden" name="matching" value=what.matching.clone() />
        <Button submit=true variant=Variant::Secondary>{label}</Button>
    };
    view! {
        <li class="row-line">
            <a class="grow" href=href>
                <span class="mono muted">{key}</span>
                " "
                {title}
            </a>
            {status}
            {form::<LinkToCase>("Linked", "inline-form", fields)}
        </li>
    }
    .into_any()
}

/// The address of this page for things that are named.
pub fn href(slug: &str, about: &[String]) -> String {
    Link::new(routes::add_to_case(slug)).with_all("about", about.iter().map(String::as_str)).done()
}

/// The address of this page for all that a list of groups shows.
pub fn all_groups_href(slug: &str, list: &GroupQuery) -> String {
    all_href(slug, "groups", &list.saved())
}

/// The address of this page for all that a list of drifts shows.
pub fn all_drifts_href(slug: &str, list: &DriftQuery) -> String {
    all_href(slug, "drift", &list.saved())
}

fn all_href(slug: &str, list: &str, saved: &str) -> String {
    let link = Link::new(routes::add_to_case(slug)).with("list", list).with("all", "true").done();
    if saved.is_empty() { link } else { [&link, "&", saved].concat() }
}

impl All {
    /// Those of the groups and drifts that match now, as `open` and `link` take them; events are linked in the background.
    pub async fn named(&self, scope: &Scope) -> Result<Vec<(LinkKind, Uuid)>, AppError> {
        let (kind, ids) = match self {
            Self::Events(_) => return Ok(Vec::new()),
            Self::Groups(query) => {
                let filter = crate::groups::read::filter(scope, query)?;
                (LinkKind::Group, cases::groups_matching(&scope.admit::<GroupRead>()?, &filter).await?)
            }
            Self::Drifts(query) => (LinkKind::Drift, drifts_of(scope, query).await?),
        };
        Ok(ids.into_iter().map(|id| (kind, id)).collect())
    }
}

/// The drifts that a list shows.
async fn drifts_of(scope: &Scope, query: &DriftQuery) -> Answer<Vec<Uuid>> {
    let cx = scope.admit::<DriftRead>()?;
    let parsed = query.parsed(scope, cx.now());
    let parsed = parsed.map_err(|problem| domain::Invalid::field("q", problem.placed(&query.q)))?;
    let filter: DriftFilter = query.filter(parsed, scope);
    Ok(cases::drifts_matching(&cx, &filter).await?)
}
