//! `/o/{organization}/drift?show=&q=&sort=&view=&cursor=`

use domain::Timestamp;
use domain::drift::{Drift, DriftFilter, DriftSort, DriftStatus};
use domain::group::Assignee;
use domain::member::Member;
use domain::permission::{DriftRead, Key, MemberRead};
use domain::query::edit::selected;
use domain::query::{DRIFTS, Problem, Query, parse};
use leptos::prelude::*;
use leptos_router::params::ParamsMap;
use service::Who;
use service::drifts::{self, Counts};
use ui::{
    BulkBar, Button, Checkbox, CodeBlock, Column, DataTable, Empty, Glyph, Menu, MenuItem, MenuLine, Notice,
    NoticeKind, PageHead, Pager, Row, Sorted, SplitList, Tab, Tabs, TextInput,
};

use super::api::ChangeDrifts;
use super::facets;
use super::parts::{self, Part};
use crate::error::Answer;
use crate::events::parts::{Severe, compact, number};
use crate::form::{Form, FormError};
use crate::live;
use crate::page::Page;
use crate::page::print::{Asked, form};
use crate::query_bar::{self, QueryField, Syntax};
use crate::routes::{self, Link};
use crate::server::Scope;
use crate::views::printed;
use crate::when::{Ago, Zone};

const LIMIT: u32 = 50;
/// `name` of the checkboxes and of the buttons.
const NUMBERS: &str = "asked[numbers][]";
const ACT: &str = "asked[act]";

pub static SYNTAX: Syntax = Syntax {
    schema: &DRIFTS,
    examples: &[
        ("bucket policy", "both words of resource, type and properties, in any case"),
        ("\"iam role\"", "the words in this order"),
        ("DRIFT-9", "the drift of this number"),
        ("severity>=high", "high and critical"),
        ("score:0.4..0.8", "a range, both ends included"),
        ("environment:prod repository:[infra, web]", "a field's value; one of several"),
        ("type:aws_iam*", "values that begin so; * is any run, ? one character"),
        ("path:policy* -kind:moved", "one and not the other; NOT does the same"),
        ("(cause:emergency_fix OR cause:unknown) s3", "either of two; blanks and AND mean both"),
        ("assignee:ada@acme.example", "who has it; assignee:nobody finds what nobody has"),
        ("detected_at>=-24h", "the last 24 hours; also today, yesterday, 2026-11-23"),
    ],
};

/// What the list can show; the first is what it opens with.
const SHOWN: [(&str, &str); 6] = [
    ("open", "Open"),
    ("mine", "Mine"),
    ("unassigned", "Unassigned"),
    ("acknowledged", "Acknowledged"),
    ("resolved", "Resolved"),
    ("all", "All"),
];

/// `?show=&q=&sort=&view=`: parser, link and filter are one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DriftQuery {
    pub show: &'static str,
    pub q: String,
    pub sort: DriftSort,
    /// The saved view that the list was opened with: its id, or `all` for none.
    pub view: String,
}

impl DriftQuery {
    pub fn read(map: &ParamsMap) -> Self {
        let get = |name: &str| map.get_str(name).unwrap_or_default();
        Self { view: get("view").to_owned(), ..Self::of(get("show"), get("q"), get("sort")) }
    }
    pub fn of(show: &str, q: &str, sort: &str) -> Self {
        let known = SHOWN.iter().find(|(word, _)| *word == show);
        Self {
            show: known.map_or(SHOWN[0].0, |(word, _)| word),
            q: q.trim().to_owned(),
            sort: sort.parse().unwrap_or(DriftSort::Severity),
            view: String::new(),
        }
    }
    pub fn link(&self, slug: &str) -> Link {
        self.pairs(Link::new(routes::drift(slug))).with("view", &self.view)
    }
    fn pairs(&self, link: Link) -> Link {
        let sort = if self.sort == DriftSort::Severity { "" } else { self.sort.as_str() };
        link.with("show", self.show).with("q", &self.q).with("sort", sort)
    }
    /// What a view keeps of it: the pairs behind the `?`.
    pub fn saved(&self) -> String {
        self.pairs(Link::new("")).done().trim_start_matches('?').to_owned()
    }
    /// Why the address asks for another list than there is.
    fn strange(asked: &Asked) -> Option<String> {
        let shown = SHOWN.map(|(word, _)| word);
        let sorts: Vec<&str> = DriftSort::ALL.iter().map(|sort| sort.as_str()).collect();
        asked.strange(&[("show", &shown), ("sort", &sorts)], &DRIFTS)
    }
    /// What is searched for; or why that cannot be read.
    pub fn parsed(&self, scope: &Scope, now: Timestamp) -> Result<Option<Query>, Problem> {
        if self.q.is_empty() {
            return Ok(None);
        }
        parse(&self.q, &DRIFTS, scope.zone.reader(now)).map(Some)
    }
    /// The drifts that the list shows, of what is searched for.
    pub fn filter(&self, query: Option<Query>, scope: &Scope) -> DriftFilter {
        let base = DriftFilter { query, ..DriftFilter::default() };
        let unresolved = vec![DriftStatus::Open, DriftStatus::Acknowledged];
        match self.show {
            "mine" => {
                let mine = match &scope.actor.who {
                    Who::User(user) => Assignee::User(user.id),
                    Who::ApiKey { .. } | Who::System(_) => Assignee::Nobody,
                };
                DriftFilter { status: unresolved, assigned_to: Some(mine), ..base }
            }
            "unassigned" => DriftFilter { status: unresolved, assigned_to: Some(Assignee::Nobody), ..base },
            "acknowledged" => DriftFilter { status: vec![DriftStatus::Acknowledged], ..base },
            "resolved" => DriftFilter { status: vec![DriftStatus::Resolved], ..base },
            "all" => base,
            _ => DriftFilter { status: vec![DriftStatus::Open], ..base },
        }
    }
}

