//! Before the first event: how to send it.

use domain::permission::Key;
use leptos::prelude::*;
use ui::{Button, CodeBlock, Empty, Glyph, Variant};

use crate::routes::{self, SettingsPage};
use crate::session::Permitted;

/// What to do in an organization that has no events yet.
#[component]
pub fn FirstEvent(
    title: &'static str,
    text: &'static str,
    icon: Glyph,
    /// Scheme and host the reader sees.
    origin: String,
    slug: String,
) -> impl IntoView {
    let (uploads, keys) = (routes::uploads(&slug), SettingsPage::ApiKeys.href(&slug));
    view! {
        <div class="first-event">
            <Empty title text icon>
                <Permitted key=Key::EventWrite>
                    <Button variant=Variant::Primary href=uploads.clone() icon=Glyph::Upload>
                        "Upload a file"
                    </Button>
                </Permitted>
                <Permitted key=Key::ApiKeyRead>
                    <Button href=keys.clone() icon=Glyph::Key>
                        "API keys"
                    </Button>
                </Permitted>
            </Empty>
            <CodeBlock label="Command that sends an event" code=command(&origin) />
        </div>
    }
    .into_any()
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
