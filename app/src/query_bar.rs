//! What the query bars of the lists have alike: the field, what is wrong with a query, and what can be asked.

use domain::query::{Problem, Schema};
use leptos::prelude::*;
use ui::{Empty, Glyph, Icon, Kbd};

/// `id` of the text that says what is wrong with the query of the list.
pub const WRONG: &str = "query-problem";

/// What can be asked of a list.
pub struct Syntax {
    pub schema: &'static Schema,
    /// By example: what is written, and what it finds.
    pub examples: &'static [(&'static str, &'static str)],
}

/// The field of a query that `scripts/completing.mjs` completes, and how it is written. It stands in a form of the class `query`.
#[component]
pub fn QueryField(
    /// Of the address.
    name: &'static str,
    /// Accessible name.
    label: &'static str,
    placeholder: &'static str,
    syntax: &'static Syntax,
    #[prop(into)] value: Signal<String>,
    /// [`wrong`] says why it cannot be read.
    #[prop(into)]
    is_wrong: Signal<bool>,
    /// The address that answers with what can stand at its cursor.
    #[prop(into)]
    complete: Signal<String>,
) -> impl IntoView {
    view! {
        <Icon glyph=Glyph::Search />
        <input
            type="search"
            id="query"
            name=name
            aria-label=label
            aria-invalid=move || is_wrong.get().then_some("true")
            aria-describedby=move || is_wrong.get().then_some(WRONG)
            placeholder=placeholder
            autocomplete="off"
            autocapitalize="none"
            spellcheck="false"
            data-search=""
            data-complete=complete
            value=value
            prop:value=value
        />
        <Kbd keys="/" />
        <Help syntax />
    }
    .into_any()
}

/// The button that shows what can be asked.
#[component]
pub fn Help(syntax: &'static Syntax) -> impl IntoView {
    let names: Vec<&str> = syntax.schema.fields.iter().map(|field| field.name).collect();
    let payload = if syntax.schema.payload { ", payload.…" } else { "" };
    let fields = format!("Fields: {}{payload}", names.join(", "));
    let example = |(written, finds): &(&'static str, &'static str)| {
        view! {
            <dt>
                <code>{*written}</code>
            </dt>
            <dd>{*finds}</dd>
        }
    };
    view! {
        <button type="button" class="query-help-button" popovertarget="query-help" aria-label="Query syntax" title="Query syntax">
            "?"
        </button>
        <div class="query-help" id="query-help" popover="auto">
            <h2>"Query syntax"</h2>
            <dl>{syntax.examples.iter().map(example).collect_view()}</dl>
            <p>{fields}</p>
        </div>
    }
    .into_any()
}

/// What is wrong with the query, where, and what it could say instead. Directly below the bar. `href`: the list with another query.
pub fn wrong(q: &str, problem: &Problem, href: &dyn Fn(String) -> String) -> AnyView {
    let part = |range: std::ops::Range<usize>| q.get(range).unwrap_or_default().to_owned();
    let (before, at, after) =
        (part(0..problem.at.start), part(problem.at.clone()), part(problem.at.end..q.len()));
    let instead = problem.suggestion.as_ref().map(|suggestion| {
        let href = href([before.as_str(), suggestion, &after].concat());
        view! {
            " "
            <a class="link" href=href>
                {format!("Use {suggestion}")}
            </a>
        }
    });
    let at = if at.is_empty() { " ".to_owned() } else { at };
    let words = format!("At character {}: {}", problem.place(q), problem.message);
    view! {
        <div class="query-error" id=WRONG role="alert">
            <pre>{before}<u>{at}</u>{after}</pre>
            {words}
            {instead}
        </div>
    }
    .into_any()
}

/// Where the list would be.
pub fn no_list() -> AnyView {
    let text = "The list comes back as soon as it is corrected.";
    view! { <Empty title="The query cannot be read" text icon=Glyph::Search /> }.into_any()
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use domain::Timestamp;
    use domain::query::parse;

    use super::*;
    use crate::{cases, drift, events, groups};

    #[test]
    fn what_the_help_writes_can_be_asked() {
        for syntax in
            [&events::filters::SYNTAX, &groups::list::SYNTAX, &cases::list::SYNTAX, &drift::list::SYNTAX]
        {
            for (written, _) in syntax.examples {
                let read = parse(written, syntax.schema, Timestamp::far_future());
                assert!(read.is_ok(), "{written}: {read:?}");
            }
        }
    }

    #[test]
    fn what_is_wrong_is_marked_and_mended_by_a_link() {
        let q = "é severity:<hi>";
        let problem = Problem {
            at: 12..q.len(),
            message: "`<hi>` is none".to_owned(),
            suggestion: Some("high".to_owned()),
        };
        let html = wrong(q, &problem, &|q| format!("/list?show=all&q={q}")).to_html().replace("<!>", "");
        for part in [
            "<u>&lt;hi&gt;</u>",
            "At character 12: `&lt;hi&gt;` is none",
            "href=\"/list?show=all&amp;q=é severity:high\"",
            "Use high",
            "id=\"query-problem\"",
            "role=\"alert\"",
        ] {
            assert!(html.contains(part), "{part} in {html}");
        }
    }
}