pub fn count(counts: &Counts, show: &str) -> i64 {
    match show {
        "mine" => counts.mine,
        "unassigned" => counts.unassigned,
        "acknowledged" => counts.acknowledged,
        "resolved" => counts.resolved,
        "all" => counts.open + counts.acknowledged + counts.resolved,
        _ => counts.open,
    }
}

/// `1.2k`, `10k+`.
pub fn counted_compact(n: i64) -> String {
    let most = i64::from(drifts::COUNTED);
    if n > most { format!("{}+", compact(most)) } else { compact(n) }
}

/// `312`, `10,000+`.
pub fn counted(n: i64) -> String {
    let most = i64::from(drifts::COUNTED);
    if n > most { format!("{}+", number(most)) } else { number(n) }
}

pub async fn page(asked: Asked) -> Answer<Page> {
    let scope = asked.scope().await?;
    let since = live::since(&scope).await?;
    let cx = scope.admit::<DriftRead>()?;
    let slug = scope.organization.slug.as_str();
    let query = DriftQuery::read(&asked.query);
    let parsed = query.parsed(&scope, cx.now());
    let strange = DriftQuery::strange(&asked);
    let problem = parsed.as_ref().err().cloned();
    let failed = problem.is_some() || strange.is_some();
    let searched = parsed.unwrap_or_default();
    let filter = query.filter(searched.clone(), &scope);
    let views = if scope.may(Key::ViewRead) {
        let list = printed::List {
            area: "drift",
            all: "All drifts",
            page: routes::drift(slug),
            saved: query.saved(),
            view: query.view.clone(),
            bare: asked.bare(),
        };
        Some(printed::tabs(&scope, &list).await?)
    } else {
        None
    };
    let cursor = Some(asked.get("cursor")).filter(|cursor| !cursor.is_empty());
    let found = if failed {
        domain::page::Page { items: Vec::new(), next_cursor: None }
    } else {
        drifts::list(&cx, &filter, query.sort, LIMIT, cursor).await?
    };
    let facets = if failed { drifts::Facets::default() } else { drifts::facets(&cx, &filter).await? };
    let facets = crate::facets::seen_by(&scope, facets);
    let counts =
        drifts::counts(&cx, &DriftFilter { query: searched.clone(), ..DriftFilter::default() }).await?;
    let tabs: Vec<Tab> = SHOWN
        .iter()
        .map(|(word, words)| {
            let href = DriftQuery { show: word, ..query.clone() }.link(slug).done();
            let tab = Tab::new(*words, href, *word == query.show);
            // What cannot be read counts nothing.
            if failed { tab } else { tab.count(counted(count(&counts, word))) }
        })
        .collect();
    let next = found.next_cursor.as_deref().map(|cursor| query.link(slug).with("cursor", cursor).done());
    let first = cursor.is_some().then(|| query.link(slug).done());
    let matching = count(&counts, query.show);
    let summary = format!("{} of {}", found.items.len(), counted(matching));
    let may_write = scope.may(Key::DriftWrite);
    let never = query.q.is_empty() && count(&counts, "all") == 0;
    let body = if let Some(strange) = strange {
        view! { <Notice kind=NoticeKind::Error title="The query cannot be read">{strange}</Notice> }
            .into_any()
    } else if problem.is_some() {
        query_bar::no_list()
    } else if found.items.is_empty() {
        nothing(slug, never)
    } else {
        let members =
            if may_write { service::members::list(&scope.admit::<MemberRead>()?).await? } else { Vec::new() };
        let table = table(&found.items, slug, &query, may_write, scope.zone);
        if may_write {
            let may_link = scope.may(Key::CaseWrite);
            around(slug, &query, (&members, may_link), (found.items.len(), matching), table)
        } else {
            table
        }
    };
    let href = |q: String| DriftQuery { q, ..query.clone() }.link(slug).done();
    let wrong = problem.map(|problem| query_bar::wrong(&query.q, &problem, &href));
    let (show, sort, q, view) = (query.show, query.sort.as_str(), query.q.clone(), query.view.clone());
    let filters_on = searched.as_ref().map_or(0, |query| selected(query).len());
    let facets = {
        let (slug, query) = (slug.to_owned(), query.clone());
        move || {
            let href = |q: String| DriftQuery { q, ..query.clone() }.link(&slug).done();
            crate::facets::column(&facets::LOOK, &facets, &query.q, searched.as_ref(), &href)
        }
    };
    let pager = (!failed)
        .then(|| view! { <Pager label="Pages of drifts" previous=first next=next summary=summary /> });
    let list = view! {
        {body}
        {pager}
    };
    let body = view! {
        <PageHead title="Drift" note="what really runs, where it differs from its code" />
        {parts::pages(slug, Part::Drifts)}
        {views}
        <Tabs label="Drifts by status" tabs=tabs />
        <div class="query-row">
            <form method="get" action=routes::drift(slug) class="query" role="search" aria-label="This list">
                <input type="hidden" name="show" value=show />
                <input type="hidden" name="sort" value=sort />
                <input type="hidden" name="view" value=view />
                <QueryField
                    name="q"
                    label="Search drifts"
                    placeholder="Words, or fields: score>=0.6 env:prod type:aws_iam*"
                    syntax=&SYNTAX
                    value=q
                    is_wrong=wrong.is_some()
                    complete=routes::completing(slug, "drift")
                />
                <Button submit=true>"Search"</Button>
            </form>
        </div>
        {wrong}
        {if never {
            list.into_any()
        } else {
            view! { <SplitList facets=facets filters_on=filters_on>{list}</SplitList> }.into_any()
        }}
    };
    Ok(Page::of("Drift", body).follows(since, &["drift", "drift_ignore", "repository"]))
}

