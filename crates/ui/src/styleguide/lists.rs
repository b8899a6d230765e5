//! Tables, facets and the list with a panel beside it.

use leptos::prelude::*;

use super::LEVELS;
use crate::{
    Badge, BulkBar, Button, Chip, Column, DataTable, Definition, DefinitionList, Facet, FacetItem, Glyph,
    Icon, Kbd, Pager, Panel, RailLink, Row, Section, SeverityMark, Shape, Sorted, SplitList, Tab, Tabs, Tone,
    Variant,
};

const MESSAGES: [(usize, &str, &str, &str, &str); 7] = [
    (
        1,
        "14:31:59.096",
        "web-01",
        "Failed password for invalid user deploy from 185.220.101.34 port 41822 ssh2",
        "×2",
    ),
    (
        2,
        "14:31:57.246",
        "web-03",
        "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=185.220.101.34",
        "×1",
    ),
    (2, "14:31:55.642", "ci-04", "pam_unix(sshd:auth): authentication failure", "×96"),
    (4, "14:31:53.136", "web-03", "Connection closed by 185.220.100.13 [preauth]", "×2"),
    (0, "14:31:37.062", "db-02", "Accepted password for admin from 185.220.101.34 port 50112 ssh2", "×312"),
    (3, "14:31:35.023", "db-02", "slow query: 4.2 s on orders", "×14"),
    (1, "14:31:33.132", "web-01", "Failed password for invalid user admin from 185.220.101.34", "×312"),
];

fn event_columns() -> Vec<Column> {
    vec![
        Column::new("Time").class("time optional").sort("#tables", Some(Sorted::Descending)),
        Column::new("Severity").class("shrink").hidden_header(),
        Column::new("System").class("optional").sort("#tables", None),
        Column::new("Message").class("message"),
        Column::new("Seen").class("num"),
    ]
}

fn event_rows(prefix: &'static str) -> impl IntoView {
    MESSAGES
        .into_iter()
        .enumerate()
        .map(|(index, (level, time, system, message, seen))| {
            let (level, shape, word) = LEVELS[level];
            view! {
                <Row
                    href=format!("#{prefix}-{index}")
                    selected=index == 3
                    done=index == 5
                    check_name=prefix
                    check_value=index.to_string()
                    check_label=format!("Select {message}")
                    checked=index == 1
                >
                    <td class="time optional mono">{time}</td>
                    <td class="shrink">
                        <SeverityMark level shape word bare=true />
                    </td>
                    <td class="optional">{system}</td>
                    <td class="message mono">
                        <a href=format!("#{prefix}-{index}") data-row-link>
                            {message}
                        </a>
                        <span class="under">{time}" · "{system}</span>
                    </td>
                    <td class="num">
                        <Badge>{seen}</Badge>
                    </td>
                </Row>
            }
        })
        .collect_view()
}

pub(super) fn tables() -> AnyView {
    let tabs = vec![
        Tab::new("All", "#tables", false).count("1.3M"),
        Tab::new("SSH authentication", "#tables", true).count("48k"),
        Tab::new("Payments errors", "#tables", false).count("212"),
        Tab::new("IAM changes", "#tables", false),
    ];
    view! {
        <Section id="tables" title="Tables">
            <div class="frame">
                <Tabs label="Views" tabs=tabs />
                <form class="query" role="search">
                    <Icon glyph=Glyph::Search />
                    <input aria-label="Query" value="severity>=low component:auth \"password\" -system:test-*" autocomplete="off" spellcheck="false" data-search="" />
                    <Kbd keys="/" />
                    <Button variant=Variant::Primary submit=true>"Search"</Button>
                </form>
                <div class="toolbar">
                    <Chip href="#tables" on=true>"Open"</Chip>
                    <Chip href="#tables">"Mine"</Chip>
                </div>
                <DataTable caption="Events, newest first" columns=event_columns() checks=true>
                    {event_rows("example-row")}
                </DataTable>
                <Pager next="#tables" summary="1 to 50 of 48,213" />
                <BulkBar count=3_usize all="Select all 48,213" on_clear=|()| {}>
                    <Button icon=Glyph::Cases key="c">"Add to case"</Button>
                    <Button key="a">"Assign"</Button>
                </BulkBar>
            </div>
        </Section>
    }
    .into_any()
}

fn facet_items() -> Vec<FacetItem> {
    LEVELS
        .into_iter()
        .zip([("41", 1), ("18,204", 100), ("9,120", 50), ("12,044", 66), ("8,804", 48)])
        .enumerate()
        .map(|(index, ((level, shape, word), (count, share)))| FacetItem {
            extra: None,
            label: word.to_owned(),
            count: count.to_owned(),
            share,
            href: "#list".to_owned(),
            only_href: Some("#facet".to_owned()),
            exclude_href: Some("#list".to_owned()),
            on: index < 2,
            excluded: index == 4,
            mark: Some((level, shape)),
        })
        .collect()
}

pub(super) fn list() -> AnyView {
    view! {
        <Section id="list" title="List with panel">
            <div class="frame">{list_specimen()}</div>
            <nav class="specimen" aria-label="Areas">
                <RailLink href="#list" glyph=Glyph::Overview label="Overview" />
                <RailLink href="#list" glyph=Glyph::Events label="Events" current=true />
                <RailLink href="#list" glyph=Glyph::Incidents label="Incidents" count="3" tone=Tone::Critical />
            </nav>
        </Section>
    }
    .into_any()
}

/// Facets, table and panel, as a page has them.
pub fn list_specimen() -> AnyView {
    let systems = |names: [(&str, &str, u8); 3]| {
        names
            .into_iter()
            .map(|(label, count, share)| FacetItem {
                label: label.to_owned(),
                count: count.to_owned(),
                share,
                href: "#list".to_owned(),
                ..FacetItem::default()
            })
            .collect::<Vec<_>>()
    };
    let facets = move || {
        view! {
            <Facet title="Severity" items=facet_items() />
            <Facet title="System" items=systems([("bastion-1", "21,904", 100), ("web-03", "9,876", 45), ("web-01", "7,001", 32)]) more=("#list".to_owned(), "More values") />
            <Facet title="Service" items=Vec::new() closed=true />
        }
    };
    let title = || {
        view! {
            <SeverityMark level="high" shape=Shape::Triangle word="High" />
            <span class="mono muted">"14:31:53.218"</span>
        }
    };
    let panel = move || {
        view! {
            <Panel label="Event" title=title close_href="#list" previous_href="#list" next_href="#list" expand_href="#list">
                <section>
                    <p class="mono">
                        "Failed password for invalid user " <span class="slot">"oracle"</span> " from " <span class="slot">"185.220.101.34"</span> " port "
                        <span class="slot">"41822"</span> " ssh2"
                    </p>
                    <p class="small muted">"Group of 312 in this range · first seen 6 days ago · escalating"</p>
                </section>
                <section>
                    <h2>"Fields"</h2>
                    <DefinitionList mono=true>
                        <Definition term="system_id">"bastion-1"</Definition>
                        <Definition term="service">"sshd"</Definition>
                        <Definition term="payload.src.ip">"185.220.101.34"</Definition>
                    </DefinitionList>
                </section>
            </Panel>
        }
    };
    view! {
        <SplitList facets=facets panel=panel panel_open=true filters_on=2_usize>
            <DataTable caption="Events with a panel" columns=event_columns() checks=true>
                {event_rows("example-list")}
            </DataTable>
        </SplitList>
    }
    .into_any()
}
