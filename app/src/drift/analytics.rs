//! `/o/{organization}/drift/analytics?days=30&environment=&repository=`: what came, what was resolved, how long that took. Every mark leads to
//! its list.

use domain::drift::metrics::{Analytics, Figures, Period, Times};
use domain::permission::{DriftRead, Key};
use domain::{Severity, Timestamp};
use leptos::prelude::*;
use service::drifts::{self, metrics};
use ui::{Button, Choice, Column, DataTable, Empty, Glyph, Kpi, PageHead, Row, Section, Select, Tone};

use super::parts::{self, Part};
use crate::error::Answer;
use crate::events::parts::{number, severity_word};
use crate::overview::sections::change;
use crate::page::Page;
use crate::page::print::Asked;
use crate::plot::{self, Behind, Mark, Slot};
use crate::routes::{self, Link};

const DAY: i64 = 86_400;
/// The periods on offer; the first is what the page opens with.
const PERIODS: [(i64, &str); 4] = [(30, "30 days"), (7, "7 days"), (90, "90 days"), (364, "52 weeks")];
/// Beyond this a place across is a week.
const MOST_PLACES: usize = 92;

/// The address of the page: parser and link are one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnalyticsQuery {
    pub period: Period,
}

impl AnalyticsQuery {
    pub fn of(days: &str, environment: &str, repository: &str) -> Self {
        let days = days.parse().ok().filter(|days| PERIODS.iter().any(|(known, _)| known == days));
        let some = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        Self {
            period: Period {
                days: days.unwrap_or(PERIODS[0].0),
                environment: some(environment),
                repository: some(repository),
            },
        }
    }
    fn with(&self, link: Link) -> String {
        let days =
            if self.period.days == PERIODS[0].0 { String::new() } else { self.period.days.to_string() };
        link.with("days", &days)
            .with("environment", self.period.environment.as_deref().unwrap_or_default())
            .with("repository", self.period.repository.as_deref().unwrap_or_default())
            .done()
    }
    pub fn href(&self, slug: &str) -> String {
        self.with(Link::new(routes::drift_part(slug, "analytics")))
    }
    fn csv(&self, slug: &str) -> String {
        self.with(Link::new(routes::drift_part(slug, "metrics.csv")))
    }
}

pub async fn page(asked: Asked) -> Answer<Page> {
    let scope = asked.scope().await?;
    let cx = scope.admit::<DriftRead>()?;
    let slug = scope.organization.slug.as_str();
    let query = AnalyticsQuery::of(asked.get("days"), asked.get("environment"), asked.get("repository"));
    let told = metrics::analytics(&cx, &query.period).await?;
    let repositories = drifts::repositories(&cx).await?;
    let lists = Lists { slug, query: &query };
    let csv = scope.may(Key::DriftExport).then(|| query.csv(slug));
    let head = move || {
        let link = |href| {
            view! {
                <a class="button secondary" href=href rel="external" download="">
                    <ui::Icon glyph=Glyph::Download />
                    <span class="words">"CSV"</span>
                </a>
            }
        };
        csv.clone().map(link).into_any()
    };
    let mut environments: Vec<&str> = repositories.iter().map(|one| one.environment.as_str()).collect();
    environments.dedup();
    let mut names: Vec<&str> = repositories.iter().map(|one| one.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let filter = filter(slug, &query, &environments, &names);
    let nothing = told.now == Figures::default() && told.before == Figures::default();
    let body = if nothing {
        view! {
            <Empty title="Nothing came in this period, and nothing was resolved" text="Figures come with what pipelines push; another period or environment may have some." icon=Glyph::Drift />
        }
        .into_any()
    } else {
        view! {
            {figures(&told, &lists)}
            <div class="plots">
                {by_day(&told, &lists)}
                {time_to_resolve(&told, &lists)}
                {severities(&told, &lists)}
                {causes(&told, &lists)}
                {adoption(&told, &lists)}
                <div class="wide">{places(&told, &lists)}</div>
            </div>
        }
        .into_any()
    };
    let period = period_words(&told, &query);
    let computed = told.computed_at.map(|at| {
        let at = scope.zone.when(at);
        view! { " Computed " <crate::when::Ago when=at /> "." }
    });
    let body = view! {
        <PageHead title="Drift" note="what came, what was resolved, and how long that took" actions=head />
        {parts::pages(slug, Part::Analytics)}
        {filter}
        <p class="analytics-period muted">{period} {computed}</p>
        {body}
    };
    Ok(Page::of("Drift analytics", body))
}

fn filter(slug: &str, query: &AnalyticsQuery, environments: &[&str], repositories: &[&str]) -> AnyView {
    let choices = |all: &'static str, names: &[&str]| {
        let mut choices = vec![Choice::new("", all)];
        choices.extend(names.iter().map(|name| Choice::new(*name, *name)));
        choices
    };
    let periods: Vec<Choice> =
        PERIODS.iter().map(|(days, words)| Choice::new(days.to_string(), format!("Last {words}"))).collect();
    let (environment, repository) = (
        query.period.environment.clone().unwrap_or_default(),
        query.period.repository.clone().unwrap_or_default(),
    );
    view! {
        <form method="get" action=routes::drift_part(slug, "analytics") class="analytics-filter" aria-label="What is counted">
            <Select name="days" label="Period" choices=periods value=query.period.days.to_string() />
            <Select name="environment" label="Environment" choices=choices("Every environment", environments) value=environment />
            <Select name="repository" label="Repository" choices=choices("Every repository", repositories) value=repository />
            <Button submit=true>"Show"</Button>
        </form>
    }
    .into_any()
}

