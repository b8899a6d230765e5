//! Gradient boosting of the multinomial loss: each round fits one small regression tree a cause to the gradient of the softmax
//! (Friedman 2001), over histograms of at most 64 bins a feature (as LightGBM does). A missing value goes to the side where it
//! lowers the loss more.
//!
//! Every node keeps the value it would answer with itself, so a prediction is the sum of the root's value and of what each split on
//! the way added: that is what a feature contributed (Saabas' path attribution; it adds up exactly).

use serde::{Deserialize, Serialize};

use crate::{CAUSES, Dice, Features, softmax};

/// How it learns.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// Most rounds; it ends earlier when the held-back part gets no better.
    pub rounds: usize,
    pub rate: f64,
    pub depth: usize,
    /// Weight of an L2 penalty on leaves.
    pub lambda: f64,
    /// Least sum of hessians in a leaf.
    pub least: f64,
    /// Shares of rows and of features that one tree sees.
    pub rows: f64,
    pub features: f64,
    /// Rounds without getting better.
    pub patience: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            rounds: 120,
            rate: 0.15,
            depth: 4,
            lambda: 1.0,
            least: 1.0,
            rows: 0.6,
            features: 0.6,
            patience: 10,
        }
    }
}

const BINS: usize = 64;
/// The bin of what is not known.
const MISSING: u8 = BINS as u8;

/// A regression tree, as parallel lists. A node whose `left` is 0 is a leaf; the right child follows the left.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Tree {
    feature: Vec<u16>,
    /// Up to it (inclusive) goes left.
    threshold: Vec<f32>,
    missing_left: Vec<bool>,
    left: Vec<u32>,
    value: Vec<f32>,
}

impl Tree {
    fn grow(&mut self, value: f64) -> usize {
        self.feature.push(0);
        self.threshold.push(0.0);
        self.missing_left.push(false);
        self.left.push(0);
        self.value.push(value as f32);
        self.left.len() - 1
    }
    fn next(&self, at: usize, row: &[f32]) -> Option<usize> {
        let left = self.left[at] as usize;
        if left == 0 {
            return None;
        }
        let value = row.get(self.feature[at] as usize).copied().unwrap_or(f32::NAN);
        let goes_left = if value.is_nan() { self.missing_left[at] } else { value <= self.threshold[at] };
        Some(if goes_left { left } else { left + 1 })
    }
    fn answer(&self, row: &[f32]) -> f64 {
        let mut at = 0;
        while let Some(next) = self.next(at, row) {
            at = next;
        }
        f64::from(self.value[at])
    }
    fn explain(&self, row: &[f32], into: &mut [f64]) {
        let mut at = 0;
        while let Some(next) = self.next(at, row) {
            into[self.feature[at] as usize] += f64::from(self.value[next]) - f64::from(self.value[at]);
            at = next;
        }
    }
}

/// A learned ensemble.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Boosted {
    /// Log of how common each cause is.
    base: [f64; CAUSES],
    /// One a cause and round; `None` in none, so that it is the same length in all.
    rounds: Vec<Vec<Tree>>,
    /// How much each feature lowered the loss, in shares.
    pub gain: Vec<f64>,
}

/// Features as bins: column by column.
struct Binned {
    columns: Vec<Vec<u8>>,
    /// Upper edge of each bin but the last.
    edges: Vec<Vec<f32>>,
}

fn bin(rows: &[&Features]) -> Binned {
    let width = rows.first().map_or(0, |row| row.len());
    let (mut columns, mut edges) = (Vec::with_capacity(width), Vec::with_capacity(width));
    for feature in 0..width {
        let mut known: Vec<f32> = rows.iter().map(|row| row[feature]).filter(|v| !v.is_nan()).collect();
        known.sort_by(f32::total_cmp);
        let mut cuts: Vec<f32> = Vec::new();
        let mut distinct = known.clone();
        distinct.dedup();
        if distinct.len() <= BINS {
            cuts.extend(distinct.windows(2).map(|pair| f32::midpoint(pair[0], pair[1])));
        } else {
            for at in 1..BINS {
                let cut = known[at * known.len() / BINS];
                if cuts.last().is_none_or(|last| cut > *last) {
                    cuts.push(cut);
                }
            }
        }
        // The last edge has all that is known on one side, and what is missing on the other. It is finite: a model is kept as JSON.
        if !known.is_empty() && known.len() < rows.len() {
            cuts.push(f32::MAX);
        }
        let column = rows.iter().map(|row| {
            let value = row[feature];
            if value.is_nan() { MISSING } else { cuts.partition_point(|cut| *cut < value) as u8 }
        });
        columns.push(column.collect());
        edges.push(cuts);
    }
    Binned { columns, edges }
}

