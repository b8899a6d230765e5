//! From labels to a model that may be used: split, compare, fit, calibrate, measure.

use std::collections::BTreeMap;

use domain::cause::Cause;
use serde::{Deserialize, Serialize};

use crate::boost::{self, Boosted, Settings};
use crate::features::words;
use crate::linear::{self, Linear};
use crate::metrics::{self, Band, Confusion, PerClass};
use crate::stability::Sample;
use crate::{CAUSES, Dice, FEATURES, Factor, Features, Judgement, Probabilities, decide, mix, softmax};

/// Fewer labels, or fewer causes, are not learned from.
pub const LEAST_LABELS: usize = 30;
/// Labels that a cause needs to count as one.
pub const LEAST_OF_CAUSE: usize = 4;
/// Parts of the cross-validation that chooses the kind of model.
const FOLDS: u64 = 3;
/// Rows that it looks at.
const CHOOSING: usize = 6_000;
/// Factors that are told.
const FACTORS: usize = 8;

/// One labelled drift.
#[derive(Clone, Debug, PartialEq)]
pub struct Example {
    pub features: Features,
    pub cause: Cause,
    /// Whatever is the same for drifts that must not stand on both sides of the split: the resource.
    pub resource: u64,
}

/// A model as it is kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Artifact {
    /// Names of the features, in the order that the model knows.
    pub features: Vec<String>,
    pub model: Model,
    pub temperature: f64,
    /// What was learned from, in samples, to compare with what arrives.
    pub sample: Sample,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Model {
    Boosted(Boosted),
    Linear(Linear),
}

/// How well it does on drifts of resources that neither model has seen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// `gradient_boosting` or `softmax_regression`.
    pub algorithm: String,
    pub labels: usize,
    pub learned_from: usize,
    pub measured_on: usize,
    pub accuracy: f64,
    pub precision_macro: f64,
    pub recall_macro: f64,
    pub f1_macro: f64,
    pub per_class: Vec<PerClass>,
    pub confusion: Confusion,
    /// Share of each feature, the largest first.
    pub importance: Vec<(String, f64)>,
    /// Macro-F1 of each fold, by kind of model.
    pub cross_validation: BTreeMap<String, Vec<f64>>,
    /// Macro-F1 on the measured part of the kind that was not chosen.
    pub other_f1_macro: f64,
    /// Macro-F1 there of always telling the commonest cause.
    pub commonest_f1_macro: f64,
    pub temperature: f64,
    pub calibration: Vec<Band>,
    pub calibration_error: f64,
    /// Trees of each cause; 0 of a linear model.
    pub rounds: usize,
}

/// Why nothing was learned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooFew {
    pub labels: usize,
    /// Causes with at least [`LEAST_OF_CAUSE`] labels.
    pub causes: usize,
}

impl std::fmt::Display for TooFew {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "there are {} labels, of {} causes with at least {LEAST_OF_CAUSE} each; a model needs {LEAST_LABELS} labels and two such causes. Confirm or correct more causes first",
            self.labels, self.causes
        )
    }
}

/// Where an example of a resource belongs: 60 % to learn from, 20 % to calibrate and to end in time, 20 % to measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Learn,
    Hold,
    Measure,
}

/// The part of each example, by resource. Resources are dealt out by the cause of their first example, so that each part has each cause as
/// often as it can; which resource goes where depends on the seed alone, not on the order of the examples' other resources. Where there are so few
/// resources that a part would have fewer than five examples, examples are dealt out by turns.
pub fn parts(examples: &[Example], seed: u64) -> Vec<Part> {
    let deal = |rank: usize| match rank % 10 {
        0 | 1 | 3 | 5 | 6 | 8 => Part::Learn,
        2 | 7 => Part::Hold,
        _ => Part::Measure,
    };
    let mut causes: BTreeMap<u64, Cause> = BTreeMap::new();
    for example in examples {
        causes.entry(example.resource).or_insert(example.cause);
    }
    let mut resources: Vec<(Cause, u64, u64)> =
        causes.into_iter().map(|(resource, cause)| (cause, mix(resource ^ mix(seed)), resource)).collect();
    resources.sort_unstable();
    let mut of: BTreeMap<u64, Part> = BTreeMap::new();
    let (mut last, mut rank) = (None, 0);
    for (cause, _, resource) in resources {
        rank = if last == Some(cause) { rank + 1 } else { 0 };
        last = Some(cause);
        of.insert(resource, deal(rank));
    }
    let by_resource: Vec<Part> = examples.iter().map(|example| of[&example.resource]).collect();
    let enough = [Part::Learn, Part::Hold, Part::Measure]
        .iter()
        .all(|wanted| by_resource.iter().filter(|part| *part == wanted).count() >= 5);
    if enough { by_resource } else { (0..examples.len()).map(deal).collect() }
}

