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
    /// Link that excludes the value.
    pub exclude_href: Option<String>,
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
    /// Link to more values.
    #[prop(optional, into)]
    more_href: MaybeProp<String>,
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
            {move || more_href.get().map(|href| view! { <a class="more" href=href>"More values"</a> })}
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
    let exclude = item.exclude_href.map(|href| {
        let label = format!("Exclude {}", item.label);
        view! {
            <a class="exclude" href=href aria-label=label.clone() title=label>
                <Icon glyph=Glyph::Minus />
            </a>
        }
    });
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
            {exclude}
            <svg class="share" width="100%" height="2" aria-hidden="true">
                <rect width=format!("{}%", item.share.min(100)) height="2" rx="1"></rect>
            </svg>
        </li>
    }
    .into_any()
}