#[derive(Clone, Copy, Default)]
struct Sums {
    gradient: f64,
    hessian: f64,
}

impl Sums {
    fn add(&mut self, other: Self) {
        self.gradient += other.gradient;
        self.hessian += other.hessian;
    }
    fn less(self, other: Self) -> Self {
        Self { gradient: self.gradient - other.gradient, hessian: self.hessian - other.hessian }
    }
    fn score(self, lambda: f64) -> f64 {
        self.gradient * self.gradient / (self.hessian + lambda)
    }
    fn value(self, settings: &Settings) -> f64 {
        -settings.rate * self.gradient / (self.hessian + settings.lambda)
    }
}

struct Split {
    feature: usize,
    bin: usize,
    missing_left: bool,
    gain: f64,
}

/// Learns from rows with the place of their cause and their weight. `held` is what decides when to end.
pub fn fit(
    rows: &[&Features],
    causes: &[usize],
    weights: &[f64],
    held: (&[&Features], &[usize]),
    settings: &Settings,
    seed: u64,
) -> Boosted {
    let n = rows.len();
    let binned = bin(rows);
    let width = binned.columns.len();
    let total: f64 = weights.iter().sum();
    let mut base = [0.0; CAUSES];
    for (cause, weight) in causes.iter().zip(weights) {
        base[*cause] += weight;
    }
    // What never occurs is not impossible, only very unlikely.
    let base = base.map(|weight| ((weight + 0.01) / (total + 0.07)).ln());
    let mut scores: Vec<[f64; CAUSES]> = vec![base; n];
    let mut held_scores: Vec<[f64; CAUSES]> = vec![base; held.0.len()];
    let mut model = Boosted { base, rounds: Vec::new(), gain: vec![0.0; width] };
    let (mut dice, mut best) = (Dice(seed), (f64::MAX, 0));
    let mut sums = vec![Sums::default(); n];
    for round in 0..settings.rounds {
        let probabilities: Vec<[f64; CAUSES]> = scores.iter().map(|score| softmax(score, 1.0)).collect();
        let chosen: Vec<u32> = (0..n as u32).filter(|_| dice.yes(settings.rows)).collect();
        let mut trees = Vec::with_capacity(CAUSES);
        for cause in 0..CAUSES {
            for (at, (sum, probabilities)) in sums.iter_mut().zip(&probabilities).enumerate() {
                let p = probabilities[cause];
                let target = if causes[at] == cause { 1.0 } else { 0.0 };
                *sum = Sums {
                    gradient: weights[at] * (p - target),
                    hessian: weights[at] * (p * (1.0 - p)).max(1e-6),
                };
            }
            let features: Vec<usize> = (0..width).filter(|_| dice.yes(settings.features)).collect();
            trees.push(grow(&binned, &sums, chosen.clone(), &features, settings, &mut model.gain));
        }
        for (score, row) in scores.iter_mut().zip(rows).chain(held_scores.iter_mut().zip(held.0)) {
            for (one, tree) in score.iter_mut().zip(&trees) {
                *one += tree.answer(row);
            }
        }
        model.rounds.push(trees);
        if held.0.is_empty() {
            continue;
        }
        let loss = crate::metrics::log_loss(&held_scores, held.1, 1.0);
        if loss < best.0 - 1e-5 {
            best = (loss, round + 1);
        } else if round + 1 >= best.1 + settings.patience {
            break;
        }
    }
    if !held.0.is_empty() {
        model.rounds.truncate(best.1.max(1));
    }
    let sum: f64 = model.gain.iter().sum();
    if sum > 0.0 {
        model.gain.iter_mut().for_each(|gain| *gain /= sum);
    }
    model
}

fn grow(
    binned: &Binned,
    sums: &[Sums],
    chosen: Vec<u32>,
    features: &[usize],
    settings: &Settings,
    gains: &mut [f64],
) -> Tree {
    let mut tree = Tree::default();
    let whole = total(sums, &chosen);
    let root = tree.grow(whole.value(settings));
    let mut open = vec![(root, chosen, whole, 0)];
    while let Some((at, rows, all, depth)) = open.pop() {
        if depth >= settings.depth || rows.len() < 4 {
            continue;
        }
        let Some(split) = best_split(binned, sums, &rows, all, features, settings) else { continue };
        gains[split.feature] += split.gain;
        let column = &binned.columns[split.feature];
        let (left, right): (Vec<u32>, Vec<u32>) = rows.into_iter().partition(|row| {
            let bin = column[*row as usize];
            if bin == MISSING { split.missing_left } else { usize::from(bin) <= split.bin }
        });
        let left_sum = total(sums, &left);
        let right_sum = all.less(left_sum);
        let first = tree.grow(left_sum.value(settings));
        let second = tree.grow(right_sum.value(settings));
        tree.feature[at] = split.feature as u16;
        tree.threshold[at] = binned.edges[split.feature][split.bin];
        tree.missing_left[at] = split.missing_left;
        tree.left[at] = first as u32;
        open.push((second, right, right_sum, depth + 1));
        open.push((first, left, left_sum, depth + 1));
    }
    tree
}

