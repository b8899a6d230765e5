//! A push: what a tool printed becomes inventory and drifts, in one transaction.

use std::collections::{BTreeMap, HashMap, HashSet};

use domain::audit::{Action, AuditEntry};
use domain::drift::{
    Coverage, DriftStep, DriftType, Format, HistoryStep, Ignore, NewRepository, Push, PushProblem,
    PushReport, Repository, Seen, State, Tool, Verdict, fingerprint,
};
use domain::environment::{Environment, NewEnvironment};
use domain::permission::DriftWrite;
use domain::{DriftId, DriftIgnoreId, EnvironmentId, IacRepositoryId, IacResourceId, Invalid};
use drift::rules::Rules;
use serde_json::{Value, json};
use store::WriteTx;
use store::drift::push::{Known, PushedChange, PushedDrift, PushedResource};
use store::ingest::Answer;

use super::{recommendations, user};
use crate::{Cx, Error, Result};

/// What is pushed, and for what.
#[derive(Clone, Debug)]
pub struct What {
    /// Slug of the environment; made when there is none.
    pub environment: String,
    /// Name of the repository in it; made when there is none.
    pub repository: String,
    pub format: Format,
    /// As problems call the text.
    pub file: String,
    pub text: String,
}

/// The `Idempotency-Key` of a request with the hash of all that it says.
#[derive(Clone, Debug)]
pub struct Once {
    pub key: String,
    pub request_hash: String,
}

/// Most differences that mean nothing which are kept of a resource in order, and the longest of their values, as JSON, in bytes.
const MOST_NOISE: usize = 50;
const LONGEST_NOISE: usize = 1_000;

/// A handler's future moves between threads; said here, where a reason why it cannot is found soonest.
const _: fn(&Cx<DriftWrite>, What) = |cx, what| {
    fn moves<T: Send>(_: T) {}
    moves(push(cx, what, None));
};

/// What became of a push.
#[derive(Clone, Debug, PartialEq)]
pub struct Pushed {
    pub report: PushReport,
    /// A request with this key was answered before; nothing was done now.
    pub replayed: bool,
}

/// Takes in what a tool printed, durably when it returns.
///
/// # Errors
/// `Invalid` where nothing of the text could be used (a field error for each problem), or where environment or repository have no
/// such name; `Conflict` where the repository is of another tool, or the key was used for another push.
pub async fn push(cx: &Cx<DriftWrite>, what: What, once: Option<Once>) -> Result<Pushed> {
    if let Some(once) = &once {
        crate::events::check_key(&once.key)?;
        if let Some(answer) = store::ingest::answer(&mut cx.read().await?, &once.key).await? {
            return replay(answer, once);
        }
    }
    let mut problems = domain::invalid::Problems::default();
    domain::drift::check_name(&mut problems, &what.repository);
    problems.require(
        domain::organization::is_slug(&what.environment),
        "environment",
        "use 2 to 63 lower-case letters, digits and hyphens, starting with a letter",
    );
    problems.done()?;
    let What { environment, repository, format, file, text } = what;
    let rules = super::rules::in_force(&mut cx.read().await?).await?;
    let judged = rules.clone();
    let read = move || drift::read(format, drift::Input { file: &file, text: &text }, &judged);
    let reading = tokio::task::spawn_blocking(read)
        .await
        .map_err(|e| Error::Internal(format!("reading a push: {e}")))?
        .map_err(|problems| {
            let told = problems.into_iter().take(20).map(|problem| {
                let line = problem.line.map(|line| format!("line {line}: ")).unwrap_or_default();
                let field = if problem.path.is_empty() { problem.file } else { problem.path };
                domain::invalid::FieldError { field, reason: format!("{line}{}", problem.reason) }
            });
            Error::Invalid(Invalid(told.collect()))
        })?;
    let environment = environment_of(cx, &environment).await?;
    let repository = repository_of(cx, environment.id, &repository, format.tool()).await?;
    let mut tx = cx.write().await?;
    store::drift::repository::lock(&mut tx, repository.id).await?;
    let place = Place { environment: environment.id, repository: repository.id };
    let report =
        Work { cx, place, slug: &environment.slug, format, rules: &rules }.take_in(&mut tx, reading).await?;
    if let Some(once) = once {
        let answer = Answer { request_hash: once.request_hash.clone(), status: 200, response: json!(report) };
        if !store::ingest::keep_answer(&mut tx, &once.key, &answer).await? {
            // Somebody sent the same at the same time, and was first.
            drop(tx);
            let kept = store::ingest::answer(&mut cx.read().await?, &once.key).await?;
            return replay(kept.ok_or(Error::Unavailable { full: false })?, &once);
        }
    }
    let metadata = json!({
        "environment": environment.slug, "repository": repository.name, "format": format, "resources": report.resources,
        "drifted": report.drifted, "new": report.new, "resolved": report.resolved, "ignored": report.ignored,
        "problems": report.problems.len(),
    });
    tx.commit(AuditEntry::new(Action::DRIFT_PUSHED, "repository", repository.id).metadata(metadata)).await?;
    Ok(Pushed { report, replayed: false })
}

