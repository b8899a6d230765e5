//! Lists that are empty, printed: why, and what helps. Before the first event: how to send it. Server only.

use domain::permission::Key;
use domain::query::{EVENTS, edit};
use leptos::prelude::*;
use ui::{Button, CodeBlock, Empty, Glyph, Variant};

use super::query::EventQuery;
use super::read::origin;
use crate::printed::Printed;
use crate::routes::{self, SettingsPage};
use crate::server::Scope;

/// What to do in an organization that has no events yet.
pub fn first_event(scope: &Scope, title: &'static str, text: &'static str, icon: Glyph) -> Printed {
    let slug = &scope.organization.slug;
    let may = |key| scope.actor.permissions.has(key);
    let upload = may(Key::EventWrite).then(|| {
        view! {
            <Button variant=Variant::Primary href=routes::uploads(slug) icon=Glyph::Upload>
                "Upload a file"
            </Button>
        }
    });
    let keys = may(Key::ApiKeyRead).then(|| {
        view! {
            <Button href=SettingsPage::ApiKeys.href(slug) icon=Glyph::Key>
                "API keys"
            </Button>
        }
    });
    Printed::of(view! {
        <div class="first-event">
            <Empty title text icon>
                {upload}
                {keys}
            </Empty>
            <CodeBlock label="Command that sends an event" code=command(&origin()) />
        </div>
    })
}

/// A list of events in which nothing matched; `any`: the organization has events.
pub fn nothing(scope: &Scope, query: &EventQuery, any: bool) -> Printed {
    let slug = &scope.organization.slug;
    if !any {
        let text = "Send the first one with an API key, or upload a file. It appears here within a second.";
        return first_event(scope, "No events yet", text, Glyph::Events);
    }
    let clear = (!query.q.is_empty()).then(|| query.cleared().href(slug));
    let meant = edit::meant(&query.q, &EVENTS).map(|q| {
        let words = format!("Did you mean “{q}”?");
        view! { <Button variant=Variant::Primary href=query.asking(q).href(slug)>{words}</Button> }
    });
    let widen = (query.preset() != Some("all")).then(|| query.range("all", "").href(slug));
    Printed::of(view! {
        <Empty title="No event matches" text="Nothing in this time range fits the query." icon=Glyph::Search>
            {meant}
            {clear.map(|href| view! { <Button href=href>"Clear the query"</Button> })}
            {widen.map(|href| view! { <Button href=href>"Look in all time"</Button> })}
        </Empty>
    })
}

/// For the shell, to copy.
fn command(origin: &str) -> String {
    format!(
        r#"curl {origin}/api/v1/events \
  -H 'Authorization: Bearer YOUR_API_KEY' \
  -H 'Content-Type: application/json' \
  -d '{{"occurred_at": "'$(date -u +%FT%TZ)'",
       "severity": "high",
       "message": "Hello, Watchroom"}}'"#
    )
}
