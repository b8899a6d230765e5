//! Why a drift happened: what is known of it as numbers, rules for the time before there are labels, and models that learn from
//! what analysts confirm.
//!
//! Pure: no input or output, no clock, no async, nothing of the browser; every random choice comes from a seed, so the same labels
//! give the same model.
//!
//! - `features` turns the [`Facts`] of a drift into [`Features`], and a feature into words.
//! - `near` says how closely something is related to a drift.
//! - `rules` judges without any label (the cold start).
//! - `boost` is gradient boosting of the multinomial loss over histograms, `linear` a softmax regression. Both say how much each
//!   feature added to each cause. They are here and not a library's: forust-ml with linfa-logistic was tried and took 13 times as long for a model
//!   8 times as large, at a macro-F1 of 0.779 instead of 0.768 (docs/CAUSES.md).
//! - `train` splits by resource, keeps the better of the two by macro-F1 in cross-validation, calibrates it, and measures it on
//!   resources that nothing before has seen.
//! - `stability` compares what arrives with what was learned from (Kolmogorov-Smirnov).
//! - `history` makes labelled histories for tests and benchmarks; it says what it assumes.
//!
//! To add a feature: a line in `features::FEATURES`, its value in `Facts::features`, its words in `features::words`. Models refer to features by name, so
//! older ones go on without it.

pub mod boost;
pub mod features;
pub mod history;
pub mod linear;
pub mod metrics;
pub mod near;
pub mod rules;
pub mod stability;
pub mod train;

pub use features::{FEATURES, Facts, Features};
pub use train::{Artifact, Example, Report, TooFew, train};

use domain::cause::Cause;

/// One probability a cause, in the order of [`Cause::ALL`]; they add up to 1.
pub type Probabilities = [f64; CAUSES];
/// How many causes there are.
pub const CAUSES: usize = Cause::ALL.len();

/// Below this the answer is `unknown`: seven causes, and none stands out.
pub const UNSURE: f64 = 0.35;

/// What is thought of one drift.
#[derive(Clone, Debug, PartialEq)]
pub struct Judgement {
    pub cause: Cause,
    /// Of the cause; where that is `unknown` because none stands out, of the likeliest.
    pub confidence: f64,
    pub probabilities: Probabilities,
    /// The heaviest first.
    pub factors: Vec<Factor>,
}

/// What spoke for or against the cause.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Factor {
    /// Name of the feature.
    pub feature: String,
    /// What was seen, in words.
    pub words: String,
    /// What it added to the cause's score (log-odds), negative where it spoke against it.
    pub weight: f64,
}

/// The cause of probabilities, and how sure.
pub fn decide(probabilities: &Probabilities) -> (Cause, f64) {
    let (at, best) = probabilities
        .iter()
        .copied()
        .enumerate()
        .fold((0, f64::MIN), |best, one| if one.1 > best.1 { one } else { best });
    (if best < UNSURE { Cause::Unknown } else { Cause::ALL[at] }, best)
}

/// Scores to probabilities, at a temperature.
pub(crate) fn softmax(scores: &[f64; CAUSES], temperature: f64) -> Probabilities {
    let top = scores.iter().copied().fold(f64::MIN, f64::max);
    let raised = scores.map(|score| ((score - top) / temperature).exp());
    let sum: f64 = raised.iter().sum();
    raised.map(|one| one / sum)
}

/// Reproducible randomness (SplitMix64, Steele et al. 2014).
#[derive(Clone, Debug)]
pub(crate) struct Dice(pub u64);

impl Dice {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        mix(self.0)
    }
    /// In 0..1.
    pub fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
    pub fn below(&mut self, n: usize) -> usize {
        (self.unit() * n as f64) as usize
    }
    pub fn yes(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }
    /// Normal, by Box and Muller.
    pub fn normal(&mut self, mean: f64, deviation: f64) -> f64 {
        let (u, v) = (self.unit().max(1e-12), self.unit());
        mean + deviation * (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()
    }
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for at in (1..items.len()).rev() {
            items.swap(at, self.below(at + 1));
        }
    }
}

pub(crate) fn mix(z: u64) -> u64 {
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}
