//! What is told of one group, printed: its page around chart and life, and its Grouping tab. Server only.

use domain::query::edit::condition;
use leptos::prelude::*;
use ui::{
    Button, Choice, Column, CopyButton, DataTable, Definition, DefinitionList, Empty, Facet, FacetItem,
    Field, Glyph, Notice, NoticeKind, PageHead, Row, Section, Select, Tab, Tabs, TextInput, Timestamp,
    Variant,
};

use super::act::{ACT, IDS};
use super::api::{ActOnGroups, UndoGroups};
use super::facts::{
    Bars, Facts, GroupingShown, HistoryLine, Linked, MemberShown, PreviewShown, RuleShown, SimilarShown,
};
use crate::events::EventQuery;
use crate::events::parts::{FieldLine, Message, Severe, counted, number};
use crate::events::shown::EventRow;
use crate::printed::Printed;
use crate::routes::{self, Link};
use crate::send::{SendForm, Submission, submit};
use crate::when::At;

/// The tabs, and what the group is merged into.
pub fn head(facts: &Facts, slug: &str) -> Printed {
    let act = submit::<ActOnGroups>();
    let merged = facts.merged_into.clone().map(|into| {
        view! { <Merged act into id=facts.group.id.clone() slug=slug.to_owned() may_act=facts.may_act /> }
    });
    Printed::of(view! {
        <Tabs label="Sides of the group" tabs=tabs(slug, &facts.group.id, false) />
        {merged}
    })
}

/// Its template, over the chart.
pub fn template(facts: &Facts) -> Printed {
    let from = facts.split_from.clone().map(|from| {
        view! {
            <p class="muted">
                "Split off "
                <a class="link" href=from.href>
                    {from.name}
                </a>
            </p>
        }
    });
    Printed::of(view! {
        <p class="row-line">
            <Severe severity=facts.group.severity />
        </p>
        <p class="message-text mono">
            <Message marked=facts.group.template.clone() />
        </p>
        {from}
    })
}

/// What its slots hold, where its events come from, the latest of them, what happened: under the chart.
pub fn below(facts: &Facts, slug: &str) -> Printed {
    let undo = submit::<UndoGroups>();
    let all = EventQuery::all_time(["group:", &facts.group.id].concat()).href(slug);
    let here = Link::new(routes::group(slug, &facts.group.id));
    let pages = pages(&here, facts.older.as_deref(), facts.is_older, ("steps", "#history"));
    let recent = view! { <Recent recent=facts.recent.clone() slug=slug.to_owned() /> };
    Printed::of(view! {
        <Held title="What the slots hold" hint=facts.sampled.clone() all=facts.slots.clone() />
        <Held title="Where its events come from" hint=facts.counted.clone() all=facts.breakdown.clone() />
        <Section title="Latest events" actions=move || view! { <a class="link" href=all.clone()>"All of them"</a> }>
            {recent}
        </Section>
        <Story undo history=facts.history.clone() pages slug=slug.to_owned() />
    })
}

/// Where a list on the page goes on, and back to its newest part: what its lines are, and where on the page it stands.
fn pages(here: &Link, older: Option<&str>, is_older: bool, of: (&str, &str)) -> AnyView {
    let (lines, place) = of;
    let link = |words: &str, href: String| {
        view! {
            <a class="link" href=[&href, place].concat()>
                {[words, " ", lines].concat()}
            </a>
        }
    };
    let newest = is_older.then(|| link("Newest", here.clone().done()));
    let older = older.map(|cursor| link("Older", here.clone().with("before", cursor).done()));
    if newest.is_none() && older.is_none() {
        return ().into_any();
    }
    view! { <p class="links small">{newest} {older}</p> }.into_any()
}

/// Beside them.
pub fn about(facts: &Facts, slug: &str, cases: AnyView) -> Printed {
    let field = |name: &'static str, value: Option<String>| {
        value.map(|value| {
            let only = EventQuery::all_time(condition(name, &value)).href(slug);
            view! { <FieldLine name shown=value tools=vec![("Only", Glyph::Filter, only)] /> }
        })
    };
    let fields =
        [field("component", facts.group.component.clone()), field("event_type", facts.event_type.clone())];
    let gone = facts.gone.clone().map(|words| view! { <Definition term="Deleted">{words}</Definition> });
    let (group, fingerprint) = (facts.group.clone(), facts.fingerprint.clone());
    let example = facts.example.clone();
    Printed::of(view! {
        <Section title="About this group">
            <DefinitionList>
                <Definition term="Events">{number(group.event_count)}</Definition>
                {gone}
                <Definition term="First seen">
                    <At when=group.first_seen />
                </Definition>
                <Definition term="Last seen">
                    <At when=group.last_seen />
                </Definition>
                {fields}
                <Definition term="Fingerprint">
                    <span class="value-line mono">
                        <span class="value">{fingerprint.clone()}</span>
                        <CopyButton text=fingerprint label="Copy fingerprint" />
                    </span>
                </Definition>
            </DefinitionList>
        </Section>
        <Section title="First message">
            <p class="message-text small mono">
                <Message marked=example />
            </p>
        </Section>
        {cases}
    })
}

