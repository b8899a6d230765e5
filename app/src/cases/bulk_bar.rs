//! What can be done with the chosen cases: the form around the list, and what it did. Server only.

use domain::Severity;
use domain::case::{Priority, Resolution};
use domain::member::Member;
use domain::permission::CaseRead;
use leptos::prelude::*;
use service::cases;
use ui::{
    BulkBar, Button, Checkbox, Glyph, Menu, MenuItem, MenuLabel, MenuLine, Notice, NoticeKind, TextInput,
    Variant,
};

use super::bulk::{ChangeCases, UndoCases};
use super::bulk_write::{Left, words};
use super::parts::label;
use super::query::CaseQuery;
use crate::error::Answer;
use crate::events::parts::number;
use crate::form::{Form, FormError};
use crate::page::print::{Asked, form};
use crate::server::Scope;

/// `name` of the checkboxes.
pub const NUMBERS: &str = "asked[numbers][]";
/// `name` of the buttons.
const ACT: &str = "asked[act]";

/// The numbers that were chosen in a form that came back.
pub fn chosen() -> Vec<String> {
    let typed = Form::printed::<ChangeCases>().typed("numbers", "");
    typed.split_whitespace().map(str::to_owned).collect()
}

/// Around `table`, whose rows have checkboxes. `matching`: how many the list shows on all its pages.
pub fn around(
    slug: &str,
    query: &CaseQuery,
    members: &[Member],
    (shown, matching): (usize, i64),
    table: AnyView,
) -> AnyView {
    let state = Form::printed::<ChangeCases>();
    let all = (matching > shown as i64).then(|| {
        let words = format!("Select all {} matching", number(matching));
        let checked = !state.typed("all", "").is_empty();
        view! { <Checkbox name="asked[all]" label=words checked=checked /> }
    });
    let reason = state.typed("reason", "");
    let (assign, tag) = (assign(members), tag(state.typed("tag", "")));
    let merge = merge(state.typed("into", ""));
    let fields = view! {
        // Enter in a field sends nothing: what is to be done is a button's word.
        <button type="submit" disabled=true hidden=true></button>
        <input type="hidden" name="organization" value=slug.to_owned() />
        <input type="hidden" name="asked[list]" value=query.saved() />
        {table}
        <BulkBar count=0_usize>
            <FormError form=state fields=&[] />
            {all}
            <TextInput name="asked[reason]" key="c" label="Reason or note" placeholder="Reason or note" autocomplete="off" maxlength=2000_u32 value=reason />
            <Button submit=true name=ACT value="investigate">"Investigate"</Button>
            {resolve()}
            <Button submit=true name=ACT value="reopen">"Reopen"</Button>
            {assign}
            {rank()}
            {tag}
            {merge}
        </BulkBar>
    };
    form::<ChangeCases>("Changed", "groups-form", fields)
}

fn item(value: String, words: String) -> AnyView {
    view! { <MenuItem submit=true name=ACT value=value>{words}</MenuItem> }.into_any()
}

fn resolve() -> AnyView {
    let items: Vec<_> =
        Resolution::ALL.iter().map(|of| item(format!("resolve:{of}"), label(of.as_str()))).collect();
    view! {
        <Menu label="Resolve" icon=Glyph::Check key="r" up=true>
            <MenuLabel>"It was, with the reason beside"</MenuLabel>
            {items}
        </Menu>
    }
    .into_any()
}

fn assign(members: &[Member]) -> AnyView {
    let people: Vec<_> = members
        .iter()
        .filter(|member| member.enabled)
        .map(|member| {
            let name = member.display_name.clone().unwrap_or_else(|| member.username.clone());
            item(format!("assign:{}", member.user_id), name)
        })
        .collect();
    view! {
        <Menu label="Assign" icon=Glyph::User key="a" up=true>
            {item("assign:me".to_owned(), "Me".to_owned())}
            {item("assign:nobody".to_owned(), "Nobody".to_owned())}
            <MenuLine />
            {people}
        </Menu>
    }
    .into_any()
}

fn rank() -> AnyView {
    let severities: Vec<_> = Severity::ALL
        .iter()
        .rev()
        .map(|of| item(format!("severity:{}", of.as_str()), label(of.as_str())))
        .collect();
    let priorities: Vec<_> =
        Priority::ALL.iter().rev().map(|of| item(format!("priority:{of}"), label(of.as_str()))).collect();
    view! {
        <Menu label="Rank" up=true>
            <MenuLabel>"Severity"</MenuLabel>
            {severities}
            <MenuLine />
            <MenuLabel>"Priority"</MenuLabel>
            {priorities}
        </Menu>
    }
    .into_any()
}

fn tag(typed: String) -> AnyView {
    view! {
        <Menu label="Tag" up=true>
            <TextInput name="asked[tag]" label="Tag" placeholder="Tag" autocomplete="off" maxlength=60_u32 value=typed />
            {item("tag:add".to_owned(), "Add the tag".to_owned())}
            {item("tag:remove".to_owned(), "Remove the tag".to_owned())}
        </Menu>
    }
    .into_any()
}

fn merge(typed: String) -> AnyView {
    view! {
        <Menu label="Merge" up=true>
            <TextInput name="asked[into]" label="Into which case" placeholder="CASE-…" autocomplete="off" maxlength=24_u32 value=typed />
            {item("merge".to_owned(), "Merge into it".to_owned())}
        </Menu>
    }
    .into_any()
}

/// Without WASM: what was done, with its undoing. With it a message that passes says so.
pub async fn told(scope: &Scope, asked: &Asked) -> Answer<Option<AnyView>> {
    let left = Left::read(asked.get("left"));
    let action = match asked.get("done") {
        "" => return Ok(None),
        text => text.parse().ok(),
    };
    let done = match action {
        Some(id) => cases::action(&scope.admit::<CaseRead>()?, id).await?.map(|done| (id, done)),
        None => None,
    };
    let slug = scope.organization.slug.clone();
    let (text, undo) = match done {
        None => (words(domain::case::Step::Edited, 0, &left), None),
        Some((id, (step, n))) => {
            let fields = view! {
                <input type="hidden" name="organization" value=slug />
                <input type="hidden" name="action_id" value=id.to_string() />
                <Button submit=true variant=Variant::Secondary>"Undo"</Button>
            };
            (words(step, n, &left), Some(form::<UndoCases>("Taken back", "inline-form", fields)))
        }
    };
    let view = view! {
        <Notice kind=NoticeKind::Info>
            <span class="row-line">{text} {undo}</span>
        </Notice>
    };
    Ok(Some(view.into_any()))
}
