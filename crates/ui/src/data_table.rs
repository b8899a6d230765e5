//! Tables: dense rows, sticky head, sorting by links.

use leptos::prelude::*;

use crate::{Glyph, Icon, button::classes};

/// How a column is sorted now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sorted {
    Ascending,
    Descending,
}

/// One column: build with [`Column::new`] and the setters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Column {
    pub header: String,
    /// Class of the `<th>`; give the cells the same. Known: `num`, `message`, `optional` (hidden where narrow), `shrink`, `check`, `time`.
    pub class: &'static str,
    /// Header told to assistive technology only.
    pub hidden_header: bool,
    /// Link that sorts by this column.
    pub sort_href: Option<String>,
    pub sorted: Option<Sorted>,
}

impl Column {
    pub fn new(header: impl Into<String>) -> Self {
        Self { header: header.into(), ..Self::default() }
    }

    #[must_use]
    pub fn class(mut self, class: &'static str) -> Self {
        self.class = class;
        self
    }

    #[must_use]
    pub fn hidden_header(mut self) -> Self {
        self.hidden_header = true;
        self
    }

    #[must_use]
    pub fn sort(mut self, href: impl Into<String>, sorted: Option<Sorted>) -> Self {
        self.sort_href = Some(href.into());
        self.sorted = sorted;
        self
    }
}

/// A table with a head from `columns`; children are `<Row>`s (or plain `<tr>`s). The caption is read, not shown.
#[component]
pub fn DataTable(
    #[prop(into)] caption: String,
    #[prop(into)] columns: Signal<Vec<Column>>,
    /// A first column of checkboxes: `<Row>`s need `check_name`. Shows "select all" in the browser.
    #[prop(optional)]
    checks: bool,
    /// Tighter rows (28 px).
    #[prop(optional)]
    compact: bool,
    children: Children,
) -> impl IntoView {
    let head = move || columns.get().into_iter().map(header).collect_view();
    view! {
        <table class="data-table" class:compact=compact>
            <caption class="visually-hidden">{caption}</caption>
            <thead>
                <tr>
                    {checks
                        .then(|| {
                            view! {
                                <th scope="col" class="check">
                                    <input type="checkbox" aria-label="Select all rows shown" on:change=|event| crate::browser::check_all(&event) />
                                </th>
                            }
                        })}
                    {move || head()}
                </tr>
            </thead>
            <tbody>{children()}</tbody>
        </table>
    }
    .into_any()
}

/// One row. `href` opens it (the first link inside should be the same); j/k move over rows, x checks, Enter opens.
#[component]
pub fn Row(
    /// Shown in the panel.
    #[prop(optional, into)]
    selected: Signal<bool>,
    /// Handled: colours fade.
    #[prop(optional)]
    done: bool,
    /// Where the row leads; a click anywhere on the row follows it in the browser.
    #[prop(optional, into)]
    href: Option<String>,
    /// `name` of the row's checkbox; no checkbox without it.
    #[prop(optional, into)]
    check_name: Option<String>,
    #[prop(optional, into)] check_value: String,
    /// What the checkbox is called ("Select Failed password…").
    #[prop(optional, into)]
    check_label: String,
    #[prop(optional, into)] checked: Signal<bool>,
    /// Value and whether it is checked now.
    #[prop(optional, into)]
    on_check: Option<Callback<(String, bool)>>,
    /// The `<td>`s.
    children: Children,
) -> impl IntoView {
    let value = check_value.clone();
    let check = check_name.map(|name| {
        view! {
            <td class="check">
                <input
                    type="checkbox"
                    name=name
                    value=check_value
                    aria-label=check_label
                    checked=checked.get_untracked()
                    prop:checked=move || checked.get()
                    on:change=move |event| {
                        if let Some(on_check) = on_check {
                            on_check.run((value.clone(), event_target_checked(&event)));
                        }
                    }
                />
            </td>
        }
    });
    view! {
        <tr
            class=if done { "row done" } else { "row" }
            data-row
            data-href=href
            aria-current=move || selected.get().then_some("true")
        >
            {check}
            {children()}
        </tr>
    }
    .into_any()
}

fn header(column: Column) -> AnyView {
    let sort = column.sorted.map(|sorted| match sorted {
        Sorted::Ascending => ("ascending", Glyph::ArrowUp),
        Sorted::Descending => ("descending", Glyph::ArrowDown),
    });
    let aria = sort.map(|(word, _)| word);
    let words = if column.hidden_header {
        view! { <span class="visually-hidden">{column.header.clone()}</span> }.into_any()
    } else {
        column.header.clone().into_any()
    };
    let inner = match column.sort_href {
        Some(href) => {
            // Words that are hidden leave the picture, and what it does to the pointer.
            let glyph = sort.map(|(_, glyph)| glyph).or(column.hidden_header.then_some(Glyph::ChevronDown));
            let title = column.hidden_header.then(|| ["Sort by ", &column.header].concat());
            view! {
                <a href=href title=title>
                    {words}
                    {glyph.map(|glyph| view! { <Icon glyph /> })}
                </a>
            }
            .into_any()
        }
        None => words,
    };
    view! {
        <th scope="col" class=classes(&[column.class]) aria-sort=aria>
            {inner}
        </th>
    }
    .into_any()
}