/// The two sides of a group's page.
fn tabs(slug: &str, id: &str, grouping: bool) -> Vec<Tab> {
    let here = routes::group(slug, id);
    let other = Link::new(here.clone()).with("tab", "grouping").done();
    vec![Tab::new("Events", here, !grouping), Tab::new("Grouping", other, grouping)]
}

/// All of the Grouping tab.
pub fn grouping(shown: GroupingShown, slug: String) -> Printed {
    let act = submit::<ActOnGroups>();
    let tabs = tabs(&slug, &shown.id, true);
    let merged = shown.merged_into.clone().map(|into| {
        view! { <Merged act into id=shown.id.clone() slug=slug.clone() may_act=shown.may_act /> }
    });
    let split = (shown.may_act && shown.merged_into.is_none()).then(|| {
        view! { <Split act shown=shown.clone() slug=slug.clone() /> }
    });
    let slots = if shown.slots.is_empty() {
        view! { <p class="muted">"It has no slots: every message of the group is the same text."</p> }
            .into_any()
    } else {
        let slot =
            |slot: super::facts::SlotShown| view! { <Definition term=slot.name>{slot.why}</Definition> };
        view! { <DefinitionList>{shown.slots.into_iter().map(slot).collect_view()}</DefinitionList> }
            .into_any()
    };
    let input = |input: Linked| {
        view! {
            <Definition term=input.name>
                <span class="value mono">{input.href}</span>
            </Definition>
        }
    };
    let target = (shown.may_act && shown.merged_into.is_none()).then(|| shown.id.clone());
    let here = Link::new(routes::group(&slug, &shown.id)).with("tab", "grouping");
    let pages = pages(&here, shown.older.as_deref(), shown.is_older, ("rules", "#rules"));
    let of_group = EventQuery::all_time(["group:", &shown.id].concat());
    let (back, all) = (routes::groups(&slug), of_group.href(&slug));
    let actions = move || {
        view! {
            <Button href=back.clone() icon=Glyph::ArrowLeft optional=true>
                "All groups"
            </Button>
            <Button href=all.clone() icon=Glyph::Events>
                "Its events"
            </Button>
        }
    };
    Printed::of(view! {
        <PageHead title="Group" note=counted(shown.event_count, "event", "events") actions=actions />
        <Tabs label="Sides of the group" tabs=tabs />
        {merged}
        <div class="columns group-page">
            <div class="main-column">
                <Section title="Its template" hint="What is marked differs from event to event; the rest is the same in all of them.">
                    <p class="message-text mono">
                        <Message marked=shown.template />
                    </p>
                    {slots}
                </Section>
                <Members act members=shown.members slug=slug.clone() may_act=shown.may_act />
                <Similar act similar=shown.similar target slug=slug.clone() />
                <Rules rules=shown.rules pages is_older=shown.is_older />
            </div>
            <aside class="side" aria-label="What makes the group">
                <Section title="Its fingerprint" hint="Events with the same three are one group.">
                    <DefinitionList>
                        {shown.inputs.into_iter().map(input).collect_view()}
                        <Definition term="Fingerprint">
                            <span class="value-line mono">
                                <span class="value">{shown.fingerprint.clone()}</span>
                                <CopyButton text=shown.fingerprint label="Copy fingerprint" />
                            </span>
                        </Definition>
                    </DefinitionList>
                </Section>
                {split}
            </aside>
        </div>
    })
}

/// Above a group that is merged into another.
#[component]
fn Merged(act: Submission, into: Linked, id: String, slug: String, may_act: bool) -> impl IntoView {
    let form = may_act.then(|| view! { <One act verb="unmerge" words="Unmerge" id slug into=None /> });
    view! {
        <Notice kind=NoticeKind::Info>
            <span class="row-line">
                <span>
                    "Merged into "
                    <a class="link" href=into.href>
                        {into.name}
                    </a>
                    ". Its events are read there; here are its own."
                </span>
                {form}
            </span>
        </Notice>
    }
    .into_any()
}

/// A form of one button for one group.
#[component]
fn One(
    act: Submission,
    verb: &'static str,
    words: &'static str,
    id: String,
    slug: String,
    into: Option<String>,
) -> impl IntoView {
    let into = into.map(|into| view! { <input type="hidden" name="asked[into]" value=into /> });
    view! {
        <SendForm to=act>
            <input type="hidden" name="organization" value=slug />
            <input type="hidden" name=IDS value=id />
            {into}
            <Button submit=true name=ACT value=verb>
                {words}
            </Button>
        </SendForm>
    }
    .into_any()
}