/// The empty list teaches how to fill it.
fn nothing(slug: &str, never: bool) -> AnyView {
    if !never {
        return view! { <Empty title="No drift is like that" text="Another tab, or fewer words in the search, may show it." icon=Glyph::Drift /> }
            .into_any();
    }
    let curl = format!(
        "terraform plan -out plan.out\nterraform show -json plan.out | curl -fsS \\\n  -H \"Authorization: Bearer $WATCHROOM_KEY\" -H \"Content-Type: application/json\" \\\n  --data-binary @- \\\n  \"{}?environment=prod&repository=infra&format=terraform-plan\"",
        crate::server::absolute("/api/v1/drift")
    );
    let local = format!(
        "terraform show -json plan.out | watchroom drift push --org {slug} \\\n  --environment prod --repository infra -"
    );
    view! {
        <Empty title="No drift yet" text="A pipeline sends what its tool prints anyway; no cloud credentials are needed here." icon=Glyph::Drift />
        <p>"From a pipeline, with an API key of the scope " <code>"drift.write"</code> ":"</p>
        <CodeBlock label="Push with curl" code=curl />
        <p>"On this machine:"</p>
        <CodeBlock label="Push with watchroom" code=local />
    }
    .into_any()
}

fn table(found: &[Drift], slug: &str, query: &DriftQuery, checks: bool, zone: Zone) -> AnyView {
    let by = |column: Column, of: DriftSort| {
        let href = DriftQuery { sort: of, ..query.clone() }.link(slug).done();
        column.sort(href, (query.sort == of).then_some(Sorted::Descending))
    };
    let columns = vec![
        by(Column::new("Drift").class("shrink"), DriftSort::Number),
        by(Column::new("Severity").class("shrink"), DriftSort::Severity),
        Column::new("Resource").class("message"),
        Column::new("Differs").class("shrink"),
        Column::new("Status").class("shrink"),
        Column::new("Environment").class("optional"),
        Column::new("Assignee").class("optional"),
        by(Column::new("Since").class("time"), DriftSort::Onset),
        by(Column::new("Seen").class("time optional"), DriftSort::Seen),
    ];
    let typed = Form::printed::<ChangeDrifts>().typed("numbers", "");
    let chosen: Vec<String> = typed.split_whitespace().map(str::to_owned).collect();
    let rows =
        found.iter().map(|drift| row(drift, slug, checks.then_some(chosen.as_slice()), zone)).collect_view();
    view! {
        <div class="page-table">
            <DataTable caption="Drifts" columns=columns checks=checks>
                {rows}
            </DataTable>
        </div>
    }
    .into_any()
}

