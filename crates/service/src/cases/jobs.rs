//! Linking all that a query finds: in the background, a part at a time, each in a short transaction of its own. How far it came
//! is in the job's row, so one that was stopped goes on. The audit log says when it began and what came of it, not each event.

use domain::audit::{Action, AuditActor, AuditEntry};
use domain::case::job::{Asked, CaseJob, JobState, MAX_EVENTS, MAX_RUNNING};
use domain::case::{Case, Change, LinkKind, NewCase, Step};
use domain::filter::{Count, EventFilter};
use domain::permission::{CaseRead, CaseWrite, EventRead};
use domain::query::{EVENTS, parse};
use domain::{CaseId, CaseJobId, Invalid, OrganizationId, Timestamp};
use serde_json::{Value, json};
use store::case::link::Linking;
use store::case::{job, link};
use store::event::Position;
use store::{ReadTx, Scoped, SystemTx, WriteTx};
use uuid::Uuid;

use super::{locked, record, user};
use crate::{Cx, Error, Result, Services};

/// Events that one transaction links.
const STEP: usize = 1_000;
/// Failures in a row after which a job is given up; one is tried each second.
const PATIENCE: i64 = 20;
/// Jobs of a case that are shown.
const SHOWN: u32 = 50;

/// The jobs of a case, the latest first.
pub async fn jobs(cx: &Cx<CaseRead>, case: CaseId) -> Result<Vec<CaseJob>> {
    Ok(job::list(&mut cx.read().await?, case, SHOWN).await?)
}

/// How many events would be linked.
///
/// # Errors
/// `Invalid` where there are none, or more than 100,000.
pub async fn count_matching(cx: &Cx<EventRead>, asked: &Asked) -> Result<Count> {
    let count = store::event::count(&mut cx.read().await?, &filter(asked, cx.now())).await?;
    if count.n == 0 && count.exact {
        return Err(Invalid::field("query", "no event matches").into());
    }
    if count.n > MAX_EVENTS {
        return Err(Invalid::field("query", "more than 100,000 events match; narrow the query").into());
    }
    Ok(count)
}

/// Begins to link all events that match to a case. `seen` is the proof that who asks may read them.
///
/// # Errors
/// As [`count_matching`]; `Conflict` while ten such jobs run in the organization.
pub async fn link_matching(
    cx: &Cx<CaseWrite>,
    seen: &Cx<EventRead>,
    case: CaseId,
    asked: &Asked,
) -> Result<CaseJob> {
    let count = count_matching(seen, asked).await?;
    let (mut tx, found) = locked(cx, case).await?;
    room(&mut tx).await?;
    start(cx, tx, &found, asked, count).await
}

async fn room(tx: &mut impl Scoped) -> Result<()> {
    if job::count_running(tx).await? >= MAX_RUNNING as i64 {
        return Err(Error::Conflict("ten of these are running; wait until one has ended".to_owned()));
    }
    Ok(())
}

async fn start(
    cx: &Cx<CaseWrite>,
    mut tx: WriteTx,
    found: &Case,
    asked: &Asked,
    count: Count,
) -> Result<CaseJob> {
    let (now, case) = (tx.now(), found.id);
    let job = CaseJob {
        id: cx.services.clock.id(),
        case_id: case,
        query: asked.query.as_ref().map(ToString::to_string).unwrap_or_default(),
        from_at: asked.from,
        until_at: until(asked, now),
        state: JobState::Running,
        expected: count.n,
        exact: count.exact,
        found: 0,
        added: 0,
        place: None,
        failure: None,
        started_by_id: user(cx),
        started_by: cx.actor.audit().label,
        started_at: now,
        ended_at: None,
    };
    job::insert(&mut tx, &job).await?;
    let metadata = json!({
        "number": found.number, "job_id": job.id, "query": job.query, "from": job.from_at, "until": job.until_at,
        "expected": job.expected, "exact": job.exact,
    });
    tx.commit(AuditEntry::new(Action::CASE_LINKING_STARTED, "case", case).metadata(metadata)).await?;
    Ok(job)
}

/// As [`link_matching`], to a case that is opened for it; none is where nothing matches.
pub async fn open_matching(
    cx: &Cx<CaseWrite>,
    seen: &Cx<EventRead>,
    new: NewCase,
    asked: &Asked,
) -> Result<(Case, CaseJob)> {
    let count = count_matching(seen, asked).await?;
    // Before the case is there, so that none is left empty. Those that begin at the same instant may be one more than ten.
    room(&mut cx.read().await?).await?;
    let case = super::open(cx, new, &[]).await?;
    let (tx, found) = locked(cx, case.id).await?;
    let job = start(cx, tx, &found, asked, count).await?;
    Ok((case, job))
}

