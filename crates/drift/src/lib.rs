//! What the tools print, read and compared: Terraform and OpenTofu plans and states, CloudFormation drifts, Kubernetes objects.
//!
//! Pure: no input or output, no clock, no async, nothing of the browser. [`read`] takes the text of one push and gives every
//! resource that it names with what the code declares, what is really there, and how the two differ.
//!
//! - `node` is a value with its secrets sealed: what a tool calls sensitive, or what looks like a secret, becomes
//!   [`node::Node::Secret`] before anything is compared, and nothing can print it.
//! - `diff` compares two nodes: sorted property paths, and noise beside the changes, each with its reason.
//! - `plan`, `state`, `cloudformation`, `kubernetes`: one reader a format. A reader never fails for one bad entry: it keeps what
//!   was good and adds a [`Problem`] with file, path and line.
//! - `rules` are data (`rules.json`): what makes a change critical. `score` turns them into figures and words.
//! - `patch` writes what the code would have to say. `recommend` says what to do about a drift.
//!
//! Numbers: integers beyond 64 bits and decimals beyond 17 digits are compared as doubles. serde_json's `arbitrary_precision` would
//! keep them, but a feature holds for the whole workspace, and the audit chain's hashes depend on how numbers print.
//!
//! To add a format: a word in `domain::drift::Format`, a file here with `read`, an arm below, snapshots in `tests/`.

pub mod cloudformation;
pub mod diff;
pub mod json;
pub mod kubernetes;
pub mod node;
pub mod patch;
pub mod path;
pub mod plan;
pub mod recommend;
pub mod rules;
pub mod score;
mod secret;
pub mod sets;
pub mod state;

use domain::drift::{ChangeType, DriftType, Format, Verdict};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Largest text of one push, in bytes, after decompression.
pub const MAX_BYTES: usize = 64 << 20;
/// Most resources of one push.
pub const MAX_RESOURCES: usize = 50_000;
/// Most problems that are told; the rest is counted.
pub const MAX_PROBLEMS: usize = 200;
/// Longest address or type of a resource, in characters (the seed's `resource_id` and `resource_type`, generously).
pub const MAX_ADDRESS: usize = 1024;

/// What one push says.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Reading {
    /// Sorted by address, each address once.
    pub resources: Vec<Resource>,
    pub problems: Vec<Problem>,
}

/// One resource of the code, or one that the code does not know.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Resource {
    /// `module.vpc.aws_subnet.a["x"]`, `stack/LogicalId`, `apps/Deployment/default/web`.
    pub address: String,
    /// `aws_subnet`, `AWS::S3::Bucket`, `kubernetes_deployment`.
    pub resource_type: String,
    /// Who manages it, with its alias: `registry.terraform.io/hashicorp/aws (aws.west)`.
    pub provider: Option<String>,
    /// What the provider calls it: an id or ARN.
    pub physical_id: Option<String>,
    pub verdict: Verdict,
    /// Why the verdict is `unchecked`.
    pub unchecked_because: Option<String>,
    /// Secrets masked. `{}` of what the code does not know.
    pub declared: Value,
    /// Differences that mean nothing, of a resource without drift; those of a drift are there.
    pub noise: Vec<Noise>,
    pub drift: Option<Drift>,
}

/// How a resource differs from its code.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Drift {
    pub drift_type: DriftType,
    /// What is really there, secrets masked; absent where it is gone.
    pub actual: Option<Value>,
    /// Sorted by path. Empty for what was deleted, added or only moved.
    pub changes: Vec<Change>,
    /// Differences that mean nothing, each with its reason. Sorted by path.
    pub noise: Vec<Noise>,
    /// Changes and noise beyond what is kept.
    pub omitted: usize,
    /// Where it was declared before, of what moved.
    pub moved_from: Option<String>,
    /// What the next apply would do: `update`, `delete`, `replace`, `no-op`…
    pub planned: Option<String>,
    pub score: score::Score,
}

/// One property that differs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    pub property_path: String,
    pub change_type: ChangeType,
    pub declared_value: Option<Value>,
    pub actual_value: Option<Value>,
    pub is_security_critical: bool,
    /// Its values are masked.
    pub is_sensitive: bool,
    /// The rules that it meets, by id.
    pub rules: Vec<String>,
    /// Whether the plan says that other resources depend on it; absent where the tool does not say.
    pub is_relevant: Option<bool>,
    /// Who set it, where the tool knows: a field manager of Kubernetes.
    pub owner: Option<String>,
}

/// A difference that means nothing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Noise {
    pub property_path: String,
    /// In words, for the reader.
    pub reason: String,
    pub declared_value: Option<Value>,
    pub actual_value: Option<Value>,
}

