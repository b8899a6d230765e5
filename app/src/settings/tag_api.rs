//! Server functions of the tags of cases.

use domain::TagId;
#[cfg(feature = "ssr")]
use domain::case::Tag;
#[cfg(feature = "ssr")]
use domain::permission::TagWrite;
use leptos::prelude::*;
#[cfg(feature = "ssr")]
use serde::{Deserialize, Serialize};
#[cfg(feature = "ssr")]
use service::{Cx, cases};

use crate::error::Answer;
#[cfg(feature = "ssr")]
use crate::error::Typed as _;
#[cfg(feature = "ssr")]
use crate::events::parts::counted;
use crate::page::Done;
#[cfg(feature = "ssr")]
use crate::routes::SettingsPage;
#[cfg(feature = "ssr")]
use crate::stale::{Kind, Sent};

#[server(name = AddTag, prefix = "/fn", endpoint = "add_tag")]
pub async fn add_tag(organization: String, name: String) -> Answer<Done> {
    let cx = writes(&organization).await?;
    let made = cases::create_tag(&cx, &name).await.typed(&[("name", &name)])?;
    Ok(Done::new(format!("Tag {} added", made.name)))
}

/// `seen`: the fields that the form was made from ([`crate::stale`]).
#[server(name = RenameTag, prefix = "/fn", endpoint = "rename_tag")]
pub async fn rename_tag(
    organization: String,
    id: TagId,
    #[server(default)] seen: String,
    name: String,
) -> Answer<Done> {
    let cx = writes(&organization).await?;
    let mut sent = Sent::of(&seen, TagForm { name });
    let merged = |now: &Tag| Ok(sent.onto(&TagForm { name: now.name.clone() })?.name);
    let saved = cases::rename_tag_with(&cx, id, merged).await;
    let done = sent.answer(&cx, &TAG, id.0, saved, "Tag renamed").await?;
    leptos_axum::redirect(&SettingsPage::Tags.href(&organization));
    Ok(done)
}

#[cfg(feature = "ssr")]
#[derive(Serialize, Deserialize)]
pub struct TagForm {
    pub name: String,
}

#[cfg(feature = "ssr")]
pub const TAG: Kind<'_> = Kind { name: "tag", fields: &[("name", "Name")] };

/// `into`: the one that stays.
#[server(name = MergeTag, prefix = "/fn", endpoint = "merge_tag")]
pub async fn merge_tag(organization: String, id: TagId, into: TagId) -> Answer<Done> {
    let cx = writes(&organization).await?;
    let cases = cases::merge_tags(&cx, id, into).await.typed(&[("id", &id.to_string())])?;
    leptos_axum::redirect(&SettingsPage::Tags.href(&organization));
    Ok(Done::new(format!("Tags merged in {}", in_words(cases))))
}

#[server(name = DeleteTag, prefix = "/fn", endpoint = "delete_tag")]
pub async fn delete_tag(organization: String, id: TagId) -> Answer<Done> {
    let cx = writes(&organization).await?;
    let cases = cases::delete_tag(&cx, id).await.typed(&[("id", &id.to_string())])?;
    leptos_axum::redirect(&SettingsPage::Tags.href(&organization));
    Ok(Done::new(match cases {
        0 => "Tag deleted".to_owned(),
        cases => format!("Tag deleted, taken off {}", in_words(cases)),
    }))
}

#[cfg(feature = "ssr")]
async fn writes(organization: &str) -> Answer<Cx<TagWrite>> {
    crate::server::scope(organization).await?.admit::<TagWrite>()
}

#[cfg(feature = "ssr")]
fn in_words(cases: u64) -> String {
    counted(i64::try_from(cases).unwrap_or(i64::MAX), "case", "cases")
}
