//! The filter: a GET form, so the URL holds it and it works without WASM.

use domain::audit::{ACTIONS, TARGETS};
use leptos::prelude::*;
use ui::{Button, Choice, DateTimeInput, Glyph, Icon, Select, TextInput, Variant};

use crate::routes::{self, AuditQuery};

pub fn bar(slug: &str, query: &AuditQuery) -> AnyView {
    let on = query.filters();
    let any = on != 0;
    view! {
        <details class="filter-fold" open=any>
            <summary>
                <Icon glyph=Glyph::Filter />
                "Filter"
                {any.then(|| view! { <span class="badge accent">{on}</span> })}
            </summary>
            {form(slug, query)}
        </details>
    }
    .into_any()
}

fn form(slug: &str, query: &AuditQuery) -> AnyView {
    let action = routes::audit(slug);
    let clear = (query.filters() != 0).then(|| {
        let href = action.clone();
        view! {
            <Button href=href variant=Variant::Ghost>
                "Clear"
            </Button>
        }
    });
    let query = query.clone();
    view! {
        <form method="get" action=action class="toolbar" role="search" aria-label="Filter the audit log">
            <TextInput name="q" kind="search" label="Search the entries" placeholder="Search" value=query.q />
            <TextInput name="actor" label="Actor" placeholder="Actor" value=query.actor />
            <Select name="action" label="Action" choices=choices("Any action", ACTIONS) value=query.action />
            <Select name="target_type" label="Kind of target" choices=choices("Any target", TARGETS) value=query.target_type />
            <TextInput name="target_id" label="Id of the target" placeholder="Target id" mono=true value=query.target_id />
            <label class="labelled">
                "From" <DateTimeInput name="from" label="From" value=query.from />
            </label>
            <label class="labelled">
                "until" <DateTimeInput name="to" label="Until, exclusive" value=query.to />
            </label>
            <Button submit=true variant=Variant::Primary>
                "Apply"
            </Button>
            {clear}
        </form>
    }
    .into_any()
}

fn choices(any: &str, words: &[&str]) -> Vec<Choice> {
    let mut all = vec![Choice::new("", any)];
    all.extend(words.iter().map(|word| Choice::new(*word, *word)));
    all
}
