//! A banner that stays until it no longer holds.

use leptos::prelude::*;

use crate::{Glyph, Icon, IconButton};

/// What a notice says about itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NoticeKind {
    #[default]
    Info,
    Ok,
    Warning,
    Error,
}

/// A banner: info, ok, warning or error (an error is an alert).
#[component]
pub fn Notice(
    #[prop(optional)] kind: NoticeKind,
    #[prop(optional, into)] title: Option<String>,
    /// Link that takes it away.
    #[prop(optional, into)]
    dismiss_href: Option<String>,
    children: Children,
) -> impl IntoView {
    let (class, glyph, role) = match kind {
        NoticeKind::Info => ("notice info", Glyph::Info, "status"),
        NoticeKind::Ok => ("notice ok", Glyph::Check, "status"),
        NoticeKind::Warning => ("notice warning", Glyph::Warning, "status"),
        NoticeKind::Error => ("notice error", Glyph::Error, "alert"),
    };
    view! {
        <div class=class role=role>
            <Icon glyph />
            <div class="body">{title.map(|title| view! { <strong>{title}" "</strong> })}{children()}</div>
            {dismiss_href.map(|href| view! { <IconButton glyph=Glyph::Close label="Dismiss" href=href /> })}
        </div>
    }
    .into_any()
}
