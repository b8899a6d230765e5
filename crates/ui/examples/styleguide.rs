//! Writes the style guide (or, with `shell`, a list in the shell) as HTML to standard output, for looking at: link or inline `style/main.css`.
#![cfg(feature = "ssr")]

use leptos::prelude::*;
use ui::{
    Avatar, Button, Command, CommandPalette, Glyph, HELP, HelpSheet, Icon, Kbd, KeyGroup, Logo, Menu,
    MenuItem, PALETTE, PageHead, RailLink, Ready, SkipLink, ToastRegion, Toasts, Tone, Variant, styleguide,
};

fn main() {
    let page = std::env::args().nth(1).unwrap_or_default();
    let owner = Owner::new();
    let body = owner.with(|| {
        Toasts::provide();
        let body = if page == "shell" {
            shell().into_any()
        } else {
            view! { <styleguide::Styleguide /> }.into_any()
        };
        view! { {body} <Root /> }.to_html()
    });
    println!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>Style guide</title><link rel=\"stylesheet\" href=\"main.css\"></head><body>{body}</body></html>"
    );
}

#[component]
fn Root() -> impl IntoView {
    let commands = vec![
        Command::new("Go to", "Overview", "/").glyph(Glyph::Overview).keys("g o"),
        Command::new("Go to", "Events", "/").glyph(Glyph::Events).keys("g e"),
        Command::new("Sources", "bastion syslog", "/").glyph(Glyph::Sources),
    ];
    view! {
        <Ready />
        <CommandPalette commands=commands />
        <HelpSheet groups=vec![KeyGroup::everywhere(), KeyGroup::lists()] />
        <ToastRegion />
    }
}

fn shell() -> impl IntoView {
    view! {
        <SkipLink />
        <div class="shell">
            <nav class="rail" aria-label="Areas">
                <a class="brand" href="/"><Logo /></a>
                <RailLink href="/" glyph=Glyph::Overview label="Overview" key="o" />
                <RailLink href="/" glyph=Glyph::Events label="Events" current=true key="e" />
                <RailLink href="/" glyph=Glyph::Groups label="Groups" count="12" />
                <RailLink href="/" glyph=Glyph::Incidents label="Incidents" count="3" tone=Tone::Critical />
                <p class="rail-label">"Configure"</p>
                <RailLink href="/" glyph=Glyph::Sources label="Sources" />
                <RailLink href="/" glyph=Glyph::Audit label="Audit" />
                <RailLink href="/" glyph=Glyph::Settings label="Settings" />
            </nav>
            <header class="top">
                <Menu label="Acme Retail"><MenuItem href="/">"Acme Retail"</MenuItem></Menu>
                <button class="search" type="button" command="show-modal" commandfor=PALETTE>
                    <Icon glyph=Glyph::Search /><span>"Search or jump to…"</span><Kbd keys="/" />
                </button>
                <span class="grow"></span>
                <Button opens=HELP variant=Variant::Ghost>"?"</Button>
                <Menu label="Mara Kent" end=true face=|| view! { <Avatar name="Mara Kent" /> }><MenuItem href="/">"Account"</MenuItem></Menu>
            </header>
            <main class="main" id="main" tabindex="-1">
                <PageHead title="Events" note="48,213 of 1,284,902" actions=|| view! { <Button icon=Glyph::Play optional=true>"Live tail"</Button> <Button icon=Glyph::Download>"Export"</Button> } />
                {styleguide::list_specimen()}
            </main>
        </div>
    }
}