/// Ends a job that runs; what it linked stays.
pub async fn cancel_job(cx: &Cx<CaseWrite>, case: CaseId, id: CaseJobId) -> Result<CaseJob> {
    let (mut tx, found, job) = locked_job(cx, case, id).await?;
    if job.state != JobState::Running {
        return Err(Error::Conflict("it has ended already".to_owned()));
    }
    let now = tx.now();
    job::end(&mut tx, id, JobState::Cancelled, None, now).await?;
    if job.added > 0 {
        record(cx, &mut tx, case, Step::Linked, (json!({}), told(&job)), None).await?;
    }
    let job = CaseJob { state: JobState::Cancelled, ended_at: Some(now), ..job };
    let entry = AuditEntry::new(Action::CASE_LINKING_CANCELLED, "case", case);
    tx.commit(entry.metadata(metadata(&job, found.number))).await?;
    Ok(job)
}

/// Takes what an ended job linked out of the case; how many events.
pub async fn take_job_back(cx: &Cx<CaseWrite>, case: CaseId, id: CaseJobId) -> Result<u64> {
    let (mut tx, found, job) = locked_job(cx, case, id).await?;
    if !job.can_be_taken_back() {
        return Err(Error::Conflict("there is nothing of it to take out".to_owned()));
    }
    let removed = link::remove_of_job(&mut tx, job.case_id, id).await?;
    let now = tx.now();
    job::end(&mut tx, id, JobState::TakenBack, None, now).await?;
    let gone = json!({ "kind": LinkKind::Event, "count": removed, "query": job.query });
    record(cx, &mut tx, case, Step::Unlinked, (gone, json!({})), None).await?;
    let mut metadata = metadata(&job, found.number);
    metadata["removed"] = json!(removed);
    tx.commit(AuditEntry::new(Action::EVENTS_UNLINKED_FROM_CASE, "case", case).metadata(metadata)).await?;
    Ok(removed)
}

/// Goes on with every job that runs, in all organizations, until each has ended; how many events were linked. They take turns, and
/// one that fails does not keep the others waiting.
///
/// # Errors
/// The last failure, after all were tried.
pub async fn run_jobs(services: &Services) -> Result<i64> {
    let (mut added, mut failed) = (0, None);
    loop {
        // Asked again each round: an organization may be suspended meanwhile.
        let running = {
            let mut tx = SystemTx::read_across_all_organizations(&services.db).await?;
            job::running(&mut tx).await?
        };
        let mut went_on = false;
        for (organization, id) in running {
            match step_job(services, organization, id).await {
                Ok(Some(n)) => (added, went_on) = (added + n, true),
                Ok(None) => {}
                Err(error) => {
                    if let Err(error) = count_failure(services, organization, id).await {
                        tracing::warn!(%error, "the failure of a job could not be counted");
                    }
                    failed = Some(error);
                }
            }
        }
        if !went_on {
            return failed.map_or(Ok(added), Err);
        }
    }
}

/// A job whose step failed [`PATIENCE`] times in a row is given up, and says so. Where the database is away nothing is counted.
async fn count_failure(services: &Services, organization: OrganizationId, id: CaseJobId) -> Result<()> {
    let mut tx = SystemTx::across_all_organizations(&services.db).await?;
    let times = job::failed(&mut tx.within(organization), id).await?;
    tx.commit_unaudited_bookkeeping().await?;
    if times.is_none_or(|times| times < PATIENCE) {
        return Ok(());
    }
    let mut tx = ReadTx::begin(&services.db, organization).await?;
    let Some(job) = job::get(&mut tx, id).await? else { return Ok(()) };
    drop(tx);
    let why = format!(
        "it failed {PATIENCE} times in a row and was given up; what it linked before stays. Begin it again, or ask whoever runs this Watchroom"
    );
    end(services, organization, &job, Some(&why)).await
}

/// Goes on with one job until it has ended; how many events were linked.
pub async fn run_job(services: &Services, organization: OrganizationId, id: CaseJobId) -> Result<i64> {
    let mut added = 0;
    while let Some(n) = step_job(services, organization, id).await? {
        added += n;
    }
    Ok(added)
}

/// One part of a job; how many events it linked. `None`: it had ended.
pub async fn step_job(
    services: &Services,
    organization: OrganizationId,
    id: CaseJobId,
) -> Result<Option<i64>> {
    // Looking takes longer than writing: nobody waits for it.
    let mut tx = ReadTx::begin(&services.db, organization).await?;
    let Some(job) = job::get(&mut tx, id).await?.filter(|job| job.state == JobState::Running) else {
        return Ok(None);
    };
    let filter = match filter_of(&job) {
        Ok(filter) => filter,
        Err(why) => return end(services, organization, &job, Some(&why)).await.map(|()| None),
    };
    let after = job.place.map(|(at, id)| Position { at, id });
    let page = store::event::keys(&mut tx, &filter, after, STEP).await?;
    drop(tx);
    let more = page.next.is_some();
    let place = page.next.or(page.events.last().map(|key| Position { at: key.occurred_at, id: key.id.0 }));
    let targets: Vec<Uuid> = page.events.iter().map(|key| key.id.0).collect();
    let added = link_part(services, organization, &job, &targets, place.map(|p| (p.at, p.id))).await?;
    let full = job.found + targets.len() as i64 >= MAX_EVENTS;
    if more && full {
        let why = "more than 100,000 events match; the first of them are linked";
        end(services, organization, &job, Some(why)).await?;
    } else if !more {
        end(services, organization, &job, None).await?;
    }
    Ok(Some(added))
}