/// `step` is told how far it is, in 0..=1, and in which step.
pub fn train(
    examples: &[Example],
    seed: u64,
    mut step: impl FnMut(f64, &'static str),
) -> Result<(Artifact, Report), TooFew> {
    let mut counts = [0; CAUSES];
    for example in examples {
        counts[example.cause.place()] += 1;
    }
    let enough = counts.iter().filter(|n| **n >= LEAST_OF_CAUSE).count();
    if examples.len() < LEAST_LABELS || enough < 2 {
        return Err(TooFew { labels: examples.len(), causes: enough });
    }
    step(0.05, "splitting by resource");
    let [learn, hold, measure] = split(examples, seed);
    step(0.1, "cross-validation");
    let mut cross_validation = BTreeMap::new();
    let mut chosen_from = learn.clone();
    Dice(seed).shuffle(&mut chosen_from);
    chosen_from.truncate(CHOOSING);
    for fold in 0..FOLDS {
        let (outside, inside): (Vec<_>, Vec<_>) = chosen_from
            .iter()
            .copied()
            .partition(|example| mix(example.resource ^ mix(seed ^ 0xF01D)) % FOLDS != fold);
        if outside.is_empty() || inside.is_empty() {
            continue;
        }
        for (name, model) in [
            (BOOSTING, boosted(&outside, &inside, seed)),
            (REGRESSION, Model::Linear(fit_linear(&outside, seed))),
        ] {
            let told: Vec<usize> =
                inside.iter().map(|example| best(&model.scores(&example.features))).collect();
            let scores: &mut Vec<f64> = cross_validation.entry(name.to_owned()).or_default();
            scores.push(metrics::macro_f1(&truth(&inside), &told));
        }
        step(0.1 + 0.4 * (fold + 1) as f64 / FOLDS as f64, "cross-validation");
    }
    step(0.55, "learning");
    let boosting = boosted(&learn, &hold, seed);
    step(0.85, "learning the baseline");
    let regression = Model::Linear(fit_linear(&learn, seed));
    let mean = |name: &str| {
        cross_validation
            .get(name)
            .map_or(0.0, |scores| scores.iter().sum::<f64>() / scores.len().max(1) as f64)
    };
    let boosting_wins = mean(BOOSTING) >= mean(REGRESSION);
    let (algorithm, model, other) =
        if boosting_wins { (BOOSTING, boosting, regression) } else { (REGRESSION, regression, boosting) };
    step(0.9, "calibrating");
    let held: Vec<_> = hold.iter().map(|example| model.scores(&example.features)).collect();
    let temperature = metrics::temperature(&held, &truth(&hold));
    step(0.95, "measuring");
    let sample = Sample::of(&learn.iter().map(|example| &example.features).collect::<Vec<_>>());
    let features = FEATURES.iter().map(|feature| feature.name.to_owned()).collect();
    let artifact = Artifact { features, model, temperature, sample };
    let report =
        measure_of(&artifact, &other, algorithm, (&learn, &measure), examples.len(), cross_validation);
    Ok((artifact, report))
}

const BOOSTING: &str = "gradient_boosting";
const REGRESSION: &str = "softmax_regression";

fn split(examples: &[Example], seed: u64) -> [Vec<&Example>; 3] {
    let parts = parts(examples, seed);
    [Part::Learn, Part::Hold, Part::Measure].map(|wanted| {
        examples.iter().zip(&parts).filter(|(_, part)| **part == wanted).map(|(example, _)| example).collect()
    })
}

fn truth(examples: &[&Example]) -> Vec<usize> {
    examples.iter().map(|example| example.cause.place()).collect()
}

/// Rare causes weigh more (the root of how rare), since each counts the same in macro-F1.
fn weights(causes: &[usize]) -> Vec<f64> {
    let mut counts = [0_usize; CAUSES];
    for cause in causes {
        counts[*cause] += 1;
    }
    let present = counts.iter().filter(|n| **n > 0).count().max(1) as f64;
    let weight = counts.map(|n| (causes.len() as f64 / (present * n.max(1) as f64)).sqrt().min(3.0));
    causes.iter().map(|cause| weight[*cause]).collect()
}

fn boosted(learn: &[&Example], hold: &[&Example], seed: u64) -> Model {
    let rows: Vec<&Features> = learn.iter().map(|example| &example.features).collect();
    let held: Vec<&Features> = hold.iter().map(|example| &example.features).collect();
    let causes = truth(learn);
    let weights = weights(&causes);
    Model::Boosted(boost::fit(&rows, &causes, &weights, (&held, &truth(hold)), &Settings::default(), seed))
}

fn fit_linear(learn: &[&Example], seed: u64) -> Linear {
    let rows: Vec<&Features> = learn.iter().map(|example| &example.features).collect();
    let causes = truth(learn);
    linear::fit(&rows, &causes, &weights(&causes), seed)
}

fn best(scores: &[f64; CAUSES]) -> usize {
    (0..CAUSES).max_by(|a, b| scores[*a].total_cmp(&scores[*b])).unwrap_or_default()
}

fn measure_of(
    artifact: &Artifact,
    other: &Model,
    algorithm: &str,
    (learn, measure): (&[&Example], &[&Example]),
    labels: usize,
    cross_validation: BTreeMap<String, Vec<f64>>,
) -> Report {
    let truth = truth(measure);
    let probabilities: Vec<Probabilities> =
        measure.iter().map(|example| artifact.probabilities(&example.features)).collect();
    // As they are shown: where none stands out the answer is "unknown".
    let told: Vec<usize> = probabilities.iter().map(|one| decide(one).0.place()).collect();
    let others: Vec<usize> = measure
        .iter()
        .map(|example| decide(&softmax(&other.scores(&example.features), 1.0)).0.place())
        .collect();
    let mut counts = [0.0; CAUSES];
    for example in learn {
        counts[example.cause.place()] += 1.0;
    }
    let commonest = vec![best(&counts); truth.len()];
    let confusion = metrics::confusion(&truth, &told);
    let classes = metrics::per_class(&confusion);
    let [precision_macro, recall_macro, f1_macro] = metrics::macro_of(&classes);
    let sure: Vec<(f64, bool)> = probabilities
        .iter()
        .zip(&truth)
        .map(|(one, truth)| {
            let at = best(one);
            (one[at], at == *truth)
        })
        .collect();
    let (calibration, calibration_error) = metrics::calibration(&sure);
    let (shares, rounds) = match &artifact.model {
        Model::Boosted(model) => (model.gain.clone(), model.rounds()),
        Model::Linear(model) => (model.importance(), 0),
    };
    let mut importance: Vec<(String, f64)> = artifact.features.iter().cloned().zip(shares).collect();
    importance.sort_by(|a, b| b.1.total_cmp(&a.1));
    Report {
        algorithm: algorithm.to_owned(),
        labels,
        learned_from: learn.len(),
        measured_on: measure.len(),
        accuracy: metrics::accuracy(&confusion),
        precision_macro,
        recall_macro,
        f1_macro,
        per_class: classes.into_iter().map(|(_, class)| class).collect(),
        confusion,
        importance,
        cross_validation,
        other_f1_macro: metrics::macro_f1(&truth, &others),
        commonest_f1_macro: metrics::macro_f1(&truth, &commonest),
        temperature: artifact.temperature,
        calibration,
        calibration_error,
        rounds,
    }
}

impl Model {
    pub fn scores(&self, row: &[f32]) -> [f64; CAUSES] {
        match self {
            Self::Boosted(model) => model.scores(row),
            Self::Linear(model) => model.scores(row),
        }
    }
    fn contributions(&self, row: &[f32], cause: usize) -> Vec<f64> {
        match self {
            Self::Boosted(model) => model.contributions(row, cause),
            Self::Linear(model) => model.contributions(row, cause),
        }
    }
}

impl Artifact {
    pub fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }
    /// `None`: not written by this version or one that it understands.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }
    pub fn probabilities(&self, features: &[f32]) -> Probabilities {
        softmax(&self.model.scores(&self.arranged(features)), self.temperature)
    }
    /// What it says of a drift, and what spoke for and against that.
    pub fn judge(&self, features: &[f32]) -> Judgement {
        let row = self.arranged(features);
        let probabilities = softmax(&self.model.scores(&row), self.temperature);
        let (cause, confidence) = decide(&probabilities);
        let top = best(&probabilities);
        let mut factors: Vec<Factor> = Vec::new();
        for (name, weight) in self.features.iter().zip(self.model.contributions(&row, top)) {
            // Sine and cosine are one thing to whoever reads.
            let name = match name.as_str() {
                "hour_cos" => "hour_sin",
                "weekday_cos" => "weekday_sin",
                name => name,
            };
            match factors.iter_mut().find(|factor| factor.feature == name) {
                Some(factor) => factor.weight += weight,
                None => {
                    factors.push(Factor { feature: name.to_owned(), words: words(name, features), weight });
                }
            }
        }
        factors.retain(|factor| factor.weight.abs() >= 0.02);
        factors.sort_by(|a, b| b.weight.abs().total_cmp(&a.weight.abs()));
        factors.truncate(FACTORS);
        Judgement { cause, confidence, probabilities, factors }
    }
    /// Features in the order that the model knows; one that is not there any more is not known.
    fn arranged(&self, features: &[f32]) -> Features {
        self.features
            .iter()
            .map(|name| {
                crate::features::place(name).and_then(|at| features.get(at)).copied().unwrap_or(f32::NAN)
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{history, rules};

    fn examples(n: usize, seed: u64) -> Vec<Example> {
        history::labelled(n, seed)
            .into_iter()
            .map(|drift| Example {
                features: drift.facts.features(),
                cause: drift.cause,
                resource: drift.resource,
            })
            .collect()
    }

    #[test]
    fn it_is_better_than_rules_on_resources_it_never_saw_and_says_so_honestly() {
        let drifts = history::labelled(3_000, 42);
        let examples = examples(3_000, 42);
        let mut steps = Vec::new();
        let (artifact, report) = train(&examples, 7, |at, what| steps.push((at, what))).unwrap();
        assert!(steps.windows(2).all(|pair| pair[0].0 <= pair[1].0) && steps.len() > 5);
        let parts = parts(&examples, 7);
        let measured: Vec<_> = drifts
            .iter()
            .zip(&parts)
            .filter(|(_, part)| **part == Part::Measure)
            .map(|(drift, _)| drift)
            .collect();
        assert_eq!(report.measured_on, measured.len());
        let told: Vec<usize> = measured.iter().map(|d| rules::judge(&d.facts).cause.place()).collect();
        let truth: Vec<usize> = measured.iter().map(|d| d.cause.place()).collect();
        let by_rules = metrics::macro_f1(&truth, &told);
        assert!(report.f1_macro > by_rules + 0.03, "{} {by_rules}", report.f1_macro);
        assert!(report.f1_macro > report.commonest_f1_macro + 0.3);
        assert!(report.calibration_error < 0.08, "{}", report.calibration_error);
        let counted: usize = report.confusion.iter().flatten().sum();
        assert_eq!(counted, report.measured_on);
        assert_eq!(report.cross_validation["gradient_boosting"].len(), 3);
        // What is written and read again says the same.
        let back = Artifact::from_bytes(&artifact.to_bytes()).unwrap();
        let (a, b) = (artifact.judge(&examples[0].features), back.judge(&examples[0].features));
        assert_eq!((a.cause, a.factors.len()), (b.cause, b.factors.len()));
        assert!(a.probabilities.iter().zip(&b.probabilities).all(|(a, b)| (a - b).abs() < 1e-6));
        assert!(!a.factors.is_empty() && a.factors.len() <= FACTORS);
        // The same labels and seed are the same model.
        let (again, _) = train(&examples, 7, |_, _| ()).unwrap();
        assert_eq!(again, artifact);
    }

    #[test]
    fn no_resource_is_on_both_sides() {
        let examples = examples(400, 3);
        let [learn, hold, measure] = split(&examples, 9);
        assert_eq!(learn.len() + hold.len() + measure.len(), 400);
        for one in &measure {
            assert!(learn.iter().chain(&hold).all(|other| other.resource != one.resource));
        }
    }

    #[test]
    fn few_labels_are_refused_in_words_and_few_resources_still_learn() {
        let few = examples(29, 1);
        assert!(train(&few, 1, |_, _| ()).unwrap_err().to_string().contains("29 labels"));
        let mut one: Vec<Example> = examples(40, 1);
        for example in &mut one {
            example.cause = Cause::EmergencyFix;
        }
        assert_eq!(train(&one, 1, |_, _| ()).unwrap_err(), TooFew { labels: 40, causes: 1 });
        let mut same = examples(60, 1);
        for example in &mut same {
            example.resource = 1;
        }
        let (_, report) = train(&same, 1, |_, _| ()).unwrap();
        assert_eq!((report.learned_from, report.measured_on), (36, 12));
    }
}
