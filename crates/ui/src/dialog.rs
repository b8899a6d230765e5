//! Native dialogs: focus trap, Escape and backdrop come from the browser.

use leptos::ev::MouseEvent;
use leptos::prelude::*;

use crate::{Glyph, Icon, IconButton, browser};

/// A dialog. Opened by a `Button opens="id"`, or by the URL: `open` prints it open on the server and makes it modal in the browser.
/// Closing follows `close_href` when given, else closes in place; a form with `method="dialog"` closes it too.
#[component]
pub fn Dialog(
    #[prop(into)] id: String,
    #[prop(into)] title: Signal<String>,
    #[prop(optional, into)] open: Signal<bool>,
    /// Where closing leads when the URL opened it.
    #[prop(optional, into)]
    close_href: MaybeProp<String>,
    #[prop(optional, into)] on_close: Option<Callback<()>>,
    /// Wider (720 px instead of 480).
    #[prop(optional)]
    wide: bool,
    children: Children,
) -> impl IntoView {
    let node = NodeRef::<leptos::html::Dialog>::new();
    let title_id = format!("{id}-title");
    let labelled_by = title_id.clone();
    Effect::new(move |_| {
        let open = open.get();
        if let Some(dialog) = node.get() {
            browser::set_modal(&dialog, open);
        }
    });
    let closed = move |_| {
        if let Some(on_close) = on_close {
            on_close.run(());
        }
        if let (true, Some(dialog)) = (open.get_untracked(), node.get_untracked()) {
            browser::follow_close_link(&dialog);
        }
    };
    let target = id.clone();
    let close = move || {
        if let Some(href) = close_href.get() {
            let class = "icon-button ghost";
            view! {
                <a class=class data-close href=href aria-label="Close" title="Close (Esc)">
                    <Icon glyph=Glyph::Close />
                </a>
            }
            .into_any()
        } else {
            let target = target.clone();
            let of = target.clone();
            let close = move |event: MouseEvent| {
                event.prevent_default();
                browser::close_dialog(&target);
            };
            view! { <IconButton glyph=Glyph::Close label="Close" closes=of on_click=close /> }.into_any()
        }
    };
    view! {
        <dialog class="dialog" class:wide=wide node_ref=node id=id open=open.get_untracked() aria-labelledby=labelled_by on:close=closed>
            <header>
                <h2 id=title_id>{move || title.get()}</h2>
                {move || close()}
            </header>
            <div class="body">{children()}</div>
        </dialog>
    }
    .into_any()
}

/// The buttons at the foot of a dialog or form, the one that acts last.
#[component]
pub fn Actions(children: Children) -> impl IntoView {
    view! { <footer class="actions foot">{children()}</footer> }
}
