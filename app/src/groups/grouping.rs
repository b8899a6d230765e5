//! The tab that says why the events of a group belong together, and changes it.

use leptos::prelude::*;
use leptos_router::components::Form as Asking;
use leptos_router::hooks::use_query_map;
use ui::{
    Button, Choice, CopyButton, Definition, DefinitionList, Empty, Facet, FacetItem, Field, Glyph, Notice,
    NoticeKind, PageHead, Section, Select, Tab, Tabs, TextInput, Variant,
};

use super::act::{ACT, IDS, NoDefault, Writes};
use super::api::GetGrouping;
use super::shown::{Bars, GroupingShown, Linked, MemberShown, PreviewShown, RuleShown, SimilarShown};
use crate::events::parts::{Message, counted};
use crate::fetch::{Load, fetch_after};
use crate::form::{Form, FormError};
use crate::routes::{self, Link};
use crate::send::SendForm;
use crate::when::At;

/// The two sides of a group's page.
pub fn tabs(slug: &str, id: &str, grouping: bool) -> Vec<Tab> {
    let here = routes::group(slug, id);
    let other = Link::new(here.clone()).with("tab", "grouping").done();
    vec![Tab::new("Events", here, !grouping), Tab::new("Grouping", other, grouping)]
}

/// `/o/{organization}/groups/{id}?tab=grouping`
#[component]
pub fn GroupingTab(writes: Writes, slug: Memo<String>, id: Memo<String>) -> impl IntoView {
    let map = use_query_map();
    let of = move |name: &str| map.with(|map| map.get_str(name).unwrap_or_default().to_owned());
    let grouping = fetch_after(
        move || writes.version(),
        move || GetGrouping {
            organization: slug.get(),
            id: id.get(),
            slot: of("slot"),
            value: of("value"),
            q: of("q"),
        },
    );
    view! {
        <Load resource=grouping let:shown>
            <Whole writes shown slug=slug.get_untracked() />
        </Load>
    }
    .into_any()
}

#[component]
fn Whole(writes: Writes, shown: GroupingShown, slug: String) -> impl IntoView {
    let tabs = tabs(&slug, &shown.id, true);
    let merged = shown.merged_into.clone().map(|into| {
        view! { <Merged writes into id=shown.id.clone() slug=slug.clone() may_act=shown.may_act /> }
    });
    let split = (shown.may_act && shown.merged_into.is_none()).then(|| {
        view! { <Split writes shown=shown.clone() slug=slug.clone() /> }
    });
    let slots = if shown.slots.is_empty() {
        view! { <p class="muted">"It has no slots: every message of the group is the same text."</p> }
            .into_any()
    } else {
        let slot =
            |slot: super::shown::SlotShown| view! { <Definition term=slot.name>{slot.why}</Definition> };
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
    view! {
        <PageHead title="Group" note=counted(shown.event_count, "event", "events") />
        <Tabs label="Sides of the group" tabs=tabs />
        {merged}
        <FormError form=Form::of(writes.act) fields=&[] />
        <div class="columns group-page">
            <div class="main-column">
                <Section title="Its template" hint="What is marked differs from event to event; the rest is the same in all of them.">
                    <p class="message-text mono">
                        <Message marked=shown.template />
                    </p>
                    {slots}
                </Section>
                <Members writes members=shown.members slug=slug.clone() may_act=shown.may_act />
                <Similar writes similar=shown.similar target slug=slug.clone() />
                <Rules rules=shown.rules />
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
    }
    .into_any()
}

/// Above a group that is merged into another.
#[component]
pub fn Merged(writes: Writes, into: Linked, id: String, slug: String, may_act: bool) -> impl IntoView {
    let form = may_act.then(|| view! { <One writes act="unmerge" words="Unmerge" id slug into=None /> });
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
    writes: Writes,
    act: &'static str,
    words: &'static str,
    id: String,
    slug: String,
    into: Option<String>,
) -> impl IntoView {
    let into = into.map(|into| view! { <input type="hidden" name="asked[into]" value=into /> });
    view! {
        <SendForm to=writes.act>
            <input type="hidden" name="organization" value=slug />
            <input type="hidden" name=IDS value=id />
            {into}
            <Button submit=true name=ACT value=act>
                {words}
            </Button>
        </SendForm>
    }
    .into_any()
}

#[component]
fn Members(writes: Writes, members: Vec<MemberShown>, slug: String, may_act: bool) -> impl IntoView {
    if members.is_empty() {
        return ().into_any();
    }
    let member = move |member: MemberShown| {
        let form = may_act.then(|| {
            view! { <One writes act="unmerge" words="Unmerge" id=member.id slug=slug.clone() into=None /> }
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

#[component]
fn Similar(
    writes: Writes,
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
            view! { <One writes act="merge" words="Merge into this one" id=other.id slug=slug.clone() into=Some(into) /> }
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
        <Section title="Similar groups">
            <ol class="timeline">{similar.into_iter().map(one).collect_view()}</ol>
        </Section>
    }
    .into_any()
}

#[component]
fn Rules(rules: Vec<RuleShown>) -> impl IntoView {
    if rules.is_empty() {
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
            </li>
        }
    };
    view! {
        <Section title="Rules" hint="What people taught about this group; later events follow what is in force.">
            <ol class="timeline">{rules.into_iter().map(rule).collect_view()}</ol>
        </Section>
    }
    .into_any()
}

/// Choose a condition, see what it would take, then split.
#[component]
fn Split(writes: Writes, shown: GroupingShown, slug: String) -> impl IntoView {
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
        preview.map(|preview| view! { <Previewed writes preview id=shown.id.clone() slug=slug.clone() /> });
    view! {
        <Section title="Split" id="split" hint="Events that belong elsewhere get a group of their own: the newest that are there, and those that come.">
            <Asking method="GET" action=[&routes::group(&slug, &shown.id), "#split"].concat() attr:class="form">
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
            </Asking>
            {told}
        </Section>
    }
    .into_any()
}

#[component]
fn Previewed(writes: Writes, preview: PreviewShown, id: String, slug: String) -> impl IntoView {
    let form = (!preview.template.is_empty()).then(|| {
        view! {
            <p class="message-text small mono">{preview.template}</p>
            <SendForm to=writes.act class="form">
                <NoDefault />
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
pub fn Held(title: &'static str, hint: String, all: Vec<Bars>) -> impl IntoView {
    if all.is_empty() {
        return ().into_any();
    }
    let one = |bars: Bars| {
        let items: Vec<FacetItem> = bars
            .bars
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
