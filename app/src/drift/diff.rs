//! The lines of a drift: declared and actual value of each property, with a way to ignore it. Server only.

use domain::drift::{ChangeType, DriftChange};
use leptos::prelude::*;
use serde_json::Value;
use ui::{Badge, Tone};

use crate::routes::Link;

/// Longest value that is printed in a line.
const MAX_VALUE: usize = 2_000;

/// `ignore`: the page that opens the dialog for a path; nothing where the reader may not.
pub fn table(changes: &[DriftChange], beside: bool, ignore: Option<&str>) -> AnyView {
    let rows = changes.iter().map(|change| row(change, beside, ignore)).collect_view();
    view! {
        <table class="diff-view" class:beside=beside>
            <caption class="visually-hidden">"Properties that differ from the code"</caption>
            <thead class="visually-hidden">
                <tr>
                    <th scope="col">"Property"</th>
                    <th scope="col">{if beside { "Declared" } else { "Change" }}</th>
                    <th scope="col">{if beside { "Actual" } else { "Value" }}</th>
                </tr>
            </thead>
            {rows}
        </table>
    }
    .into_any()
}

fn row(change: &DriftChange, beside: bool, ignore: Option<&str>) -> AnyView {
    let path = change.property_path.clone();
    let ignored = change.ignored_by.is_some();
    let link = ignore.filter(|_| !ignored).map(|page| {
        let href = Link::new(page).with("ignore", &path).done();
        view! { " " <a href=href aria-label=format!("Ignore {path}")>"ignore"</a> }
    });
    let critical =
        change.is_security_critical.then(|| view! { " " <Badge tone=Tone::High>"critical"</Badge> });
    let left_out = ignored.then(|| view! { " " <Badge>"ignored"</Badge> });
    let relevant =
        (change.is_relevant == Some(true)).then(|| view! { " " <Badge>"others depend on it"</Badge> });
    let owner = change.owner.clone().map(|owner| view! { " " <span class="faint">"by " {owner}</span> });
    let head = view! { {path} {critical} {left_out} {relevant} {owner} };
    let (old, new) = (text(change.declared_value.as_ref()), text(change.actual_value.as_ref()));
    if beside {
        let (minus, plus) = (old.is_some(), new.is_some());
        return view! {
            <tbody>
                <tr>
                    <th scope="row">{head}</th>
                    <td class:minus=minus>{old}</td>
                    <td class:plus=plus>{new} {link}</td>
                </tr>
            </tbody>
        }
        .into_any();
    }
    let both = old.is_some() && new.is_some();
    let words = match change.change_type {
        ChangeType::Modified => ("declared", "actual"),
        ChangeType::Added => ("declared", "added"),
        ChangeType::Removed => ("removed", "actual"),
    };
    let mut head = Some(head.into_any());
    let mut link = link.map(IntoAny::into_any);
    let mut line = |class: &'static str, sign: &'static str, word: &'static str, value: String| {
        let head = head.take().map(|head| view! { <th scope="row" rowspan=both.then_some("2")>{head}</th> });
        let last = link.take();
        view! {
            <tr class=class>
                {head}
                <td class="sign">
                    <span aria-hidden="true">{sign}</span>
                    <span class="visually-hidden">{word}</span>
                </td>
                <td>{value} {last}</td>
            </tr>
        }
        .into_any()
    };
    let removed = old.map(|old| line("minus", "−", words.0, old));
    let added = new.map(|new| line("plus", "+", words.1, new));
    view! { <tbody>{removed} {added}</tbody> }.into_any()
}

fn text(value: Option<&Value>) -> Option<String> {
    let text = value?.to_string();
    Some(if text.chars().count() > MAX_VALUE {
        text.chars().take(MAX_VALUE).chain("… (cut)".chars()).collect()
    } else {
        text
    })
}
