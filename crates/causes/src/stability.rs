//! Whether what arrives still looks like what was learned from: two samples of each feature, compared by Kolmogorov and Smirnov.

use serde::{Deserialize, Serialize};

use crate::{FEATURES, Features};

/// Values that are kept of each feature.
const KEPT: usize = 256;
/// Fewer drifts say nothing.
pub const LEAST: usize = 30;
/// A difference that matters, however sure.
const DISTANCE: f64 = 0.2;
/// Of all features together (Bonferroni).
const LEVEL: f64 = 0.01;

/// A sorted sample a feature; what is not known stands first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sample(Vec<Vec<f32>>);

/// A feature that arrives in another way than it was learned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shifted {
    pub feature: String,
    pub label: String,
    /// Largest distance of the two distributions, 0..=1.
    pub distance: f64,
    pub p_value: f64,
}

impl Sample {
    pub fn of(rows: &[&Features]) -> Self {
        let width = rows.first().map_or(0, |row| row.len());
        let column = |feature: usize| {
            let mut values: Vec<f32> = rows.iter().map(|row| known(row[feature])).collect();
            values.sort_by(f32::total_cmp);
            if values.len() <= KEPT {
                return values;
            }
            (0..KEPT).map(|at| values[at * (values.len() - 1) / (KEPT - 1)]).collect()
        };
        Self((0..width).map(column).collect())
    }
    /// The features of `rows` that differ from the sample, the largest distance first. Fewer than [`LEAST`] rows: none.
    pub fn shifted(&self, rows: &[Features]) -> Vec<Shifted> {
        if rows.len() < LEAST {
            return Vec::new();
        }
        let mut found: Vec<Shifted> = self
            .0
            .iter()
            .zip(FEATURES)
            .enumerate()
            .filter_map(|(at, (learned, feature))| {
                let mut now: Vec<f32> =
                    rows.iter().map(|row| known(row.get(at).copied().unwrap_or(f32::NAN))).collect();
                now.sort_by(f32::total_cmp);
                let distance = distance(learned, &now);
                let p_value = p_value(distance, learned.len(), now.len());
                (distance >= DISTANCE && p_value < LEVEL / FEATURES.len() as f64).then(|| Shifted {
                    feature: feature.name.to_owned(),
                    label: feature.label.to_owned(),
                    distance,
                    p_value,
                })
            })
            .collect();
        found.sort_by(|a, b| b.distance.total_cmp(&a.distance));
        found
    }
}

/// JSON has no NaN, and it must be ordered: below all that occurs.
fn known(value: f32) -> f32 {
    if value.is_nan() { -1e9 } else { value }
}

/// Largest distance of the two empirical distributions; both are sorted.
pub fn distance(a: &[f32], b: &[f32]) -> f64 {
    if a.is_empty() || b.is_empty() {
        return 0.0;
    }
    let (mut i, mut j, mut most) = (0, 0, 0.0_f64);
    while i < a.len() && j < b.len() {
        let at = a[i].min(b[j]);
        while i < a.len() && a[i] <= at {
            i += 1;
        }
        while j < b.len() && b[j] <= at {
            j += 1;
        }
        most = most.max((i as f64 / a.len() as f64 - j as f64 / b.len() as f64).abs());
    }
    most
}

/// How likely such a distance is by chance (the asymptotic series; Numerical Recipes 14.3).
pub fn p_value(distance: f64, n: usize, m: usize) -> f64 {
    if n == 0 || m == 0 {
        return 1.0;
    }
    let effective = (n as f64 * m as f64 / (n as f64 + m as f64)).sqrt();
    let x = (effective + 0.12 + 0.11 / effective) * distance;
    if x < 0.2 {
        return 1.0;
    }
    let mut sum = 0.0;
    for k in 1..=100_i32 {
        let sign = if k % 2 == 1 { 1.0 } else { -1.0 };
        sum += sign * (-2.0 * f64::from(k * k) * x * x).exp();
    }
    (2.0 * sum).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history;

    #[test]
    fn distances_and_their_chance_are_known_ones() {
        assert!((distance(&[1.0, 2.0, 3.0, 4.0], &[3.0, 4.0, 5.0, 6.0]) - 0.5).abs() < 1e-9);
        assert!(distance(&[1.0, 2.0], &[1.0, 2.0]) < 1e-9);
        // scipy.stats.kstwobign.sf(1.36) is 0.0495; D = 0.136 of two samples of 200 has the statistic 1.3775 after the correction.
        let p = p_value(0.136, 200, 200);
        assert!((0.04..0.05).contains(&p), "{p}");
    }

    #[test]
    fn the_same_history_is_stable_and_another_is_told() {
        let rows = |seed| -> Vec<Features> {
            history::labelled(600, seed).iter().map(|drift| drift.facts.features()).collect()
        };
        let learned = rows(1);
        let sample = Sample::of(&learned.iter().collect::<Vec<_>>());
        assert!(sample.shifted(&rows(2)).is_empty());
        let mut other = rows(3);
        for row in &mut other {
            let at = crate::features::place("severity").unwrap();
            row[at] = row[at] * 0.2 + 0.8;
        }
        let told = sample.shifted(&other);
        assert_eq!(told.iter().map(|s| s.feature.as_str()).collect::<Vec<_>>(), ["severity"]);
        assert!(sample.shifted(&other[..LEAST - 1]).is_empty());
    }
}
