//! Views of the same thing, as links.

use leptos::prelude::*;

/// One tab.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tab {
    pub label: String,
    pub href: String,
    /// Formatted count, or empty.
    pub count: String,
    pub current: bool,
}

impl Tab {
    pub fn new(label: impl Into<String>, href: impl Into<String>, current: bool) -> Self {
        Self { label: label.into(), href: href.into(), count: String::new(), current }
    }

    #[must_use]
    pub fn count(mut self, count: impl Into<String>) -> Self {
        self.count = count.into();
        self
    }
}

/// Links with `aria-current="page"` on the one shown.
#[component]
pub fn Tabs(
    /// What the tabs choose between, for assistive technology.
    #[prop(into)]
    label: String,
    #[prop(into)] tabs: Signal<Vec<Tab>>,
    /// Content after the last tab (a "save view" button).
    #[prop(optional, into)]
    after: ViewFn,
) -> impl IntoView {
    let links = move || {
        tabs.get()
            .into_iter()
            .map(|tab| {
                let count = (!tab.count.is_empty()).then(|| view! { <span class="badge">{tab.count}</span> });
                view! {
                    <a href=tab.href aria-current=tab.current.then_some("page")>
                        {tab.label}
                        {count}
                    </a>
                }
            })
            .collect_view()
    };
    view! {
        <nav class="tabs" aria-label=label>
            {links}
            <span class="after">{after.run()}</span>
        </nav>
    }
    .into_any()
}
