//! The table, its page links and export.

use domain::permission::Key;
use leptos::prelude::*;
use ui::{Badge, Button, Column, DataTable, Empty, Glyph, Menu, MenuItem, Pager, Row, Tone};

use super::api::{AuditList, Line};
use crate::fetch::{Fetched, after};
use crate::routes::{self, AuditQuery};
use crate::session::Permitted;
use crate::when::At;

/// Verify, and the export of exactly this list.
pub fn actions(slug: Memo<String>, query: Memo<AuditQuery>, entries: Fetched<AuditList>) -> AnyView {
    let verify = MaybeProp::derive(move || {
        let href = query.with(|q| q.href(&slug.get()));
        let sign = if href.contains('?') { '&' } else { '?' };
        Some(format!("{href}{sign}verify=1"))
    });
    view! {
        <Button href=verify icon=Glyph::Audit>
            "Verify the chain"
        </Button>
        <Permitted key=Key::AuditExport>
            {after(entries, move |list| {
                let exact = list.map(|list| list.exact).unwrap_or_default();
                export(exact.export_href(&slug.get_untracked(), "csv"), exact.export_href(&slug.get_untracked(), "json"))
            })}
        </Permitted>
    }
    .into_any()
}

fn export(csv: String, json: String) -> AnyView {
    view! {
        <Menu label="Export" icon=Glyph::Download end=true>
            <MenuItem href=csv external=true icon=Glyph::File>
                "CSV"
            </MenuItem>
            <MenuItem href=json external=true icon=Glyph::File>
                "JSON, with hashes to verify offline"
            </MenuItem>
        </Menu>
    }
    .into_any()
}

pub fn table(page: AuditList, slug: Memo<String>, query: Memo<AuditQuery>) -> AnyView {
    let here = slug.get_untracked();
    if page.rows.is_empty() {
        return view! {
            <Empty title="No entry matches" text="Take a filter away, or widen the time." icon=Glyph::Audit>
                <Button href=routes::audit(&here)>"Show everything"</Button>
            </Empty>
        }
        .into_any();
    }
    let columns = vec![
        Column::new("Time").class("time"),
        Column::new("Actor").class("actor optional"),
        Column::new("Action").class("message"),
        Column::new("Target").class("optional"),
        Column::new("Entry").class("num optional"),
    ];
    let next = page.next.map(|cursor| AuditQuery { cursor, ..query.get_untracked().closed() }.href(&here));
    let first = query
        .with_untracked(|q| !q.cursor.is_empty())
        .then(|| AuditQuery { cursor: String::new(), ..query.get_untracked().closed() }.href(&here));
    let summary = if page.total == 1 { "1 entry".to_owned() } else { format!("{} entries", page.total) };
    let rows = page.rows.into_iter().map(|line| row(line, &here, query)).collect_view();
    view! {
        <DataTable caption="Audit entries, newest first" columns=columns>
            {rows}
        </DataTable>
        <Pager label="Pages of the audit log" previous=first next=next summary=summary />
    }
    .into_any()
}

fn row(line: Line, slug: &str, query: Memo<AuditQuery>) -> AnyView {
    let seq = line.seq;
    let href = query.with_untracked(|q| q.open(seq).href(slug));
    let selected = Signal::derive(move || query.with(|q| q.entry.parse() == Ok(seq)));
    view! {
        <Row href=href.clone() selected=selected>
            <td class="time">
                <At when=line.at />
            </td>
            <td class="actor optional">{line.actor.clone()}</td>
            <td class="message">
                <div>
                    <a href=href class="mono" data-row-link="">
                        {line.action}
                    </a>
                    {(!line.success).then(|| view! { " " <Badge tone=Tone::High>"failed"</Badge> })}
                </div>
                <span class="under">{line.actor}</span>
            </td>
            <td class="optional">
                {line.target_type} " " <code class="faint">{short(&line.target_id)}</code>
            </td>
            <td class="num optional">{seq}</td>
        </Row>
    }
    .into_any()
}

/// The end of a UUID tells two apart; shorter ids stay whole.
pub fn short(id: &str) -> String {
    if id.len() == 36 { format!("…{}", &id[24..]) } else { id.to_owned() }
}
