//! The table, its page links and export.

use leptos::prelude::*;
use ui::{Badge, Button, Column, DataTable, Empty, Glyph, Menu, MenuItem, Pager, Row, Tone};

use super::read::{AuditList, Line};
use crate::routes::{self, AuditQuery};
use crate::when::At;

/// Verify, and the export of exactly this list for who may.
pub fn actions(slug: &str, query: &AuditQuery, exact: Option<&AuditQuery>) -> AnyView {
    let href = query.href(slug);
    let sign = if href.contains('?') { '&' } else { '?' };
    let export = exact.map(|exact| export(slug, exact));
    view! {
        <Button href=format!("{href}{sign}verify=1") icon=Glyph::Audit>
            "Verify the chain"
        </Button>
        {export}
    }
    .into_any()
}

fn export(slug: &str, exact: &AuditQuery) -> AnyView {
    let [csv, json, zip] = ["csv", "json", "zip"].map(|format| exact.export_href(slug, format));
    let key = format!("/o/{slug}/audit/key.pem");
    view! {
        <Menu label="Export" icon=Glyph::Download end=true>
            <MenuItem href=csv external=true icon=Glyph::File>
                "CSV"
            </MenuItem>
            <MenuItem href=json external=true icon=Glyph::File>
                "JSON, with hashes to verify offline"
            </MenuItem>
            <MenuItem href=zip external=true icon=Glyph::File>
                "Signed bundle, with the proof of the chain"
            </MenuItem>
            <MenuItem href=key external=true icon=Glyph::Key>
                "The public key of bundles"
            </MenuItem>
        </Menu>
    }
    .into_any()
}

pub fn table(page: AuditList, slug: &str, query: &AuditQuery) -> AnyView {
    if page.rows.is_empty() {
        let everything = routes::audit(slug);
        return view! {
            <Empty title="No entry matches" text="Take a filter away, or widen the time." icon=Glyph::Audit>
                <Button href=everything>"Show everything"</Button>
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
    let at = |cursor: String| AuditQuery { cursor, ..query.closed() }.href(slug);
    let next = page.next.map(at);
    let first = (!query.cursor.is_empty()).then(|| at(String::new()));
    let summary = if page.total == 1 { "1 entry".to_owned() } else { format!("{} entries", page.total) };
    let rows = page.rows.into_iter().map(|line| row(line, slug, query)).collect_view();
    view! {
        <DataTable caption="Audit entries, newest first" columns=columns>
            {rows}
        </DataTable>
        <Pager label="Pages of the audit log" previous=first next=next summary=summary />
    }
    .into_any()
}

fn row(line: Line, slug: &str, query: &AuditQuery) -> AnyView {
    let seq = line.seq;
    let href = query.open(seq).href(slug);
    let selected = query.entry.parse() == Ok(seq);
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
                    <span class="aside">{line.gist}</span>
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