fn replay(answer: Answer, once: &Once) -> Result<Pushed> {
    if answer.request_hash != once.request_hash {
        return Err(Error::Conflict(
            "this Idempotency-Key was used with another body; use a new key for a new request".to_owned(),
        ));
    }
    let report = serde_json::from_value(answer.response).map_err(|_| {
        Error::Conflict("this Idempotency-Key was used for another kind of request".to_owned())
    })?;
    Ok(Pushed { report, replayed: true })
}

/// The environment of a slug, made by its first push.
async fn environment_of(cx: &Cx<DriftWrite>, slug: &str) -> Result<Environment> {
    if let Some(found) = environment_named(cx, slug).await? {
        return Ok(found);
    }
    let new = NewEnvironment { slug: slug.to_owned(), name: slug.to_owned(), ..NewEnvironment::default() };
    new.check()?;
    let mut tx = cx.write().await?;
    let now = tx.now();
    let made = Environment {
        id: cx.services.clock.id(),
        slug: new.slug,
        name: new.name,
        cloud_provider: None,
        region: None,
        account_id: None,
        tags: json!({}),
        is_active: true,
        created_at: now,
        updated_at: now,
    };
    match store::environment::insert(&mut tx, &made).await {
        Ok(()) => {
            tx.commit(crate::environments::created(&made)).await?;
            Ok(made)
        }
        Err(store::Error::Unique) => {
            drop(tx);
            environment_named(cx, slug).await?.ok_or(Error::Unavailable { full: false })
        }
        Err(other) => Err(other.into()),
    }
}

async fn environment_named(cx: &Cx<DriftWrite>, slug: &str) -> Result<Option<Environment>> {
    Ok(store::environment::list(&mut cx.read().await?).await?.into_iter().find(|e| e.slug == slug))
}

async fn repository_of(
    cx: &Cx<DriftWrite>,
    environment: EnvironmentId,
    name: &str,
    tool: Tool,
) -> Result<Repository> {
    let name = name.trim();
    let fits = |found: Repository| {
        if found.tool == tool {
            return Ok(found);
        }
        Err(Error::Conflict(format!(
            "the repository {} holds {} resources, and this push is of {}; give it another repository name",
            found.name,
            found.tool.label(),
            tool.label()
        )))
    };
    if let Some(found) = store::drift::repository::by_name(&mut cx.read().await?, environment, name).await? {
        return fits(found);
    }
    let branch = "main".to_owned();
    NewRepository { name: name.to_owned(), branch: branch.clone(), ..NewRepository::default() }.check()?;
    let mut tx = cx.write().await?;
    let now = tx.now();
    let made = Repository {
        id: cx.services.clock.id(),
        environment_id: environment,
        environment: String::new(),
        name: name.to_owned(),
        repository_url: None,
        branch,
        tool,
        last_sync_at: None,
        has_credentials: false,
        created_at: now,
        updated_at: now,
        coverage: Coverage::default(),
    };
    match store::drift::repository::insert(&mut tx, &made).await {
        Ok(()) => {
            let entry = AuditEntry::new(Action::IAC_REPOSITORY_CREATED, "repository", made.id);
            tx.commit(entry.change(None, Some(super::repositories::told(&made)))).await?;
            Ok(made)
        }
        Err(store::Error::Unique) => {
            drop(tx);
            let found = store::drift::repository::by_name(&mut cx.read().await?, environment, name).await?;
            fits(found.ok_or(Error::Unavailable { full: false })?)
        }
        Err(other) => Err(other.into()),
    }
}

