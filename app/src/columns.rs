//! Which columns a list shows and in which order: `column=` in its address, once for each; left out where they are the usual ones.

use leptos::prelude::*;
use ui::{Glyph, Icon, MenuItem};

/// What stands there for no column at all.
const NONE: &str = "none";

/// `chosen`: what the address says.
pub fn shown<'a>(chosen: &'a [String], usual: &[&'a str]) -> Vec<&'a str> {
    match chosen {
        [] => usual.to_vec(),
        [none] if none == NONE => Vec::new(),
        names => names.iter().map(String::as_str).collect(),
    }
}

/// What the address says with the column at the end, or without it.
pub fn with<'a>(mut shown: Vec<&'a str>, name: &'a str, usual: &[&str]) -> Vec<String> {
    if shown.contains(&name) {
        shown.retain(|column| *column != name);
    } else {
        shown.push(name);
    }
    chosen(&shown, usual)
}

/// What the address says with the column before the one that it now follows.
pub fn earlier(mut shown: Vec<&str>, name: &str, usual: &[&str]) -> Vec<String> {
    if let Some(at) = shown.iter().position(|column| *column == name).filter(|at| *at > 0) {
        shown.swap(at - 1, at);
    }
    chosen(&shown, usual)
}

fn chosen(shown: &[&str], usual: &[&str]) -> Vec<String> {
    match shown {
        _ if shown == usual => Vec::new(),
        [] => vec![NONE.to_owned()],
        names => names.iter().map(|name| (*name).to_owned()).collect(),
    }
}

/// A line of the menu: a link that shows or hides a column, and one to the list with it further left, where it can go there.
pub fn line(words: String, on: bool, href: String, further_left: Option<String>) -> AnyView {
    let earlier = further_left.map(|href| {
        let label = format!("Move {words} left");
        view! {
            <a class="icon-button ghost" href=href aria-label=label.clone() title=label data-noscroll="">
                <Icon glyph=Glyph::ArrowLeft />
            </a>
        }
    });
    view! {
        <div class="menu-pair">
            <MenuItem href=href current=on>
                {words}
            </MenuItem>
            {earlier}
        </div>
    }
    .into_any()
}