/// Something in the input that could not be read. Never holds a value of the input.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Problem {
    pub file: String,
    /// Where in the document: `resource_drift[3].change`; empty for the whole.
    pub path: String,
    /// From 1; absent where it is not known.
    pub line: Option<usize>,
    pub reason: String,
}

/// One text of a push, under the name that problems call it.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    pub file: &'a str,
    pub text: &'a str,
}

/// Reads what a tool printed. `Err` only where nothing at all could be kept.
///
/// # Errors
/// The problems of an input without a single usable part: not the format, too large, too deep.
pub fn read(format: Format, input: Input<'_>, rules: &rules::Rules) -> Result<Reading, Vec<Problem>> {
    let mut input = input;
    input.text = input.text.strip_prefix('\u{feff}').unwrap_or(input.text);
    if input.text.len() > MAX_BYTES {
        return Err(vec![problem(
            input.file,
            "",
            None,
            format!("larger than {} MiB; send one module or namespace at a time", MAX_BYTES >> 20),
        )]);
    }
    if input.text.trim().is_empty() {
        let reason = "it is empty; send what the tool printed (did the command before it fail?)";
        return Err(vec![problem(input.file, "", None, reason.to_owned())]);
    }
    let read = match format {
        Format::TerraformPlan => plan::read(input),
        Format::TerraformState => state::read(input),
        Format::Cloudformation => cloudformation::read(input),
        Format::Kubernetes => kubernetes::read(input),
    };
    let mut reading = read.map_err(|mut problems| {
        place(format, input, &mut problems);
        problems
    })?;
    place(format, input, &mut reading.problems);
    finish(&mut reading, input.file, rules);
    if reading.resources.is_empty() && !reading.problems.is_empty() {
        return Err(reading.problems);
    }
    Ok(reading)
}

/// The format that a text most likely is of.
pub fn sniff(text: &str) -> Format {
    let has = |word: &str| text.contains(word);
    // Every Deployment has a template, too.
    let other = has("\"apiVersion\"") || has("\"format_version\"") || has("\"terraform_version\"");
    let plain = has("AWSTemplateFormatVersion") || (has("Resources") && has("AWS::"));
    if has("\"StackResourceDrifts\"") || ((has("\"template\"") || plain) && has("AWS::") && !other) {
        Format::Cloudformation
    } else if !text.trim_start().starts_with(['{', '['])
        || has("\"apiVersion\"") && !has("\"format_version\"")
        || has("\"live\"") && has("\"declared\"")
    {
        Format::Kubernetes
    } else if has("\"resource_changes\"") || has("\"planned_values\"") || has("\"@level\"") {
        Format::TerraformPlan
    } else {
        Format::TerraformState
    }
}

/// Sorts, keeps each address once, applies limits and rules.
fn finish(reading: &mut Reading, file: &str, rules: &rules::Rules) {
    let all = reading.resources.len();
    reading.resources.retain(|resource| {
        resource.address.chars().count() <= MAX_ADDRESS && resource.resource_type.chars().count() <= 255
    });
    let long = all - reading.resources.len();
    if long > 0 {
        let reason = format!("{long} resources left out: an address is longer than 1,024 characters");
        reading.problems.push(problem(file, "", None, reason));
    }
    reading.resources.sort_by(|a, b| a.address.cmp(&b.address));
    let before = reading.resources.len();
    // A drifted twin wins: it says more.
    reading.resources.dedup_by(|later, kept| {
        let same = later.address == kept.address;
        if same && kept.drift.is_none() && later.drift.is_some() {
            std::mem::swap(later, kept);
        }
        same
    });
    let twice = before - reading.resources.len();
    if twice > 0 {
        let reason = format!("{twice} resources have an address that was already there; the first was kept");
        reading.problems.push(problem(file, "", None, reason));
    }
    if reading.resources.len() > MAX_RESOURCES {
        reading.resources.truncate(MAX_RESOURCES);
        let reason = "more than 50,000 resources; the rest was left out".to_owned();
        reading.problems.push(problem(file, "", None, reason));
    }
    for resource in &mut reading.resources {
        if let Some(drift) = &mut resource.drift {
            rules.judge(&resource.resource_type, drift);
        }
    }
}

/// Lines and the limit of problems; those of Kubernetes have the lines of their own texts.
fn place(format: Format, input: Input<'_>, problems: &mut Vec<Problem>) {
    if format != Format::Kubernetes {
        json::lines(input.text, problems);
    }
    if problems.len() > MAX_PROBLEMS {
        let more = problems.len() - MAX_PROBLEMS;
        problems.truncate(MAX_PROBLEMS);
        problems.push(problem(input.file, "", None, format!("{more} more problems")));
    }
}

pub(crate) fn problem(file: &str, path: &str, line: Option<usize>, reason: String) -> Problem {
    Problem { file: file.to_owned(), path: path.to_owned(), line, reason }
}