#[derive(Clone, Copy)]
struct Place {
    environment: EnvironmentId,
    repository: IacRepositoryId,
}

struct Work<'a> {
    cx: &'a Cx<DriftWrite>,
    place: Place,
    /// Of the environment.
    slug: &'a str,
    format: Format,
    /// By which it was judged.
    rules: &'a Rules,
}

impl Work<'_> {
    async fn take_in(&self, tx: &mut WriteTx, reading: drift::Reading) -> Result<PushReport> {
        let Place { environment, repository } = self.place;
        let now = tx.now();
        let ids = store::drift::push::resources(tx, repository).await?;
        let rules = store::drift::ignore::in_force(tx, now).await?;
        let mut report = PushReport {
            resources: reading.resources.len() as i64,
            problems: reading.problems.into_iter().map(problem).collect(),
            ..PushReport::default()
        };
        let (mut resources, mut drifts) = (Vec::with_capacity(reading.resources.len()), Vec::new());
        let mut hits: BTreeMap<DriftIgnoreId, i64> = BTreeMap::new();
        // All that differs where rules leave some of it out.
        let mut hidden: HashMap<IacResourceId, HashSet<String>> = HashMap::new();
        // Resources that this push looked at: what is known of them and not in the push is gone.
        let mut looked_at: HashSet<IacResourceId> = HashSet::new();
        for read in reading.resources {
            let known = ids.get(&read.address);
            let id = known.map_or_else(|| self.cx.services.clock.id(), |known| known.id);
            if read.verdict != Verdict::Unchecked {
                looked_at.insert(id);
            }
            let is_declared = read.drift.as_ref().is_none_or(|drift| drift.drift_type != DriftType::Added);
            if let Some(found) = read.drift {
                let whole = found.changes.iter().map(|change| change.property_path.clone()).collect();
                let pushed = self.drift(
                    id,
                    &read.address,
                    &read.resource_type,
                    &read.declared,
                    found,
                    (&rules, &mut hits),
                );
                report.ignored += pushed.1;
                if pushed.1 > 0 {
                    hidden.insert(id, whole);
                }
                drifts.extend(pushed.0.map(|drift| PushedDrift {
                    in_order_at: known.and_then(|known| known.in_sync_at),
                    ..drift
                }));
            }
            resources.push(PushedResource {
                id,
                resource_type: read.resource_type,
                resource_id: read.address,
                provider: read.provider,
                physical_id: read.physical_id,
                is_declared,
                declared_state: read.declared,
                verdict: read.verdict,
                unchecked_because: read.unchecked_because,
                noise: noise(read.noise),
            });
        }
        store::drift::push::put_resources(tx, repository, &resources).await?;
        report.drifted = drifts.len() as i64;
        let drifted: Vec<IacResourceId> = drifts.iter().map(|drift| drift.iac_resource_id).collect();
        let known = store::drift::push::known(tx, repository, &drifted).await?;
        // Which of the known drifts each is; nothing of a new one.
        let matched = matched(&drifts, &known);
        let mut steps = Vec::new();
        let (mut again, mut refuted, mut returned): (Vec<DriftId>, Vec<DriftId>, Vec<DriftId>) =
            Default::default();
        let new = matched.iter().filter(|known| known.is_none()).count() as i64;
        let mut number = if new > 0 { store::drift::push::numbers(tx, new).await? } else { 0 };
        for (drift, place) in drifts.iter_mut().zip(matched) {
            if let Some(known) = place.and_then(|place| known.get(place)) {
                drift.id = known.id;
                drift.number = known.number;
                again.push(known.id);
                let (after, seen) = known.state.seen();
                let step = |step| self.step(tx, known.id, step, (known.state, after), known.version + 1);
                match seen {
                    Seen::Again => {}
                    Seen::Refuted => {
                        refuted.push(known.id);
                        steps.push(step(DriftStep::Refuted));
                    }
                    Seen::Returned => {
                        returned.push(known.id);
                        steps.push(came(step(DriftStep::Returned), drift));
                    }
                }
            } else {
                drift.number = number;
                number += 1;
                let step = self.step(tx, drift.id, DriftStep::Detected, (State::NEW, State::NEW), 1);
                steps.push(came(step, drift));
            }
        }
        let present: HashSet<DriftId> = again.iter().copied().collect();
        let mut gone = Vec::new();
        for known in
            known.iter().filter(|k| looked_at.contains(&k.iac_resource_id) && !present.contains(&k.id))
        {
            if let Some(after) = known.state.gone(now) {
                gone.push(known.id);
                steps.push(self.step(tx, known.id, DriftStep::Gone, (known.state, after), known.version + 1));
            }
        }
        report.new = new;
        report.resolved = gone.len() as i64;
        store::drift::push::put_drifts(tx, (environment, repository), &drifts, &again).await?;
        store::drift::push::refuted(tx, &refuted).await?;
        store::drift::push::returned(tx, &returned, now).await?;
        store::drift::push::gone(tx, &gone, now).await?;
        let claims = store::drift::push::not_found_since(tx, repository, now).await?;
        let behind: Vec<DriftId> =
            claims.iter().filter(|(_, resource)| hidden.contains_key(resource)).map(|(id, _)| *id).collect();
        let paths = store::drift::paths(tx, &behind).await?;
        // Of what is hidden nobody knows whether somebody put it back.
        let is_hidden = |(id, resource): &(DriftId, IacResourceId)| {
            hidden
                .get(resource)
                .zip(paths.get(id))
                .is_some_and(|(all, own)| own.iter().any(|path| all.contains(path)))
        };
        let absent: Vec<DriftId> =
            claims.iter().filter(|claim| !is_hidden(claim)).map(|(id, _)| *id).collect();
        store::drift::push::absent(tx, &absent, now).await?;
        store::drift::add_history(tx, &steps).await?;
        let label = self.cx.actor.audit().label;
        let advising = recommendations::Advising {
            tool: self.format.tool(),
            environment: self.slug,
            repository,
            by: &label,
        };
        let back: Vec<DriftId> = refuted.iter().chain(&returned).copied().collect();
        advising.judge(tx, &back, &gone).await?;
        let shut = known.iter().filter(|k| !k.state.seen().0.status.is_open()).map(|k| k.id).collect();
        advising.advise(self.cx, tx, (&drifts, &resources), (&back, &shut)).await?;
        // Why, the server looks into by itself.
        let begins = |step: &&HistoryStep| matches!(step.step, DriftStep::Detected | DriftStep::Returned);
        let begun: Vec<DriftId> = steps.iter().filter(begins).map(|s| s.drift_id).collect();
        store::cause::ask(tx, &begun, now).await?;
        for (rule, times) in hits {
            store::drift::ignore::hit(tx, rule, times).await?;
        }
        let push = Push {
            id: self.cx.services.clock.id(),
            format: self.format,
            pushed_at: now,
            actor: label,
            resources: report.resources,
            drifted: report.drifted,
            new_drifts: report.new,
            resolved: report.resolved,
            ignored: report.ignored,
            problems: json!(report.problems),
        };
        store::drift::repository::add_push(tx, repository, &push).await?;
        Ok(report)
    }

    /// The drift as it is kept, unless all of it is left out; and how many changes were.
    fn drift(
        &self,
        resource: IacResourceId,
        address: &str,
        resource_type: &str,
        declared: &Value,
        found: drift::Drift,
        (rules, hits): (&[Ignore], &mut BTreeMap<DriftIgnoreId, i64>),
    ) -> (Option<PushedDrift>, i64) {
        let environment = self.place.environment;
        let mut ignored = 0;
        let mut rule_of = |path: &str| {
            let rule = rules.iter().find(|rule| rule.covers(resource, resource_type, environment, path))?;
            *hits.entry(rule.id).or_default() += 1;
            ignored += 1;
            Some(rule.id)
        };
        if let Some(whole) = found.drift_type.whole()
            && rule_of(whole).is_some()
        {
            return (None, ignored);
        }
        let changes: Vec<PushedChange> = found
            .changes
            .into_iter()
            .map(|change| PushedChange {
                ignored_by: rule_of(&change.property_path),
                id: self.cx.services.clock.id(),
                property_path: change.property_path,
                change_type: change.change_type,
                declared_value: change.declared_value,
                actual_value: change.actual_value,
                is_security_critical: change.is_security_critical,
                is_sensitive: change.is_sensitive,
                is_relevant: change.is_relevant,
                owner: change.owner,
                rules: json!(change.rules),
            })
            .collect();
        let left: Vec<&str> =
            changes.iter().filter(|c| c.ignored_by.is_none()).map(|c| c.property_path.as_str()).collect();
        if found.drift_type == DriftType::Modified && left.is_empty() && found.omitted == 0 {
            return (None, ignored);
        }
        let score = if ignored > 0 {
            // Nobody is warned of what somebody ignores.
            let left = changes.iter().filter(|change| change.ignored_by.is_none());
            let met = left.flat_map(|change| rule_ids(&change.rules)).collect();
            self.rules.weigh(found.drift_type, &met, &found.score, found.omitted)
        } else {
            found.score
        };
        let text =
            [address, resource_type].into_iter().chain(left.iter().copied()).collect::<Vec<_>>().join(" ");
        let pushed = PushedDrift {
            id: self.cx.services.clock.id(),
            number: 0,
            iac_resource_id: resource,
            fingerprint: fingerprint(found.drift_type, left),
            drift_type: found.drift_type,
            in_order_at: None,
            declared_state: (found.drift_type != DriftType::Added).then(|| declared.clone()),
            tags: tags(found.actual.as_ref().unwrap_or(declared)),
            actual_state: found.actual,
            severity_score: score.severity_score,
            confidence_score: score.confidence_score,
            risk_assessment: json!(score.risk),
            metadata: json!({
                "because": score.because, "unsure_because": score.unsure_because, "noise": found.noise, "omitted": found.omitted,
                "moved_from": found.moved_from, "planned": found.planned,
            }),
            text,
            changes,
        };
        (Some(pushed), ignored)
    }

    fn step(
        &self,
        tx: &WriteTx,
        drift_id: DriftId,
        step: DriftStep,
        (old, new): (State, State),
        version: i64,
    ) -> HistoryStep {
        HistoryStep {
            id: self.cx.services.clock.id(),
            drift_id,
            at: tx.now(),
            actor_id: user(self.cx),
            actor: self.cx.actor.audit().label,
            step,
            old: old.told(),
            new: new.told(),
            note: None,
            action_id: None,
            version,
        }
    }
}