/// Links a part and goes on to `place`, unless another server was faster.
async fn link_part(
    services: &Services,
    organization: OrganizationId,
    read: &CaseJob,
    targets: &[Uuid],
    place: Option<(Timestamp, Uuid)>,
) -> Result<i64> {
    if targets.is_empty() && place == read.place {
        return Ok(0);
    }
    let now = services.clock.now();
    let mut tx = SystemTx::across_all_organizations(&services.db).await?;
    let mut within = tx.within(organization);
    store::case::lock(&mut within, read.case_id).await?;
    let job = job::lock(&mut within, read.id).await?;
    let Some(job) = job.filter(|job| job.state == JobState::Running && job.place == read.place) else {
        return Ok(0);
    };
    // Retention may have been there since they were found.
    let known = link::known_events(&mut within, targets).await?;
    let rows: Vec<_> = known.iter().map(|target| (services.clock.id(), *target)).collect();
    let linking = Linking { by: job.started_by_id, at: now, job: Some(job.id) };
    let added = link::add(&mut within, job.case_id, LinkKind::Event, &rows, linking).await?;
    let added = i64::try_from(added).unwrap_or(i64::MAX);
    job::went_on(&mut within, job.id, (targets.len() as i64, added), place.or(job.place)).await?;
    tx.commit_unaudited_bookkeeping().await?;
    Ok(added)
}

/// Ends a job, with its line in the case's history and its audit entry, in the name of who began it.
async fn end(
    services: &Services,
    organization: OrganizationId,
    read: &CaseJob,
    failure: Option<&str>,
) -> Result<()> {
    let actor = AuditActor {
        user_id: read.started_by_id,
        label: read.started_by.clone(),
        ip_address: None,
        user_agent: None,
        session_id: None,
    };
    let mut tx = WriteTx::begin(&services.db, organization, actor, services.stamp()).await?;
    let case = store::case::lock(&mut tx, read.case_id).await?.ok_or(Error::NotFound)?;
    let job = job::lock(&mut tx, read.id).await?.filter(|job| job.state == JobState::Running);
    let Some(job) = job else { return Ok(()) };
    let (now, state) = (tx.now(), if failure.is_some() { JobState::Failed } else { JobState::Done });
    job::end(&mut tx, job.id, state, failure, now).await?;
    if job.added > 0 {
        let change = Change {
            id: services.clock.id(),
            case_id: job.case_id,
            at: now,
            actor_id: job.started_by_id,
            actor: job.started_by.clone(),
            step: Step::Linked,
            old: json!({}),
            new: told(&job),
            reason: None,
            action_id: None,
            version: None,
        };
        store::case::history::add(&mut tx, &change).await?;
        store::case::touch(&mut tx, job.case_id).await?;
    }
    let job = CaseJob { state, failure: failure.map(str::to_owned), ended_at: Some(now), ..job };
    let entry = AuditEntry::new(Action::EVENTS_LINKED_TO_CASE, "case", job.case_id);
    tx.commit(entry.metadata(metadata(&job, case.number))).await?;
    Ok(())
}

async fn locked_job(cx: &Cx<CaseWrite>, case: CaseId, id: CaseJobId) -> Result<(WriteTx, Case, CaseJob)> {
    let (mut tx, found) = locked(cx, case).await?;
    let job = job::lock(&mut tx, id).await?.ok_or(Error::NotFound)?;
    // What was linked to a case that is in this one now is taken out here.
    let family = store::case::merge::family(&mut tx, case).await?;
    if !family.contains(&job.case_id) {
        return Err(Error::NotFound);
    }
    Ok((tx, found, job))
}

fn until(asked: &Asked, now: Timestamp) -> Timestamp {
    asked.until.map_or(now, |until| until.min(now))
}

fn filter(asked: &Asked, now: Timestamp) -> EventFilter {
    EventFilter {
        from: asked.from,
        to: Some(until(asked, now)),
        query: asked.query.clone(),
        ..EventFilter::default()
    }
}

/// What the job's row says; or why that cannot be read any more.
fn filter_of(job: &CaseJob) -> std::result::Result<EventFilter, String> {
    let query = match job.query.as_str() {
        "" => None,
        text => Some(parse(text, &EVENTS, job.until_at).map_err(|problem| problem.placed(text))?),
    };
    Ok(filter(&Asked { query, from: job.from_at, until: Some(job.until_at) }, job.until_at))
}

/// For the case's history.
fn told(job: &CaseJob) -> Value {
    json!({ "kind": LinkKind::Event, "count": job.added, "query": job.query, "job_id": job.id })
}

fn metadata(job: &CaseJob, number: i64) -> Value {
    json!({
        "number": number, "job_id": job.id, "query": job.query, "from": job.from_at, "until": job.until_at, "state": job.state,
        "found": job.found, "added": job.added, "failure": job.failure,
    })
}
