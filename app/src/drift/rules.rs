//! `/o/{organization}/drift/rules?rule=`: what makes a change matter, what recommends, and how its advice fares.

use domain::permission::{DriftRead, Key};
use leptos::prelude::*;
use service::drifts::{self, Record};
use ui::{Badge, Column, DataTable, PageHead, Row, Section, Tone};

use super::parts::{self, Part};
use super::rule_table;
use crate::audit::history::history;
use crate::error::Answer;
use crate::events::parts::number;
use crate::live;
use crate::page::Page;
use crate::page::print::Asked;

pub async fn page(asked: Asked) -> Answer<Page> {
    let scope = asked.scope().await?;
    let since = live::since(&scope).await?;
    let cx = scope.admit::<DriftRead>()?;
    let slug = scope.organization.slug.as_str();
    let records = drifts::records(&cx).await?;
    let table = drifts::rule_table(&cx).await?;
    let may_write = scope.may(Key::DriftWrite);
    let rule = asked.get("rule");
    let history = if table.iter().any(|one| one.rule.id == rule) {
        history(&scope, "drift_rule", rule).await?
    } else {
        None
    };
    let dialog = rule_table::dialog(&scope, rule, &table, history).await?;
    let body = view! {
        <PageHead title="Drift" note="what makes a change matter, and what is recommended then" />
        {parts::pages(slug, Part::Rules)}
        <div class="page">
            {rule_table::section(slug, &table, may_write)}
            {recommending(&records)}
        </div>
        {dialog}
    };
    Ok(Page::of("Rules · Drift", body).follows(since, &["drift", "drift_rule"]))
}

fn recommending(records: &[Record]) -> AnyView {
    let percent =
        |share: Option<f64>| share.map_or_else(|| "–".to_owned(), |share| format!("{:.0} %", share * 100.0));
    let rows: Vec<_> = records
        .iter()
        .map(|record| {
            let track = record.track;
            let poor = track.is_poor().then(|| view! { " " <Badge tone=Tone::Medium>"ranked lower"</Badge> });
            let cells = view! {
                <td class="message">{record.what} " " <code class="faint">{record.rule}</code> {poor}</td>
                <td class="num">{number(track.made)}</td>
                <td class="num">{number(track.implemented)}</td>
                <td class="num optional">{number(track.dismissed)}</td>
                <td class="num optional">{number(track.expired)}</td>
                <td class="num">{percent(track.adoption())}</td>
                <td class="num">{percent(track.success())}</td>
            }
            .into_any();
            view! { <Row>{cells}</Row> }.into_any()
        })
        .collect();
    let columns = vec![
        Column::new("Rule").class("message"),
        Column::new("Made").class("num"),
        Column::new("Done").class("num"),
        Column::new("Dismissed").class("num optional"),
        Column::new("Expired").class("num optional"),
        Column::new("Taken").class("num"),
        Column::new("Held").class("num"),
    ];
    view! {
        <Section id="recommending" title="Rules that recommend" hint="Of the last half year. Taken: done, of those that were answered. Held: the next push did not find the drift any more. A rule that is taken by fewer than one in four, or whose advice holds less than half the time, is ranked lower.">
            <DataTable caption="Rules that recommend" columns=columns>
                {rows}
            </DataTable>
        </Section>
    }
    .into_any()
}