fn period_words(told: &Analytics, query: &AnalyticsQuery) -> String {
    let place = match (&query.period.environment, &query.period.repository) {
        (None, None) => "every environment".to_owned(),
        (Some(environment), None) => environment.clone(),
        (None, Some(repository)) => repository.clone(),
        (Some(environment), Some(repository)) => format!("{environment} / {repository}"),
    };
    format!(
        "{} to {} (days in UTC), {place}; compared with the {} days before.",
        date(told.from),
        date(told.to.plus_seconds(-DAY)),
        query.period.days
    )
}

/// The lists behind the marks.
struct Lists<'a> {
    slug: &'a str,
    query: &'a AnalyticsQuery,
}

impl Lists<'_> {
    fn link(&self, show: &str, terms: &str) -> String {
        let quoted = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
        let mut q = terms.to_owned();
        if let Some(environment) = &self.query.period.environment {
            q = format!("{q} environment:{}", quoted(environment));
        }
        if let Some(repository) = &self.query.period.repository {
            q = format!("{q} repository:{}", quoted(repository));
        }
        Link::new(routes::drift(self.slug)).with("show", show).with("q", q.trim()).done()
    }
    /// Drifts whose latest coming is in a span, with further terms.
    fn came(&self, (from, to): (Timestamp, Timestamp), terms: &str) -> String {
        let q = format!("detected_at>=\"{}\" detected_at<\"{}\" {terms}", from.iso(), to.iso());
        self.link("all", q.trim())
    }
    fn resolved(&self, (from, to): (Timestamp, Timestamp)) -> String {
        self.link("resolved", &format!("resolved_at>=\"{}\" resolved_at<\"{}\"", from.iso(), to.iso()))
    }
    /// The page itself, of one environment or repository.
    fn within(&self, environment: &str, repository: &str) -> String {
        AnalyticsQuery::of(&self.query.period.days.to_string(), environment, repository).href(self.slug)
    }
}

/// Days, or weeks where they are many: from, to, what it is called, what it has.
fn spans(told: &Analytics) -> Vec<((Timestamp, Timestamp), String, Figures)> {
    let size = if told.days.len() > MOST_PLACES { 7 } else { 1 };
    told.days
        .chunks(size)
        .map(|days| {
            let from = days.first().map_or(told.from, |(at, _)| *at);
            let mut sum = Figures::default();
            for (_, figures) in days {
                sum.merge(figures);
            }
            ((from, from.plus_seconds(DAY * days.len() as i64)), day_label(from), sum)
        })
        .collect()
}

