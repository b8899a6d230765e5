//! Server functions of what somebody is named in.

use domain::CaseNoteId;
#[cfg(feature = "ssr")]
use domain::permission::AccountWrite;
use leptos::prelude::*;
#[cfg(feature = "ssr")]
use service::cases;

use crate::error::Answer;
#[cfg(feature = "ssr")]
use crate::events::parts::counted;
use crate::page::Done;
#[cfg(feature = "ssr")]
use crate::server::scope;

#[server(name = ReadMention, prefix = "/fn", endpoint = "read_mention")]
pub async fn read_mention(organization: String, note: CaseNoteId) -> Answer<Done> {
    cases::read_mention(&scope(&organization).await?.admit::<AccountWrite>()?, note).await?;
    Ok(Done::new("Read"))
}

#[server(name = ReadAllMentions, prefix = "/fn", endpoint = "read_all_mentions")]
pub async fn read_all_mentions(organization: String) -> Answer<Done> {
    let read = cases::read_all_mentions(&scope(&organization).await?.admit::<AccountWrite>()?).await?;
    Ok(Done::new(counted(i64::try_from(read).unwrap_or(i64::MAX), "mention read", "mentions read")))
}
