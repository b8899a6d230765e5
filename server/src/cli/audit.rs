//! `watchroom audit verify`: one line an organization, or one for each entry that does not fit.

use std::path::Path;

use domain::{OrganizationId, PLATFORM};
use serde::{Deserialize, Serialize};
use service::{Services, organizations};

use super::{Done, Stop, tell};

/// The end of one chain, kept elsewhere.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Head {
    organization: String,
    #[serde(default)]
    organization_id: Option<OrganizationId>,
    seq: i64,
    hash: String,
}

impl Head {
    fn is_of(&self, id: OrganizationId, slug: &str) -> bool {
        self.organization_id == Some(id) || (self.organization_id.is_none() && self.organization == slug)
    }
}

pub async fn verify(
    services: &Services,
    org: Option<&str>,
    head: Option<&Path>,
    save: Option<&Path>,
) -> Done {
    let known = head.map(read).transpose()?.unwrap_or_default();
    let chains = match org {
        // Its head was kept, so that it is not there is what was looked for.
        Some(slug) if known.iter().any(|h| h.organization == slug) && !exists(services, slug).await? => {
            Vec::new()
        }
        _ => chains(services, org).await?,
    };
    let (mut heads, mut broken) = (Vec::new(), 0);
    let gone = known.iter().filter(|h| {
        org.is_none_or(|slug| h.organization == slug) && !chains.iter().any(|(id, slug)| h.is_of(*id, slug))
    });
    for head in gone {
        broken += 1;
        let name = match (head.organization.as_str(), head.organization_id) {
            ("", Some(id)) => id.to_string(),
            (slug, _) => slug.to_owned(),
        };
        tell(&format!(
            "{name}: BROKEN at 1: the organization is gone with its whole log, which ended at entry {} when its head was kept",
            head.seq
        ))?;
    }
    if org.is_none() {
        for id in service::audit::strangers(services).await? {
            broken += 1;
            tell(&format!("{id}: BROKEN at 1: entries of an organization that is not there"))?;
        }
    }
    let all = chains.len() + broken;
    for (id, slug) in &chains {
        let expected = known.iter().find(|h| h.is_of(*id, slug));
        let expected = expected.map(|h| (h.seq, h.hash.as_str()));
        let verdict = service::audit::verify(services, *id, slug, expected).await?;
        if verdict.breaks == 0 {
            tell(&format!(
                "{slug}: {} entries, unbroken, head {} {}",
                verdict.entries, verdict.head_seq, verdict.head_hash
            ))?;
        } else {
            broken += 1;
            for (seq, reason) in &verdict.broken {
                tell(&format!("{slug}: BROKEN at {seq}: {reason}"))?;
            }
            let more = verdict.breaks - verdict.broken.len() as i64;
            if more > 0 {
                tell(&format!("{slug}: and {more} more"))?;
            }
        }
        heads.push(Head {
            organization: slug.clone(),
            organization_id: Some(*id),
            seq: verdict.head_seq,
            hash: verdict.head_hash,
        });
    }
    if broken > 0 {
        return Err(Stop::Failed(anyhow::anyhow!("{broken} of {all} audit logs do not hold")));
    }
    if let Some(file) = save {
        std::fs::write(file, serde_json::to_string_pretty(&heads)? + "\n")
            .map_err(|e| anyhow::anyhow!("{}: {e}", file.display()))?;
    }
    Ok(())
}

/// Reads the bundle and nothing else.
pub fn verify_bundle(file: &Path, key: Option<&Path>) -> Done {
    let known = match key {
        Some(key) => {
            Some(std::fs::read_to_string(key).map_err(|e| anyhow::anyhow!("{}: {e}", key.display()))?)
        }
        None => None,
    };
    let found = service::audit::bundle::verify(file, known.as_deref())?;
    let manifest = &found.manifest;
    tell(&format!(
        "{}: {} entries, made {} by {}, chain to entry {} {}",
        manifest.organization,
        manifest.entries,
        manifest.made_at,
        manifest.made_by,
        manifest.head.seq,
        manifest.head.hash
    ))?;
    tell(&format!("signed with {}", found.fingerprint))?;
    for reason in &found.problems {
        tell(&format!("BROKEN: {reason}"))?;
    }
    if !found.problems.is_empty() {
        return Err(Stop::Failed(anyhow::anyhow!("the bundle does not hold")));
    }
    if key.is_none() {
        eprintln!(
            "note: the key is the bundle's own; compare it with the one that the installation shows (Audit, Export), or give that with --key"
        );
    }
    tell("every hash is right, the chain is unbroken, the signature is that of the key")?;
    Ok(())
}

async fn exists(services: &Services, slug: &str) -> Result<bool, Stop> {
    match organizations::by_slug(services, slug).await {
        Ok(_) => Ok(true),
        Err(service::Error::NotFound) => Ok(slug == "platform"),
        Err(error) => Err(error.into()),
    }
}

/// The organizations whose log is asked for, by slug; the platform's own is one.
pub(super) async fn chains(
    services: &Services,
    org: Option<&str>,
) -> Result<Vec<(OrganizationId, String)>, Stop> {
    match org {
        Some("platform") => Ok(vec![(PLATFORM, "platform".to_owned())]),
        Some(slug) => {
            let organization = super::usage(organizations::by_slug(services, slug).await)?;
            Ok(vec![(organization.id, organization.slug)])
        }
        None => {
            let all = organizations::all(services).await?;
            let platform = std::iter::once((PLATFORM, "platform".to_owned()));
            Ok(platform.chain(all.into_iter().map(|o| (o.id, o.slug))).collect())
        }
    }
}

/// Heads as `--save-head` wrote them, or an exported log, whose first entry is its head.
fn read(file: &Path) -> Result<Vec<Head>, Stop> {
    #[derive(Deserialize)]
    struct Entry {
        organization_id: OrganizationId,
        seq: i64,
        hash: String,
    }
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Known {
        Heads(Vec<Head>),
        Head(Head),
        Log(Vec<Entry>),
    }
    let text = std::fs::read(file).map_err(|e| anyhow::anyhow!("{}: {e}", file.display()))?;
    let known = serde_json::from_slice(&text).map_err(|_| {
        Stop::Usage(format!("{}: neither a file of --save-head nor an exported log", file.display()))
    })?;
    Ok(match known {
        Known::Heads(heads) if heads.is_empty() => {
            return Err(Stop::Usage(format!("{}: there is no head in it", file.display())));
        }
        Known::Heads(heads) => heads,
        Known::Head(head) => vec![head],
        Known::Log(entries) => entries
            .into_iter()
            .max_by_key(|e| e.seq)
            .map(|e| Head {
                organization: String::new(),
                organization_id: Some(e.organization_id),
                seq: e.seq,
                hash: e.hash,
            })
            .into_iter()
            .collect(),
    })
}
