//! When the cases of the list were opened: a strip of bars above it, each with its way to its cases. Server only.

use domain::case::CaseFilter;
use domain::overview::Bucket;
use domain::permission::CaseRead;
use domain::{Severity, Timestamp};
use leptos::prelude::*;
use service::{Cx, cases};

use super::query::CaseQuery;
use crate::error::Answer;
use crate::events::parts::{number, severity_word};
use crate::plot::{self, Behind, Mark, Slot};
use crate::when::Zone;

/// More cases are counted for who asks only: each is looked at.
const BY_ITSELF: i64 = 20_000;

/// `matching`: how many the list has.
pub async fn strip(
    cx: &Cx<CaseRead>,
    query: &CaseQuery,
    filter: &CaseFilter,
    matching: i64,
    (slug, zone): (&str, Zone),
) -> Answer<AnyView> {
    let narrowed = narrowed(query, slug, zone);
    if matching > BY_ITSELF && !query.chart {
        let href = query.charted().link(slug).done();
        return Ok(view! {
            <div class="row-line over-time">
                {narrowed}
                <a class="chip" href=href data-noscroll="">"Show when they were opened"</a>
            </div>
        }
        .into_any());
    }
    let (step, bars) = cases::opened(cx, filter).await?;
    let of = |bar: &Bucket| (bar.start, step.next(bar.start));
    // A single bar says no more than the number of cases.
    let drawn = (bars.len() > 1)
        .then(|| drawn(&bars, step, |bar| query.opened(Some(of(bar))).link(slug).done(), zone));
    Ok(view! { <div class="over-time">{narrowed} {drawn}</div> }.into_any())
}

fn drawn(bars: &[Bucket], step: cases::Span, href: impl Fn(&Bucket) -> String, zone: Zone) -> AnyView {
    let worst_first = || Severity::ALL.into_iter().rev();
    let mut behind = Behind { columns: vec!["Opened"], rows: Vec::new() };
    behind.columns.extend(worst_first().map(severity_word));
    let mut slots = Vec::new();
    for bar in bars {
        let label = label(step, bar.start, zone);
        let all: i64 = bar.counts.iter().sum();
        let told: Vec<String> = worst_first()
            .map(|severity| (severity, bar.counts[severity.rank()]))
            .filter(|(_, n)| *n > 0)
            .map(|(severity, n)| format!("{n} {}", severity_word(severity).to_lowercase()))
            .collect();
        let title = format!("{label}: {}", told.join(", "));
        let marks = worst_first().map(|severity| {
            let value = bar.counts[severity.rank()] as f64;
            Mark { value, class: severity.as_str(), href: href(bar), title: title.clone() }
        });
        slots.push(Slot { label: label.clone(), marks: marks.collect() });
        let leads = (all > 0).then(|| href(bar));
        let mut row = vec![(label, leads)];
        row.extend(worst_first().map(|severity| (number(bar.counts[severity.rank()]), None)));
        behind.rows.push(row);
    }
    let drawing = plot::strip(&slots, |n| number(n as i64));
    let zone = if step == cases::Span::Hour { "" } else { " (UTC)" };
    plot::figure(format!("Cases opened per {}{zone}, by severity", step.word()), &[], drawing, behind)
}

/// `2026-11-23 09:00` of the reader's zone, or the day or the part of the calendar, which are UTC's.
fn label(step: cases::Span, start: Timestamp, zone: Zone) -> String {
    match step {
        cases::Span::Hour => zone.input(start).replace('T', " "),
        cases::Span::Day | cases::Span::Week => start.iso()[..10].to_owned(),
        cases::Span::Part(part) => part.label(start),
    }
}

/// What the address leaves of the time, and the way back to all of it.
pub fn narrowed(query: &CaseQuery, slug: &str, zone: Zone) -> Option<AnyView> {
    let said = |at: Timestamp| zone.when(at).text;
    let words = match (query.from, query.to) {
        (Some(from), Some(to)) => format!("Opened from {} to before {}", said(from), said(to)),
        (Some(from), None) => format!("Opened since {}", said(from)),
        (None, Some(to)) => format!("Opened before {}", said(to)),
        (None, None) => return None,
    };
    let all = query.opened(None).link(slug).done();
    Some(view! { <p class="row-line">{words} <a class="link" href=all data-noscroll="">"Of all times"</a></p> }.into_any())
}
