//! Times. The server formats; the browser only refines.

use leptos::prelude::*;

use crate::browser;

/// A time: `iso` (UTC, RFC 3339) for machines, `text` as formatted by the server, `title` the long form with UTC.
#[component]
pub fn Timestamp(
    #[prop(into)] iso: String,
    #[prop(into)] text: String,
    #[prop(optional, into)] title: Option<String>,
) -> impl IntoView {
    let title = title.unwrap_or_else(|| iso.clone());
    view! {
        <time class="timestamp" datetime=iso title=title>
            {text}
        </time>
    }
}

/// A time as "6 min ago" in the browser (refreshed each minute); the server and no-WASM show `text`.
#[component]
pub fn RelativeTime(
    #[prop(into)] iso: String,
    /// The absolute time, shown first and kept as the tooltip.
    #[prop(into)]
    text: String,
) -> impl IntoView {
    let (shown, set_shown) = signal(text.clone());
    let instant = iso.clone();
    Effect::new(move || {
        let instant = instant.clone();
        browser::every_minute(move |now| {
            if let Some(seconds) = browser::parse_instant(&instant).map(|then| (now - then) / 1000.0) {
                set_shown.try_set(ago(seconds));
            }
        });
    });
    view! {
        <time class="timestamp relative" datetime=iso title=text>
            {move || shown.get()}
        </time>
    }
}

/// Seconds in the past as words: "now", "6 min ago", "3 h ago", "2 d ago"; the future as "in 6 min".
pub fn ago(seconds: f64) -> String {
    let size = seconds.abs();
    let words = if size < 45.0 {
        return "now".to_owned();
    } else if size < 3_570.0 {
        format!("{:.0} min", (size / 60.0).max(1.0))
    } else if size < 84_600.0 {
        format!("{:.0} h", size / 3_600.0)
    } else if size < 60.0 * 86_400.0 {
        format!("{:.0} d", size / 86_400.0)
    } else {
        format!("{:.0} mo", size / 2_629_800.0)
    };
    if seconds < 0.0 { format!("in {words}") } else { format!("{words} ago") }
}

#[cfg(test)]
mod tests {
    use super::ago;

    #[test]
    fn seconds_become_the_largest_fitting_unit() {
        assert_eq!(ago(3.0), "now");
        assert_eq!(ago(360.0), "6 min ago");
        assert_eq!(ago(10_900.0), "3 h ago");
        assert_eq!(ago(-7_200.0), "in 2 h");
        assert_eq!(ago(172_800.0), "2 d ago");
    }
}
