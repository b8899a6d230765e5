//! How bad a drift is and how sure we are, as figures that explain themselves.
//!
//! Each axis takes the heaviest rule whole and of each further one what is left of it: `1 − ∏(1 − w)`, the chance that at least one of
//! several independent things goes wrong. The severity is the heaviest axis after its weight.

use domain::drift::DriftType;
use serde::{Deserialize, Serialize};

use crate::Drift;
use crate::rules::Rule;

/// Risk on four axes, 0 to 1 each (the seed's `risk_assessment`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Risk {
    pub security: f64,
    pub performance: f64,
    pub cost: f64,
    pub compliance: f64,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// 0 to 1, two decimals.
    pub severity_score: f64,
    /// 0 to 1, two decimals: how sure it is that this is drift, and that it is this.
    pub confidence_score: f64,
    pub risk: Risk,
    /// Why the severity is what it is, a sentence each.
    pub because: Vec<String>,
    /// Why we are not surer, a sentence each.
    pub unsure_because: Vec<String>,
    /// Elements of a list were paired by their place alone; only between the comparison and the score.
    #[serde(skip)]
    pub guessed: bool,
}

/// How much an axis counts.
const WEIGHTS: [(&str, f64); 4] =
    [("security", 1.0), ("compliance", 0.85), ("performance", 0.8), ("cost", 0.6)];

const GUESSED: &str = "Elements of a list have no name and were paired by their place.";

impl Score {
    /// Whether elements were paired by their place, also where only the words of it were kept.
    pub(crate) fn was_guessed(&self) -> bool {
        self.guessed || self.unsure_because.iter().any(|why| why == GUESSED)
    }
}

pub(crate) fn score(drift: &Drift, rules: &[&Rule]) -> Score {
    weigh(drift.drift_type, drift.omitted, drift.score.guessed, rules)
}

pub(crate) fn weigh(drift_type: DriftType, omitted: usize, guessed: bool, rules: &[&Rule]) -> Score {
    let mut because = Vec::new();
    let base = match drift_type {
        DriftType::Deleted => (
            Risk { security: 0.3, performance: 0.6, cost: 0.0, compliance: 0.3 },
            "The resource is gone; what depends on it may fail.",
        ),
        DriftType::Added => (
            Risk { security: 0.3, performance: 0.0, cost: 0.3, compliance: 0.3 },
            "Nobody declared it: no review, no owner in the code.",
        ),
        DriftType::Moved => {
            (Risk { compliance: 0.05, ..Risk::default() }, "Only its address in the code changed.")
        }
        DriftType::Modified => (
            Risk { security: 0.1, performance: 0.1, cost: 0.05, compliance: 0.1 },
            "It differs from what was reviewed.",
        ),
    };
    because.push(base.1.to_owned());
    let axis = |of: fn(&Rule) -> f64, start: f64| {
        1.0 - rules.iter().fold(1.0 - start, |left, rule| left * (1.0 - of(rule)))
    };
    let risk = Risk {
        security: two(axis(|r| r.security, base.0.security)),
        performance: two(axis(|r| r.performance, base.0.performance)),
        cost: two(axis(|r| r.cost, base.0.cost)),
        compliance: two(axis(|r| r.compliance, base.0.compliance)),
    };
    because.extend(rules.iter().map(|rule| format!("{}: {}", rule.what, rule.why)));
    let of = |name: &str| match name {
        "security" => risk.security,
        "compliance" => risk.compliance,
        "performance" => risk.performance,
        _ => risk.cost,
    };
    let (heaviest, severity) = WEIGHTS
        .iter()
        .map(|(name, weight)| (*name, of(name) * weight))
        .fold(("security", 0.0), |best, next| if next.1 > best.1 { next } else { best });
    let severity = two(severity);
    because.push(format!("The heaviest risk is {heaviest}: {:.2} of 1.", of(heaviest)));

    let (mut sure, mut unsure) = (0.98_f64, Vec::new());
    let mut less = |by: f64, why: &str| {
        sure -= by;
        unsure.push(why.to_owned());
    };
    if guessed {
        less(0.15, GUESSED);
    }
    if omitted > 0 {
        less(0.1, "There are more differences than are kept.");
    }
    if drift_type == DriftType::Added {
        less(0.1, "It may belong to code that is not in this repository.");
    }
    Score {
        severity_score: severity,
        confidence_score: two(sure.clamp(0.0, 1.0)),
        risk,
        because,
        unsure_because: unsure,
        guessed: false,
    }
}

fn two(value: f64) -> f64 {
    (value.clamp(0.0, 1.0) * 100.0).round() / 100.0
}