fn span_word(told: &Analytics) -> &'static str {
    if told.days.len() > MOST_PLACES { "Week from" } else { "Day" }
}

fn figures(told: &Analytics, lists: &Lists<'_>) -> AnyView {
    let (now, before, span) = (&told.now, &told.before, (told.from, told.to));
    let (came, came_tone) = change(now.came, before.came, Tone::High);
    let (resolved, _) = change(now.resolved, before.resolved, Tone::Neutral);
    let resolved_tone = if now.resolved >= before.resolved { Tone::Ok } else { Tone::Neutral };
    let slower = |of: fn(&Times) -> Option<i64>| {
        let (now, before) = (of(&now.times), of(&before.times));
        let (delta, tone) = change(now.unwrap_or(0), before.unwrap_or(0), Tone::High);
        let delta = delta.filter(|_| now.is_some());
        let note = before.map_or_else(|| "nothing before".to_owned(), |s| format!("{} before", duration(s)));
        (now.map_or_else(|| "–".to_owned(), duration), delta, tone, note)
    };
    let (mean, mean_delta, mean_tone, mean_note) = slower(Times::mean);
    let (p90, p90_delta, p90_tone, p90_note) = slower(|times| times.percentile(0.9));
    let taken = now.adoption().map_or_else(|| "–".to_owned(), share);
    let taken_note =
        before.adoption().map_or_else(|| "nothing before".to_owned(), |s| format!("{} before", share(s)));
    let rules = routes::drift_part(lists.slug, "rules");
    view! {
        <div class="kpis" role="group" aria-label="Key figures of drift">
            <Kpi label="Came" value=number(now.came) delta=came tone=came_tone note=format!("{} before", number(before.came)) href=lists.came(span, "") />
            <Kpi label="Resolved" value=number(now.resolved) delta=resolved tone=resolved_tone note=format!("{} before", number(before.resolved)) href=lists.resolved(span) />
            <Kpi label="Mean time to resolve" value=mean delta=mean_delta tone=mean_tone note=mean_note href=lists.resolved(span) />
            <Kpi label="Nine of ten within" value=p90 delta=p90_delta tone=p90_tone note=p90_note href=lists.resolved(span) />
            <Kpi label="Recommendations taken" value=taken note=taken_note href=rules />
        </div>
    }
    .into_any()
}

fn by_day(told: &Analytics, lists: &Lists<'_>) -> AnyView {
    let mut behind = Behind { columns: vec![span_word(told), "Came", "Resolved"], rows: Vec::new() };
    let slots: Vec<Slot> = spans(told)
        .into_iter()
        .map(|(span, label, figures)| {
            let (came, resolved) = (lists.came(span, ""), lists.resolved(span));
            let mark = |n: i64, class, href: &str, words: &str| Mark {
                value: n as f64,
                class,
                href: href.to_owned(),
                title: format!("{label}: {n} {words}"),
            };
            let slot = Slot {
                label: label.clone(),
                marks: vec![
                    mark(figures.came, "came", &came, "came"),
                    mark(figures.resolved, "resolved", &resolved, "resolved"),
                ],
            };
            let linked = |n: i64, href: String| (number(n), (n > 0).then_some(href));
            behind.rows.push(vec![
                (label, None),
                linked(figures.came, came),
                linked(figures.resolved, resolved),
            ]);
            slot
        })
        .collect();
    let drawing = plot::beside(&slots, whole);
    let legend = [("came", "Came"), ("resolved", "Resolved")];
    view! {
        <Section title="Drifts and resolutions">
            {plot::figure("Drifts that came and that were resolved", &legend, drawing, behind)}
        </Section>
    }
    .into_any()
}

