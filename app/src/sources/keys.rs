//! In the panel of a source: the API keys that are bound to it.

use domain::permission::Key;
use leptos::prelude::*;
use ui::{Badge, Button, Column, DataTable, Glyph, Row, Tone};

use crate::error::Answer;
use crate::routes::{Link, SettingsPage};
use crate::server::Scope;
use crate::settings::{ApiKeyRow, KeyState, api_key_row};
use crate::when::{AgoOr, At};

/// Keys of a source, for who may see keys.
#[derive(Clone)]
pub struct Keys {
    rows: Vec<ApiKeyRow>,
    may_change: bool,
}

impl Keys {
    /// Those that the deletion of the source ends.
    pub fn working(&self) -> usize {
        self.rows.iter().filter(|row| row.state != KeyState::Revoked).count()
    }
}

pub async fn read(scope: &Scope, source: domain::SourceId) -> Answer<Option<Keys>> {
    if !scope.may(Key::ApiKeyRead) {
        return Ok(None);
    }
    let found = service::api_keys::of_source(&scope.admit()?, source).await?;
    let rows = found.into_iter().map(|key| api_key_row(scope, key)).collect();
    Ok(Some(Keys { rows, may_change: scope.may(Key::ApiKeyWrite) }))
}

pub fn section(keys: &Keys, source: &str, slug: &str) -> AnyView {
    let new = Link::new(SettingsPage::ApiKeys.href(slug)).with("source", source).done();
    let new = keys.may_change.then(|| {
        view! {
            <Button href=new icon=Glyph::Key>
                "Make a key of this source"
            </Button>
        }
    });
    let table = if keys.rows.is_empty() {
        let text = "None is bound to this source. What a bound key sends is filed here, and it can do nothing but send.";
        view! { <p class="hint">{text}</p> }.into_any()
    } else {
        let columns = vec![
            Column::new("Key").class("message"),
            Column::new("Last used").class("time"),
            Column::new("Expires").class("time"),
        ];
        let rows = keys.rows.iter().map(|row| line(row.clone(), keys.may_change, slug)).collect_view();
        view! {
            <DataTable caption="API keys of this source" columns=columns>
                {rows}
            </DataTable>
        }
        .into_any()
    };
    view! {
        <section>
            <h2>"API keys"</h2>
            {table}
            {new}
        </section>
    }
    .into_any()
}

fn line(row: ApiKeyRow, may_change: bool, slug: &str) -> AnyView {
    let state = match row.state {
        KeyState::Works => None,
        KeyState::Expired => Some(view! { " " <Badge tone=Tone::Medium>"expired"</Badge> }.into_any()),
        KeyState::Revoked => Some(view! { " " <Badge>"revoked"</Badge> }.into_any()),
    };
    let expires = match row.expires {
        Some(when) => view! { <At when /> }.into_any(),
        None => view! { <span class="faint">"never"</span> }.into_any(),
    };
    let ask = (may_change && row.state != KeyState::Revoked).then(|| {
        let href = Link::new(SettingsPage::ApiKeys.href(slug)).with("revoke", &row.id).done();
        let label = format!("Revoke {}", row.name);
        view! {
            <a class="link" href=href aria-label=label>
                "Revoke"
            </a>
        }
    });
    view! {
        <Row done=row.state != KeyState::Works>
            <td class="message">
                <div>{row.name} " " <code class="faint">{format!("{}…", row.prefix)}</code> {state}</div>
                <span class="below">{ask}</span>
            </td>
            <td class="time">
                <AgoOr when=row.last_used words="never" />
            </td>
            <td class="time">{expires}</td>
        </Row>
    }
    .into_any()
}