fn row(drift: &Drift, slug: &str, chosen: Option<&[String]>, zone: Zone) -> AnyView {
    let number = drift.number.to_string();
    let checked = chosen.is_some_and(|chosen| chosen.contains(&number));
    let check_label = format!("Select {} {}", drift.key(), drift.resource_id);
    let href = routes::drift_one(slug, drift.number);
    let (key, title, kind) = (drift.key(), drift.resource_id.clone(), drift.resource_type.clone());
    let (severity, status, happened) = (drift.severity(), parts::status(drift), parts::happened(drift));
    let place = format!("{} / {}", drift.environment, drift.repository);
    let assignee = drift.assignee.clone().unwrap_or_else(|| "–".to_owned());
    let (since, seen) = (zone.when(drift.detected_at), zone.when(drift.last_seen_at));
    let (done, leads) = (!drift.state.status.is_open(), href.clone());
    let cells = view! {
        <td class="shrink mono">{key}</td>
        <td class="shrink">
            <Severe severity=severity />
        </td>
        <td class="message">
            <a data-row-link href=href class="mono">
                {title}
            </a>
            " "
            <span class="faint">{kind}</span>
        </td>
        <td class="shrink">{happened}</td>
        <td class="shrink">{status}</td>
        <td class="optional">{place}</td>
        <td class="optional">{assignee}</td>
        <td class="time">
            <Ago when=since />
        </td>
        <td class="time optional">
            <Ago when=seen />
        </td>
    }
    .into_any();
    if chosen.is_none() {
        return view! { <Row href=leads done=done>{cells}</Row> }.into_any();
    }
    view! {
        <Row href=leads done=done check_name=NUMBERS check_value=number check_label=check_label checked=checked>
            {cells}
        </Row>
    }
    .into_any()
}

/// The form around the list: what can be done with the chosen drifts.
fn around(
    slug: &str,
    query: &DriftQuery,
    (members, may_link): (&[Member], bool),
    (shown, matching): (usize, i64),
    table: AnyView,
) -> AnyView {
    let state = Form::printed::<ChangeDrifts>();
    let all = (matching > shown as i64).then(|| {
        let words = format!("Select all {} matching", counted(matching));
        let checked = !state.typed("all", "").is_empty();
        view! { <Checkbox name="asked[all]" label=words checked=checked /> }
    });
    let item = |value: String, words: String| {
        view! { <MenuItem submit=true name=ACT value=value>{words}</MenuItem> }.into_any()
    };
    let people: Vec<_> = members
        .iter()
        .filter(|member| member.enabled)
        .map(|member| {
            let name = member.display_name.clone().unwrap_or_else(|| member.username.clone());
            item(format!("assign:{}", member.user_id), name)
        })
        .collect();
    let own = [
        item("assign:me".to_owned(), "Me".to_owned()),
        item("assign:nobody".to_owned(), "Nobody".to_owned()),
    ];
    let resolve = [
        item("revert".to_owned(), "Reverted to the code".to_owned()),
        item("codify".to_owned(), "Written into the code".to_owned()),
    ];
    let case = may_link.then(|| {
        view! {
            <Button submit=true name=ACT value="case" icon=Glyph::Cases>
                "Add to a case"
            </Button>
        }
    });
    let (show, q) = (query.show, query.q.clone());
    let reason = state.typed("reason", "");
    let fields = view! {
        // Enter in a field sends nothing: what is to be done is a button's word.
        <button type="submit" disabled=true hidden=true></button>
        <input type="hidden" name="organization" value=slug.to_owned() />
        <input type="hidden" name="asked[show]" value=show />
        <input type="hidden" name="asked[q]" value=q />
        {table}
        <BulkBar count=0_usize>
            <FormError form=state fields=&[] />
            {all}
            <TextInput name="asked[reason]" key="c" label="Note" placeholder="Note" autocomplete="off" maxlength=2000_u32 value=reason />
            <Button submit=true name=ACT value="acknowledge">"Acknowledge"</Button>
            <Menu label="Resolve" icon=Glyph::Check key="r" up=true>
                {resolve}
            </Menu>
            <Button submit=true name=ACT value="reopen">"Reopen"</Button>
            <Menu label="Assign" icon=Glyph::User key="a" up=true>
                {own}
                <MenuLine />
                {people}
            </Menu>
            {case}
        </BulkBar>
    };
    // Without words of its own: what leads elsewhere says nothing.
    form::<ChangeDrifts>("", "groups-form", fields)
}
