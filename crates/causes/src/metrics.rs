//! How good predictions are.

use serde::{Deserialize, Serialize};

use crate::{CAUSES, softmax};

/// Of one cause.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PerClass {
    pub cause: String,
    pub precision: f64,
    pub recall: f64,
    pub f1: f64,
    /// How many of the measured drifts have it.
    pub support: usize,
}

/// `[truth][told]`, in the order of the causes.
pub type Confusion = [[usize; CAUSES]; CAUSES];

pub fn confusion(truth: &[usize], told: &[usize]) -> Confusion {
    let mut counts = [[0; CAUSES]; CAUSES];
    for (truth, told) in truth.iter().zip(told) {
        counts[*truth][*told] += 1;
    }
    counts
}

/// Of every cause that occurs or was told, as scikit-learn counts: what cannot be divided is 0.
pub fn per_class(counts: &Confusion) -> Vec<(usize, PerClass)> {
    let share = |n: usize, of: usize| if of == 0 { 0.0 } else { n as f64 / of as f64 };
    (0..CAUSES)
        .filter_map(|at| {
            let support: usize = counts[at].iter().sum();
            let told: usize = counts.iter().map(|row| row[at]).sum();
            if support + told == 0 {
                return None;
            }
            let hits = counts[at][at];
            let (precision, recall) = (share(hits, told), share(hits, support));
            let f1 = share(2 * hits, told + support);
            let cause = domain::cause::Cause::ALL[at].as_str().to_owned();
            Some((at, PerClass { cause, precision, recall, f1, support }))
        })
        .collect()
}

/// Mean of precision, recall and F1 over the causes of [`per_class`].
pub fn macro_of(classes: &[(usize, PerClass)]) -> [f64; 3] {
    let n = classes.len().max(1) as f64;
    let mean = |of: fn(&PerClass) -> f64| classes.iter().map(|(_, class)| of(class)).sum::<f64>() / n;
    [mean(|c| c.precision), mean(|c| c.recall), mean(|c| c.f1)]
}

pub fn accuracy(counts: &Confusion) -> f64 {
    let all: usize = counts.iter().flatten().sum();
    let right: usize = (0..CAUSES).map(|at| counts[at][at]).sum();
    if all == 0 { 0.0 } else { right as f64 / all as f64 }
}

pub fn macro_f1(truth: &[usize], told: &[usize]) -> f64 {
    macro_of(&per_class(&confusion(truth, told)))[2]
}

/// Mean negative log-likelihood.
pub fn log_loss(scores: &[[f64; CAUSES]], truth: &[usize], temperature: f64) -> f64 {
    let sum: f64 = scores
        .iter()
        .zip(truth)
        .map(|(score, truth)| -softmax(score, temperature)[*truth].max(1e-12).ln())
        .sum();
    sum / scores.len().max(1) as f64
}

/// The temperature that makes probabilities honest (Guo et al. 2017): the one with the least loss on drifts that were not learned
/// from, by golden section over its logarithm.
pub fn temperature(scores: &[[f64; CAUSES]], truth: &[usize]) -> f64 {
    if scores.is_empty() {
        return 1.0;
    }
    let loss = |at: f64| log_loss(scores, truth, at.exp());
    let ratio = (5.0_f64.sqrt() - 1.0) / 2.0;
    let (mut low, mut high) = (0.2_f64.ln(), 10.0_f64.ln());
    for _ in 0..40 {
        let (a, b) = (high - ratio * (high - low), low + ratio * (high - low));
        if loss(a) < loss(b) {
            high = b;
        } else {
            low = a;
        }
    }
    f64::midpoint(low, high).exp()
}

/// A band of confidence: how sure the model was, and how often it was right.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Band {
    pub from: f64,
    pub to: f64,
    pub count: usize,
    pub confidence: f64,
    pub accuracy: f64,
}

/// Ten bands, and the mean distance between both, weighted by how many lie in each (the expected calibration error).
pub fn calibration(told: &[(f64, bool)]) -> (Vec<Band>, f64) {
    let mut bands = Vec::new();
    let mut error = 0.0;
    for at in 0..10_usize {
        let (from, to) = (at as f64 / 10.0, (at + 1) as f64 / 10.0);
        let inside: Vec<&(f64, bool)> =
            told.iter().filter(|(p, _)| *p >= from && (*p < to || at == 9)).collect();
        if inside.is_empty() {
            continue;
        }
        let n = inside.len() as f64;
        let confidence = inside.iter().map(|(p, _)| p).sum::<f64>() / n;
        let accuracy = inside.iter().filter(|(_, right)| *right).count() as f64 / n;
        error += n / told.len() as f64 * (confidence - accuracy).abs();
        bands.push(Band { from, to, count: inside.len(), confidence, accuracy });
    }
    (bands, error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_those_of_scikit_learn() {
        // precision_recall_fscore_support([0,0,1,1,2], [0,1,1,1,0], average="macro", zero_division=0)
        let counts = confusion(&[0, 0, 1, 1, 2], &[0, 1, 1, 1, 0]);
        let [precision, recall, f1] = macro_of(&per_class(&counts));
        assert!((precision - (0.5 + 2.0 / 3.0) / 3.0).abs() < 1e-9);
        assert!((recall - 0.5).abs() < 1e-9);
        assert!((f1 - (0.5 + 0.8) / 3.0).abs() < 1e-9);
        assert!((accuracy(&counts) - 0.6).abs() < 1e-9);
    }

    #[test]
    fn a_model_that_is_too_sure_is_cooled() {
        // Right in three of four cases, and sure to 99.8 % each time.
        let scores = vec![[6.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]; 400];
        let truth: Vec<usize> = (0..400).map(|at| usize::from(at % 4 == 0)).collect();
        let found = temperature(&scores, &truth);
        let sure = softmax(&scores[0], found)[0];
        assert!(found > 1.5 && (sure - 0.75).abs() < 0.08, "{found} {sure}");
        let (bands, error) = calibration(&truth.iter().map(|t| (0.75, *t == 0)).collect::<Vec<_>>());
        assert!(bands.len() == 1 && error < 1e-9);
    }
}
