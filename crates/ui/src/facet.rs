//! One dimension of a list: its values with counts, as links.

use leptos::prelude::*;

use crate::{Glyph, Icon, SeverityMark, Shape};

/// One value of a dimension.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FacetItem {
    pub label: String,
    /// Formatted count.
    pub count: String,
    /// Share of the largest count, 0 to 100: the hairline under the value.
    pub share: u8,
    /// Link that includes the value (or takes the inclusion back when `on`).
    pub href: String,
    /// Link that excludes the value (or takes the exclusion back when `excluded`).
    pub exclude_href: Option<String>,
    /// Link that shows nothing but the value.
    pub only_href: Option<String>,
    /// One more link of the value: the words before its name, and where it leads.
    pub extra: Option<(&'static str, String)>,
    /// Included now.
    pub on: bool,
    /// Excluded now.
    pub excluded: bool,
    /// A severity mark before the words: class and shape.
    pub mark: Option<(&'static str, Shape)>,
}

/// A folding list of values. Works as links; counts are read after the value.
#[component]
pub fn Facet(
    #[prop(into)] title: String,
    #[prop(into)] items: Signal<Vec<FacetItem>>,
    /// Folded at first.
    #[prop(optional)]
    closed: bool,
    /// Link under the values, and its words: to more of them, or to fewer.
    #[prop(optional, into)]
    more: MaybeProp<(String, &'static str)>,
    /// A search form or anything else above the values.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let list = move || items.get().into_iter().map(value).collect_view();
    view! {
        <details class="facet" open=!closed>
            <summary>{title}</summary>
            {children.map(|children| children())}
            <ul>{move || list()}</ul>
            {move || more.get().map(|(href, words)| view! { <a class="more" href=href>{words}</a> })}
        </details>
    }
    .into_any()
}

fn value(item: FacetItem) -> AnyView {
    let class = if item.on {
        "value on"
    } else if item.excluded {
        "value excluded"
    } else {
        "value"
    };
    let tick = if item.excluded { Glyph::Minus } else { Glyph::Check };
    let mark = item
        .mark
        .map(|(level, shape)| view! { <SeverityMark level shape word=item.label.clone() bare=true /> });
    let tool = |words: &str, href: Option<String>, glyph| {
        href.map(|href| {
            let label = format!("{words} {}", item.label);
            view! {
                <a class="tool" href=href aria-label=label.clone() title=label>
                    <Icon glyph />
                </a>
            }
        })
    };
    let only = tool("Only", item.only_href, Glyph::Filter);
    let extra = item.extra.and_then(|(words, href)| tool(words, Some(href), Glyph::ArrowRight));
    let exclude =
        tool(if item.excluded { "No longer exclude" } else { "Exclude" }, item.exclude_href, Glyph::Minus);
    view! {
        <li class=class>
            <a class="include" href=item.href aria-current=item.on.then_some("true")>
                <span class="tick" aria-hidden="true">
                    <Icon glyph=tick />
                </span>
                <span class="name">{mark.map(|mark| view! { <span aria-hidden="true">{mark}</span> })}{item.label}</span>
                {item.excluded.then(|| view! { <span class="visually-hidden">"excluded"</span> })}
                <span class="count">{item.count}</span>
            </a>
            <span class="tools">{only} {extra} {exclude}</span>
            <svg class="share" width="100%" height="2" aria-hidden="true">
                <rect width=format!("{}%", item.share.min(100)) height="2" rx="1"></rect>
            </svg>
        </li>
    }
    .into_any()
}