/// Ids of rules, as they are kept with a change.
pub(super) fn rule_ids(rules: &Value) -> impl Iterator<Item = &str> {
    rules.as_array().into_iter().flatten().filter_map(Value::as_str)
}

/// What is kept of the noise of a resource in order: the first of it, without values that are long.
fn noise(found: Vec<drift::Noise>) -> Value {
    let short = |value: Option<Value>| value.filter(|value| value.to_string().len() <= LONGEST_NOISE);
    let kept = found.into_iter().take(MOST_NOISE).map(|noise| drift::Noise {
        declared_value: short(noise.declared_value),
        actual_value: short(noise.actual_value),
        ..noise
    });
    Value::Array(kept.map(|noise| json!(noise)).collect())
}

/// How bad it was when it came: a later push can say otherwise, and the figures of that day stay what they were.
fn came(mut step: HistoryStep, drift: &PushedDrift) -> HistoryStep {
    step.new["severity_score"] = json!(drift.severity_score);
    step
}

fn matched(drifts: &[PushedDrift], known: &[Known]) -> Vec<Option<usize>> {
    let by_key: HashMap<(IacResourceId, &str), usize> = known
        .iter()
        .enumerate()
        .map(|(at, known)| ((known.iac_resource_id, known.fingerprint.as_str()), at))
        .collect();
    drifts
        .iter()
        .map(|drift| by_key.get(&(drift.iac_resource_id, drift.fingerprint.as_str())).copied())
        .collect()
}

/// Tags or labels of a resource, where it has plain ones.
fn tags(state: &Value) -> Value {
    ["/tags", "/labels", "/metadata/labels"]
        .iter()
        .find_map(|place| state.pointer(place).filter(|tags| tags.is_object()))
        .cloned()
        .unwrap_or_else(|| json!({}))
}

fn problem(problem: drift::Problem) -> PushProblem {
    let drift::Problem { file, path, line, reason } = problem;
    PushProblem { file, path, line: line.and_then(|line| i64::try_from(line).ok()), reason }
}