fn total(sums: &[Sums], rows: &[u32]) -> Sums {
    let mut all = Sums::default();
    for row in rows {
        all.add(sums[*row as usize]);
    }
    all
}

fn best_split(
    binned: &Binned,
    sums: &[Sums],
    rows: &[u32],
    all: Sums,
    features: &[usize],
    settings: &Settings,
) -> Option<Split> {
    let whole = all.score(settings.lambda);
    let mut best: Option<Split> = None;
    for &feature in features {
        let (column, edges) = (&binned.columns[feature], &binned.edges[feature]);
        if edges.is_empty() {
            continue;
        }
        let mut bins = [Sums::default(); BINS + 1];
        for row in rows {
            bins[usize::from(column[*row as usize])].add(sums[*row as usize]);
        }
        let missing = bins[usize::from(MISSING)];
        let sides: &[bool] = if missing.hessian > 0.0 { &[false, true] } else { &[false] };
        let mut before = Sums::default();
        for (bin, sum) in bins.iter().enumerate().take(edges.len()) {
            before.add(*sum);
            for &missing_left in sides {
                let mut left = before;
                if missing_left {
                    left.add(missing);
                }
                let right = all.less(left);
                if left.hessian < settings.least || right.hessian < settings.least {
                    continue;
                }
                let gain = left.score(settings.lambda) + right.score(settings.lambda) - whole;
                if gain > 1e-6 && best.as_ref().is_none_or(|best| gain > best.gain) {
                    best = Some(Split { feature, bin, missing_left, gain });
                }
            }
        }
    }
    best
}

impl Boosted {
    pub fn scores(&self, row: &[f32]) -> [f64; CAUSES] {
        let mut scores = self.base;
        for trees in &self.rounds {
            for (score, tree) in scores.iter_mut().zip(trees) {
                *score += tree.answer(row);
            }
        }
        scores
    }
    /// What each feature added to the score of one cause. What does not depend on the drift is left out.
    pub fn contributions(&self, row: &[f32], cause: usize) -> Vec<f64> {
        let mut added = vec![0.0; row.len().max(self.gain.len())];
        for trees in &self.rounds {
            trees[cause].explain(row, &mut added);
        }
        added
    }
    pub fn rounds(&self) -> usize {
        self.rounds.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_learns_what_no_line_can_part_and_uses_what_is_missing() {
        let mut dice = Dice(3);
        let (mut rows, mut causes) = (Vec::new(), Vec::new());
        for _ in 0..600 {
            let (a, b) = (dice.unit() as f32, dice.unit() as f32);
            let missing = dice.yes(0.2);
            rows.push(vec![a, b, if missing { f32::NAN } else { 1.0 }]);
            causes.push(if missing { 2 } else { usize::from((a - 0.5).abs() > 0.25) });
        }
        let rows: Vec<&Features> = rows.iter().collect();
        let weights = vec![1.0; rows.len()];
        let settings = Settings { features: 1.0, ..Settings::default() };
        let model = fit(
            &rows[..400],
            &causes[..400],
            &weights[..400],
            (&rows[400..500], &causes[400..500]),
            &settings,
            1,
        );
        let right = rows[500..].iter().zip(&causes[500..]).filter(|(row, cause)| {
            let scores = model.scores(row);
            (0..CAUSES).max_by(|a, b| scores[*a].total_cmp(&scores[*b])) == Some(**cause)
        });
        let right = right.count();
        assert!(right >= 92, "{right} of 100");
        // What the features added, what the roots say and the base are the score.
        let row = rows[0];
        let added: f64 = model.contributions(row, 1).iter().sum();
        let roots: f64 = model.rounds.iter().map(|trees| f64::from(trees[1].value[0])).sum();
        assert!((model.base[1] + roots + added - model.scores(row)[1]).abs() < 1e-6);
        assert!((model.gain.iter().sum::<f64>() - 1.0).abs() < 1e-9);
    }
}
