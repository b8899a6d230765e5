//! Small pieces of the drift pages. Server only.

use domain::drift::{Drift, DriftStatus, Resource, Verdict};
use leptos::prelude::*;
use serde_json::Value;
use ui::{Badge, CodeBlock, Section, Tab, Tabs, Tone};

use crate::routes;

/// The pages of the area.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Drifts,
    Analytics,
    Repositories,
    Resources,
    Rules,
    Ignores,
    Models,
}

pub fn pages(slug: &str, current: Part) -> AnyView {
    let tab = |part: Part, words: &'static str, href: String| Tab::new(words, href, part == current);
    let tabs = vec![
        tab(Part::Drifts, "Drifts", routes::drift(slug)),
        tab(Part::Analytics, "Analytics", routes::drift_part(slug, "analytics")),
        tab(Part::Repositories, "Repositories", routes::drift_part(slug, "repositories")),
        tab(Part::Resources, "Resources", routes::drift_part(slug, "resources")),
        tab(Part::Rules, "Rules", routes::drift_part(slug, "rules")),
        tab(Part::Ignores, "Ignore rules", routes::drift_part(slug, "ignores")),
        tab(Part::Models, "Models", routes::drift_part(slug, "models")),
    ];
    view! { <Tabs label="Drift" tabs=tabs /> }.into_any()
}

/// Where a drift stands, in words.
pub fn status(drift: &Drift) -> AnyView {
    let state = drift.state;
    let (tone, words) = match (state.status, state.resolution_type) {
        (DriftStatus::Open, _) => (Tone::High, "Open".to_owned()),
        (DriftStatus::Acknowledged, _) => (Tone::Medium, "Acknowledged".to_owned()),
        (DriftStatus::Resolved, Some(how)) => (Tone::Ok, how.label().to_owned()),
        (DriftStatus::Resolved, None) => (Tone::Ok, "Gone".to_owned()),
    };
    let stale = drift.is_stale.then(|| view! { " " <Badge>"stale"</Badge> });
    view! { <Badge tone=tone>{words}</Badge> {stale} }.into_any()
}

/// What the last push that named a resource says of it.
pub fn verdict(one: &Resource) -> AnyView {
    let (tone, words) = match (one.is_declared, one.verdict) {
        (false, _) => (Tone::Medium, "unmanaged"),
        (true, Verdict::InSync) => (Tone::Ok, "in sync"),
        (true, Verdict::Drifted) => (Tone::High, "drifted"),
        (true, Verdict::Unchecked) => (Tone::Neutral, "not checked"),
    };
    let stale = one.is_stale.then(|| view! { " " <Badge>"stale"</Badge> });
    view! { <Badge tone=tone>{words}</Badge> {stale} }.into_any()
}

/// Differences that mean nothing, each with its reason.
pub fn noise(told: &[Value]) -> AnyView {
    let rows: Vec<_> = told
        .iter()
        .map(|noise| {
            let word = |key: &str| noise[key].as_str().unwrap_or_default().to_owned();
            view! { <li><code>{word("property_path")}</code> " " <span class="muted">{word("reason")}</span></li> }
        })
        .collect();
    view! {
        <Section title="Noise" hint="Differences that mean nothing, and why.">
            <ul class="plain-list">{rows}</ul>
        </Section>
    }
    .into_any()
}

/// A state, secrets masked, as JSON in the order of its keys.
pub fn state(label: &'static str, state: &Value) -> AnyView {
    view! { <CodeBlock label=label code=format!("{state:#}") nowrap=true /> }.into_any()
}

/// What happened to the resource.
pub fn happened(drift: &Drift) -> String {
    let n = drift.change_count;
    match drift.drift_type {
        domain::drift::DriftType::Modified if n == 1 => "1 property".to_owned(),
        domain::drift::DriftType::Modified => format!("{n} properties"),
        domain::drift::DriftType::Deleted => "deleted".to_owned(),
        domain::drift::DriftType::Added => "not in the code".to_owned(),
        domain::drift::DriftType::Moved => "moved".to_owned(),
    }
}
