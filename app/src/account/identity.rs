//! Who the account is at the sign-in provider.

use leptos::prelude::*;
use service::auth::oidc::Linked;
use ui::{Definition, DefinitionList, Section};

use crate::server::Own;
use crate::when::At;

/// Nothing where it is linked to nobody.
pub fn section(own: &Own, linked: Vec<Linked>, has_password: bool) -> Option<AnyView> {
    if linked.is_empty() {
        return None;
    }
    let hint = if has_password {
        "You sign in by it or with your password."
    } else {
        "You sign in by it; this account has no password."
    };
    let rows = linked
        .into_iter()
        .map(|one| {
            let used = own.zone.when(one.last_used_at);
            view! {
                <Definition term="Provider">
                    <code>{one.issuer}</code>
                </Definition>
                <Definition term="Known there as">
                    <code>{one.subject}</code>
                </Definition>
                <Definition term="Used last">
                    <At when=used />
                </Definition>
            }
        })
        .collect_view();
    Some(
        view! {
            <Section title="Sign-in by a provider" hint=hint>
                <DefinitionList>{rows}</DefinitionList>
            </Section>
        }
        .into_any(),
    )
}
