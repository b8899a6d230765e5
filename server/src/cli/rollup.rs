//! `watchroom rollup rebuild` and `rollup check`: one line an organization.

use domain::OrganizationId;
use service::{Actor, Services, rollups};

use super::audit::chains;
use super::{Done, Stop};

pub async fn rebuild(services: &Services, org: Option<&str>) -> Done {
    for (id, slug) in organizations(services, org).await? {
        let rows = rollups::rebuild(&services.admit(&Actor::system("command line", id))?).await?;
        super::tell(&format!("{slug}: {rows} roll-up rows"))?;
    }
    Ok(())
}

pub async fn check(services: &Services, org: Option<&str>) -> Done {
    let mut wrong = 0;
    for (id, slug) in organizations(services, org).await? {
        let problems = rollups::check(&services.admit(&Actor::system("command line", id))?).await?;
        if problems.is_empty() {
            super::tell(&format!("{slug}: as the events say"))?;
        }
        for problem in &problems {
            super::tell(&format!("{slug}: {problem}"))?;
        }
        wrong += usize::from(!problems.is_empty());
    }
    if wrong > 0 {
        return Err(Stop::Failed(anyhow::anyhow!(
            "the roll-ups of {wrong} organizations differ from their events; watchroom rollup rebuild mends them"
        )));
    }
    Ok(())
}

/// Those with events: all but the platform.
async fn organizations(
    services: &Services,
    org: Option<&str>,
) -> Result<Vec<(OrganizationId, String)>, Stop> {
    let mut all = chains(services, org).await?;
    all.retain(|(id, _)| *id != domain::PLATFORM);
    Ok(all)
}