fn time_to_resolve(told: &Analytics, lists: &Lists<'_>) -> AnyView {
    let mut behind =
        Behind { columns: vec![span_word(told), "Resolved", "Mean", "Nine of ten within"], rows: Vec::new() };
    let slots: Vec<Slot> = spans(told)
        .into_iter()
        .map(|(span, label, figures)| {
            let (Some(mean), Some(p90)) = (figures.times.mean(), figures.times.percentile(0.9)) else {
                return Slot { label, marks: Vec::new() };
            };
            let href = lists.resolved(span);
            let mark = |seconds: i64, class, words: &str| Mark {
                value: seconds as f64 / 3_600.0,
                class,
                href: href.clone(),
                title: format!("{label}: {words} {}", duration(seconds)),
            };
            let marks = vec![mark(mean, "came", "mean"), mark(p90, "slow", "nine of ten within")];
            behind.rows.push(vec![
                (label.clone(), None),
                (number(figures.resolved), Some(href.clone())),
                (duration(mean), None),
                (duration(p90), None),
            ]);
            Slot { label, marks }
        })
        .collect();
    let drawing = plot::lines(&slots, |hours| duration((hours * 3_600.0) as i64));
    let legend = [("came", "Mean"), ("slow", "Nine of ten within")];
    view! {
        <Section title="Time to resolve">
            {plot::figure("Time to resolve: mean, and within which nine of ten were", &legend, drawing, behind)}
        </Section>
    }
    .into_any()
}

/// What the score of a severity is between, as terms of a query.
fn score_terms(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "score>=0.85",
        Severity::High => "score>=0.65 score<0.85",
        Severity::Medium => "score>=0.4 score<0.65",
        Severity::Low => "score>=0.15 score<0.4",
        Severity::Info => "score<0.15",
    }
}

fn severities(told: &Analytics, lists: &Lists<'_>) -> AnyView {
    let mut columns = vec![span_word(told)];
    columns.extend(Severity::ALL.into_iter().rev().map(severity_word));
    let mut behind = Behind { columns, rows: Vec::new() };
    let slots: Vec<Slot> = spans(told)
        .into_iter()
        .map(|(span, label, figures)| {
            let href = |severity| lists.came(span, score_terms(severity));
            // The worst at the bottom, where lengths compare best.
            let marks = Severity::ALL.into_iter().rev().map(|severity| {
                let n = figures.severities[severity.rank()];
                let title = format!("{label}: {n} {}", severity_word(severity).to_lowercase());
                Mark { value: n as f64, class: severity.as_str(), href: href(severity), title }
            });
            let slot = Slot { label: label.clone(), marks: marks.collect() };
            let mut row = vec![(label, None)];
            row.extend(Severity::ALL.into_iter().rev().map(|severity| {
                let n = figures.severities[severity.rank()];
                (number(n), (n > 0).then(|| href(severity)))
            }));
            behind.rows.push(row);
            slot
        })
        .collect();
    let legend: Vec<(&str, &str)> = Severity::ALL
        .into_iter()
        .rev()
        .map(|severity| (severity.as_str(), severity_word(severity)))
        .collect();
    let drawing = plot::stacked(&slots, whole);
    view! {
        <Section title="Severity of what came">
            {plot::figure("Drifts that came, by severity", &legend, drawing, behind)}
        </Section>
    }
    .into_any()
}

fn causes(told: &Analytics, lists: &Lists<'_>) -> AnyView {
    let mut causes: Vec<(&String, i64)> = told.now.causes.iter().map(|(cause, n)| (cause, *n)).collect();
    causes.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    let most = causes.first().map_or(1, |(_, n)| *n);
    let rows: Vec<_> = causes
        .into_iter()
        .map(|(cause, n)| {
            let before = told.before.causes.get(cause).copied().unwrap_or(0);
            let href = lists.came((told.from, told.to), &format!("cause:{cause}"));
            view! {
                <tr>
                    <th scope="row">{cause_words(cause)}</th>
                    <td>{share_bar(n, most, "came")}</td>
                    <td class="num"><a class="link" href=href>{number(n)}</a></td>
                    <td class="num faint">{number(before)}</td>
                </tr>
            }
        })
        .collect();
    let columns = vec![
        Column::new("Cause"),
        Column::new("Share").hidden_header(),
        Column::new("Drifts").class("num"),
        Column::new("Before").class("num"),
    ];
    view! {
        <Section title="Causes">
            <DataTable caption="Causes of what came" columns=columns compact=true>
                {rows}
            </DataTable>
        </Section>
    }
    .into_any()
}