#[component]
fn Members(act: Submission, members: Vec<MemberShown>, slug: String, may_act: bool) -> impl IntoView {
    if members.is_empty() {
        return ().into_any();
    }
    let member = move |member: MemberShown| {
        let form = may_act.then(|| {
            view! { <One act verb="unmerge" words="Unmerge" id=member.id slug=slug.clone() into=None /> }
        });
        view! {
            <li>
                <div class="row-line">
                    <a class="link mono" href=member.group.href>
                        {member.group.name}
                    </a>
                    <span class="muted">{member.what}</span>
                    <span class="faint">{member.at.map(|at| view! { <At when=at /> })}</span>
                    {form}
                </div>
                {member.note.map(|note| view! { <p class="note-box message-text">{note}</p> })}
            </li>
        }
    };
    view! {
        <Section title="Merged into it" hint="Unmerge gives a group back all of its own events, those that came since included.">
            <ol class="timeline">{members.into_iter().map(member).collect_view()}</ol>
        </Section>
    }
    .into_any()
}

const SIMILAR: &str = "The 8 likest of the 1,000 groups of its component that were seen last.";

#[component]
fn Similar(
    act: Submission,
    similar: Vec<SimilarShown>,
    target: Option<String>,
    slug: String,
) -> impl IntoView {
    if similar.is_empty() {
        return view! {
            <Section title="Similar groups">
                <Empty title="None is like it" text="Groups of the same component whose template differs in a few words stand here." icon=Glyph::Groups />
            </Section>
        }
        .into_any();
    }
    let one = move |other: SimilarShown| {
        let form = target.clone().map(|into| {
            view! { <One act verb="merge" words="Merge into this one" id=other.id slug=slug.clone() into=Some(into) /> }
        });
        view! {
            <li>
                <div class="row-line">
                    <a class="mono" href=other.href>
                        <Message marked=other.template />
                    </a>
                    <span class="muted">{other.what}</span>
                    {form}
                </div>
            </li>
        }
    };
    view! {
        <Section title="Similar groups" hint=SIMILAR>
            <ol class="timeline">{similar.into_iter().map(one).collect_view()}</ol>
        </Section>
    }
    .into_any()
}

#[component]
fn Rules(rules: Vec<RuleShown>, pages: AnyView, is_older: bool) -> impl IntoView {
    if rules.is_empty() && !is_older {
        return ().into_any();
    }
    let rule = |rule: RuleShown| {
        let state = if rule.in_force { "" } else { "not in force" };
        view! {
            <li class=if rule.in_force { "accent" } else { "info" }>
                <div class="row-line">
                    <span>{rule.what}</span>
                    <span class="muted">{rule.who}</span>
                    <span class="faint">
                        <At when=rule.at />
                    </span>
                    <span class="faint">{state}</span>
                </div>
                {rule.moved.map(|moved| view! { <p class="muted small">{moved}</p> })}
            </li>
        }
    };
    view! {
        <Section title="Rules" id="rules" hint="What people taught about this group; later events follow what is in force.">
            <ol class="timeline">{rules.into_iter().map(rule).collect_view()}</ol>
            {pages}
        </Section>
    }
    .into_any()
}

/// Choose a condition, see what it would take, then split.
#[component]
fn Split(act: Submission, shown: GroupingShown, slug: String) -> impl IntoView {
    let preview = shown.preview.clone();
    let typed = preview.clone().unwrap_or(PreviewShown {
        what: String::new(),
        template: String::new(),
        slot: String::new(),
        value: String::new(),
        query: String::new(),
    });
    let mut choices = vec![Choice::new("", "By a query")];
    choices.extend(
        shown.slots.iter().enumerate().map(|(i, slot)| Choice::new(i.to_string(), slot.name.clone())),
    );
    let told =
        preview.map(|preview| view! { <Previewed act preview id=shown.id.clone() slug=slug.clone() /> });
    view! {
        <Section title="Split" id="split" hint="Events that belong elsewhere get a group of their own: those that are there, and those that come.">
            <form method="get" action=[&routes::group(&slug, &shown.id), "#split"].concat() class="form">
                <input type="hidden" name="tab" value="grouping" />
                <Field id="split-slot" label="By">
                    <Select name="slot" choices=choices value=typed.slot />
                </Field>
                <Field id="split-value" label="Value of the slot" optional=true>
                    <TextInput name="value" autocomplete="off" mono=true value=typed.value />
                </Field>
                <Field id="split-query" label="Query" hint="For example system_id:edge-1" optional=true>
                    <TextInput name="q" autocomplete="off" mono=true value=typed.query />
                </Field>
                <Button submit=true>"Preview"</Button>
            </form>
            {told}
        </Section>
    }
    .into_any()
}

