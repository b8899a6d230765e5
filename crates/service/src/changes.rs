//! What changed, in the order of its commits, for programs that keep a copy.
//!
//! It is read from the audit log. The number of an entry is given out while the end of the organization's chain is locked, and that
//! lock is held until the commit: an entry is seen only after every one before it. So a place in the feed is a number, and
//! whoever goes on from it misses nothing, however many write at the same time, on both databases.

use domain::Invalid;
use domain::audit::{AuditFilter, AuditRecord};
use domain::permission::AuditRead;

use crate::{Cx, Error, Result};

/// Where the feed is now.
pub const LATEST: &str = "latest";

/// A part of the feed, oldest first.
#[derive(Debug)]
pub struct Changes {
    pub items: Vec<AuditRecord>,
    /// From where to go on; also when there is nothing more now.
    pub next_cursor: String,
    /// Whether there is more already.
    pub has_more: bool,
}

/// What came after `cursor`; all from the beginning without one, nothing with [`LATEST`]. `kind`: only of this kind of record.
pub async fn list(
    cx: &Cx<AuditRead>,
    kind: Option<&str>,
    cursor: Option<&str>,
    limit: u32,
) -> Result<Changes> {
    let mut tx = cx.read().await?;
    let (head, _) = store::audit::own_head(&mut tx).await?;
    let after = match cursor {
        None => 0,
        Some(LATEST) => head,
        Some(text) => text.parse().ok().filter(|seq| (0..=head).contains(seq)).ok_or_else(|| {
            Error::Invalid(Invalid::field("cursor", "not a cursor of this feed; start again without it"))
        })?,
    };
    let filter = AuditFilter { target_type: kind.map(str::to_owned), ..AuditFilter::default() };
    let mut items = store::audit::ascending(&mut tx, &filter, after, head, limit + 1).await?;
    let has_more = items.len() > limit as usize;
    items.truncate(limit as usize);
    // What was left out by its kind is behind us, too.
    let reached = if has_more { items.last().map_or(after, |record| record.seq) } else { head };
    Ok(Changes { items, next_cursor: reached.to_string(), has_more })
}
