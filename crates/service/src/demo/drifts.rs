//! The drift of Acme: what its pipelines pushed and its people did about it, through the services as they would have done it.

use ::demo::drift::{Act, Deed, Moment, Push, Told, What};
use domain::cause::NewExternal;
use domain::drift::{Act as Acting, DriftFilter, DriftSort, DriftStatus, IgnoreScope};
use domain::permission::{DriftRead, DriftWrite, PermissionSet};
use domain::recommendation::RecommendationType;
use domain::{OrganizationId, Timestamp};

use super::{PEOPLE, account, derive};
use crate::clock::Clock;
use crate::cx::{Actor, Client, Who};
use crate::{Cx, Error, Result, Services, causes, drifts};

/// Nothing of it happens in the same instant as something of the cases.
const SECONDS: i64 = 17;

struct Room<'a> {
    services: Services,
    organization: OrganizationId,
    begin: Timestamp,
    slug: &'a str,
}

/// `begin` is when the accounts were made, `end` when the story ends.
pub(super) async fn tell(services: &Services, slug: &str, begin: Timestamp, end: Timestamp) -> Result<()> {
    let organization = derive(&["organization", slug]);
    let story = ::demo::drift::drift();
    let at = |before: i64| end.plus_seconds(SECONDS - before * 60);
    let Some(first) = story.first() else { return Ok(()) };
    let clock = Clock::story(at(first.before));
    let room = Room { services: Services { clock, ..services.clone() }, organization, begin, slug };
    for Moment { before, what } in story {
        let now = room.services.clock.now();
        room.services.clock.advance_seconds(at(before).seconds() - now.seconds());
        match what {
            What::Push(push) => room.push(push).await?,
            What::Deed(deed) => room.act(&deed).await?,
            What::Told(told) => room.hear(&told).await?,
        }
    }
    Ok(())
}

/// When all of the story is told: why it came to that, and the figures. All of it: a server beside may have looked while it was told.
pub(super) async fn explain(services: &Services, slug: &str) -> Result<()> {
    causes::run_due(services).await?;
    let organization = derive(&["organization", slug]);
    drifts::metrics::refresh_since(services, organization, Timestamp::EPOCH).await?;
    Ok(())
}

impl Room<'_> {
    async fn push(&self, push: Push) -> Result<()> {
        let cx = self.services.admit::<DriftWrite>(&Actor::system("pipeline", self.organization))?;
        let what = drifts::What {
            environment: push.environment.to_owned(),
            repository: push.repository.to_owned(),
            format: push.format,
            file: push.repository.to_owned(),
            text: push.text,
        };
        let pushed = drifts::push(&cx, what, None).await?;
        match pushed.report.problems.first() {
            None => Ok(()),
            Some(problem) => {
                Err(Error::Internal(format!("the demo pushes what cannot be read: {}", problem.reason)))
            }
        }
    }

    async fn hear(&self, told: &Told) -> Result<()> {
        let cx = self.services.admit::<DriftWrite>(&Actor::system("pipeline", self.organization))?;
        let word = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let starts_at = cx.now();
        let new = NewExternal {
            correlation_type: told.kind,
            external_system: told.system.to_owned(),
            external_id: told.id.to_owned(),
            title: told.title.to_owned(),
            actor: word(told.actor),
            environment: word(told.environment),
            resource: word(told.address),
            impact: told.impact,
            url: None,
            starts_at,
            ends_at: (told.minutes > 0).then(|| starts_at.plus_seconds(told.minutes * 60)),
            event_data: serde_json::json!({}),
        };
        causes::tell(&cx, vec![new]).await?;
        Ok(())
    }

    async fn act(&self, deed: &Deed) -> Result<()> {
        let cx = self.writes(deed.who)?;
        let found = self.found(deed).await?;
        match deed.act {
            Act::Acknowledge => {
                drifts::act(&cx, &[found.id], Acting::Acknowledge, deed.note).await?;
            }
            Act::Resolve(how) => {
                drifts::act(&cx, &[found.id], Acting::Resolve(how), deed.note).await?;
            }
            Act::Accept(days) => {
                let how = drifts::Scoped {
                    scope: IgnoreScope::Resource,
                    reason: deed.note.to_owned(),
                    days: Some(days),
                };
                drifts::accept(&cx, found.id, &how).await?;
            }
            Act::Take(kind) => {
                let one = self.advice(deed, found.id, kind).await?;
                drifts::implement(&cx, one, deed.note).await?;
            }
            Act::Dismiss(kind) => {
                let one = self.advice(deed, found.id, kind).await?;
                drifts::dismiss(&cx, one, deed.note).await?;
            }
        }
        Ok(())
    }

    /// The open drift at the address. That there is none is a mistake of the story.
    async fn found(&self, deed: &Deed) -> Result<domain::drift::Drift> {
        let filter = DriftFilter {
            status: vec![DriftStatus::Open, DriftStatus::Acknowledged],
            environment: Some(deed.environment.to_owned()),
            ..DriftFilter::default()
        };
        let all = drifts::list(&self.reads()?, &filter, DriftSort::Number, 200, None).await?.items;
        let place = deed.address.replace("Deployment/", "/");
        let found = all.into_iter().find(|drift| {
            drift.resource_id == deed.address
                || (deed.address != place && drift.resource_id.ends_with(&place))
        });
        found.ok_or_else(|| wrong(deed, "nothing is open there"))
    }

    async fn advice(
        &self,
        deed: &Deed,
        drift: domain::DriftId,
        kind: RecommendationType,
    ) -> Result<domain::RecommendationId> {
        let all = drifts::recommendations(&self.reads()?, drift).await?;
        let found = all.into_iter().find(|one| one.is_open() && one.recommendation_type == kind);
        found.map(|one| one.id).ok_or_else(|| wrong(deed, "that is not recommended"))
    }

    fn reads(&self) -> Result<Cx<DriftRead>> {
        self.services.admit(&Actor::system("demo", self.organization))
    }

    fn writes(&self, email: &str) -> Result<Cx<DriftWrite>> {
        let found = PEOPLE.iter().enumerate().find(|(_, person)| person.email == email);
        let (n, person) = found.ok_or_else(|| Error::Internal(format!("nobody of the demo is {email}")))?;
        let role = person.memberships.iter().find(|(slug, _)| *slug == self.slug).map(|(_, role)| *role);
        self.services.admit(&Actor {
            who: Who::User(account(n, person, self.begin)),
            organization: self.organization,
            permissions: role.map_or(PermissionSet::NONE, PermissionSet::of_role),
            role,
            session: None,
            client: Client::default(),
        })
    }
}

fn wrong(deed: &Deed, why: &str) -> Error {
    Error::Internal(format!("the demo acts on {} in {}: {why}", deed.address, deed.environment))
}
