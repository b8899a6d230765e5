//! The baseline: softmax regression over standardized features, learned in small batches (Adam, Kingma and Ba 2015). What is not
//! known counts as the mean.

use serde::{Deserialize, Serialize};

use crate::{CAUSES, Dice, Features, softmax};

const EPOCHS: usize = 25;
const BATCH: usize = 64;
const RATE: f64 = 0.02;
const PENALTY: f64 = 1e-4;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Linear {
    mean: Vec<f64>,
    deviation: Vec<f64>,
    /// One list a cause: a weight a feature, then the bias.
    weights: Vec<Vec<f64>>,
}

pub fn fit(rows: &[&Features], causes: &[usize], weights: &[f64], seed: u64) -> Linear {
    let width = rows.first().map_or(0, |row| row.len());
    let (mut mean, mut deviation) = (vec![0.0; width], vec![1.0; width]);
    for feature in 0..width {
        let known: Vec<f64> =
            rows.iter().map(|row| f64::from(row[feature])).filter(|value| !value.is_nan()).collect();
        if known.is_empty() {
            continue;
        }
        let n = known.len() as f64;
        let middle = known.iter().sum::<f64>() / n;
        let spread = (known.iter().map(|v| (v - middle).powi(2)).sum::<f64>() / n).sqrt();
        mean[feature] = middle;
        deviation[feature] = if spread > 1e-9 { spread } else { 1.0 };
    }
    let mut model = Linear { mean, deviation, weights: vec![vec![0.0; width + 1]; CAUSES] };
    let inputs: Vec<Vec<f64>> = rows.iter().map(|row| model.standard(row)).collect();
    let mut order: Vec<usize> = (0..rows.len()).collect();
    let mut dice = Dice(seed);
    let zeros = vec![vec![0.0; width + 1]; CAUSES];
    let (mut first, mut second, mut step) = (zeros.clone(), zeros.clone(), 0_i32);
    for _ in 0..EPOCHS {
        dice.shuffle(&mut order);
        for batch in order.chunks(BATCH) {
            let mut gradient = zeros.clone();
            for &at in batch {
                let p = softmax(&model.of(&inputs[at]), 1.0);
                for (cause, of_cause) in gradient.iter_mut().enumerate() {
                    let error = weights[at] * (p[cause] - if causes[at] == cause { 1.0 } else { 0.0 });
                    for (sum, input) in of_cause.iter_mut().zip(&inputs[at]) {
                        *sum += error * input;
                    }
                }
            }
            step += 1;
            let (one, two) = (1.0 - 0.9_f64.powi(step), 1.0 - 0.999_f64.powi(step));
            for cause in 0..CAUSES {
                for feature in 0..=width {
                    let weight = model.weights[cause][feature];
                    let decay = if feature == width { 0.0 } else { PENALTY * weight };
                    let slope = gradient[cause][feature] / batch.len() as f64 + decay;
                    let (m, v) = (&mut first[cause][feature], &mut second[cause][feature]);
                    *m = 0.9 * *m + 0.1 * slope;
                    *v = 0.999 * *v + 0.001 * slope * slope;
                    model.weights[cause][feature] -= RATE * (*m / one) / ((*v / two).sqrt() + 1e-8);
                }
            }
        }
    }
    model
}

impl Linear {
    /// With the bias' 1 at the end.
    fn standard(&self, row: &[f32]) -> Vec<f64> {
        let value = |(at, mean): (usize, &f64)| {
            let value = row.get(at).copied().unwrap_or(f32::NAN);
            if value.is_nan() { 0.0 } else { (f64::from(value) - mean) / self.deviation[at] }
        };
        self.mean.iter().enumerate().map(value).chain([1.0]).collect()
    }
    fn of(&self, input: &[f64]) -> [f64; CAUSES] {
        let mut scores = [0.0; CAUSES];
        for (score, weights) in scores.iter_mut().zip(&self.weights) {
            *score = weights.iter().zip(input).map(|(weight, value)| weight * value).sum();
        }
        scores
    }
    pub fn scores(&self, row: &[f32]) -> [f64; CAUSES] {
        self.of(&self.standard(row))
    }
    /// What each feature added to the score of one cause, compared with the mean drift.
    pub fn contributions(&self, row: &[f32], cause: usize) -> Vec<f64> {
        let input = self.standard(row);
        self.weights[cause].iter().zip(&input).take(self.mean.len()).map(|(w, v)| w * v).collect()
    }
    /// Mean absolute weight of each feature, in shares.
    pub fn importance(&self) -> Vec<f64> {
        let sums: Vec<f64> =
            (0..self.mean.len()).map(|at| self.weights.iter().map(|w| w[at].abs()).sum()).collect();
        let all: f64 = sums.iter().sum::<f64>().max(1e-12);
        sums.into_iter().map(|sum| sum / all).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_learns_what_a_line_parts() {
        let mut dice = Dice(5);
        let rows: Vec<Features> = (0..300).map(|_| vec![dice.unit() as f32, dice.unit() as f32]).collect();
        let causes: Vec<usize> = rows.iter().map(|row| usize::from(row[0] + row[1] > 1.0)).collect();
        let rows: Vec<&Features> = rows.iter().collect();
        let model = fit(&rows, &causes, &vec![1.0; rows.len()], 1);
        let right = rows.iter().zip(&causes).filter(|(row, cause)| {
            let scores = model.scores(row);
            usize::from(scores[1] > scores[0]) == **cause
        });
        assert!(right.count() >= 285);
        assert!(model.importance().iter().all(|share| *share > 0.3));
    }
}
