//! `/o/{organization}/settings/permissions`: what the roles and the API-key scopes may do, from the one permission table.

use domain::api_key;
use domain::permission::{Holder, Key, PermissionSet};
use leptos::prelude::*;
use ui::{Column, DataTable, Glyph, Icon, Row, Section, VisuallyHidden};

use crate::error::Answer;
use crate::page::Page;
use crate::page::print::Asked;
use crate::routes::SettingsPage;

const HOLDERS: [(&str, Holder); 4] = [
    ("viewer", Holder::Viewer),
    ("analyst", Holder::Analyst),
    ("admin", Holder::Admin),
    ("sre", Holder::Sre),
];

pub async fn page(asked: Asked) -> Answer<Page> {
    asked.scope().await?;
    let mut columns = vec![Column::new("Permission").class("message")];
    columns.extend(HOLDERS.map(|(word, _)| Column::new(word).class("mark")));
    let scopes = vec![Column::new("Scope").class("shrink"), Column::new("Lets a key")];
    let body = view! {
        <Section title="Roles" hint="viewer, analyst and admin are roles in this organization; sre is a role on the platform, and every entry by it is audited.">
            <DataTable caption="What each role may do" columns=columns compact=true>
                {Key::ALL.iter().map(|key| permission(*key)).collect_view()}
            </DataTable>
        </Section>
        <Section title="API-key scopes" hint="A key may do what its scopes say and never touches accounts. A write scope does not let a key read.">
            <DataTable caption="What each scope allows" columns=scopes compact=true>
                {scope_words().into_iter().map(scope).collect_view()}
            </DataTable>
        </Section>
    };
    Ok(Page::of(SettingsPage::Permissions.title(), body))
}

fn permission(key: Key) -> AnyView {
    let cells = HOLDERS.map(|(_, holder)| {
        view! { <td class="mark">{mark(PermissionSet::of(holder).has(key))}</td> }.into_any()
    });
    view! {
        <Row>
            <td class="message">
                {key.describe()} <code class="aside">{key.as_str()}</code>
            </td>
            {cells.into_iter().collect_view()}
        </Row>
    }
    .into_any()
}

fn mark(yes: bool) -> AnyView {
    if yes {
        view! { <Icon glyph=Glyph::Check /> <VisuallyHidden>"yes"</VisuallyHidden> }.into_any()
    } else {
        view! { <span class="faint" aria-hidden="true">"·"</span> <VisuallyHidden>"no"</VisuallyHidden> }
            .into_any()
    }
}

/// The scopes that allow something today, `all` last.
pub fn scope_words() -> Vec<&'static str> {
    let allows = |word: &&'static str| api_key::permissions(&[(*word).to_owned()]) != PermissionSet::NONE;
    api_key::SCOPES.iter().copied().filter(allows).chain(["all"]).collect()
}

/// What a scope allows, in words.
pub fn scope_meaning(word: &str) -> String {
    if word == "all" {
        return "Everything an admin of this organization may do".to_owned();
    }
    let allowed = api_key::permissions(&[word.to_owned()]);
    allowed.keys().map(Key::describe).collect::<Vec<_>>().join(" · ")
}

fn scope(word: &'static str) -> AnyView {
    view! {
        <Row>
            <td class="shrink">
                <code>{word}</code>
            </td>
            <td>{scope_meaning(word)}</td>
        </Row>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_that_allows_nothing_is_not_offered() {
        let words = scope_words();
        assert!(
            words.contains(&"event.write") && words.contains(&"group.write") && words.ends_with(&["all"])
        );
        assert!(!words.contains(&"audit.write"), "nobody writes into the log");
        assert!(words.iter().all(|word| !scope_meaning(word).is_empty()));
    }
}
