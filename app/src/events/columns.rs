//! Which columns the list has, in which order, and how high its rows are: links, like everything that an address says.

use leptos::prelude::*;
use ui::{Button, Glyph, Menu, MenuItem, MenuLabel, MenuLine};

use super::filters::Hidden;
use super::query::{EventQuery, FIELDS};
use super::state::Events;
use crate::ask::AskForm;
use crate::columns;
use crate::routes;

#[component]
pub fn ColumnMenu(events: Events) -> impl IntoView {
    let items = move || {
        let query = events.query.get();
        let shown = query.columns();
        let known = FIELDS.iter().filter(|(name, _)| *name != "severity" && !shown.contains(name));
        let off = known.map(|(name, words)| one(events, &query, name, words, false)).collect_view();
        let words = |name: &str| {
            let known = FIELDS.iter().find(|(field, _)| *field == name);
            known.map_or_else(|| name.to_owned(), |(_, words)| (*words).to_owned())
        };
        let on = shown.iter().map(|name| one(events, &query, name, &words(name), true)).collect_view();
        (on, off).into_any()
    };
    let density = move || {
        let query = events.query.read();
        let href = |query: EventQuery| query.href(&events.slug.read());
        view! {
            <MenuItem href=href(query.with_other_density()) current=query.is_compact()>
                "Compact rows"
            </MenuItem>
            <MenuItem href=href(query.with_usual_rows())>"Usual columns and rows"</MenuItem>
        }
    };
    view! {
        <Menu label="Columns" icon=Glyph::Columns icon_only=true end=true>
            <MenuLabel>"Columns"</MenuLabel>
            {move || items()}
            <div class="menu-form">
                <AskForm page=Signal::derive(move || routes::events(&events.slug.read())) adds=true>
                    <AllColumns events />
                    <input type="text" class="text-input mono" name="column" required=true placeholder="payload.user" aria-label="Part of the payload as a column" autocapitalize="none" spellcheck="false" />
                    <Button submit=true wide=true>
                        "Add column"
                    </Button>
                </AskForm>
            </div>
            <MenuLine />
            {move || density()}
        </Menu>
    }
    .into_any()
}

fn one(events: Events, query: &EventQuery, name: &str, words: &str, on: bool) -> AnyView {
    let href = |query: EventQuery| query.href(&events.slug.read());
    let first = query.columns().first() == Some(&name);
    let further_left = (on && !first).then(|| href(query.with_column_earlier(name)));
    columns::line(words.to_owned(), on, href(query.with_column(name)), further_left)
}

/// The rest of the address, with the columns that are shown even where it leaves them out: one more is added to them.
#[component]
fn AllColumns(events: Events) -> impl IntoView {
    let shown = move || {
        let query = events.query.read();
        let input = |name: &&str| view! { <input type="hidden" name="column" value=(*name).to_owned() /> };
        query.columns().iter().map(input).collect_view()
    };
    view! {
        <Hidden events without=&["column"] />
        {move || shown()}
    }
    .into_any()
}