fn adoption(told: &Analytics, lists: &Lists<'_>) -> AnyView {
    let rules = routes::drift_part(lists.slug, "rules");
    let mut behind =
        Behind { columns: vec![span_word(told), "Taken", "Answered", "Share"], rows: Vec::new() };
    let slots: Vec<Slot> = spans(told)
        .into_iter()
        .map(|(_, label, figures)| {
            let (taken, answered) = (figures.implemented, figures.decided);
            let mark = |n: i64, class, words: &str| Mark {
                value: n as f64,
                class,
                href: rules.clone(),
                title: format!("{label}: {n} of {answered} {words}"),
            };
            if answered > 0 {
                let rate = figures.adoption().map_or_else(String::new, share);
                behind.rows.push(vec![
                    (label.clone(), None),
                    (number(taken), Some(rules.clone())),
                    (number(answered), None),
                    (rate, None),
                ]);
            }
            let marks = vec![mark(taken, "resolved", "taken"), mark(answered - taken, "left", "not taken")];
            Slot { label, marks }
        })
        .collect();
    let drawing = plot::stacked(&slots, whole);
    let legend = [("resolved", "Taken"), ("left", "Dismissed or left to expire")];
    view! {
        <Section title="Recommendations that were answered">
            {plot::figure("Recommendations that were answered, and taken", &legend, drawing, behind)}
        </Section>
    }
    .into_any()
}

fn places(told: &Analytics, lists: &Lists<'_>) -> AnyView {
    let environments: Vec<_> = told
        .environments
        .iter()
        .map(|(name, now, before)| {
            let href = lists.within(name, lists.query.period.repository.as_deref().unwrap_or_default());
            (name.clone(), href, now, before)
        })
        .collect();
    let repositories: Vec<_> = told
        .repositories
        .iter()
        .map(|((environment, repository), now, before)| {
            let href = lists.within(environment, repository);
            (format!("{environment} / {repository}"), href, now, before)
        })
        .collect();
    let environments = compared("Environments", "Environment", &environments);
    let repositories = compared("Repositories", "Repository", &repositories);
    view! {
        <Section title="Environments">{environments}</Section>
        <Section title="Repositories">{repositories}</Section>
    }
    .into_any()
}

fn compared(
    caption: &'static str,
    head: &'static str,
    of: &[(String, String, &Figures, &Figures)],
) -> AnyView {
    let most = of.iter().map(|(_, _, now, _)| now.came).max().unwrap_or(1);
    let rows: Vec<_> = of
        .iter()
        .map(|(name, href, now, before)| {
            let (delta, tone) = change(now.came, before.came, Tone::High);
            let class = format!("delta {}", tone.class());
            let or_dash = |seconds: Option<i64>| seconds.map_or_else(|| "–".to_owned(), duration);
            let cells = view! {
                <td class="message"><a href=href.clone()>{name.clone()}</a></td>
                <td class="optional">{share_bar(now.came, most, "came")}</td>
                <td class="num">{number(now.came)} " " <span class=class>{delta}</span></td>
                <td class="num faint optional">{number(before.came)}</td>
                <td class="num">{number(now.resolved)}</td>
                <td class="num">{or_dash(now.times.mean())}</td>
                <td class="num optional">{or_dash(now.times.percentile(0.9))}</td>
                <td class="num optional">{now.adoption().map_or_else(|| "–".to_owned(), share)}</td>
            }
            .into_any();
            view! { <Row href=href.clone()>{cells}</Row> }.into_any()
        })
        .collect();
    let columns = vec![
        Column::new(head).class("message"),
        Column::new("Share").class("optional").hidden_header(),
        Column::new("Came").class("num"),
        Column::new("Before").class("num optional"),
        Column::new("Resolved").class("num"),
        Column::new("Mean").class("num"),
        Column::new("Nine of ten").class("num optional"),
        Column::new("Taken").class("num optional"),
    ];
    view! {
        <DataTable caption=caption columns=columns compact=true>
            {rows}
        </DataTable>
    }
    .into_any()
}