#[component]
fn Previewed(act: Submission, preview: PreviewShown, id: String, slug: String) -> impl IntoView {
    let form = (!preview.template.is_empty()).then(|| {
        view! {
            <p class="message-text small mono">{preview.template}</p>
            <SendForm to=act class="form">
                <input type="hidden" name="organization" value=slug />
                <input type="hidden" name=IDS value=id />
                <input type="hidden" name="asked[slot]" value=preview.slot />
                <input type="hidden" name="asked[value]" value=preview.value />
                <input type="hidden" name="asked[query]" value=preview.query />
                <TextInput name="asked[note]" label="Note" placeholder="Note" autocomplete="off" maxlength=2000_u32 />
                <Button variant=Variant::Primary submit=true name=ACT value="split">
                    "Split"
                </Button>
            </SendForm>
        }
    });
    view! {
        <p role="status">{preview.what}</p>
        {form}
    }
    .into_any()
}

/// What the newest events hold: a folding list each, its values lead to their events.
#[component]
fn Held(title: &'static str, hint: String, all: Vec<Bars>) -> impl IntoView {
    if all.is_empty() {
        return ().into_any();
    }
    let one = |bars: Bars| {
        let items: Vec<FacetItem> = bars
            .values
            .into_iter()
            .map(|bar| FacetItem {
                label: bar.value,
                count: bar.count,
                share: bar.share as u8,
                href: bar.href,
                extra: bar.split.map(|href| ("Split off", href)),
                ..FacetItem::default()
            })
            .collect();
        view! {
            <Facet title=bars.title items=items>
                <p class="facets-note">{bars.note}</p>
            </Facet>
        }
    };
    view! {
        <Section title=title hint=hint>
            <div class="group-facets">{all.into_iter().map(one).collect_view()}</div>
        </Section>
    }
    .into_any()
}

#[component]
fn Recent(recent: Vec<EventRow>, slug: String) -> impl IntoView {
    let columns = vec![
        Column::new("Severity").class("shrink").hidden_header(),
        Column::new("Time").class("time optional"),
        Column::new("Message").class("message"),
        Column::new("System").class("optional"),
    ];
    let line = move |row: EventRow| {
        let href = routes::event(&slug, &row.id);
        let at = row.at.clone();
        view! {
            <Row href=href.clone()>
                <td class="shrink">
                    <Severe severity=row.severity bare=true />
                </td>
                <td class="time optional mono">
                    <Timestamp iso=at.iso text=at.text title=at.title />
                </td>
                <td class="message mono">
                    <a href=href data-row-link="">
                        <Message marked=row.message />
                    </a>
                    <span class="under">
                        <At when=row.at />
                    </span>
                </td>
                <td class="optional brief">{row.cells.into_iter().next()}</td>
            </Row>
        }
    };
    view! {
        <div class="table-scroll">
            <DataTable caption="Latest events of the group" columns=columns>
                {recent.into_iter().map(line).collect_view()}
            </DataTable>
        </div>
    }
    .into_any()
}

/// What happened, the newest first.
#[component]
fn Story(undo: Submission, history: Vec<HistoryLine>, pages: AnyView, slug: String) -> impl IntoView {
    if history.is_empty() {
        return view! {
            <Section title="History" id="history">
                {pages}
                <Empty title="Nothing happened yet" text="Who resolved, muted or assigned it, and what it did by itself, is kept here." icon=Glyph::Clock />
            </Section>
        }
        .into_any();
    }
    let line = move |line: HistoryLine| {
        let organization = slug.clone();
        let form = line.undo.map(|action| {
            view! {
                <SendForm to=undo>
                    <input type="hidden" name="organization" value=organization />
                    <input type="hidden" name="action_id" value=action />
                    <Button submit=true>"Undo"</Button>
                </SendForm>
            }
        });
        let tone = if line.who.is_some() { "accent" } else { "info" };
        view! {
            <li class=tone>
                <div class="row-line">
                    <strong>{line.who.unwrap_or_else(|| "It".to_owned())}</strong>
                    <span>{line.what}</span>
                    <span class="faint">
                        <At when=line.at />
                    </span>
                    {form}
                </div>
                {line.note.map(|note| view! { <p class="note-box message-text">{note}</p> })}
            </li>
        }
    };
    view! {
        <Section title="History" id="history">
            <ol class="timeline">{history.into_iter().map(line).collect_view()}</ol>
            {pages}
        </Section>
    }
    .into_any()
}