fn share_bar(n: i64, most: i64, class: &'static str) -> AnyView {
    let width = format!("{:.1}%", n as f64 / most.max(1) as f64 * 100.0);
    view! {
        <svg class="share-bar" height="8" aria-hidden="true" focusable="false">
            <rect class=class x="0" y="0" width=width height="8" rx="2"></rect>
        </svg>
    }
    .into_any()
}

/// `emergency_fix` as "Emergency fix".
pub fn cause_words(cause: &str) -> String {
    let words = cause.replace('_', " ");
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn whole(value: f64) -> String {
    number(value.round() as i64)
}

fn share(value: f64) -> String {
    format!("{:.0} %", value * 100.0)
}

/// "4 min", "2.5 h", "3.1 d".
pub fn duration(seconds: i64) -> String {
    let tenth = |value: f64, unit: &str| {
        let text = format!("{value:.1}");
        format!("{} {unit}", text.strip_suffix(".0").unwrap_or(&text))
    };
    match seconds {
        ..=0 => "0".to_owned(),
        1..3_600 => format!("{} min", (seconds + 30) / 60),
        3_600..172_800 => tenth(seconds as f64 / 3_600.0, "h"),
        _ => tenth(seconds as f64 / 86_400.0, "d"),
    }
}

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// "23 Nov".
fn day_label(at: Timestamp) -> String {
    let text = at.iso();
    let month = text[5..7].parse::<usize>().ok().and_then(|n| MONTHS.get(n - 1)).copied().unwrap_or_default();
    format!("{} {month}", text[8..10].trim_start_matches('0'))
}

/// "23 Nov 2026".
fn date(at: Timestamp) -> String {
    format!("{} {}", day_label(at), &at.iso()[..4])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_of_time_are_told_as_people_say_them() {
        assert_eq!(
            [0, 20, 240, 9_000, 7_200, 267_840].map(duration),
            ["0", "0 min", "4 min", "2.5 h", "2 h", "3.1 d"]
        );
        assert_eq!(cause_words("emergency_fix"), "Emergency fix");
        let at: Timestamp = "2026-11-03T00:00:00Z".parse().unwrap();
        assert_eq!((day_label(at), date(at)), ("3 Nov".to_owned(), "3 Nov 2026".to_owned()));
    }

    #[test]
    fn marks_lead_to_lists_that_can_be_read() {
        let query = AnalyticsQuery::of("7", "prod", "a \"b\"");
        assert_eq!(
            query.href("acme"),
            "/o/acme/drift/analytics?days=7&environment=prod&repository=a%20%22b%22"
        );
        assert_eq!(AnalyticsQuery::of("8", "", " "), AnalyticsQuery::of("", "", ""));
        let lists = Lists { slug: "acme", query: &query };
        let at: Timestamp = "2026-11-03T00:00:00Z".parse().unwrap();
        for severity in Severity::ALL {
            let href = lists.came((at, at.plus_seconds(DAY)), score_terms(severity));
            let q: String = form_urlencoded::parse(href.split_once('?').unwrap().1.as_bytes())
                .find_map(|(name, value)| (name == "q").then(|| value.into_owned()))
                .unwrap();
            domain::query::parse(&q, &domain::query::DRIFTS, at)
                .unwrap_or_else(|e| panic!("{q}: {}", e.message));
        }
    }
}
