//! What to do about a drift (DriftGuard's `recommendations`): made by rules, done or dismissed by people, judged by the pushes to come.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::drift::Resolution;
use crate::member::words;
use crate::{DriftActionId, DriftId, RecommendationId, Timestamp};

words! {
    /// What is recommended.
    RecommendationType {
        AutoRevert = "auto_revert", CodifyIac = "codify_iac", EscalateReview = "escalate_review",
        AcceptException = "accept_exception", ManualReview = "manual_review",
    }
    "not a kind of recommendation: auto_revert, codify_iac, escalate_review, accept_exception or manual_review"
}

words! {
    /// How soon.
    Urgency { Low = "low", Medium = "medium", High = "high", Critical = "critical" }
    "not a priority: low, medium, high or critical"
}

words! {
    /// How long it takes.
    Effort { Minutes = "minutes", Hours = "hours", Days = "days" }
    "not an effort: minutes, hours or days"
}

words! {
    /// Who says so.
    RecommendedBy { Rule = "rule", MlModel = "ml_model", AiAgent = "ai_agent", Human = "human" }
    "not a source of recommendations: rule, ml_model, ai_agent or human"
}

words! {
    /// What became of it. `superseded`: the drift ended in another way.
    RecommendationStatus {
        Open = "open", Implemented = "implemented", Dismissed = "dismissed", Expired = "expired", Superseded = "superseded",
    }
    "not a status: open, implemented, dismissed, expired or superseded"
}

impl RecommendationType {
    /// As the reader sees it.
    pub fn label(self) -> &'static str {
        match self {
            Self::AutoRevert => "Put it back to the code",
            Self::CodifyIac => "Write it into the code",
            Self::EscalateReview => "Escalate it",
            Self::AcceptException => "Accept it",
            Self::ManualReview => "Have a look",
        }
    }
    /// How a drift ends whose recommendation this was; a look ends none.
    pub fn resolution(self) -> Option<Resolution> {
        match self {
            Self::AutoRevert => Some(Resolution::AutoRevert),
            Self::CodifyIac => Some(Resolution::CodifyIac),
            Self::EscalateReview => Some(Resolution::Escalated),
            Self::AcceptException => Some(Resolution::Accepted),
            Self::ManualReview => None,
        }
    }
    /// The recommendation that a drift's end fulfils.
    pub fn of(how: Resolution) -> Self {
        match how {
            Resolution::AutoRevert => Self::AutoRevert,
            Resolution::CodifyIac => Self::CodifyIac,
            Resolution::Accepted => Self::AcceptException,
            Resolution::Escalated => Self::EscalateReview,
        }
    }
    /// Whether the next push says how it went; of the others nothing is left to be seen.
    pub fn is_checked(self) -> bool {
        matches!(self, Self::AutoRevert | Self::CodifyIac)
    }
}

impl Urgency {
    /// As the reader sees it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Low => "Low",
            Self::Medium => "Medium",
            Self::High => "High",
            Self::Critical => "Critical",
        }
    }
    /// One step less.
    #[must_use]
    pub fn lower(self) -> Self {
        match self {
            Self::Critical => Self::High,
            Self::High => Self::Medium,
            Self::Medium | Self::Low => Self::Low,
        }
    }
}

impl RecommendationStatus {
    /// As the reader sees it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Open => "Open",
            Self::Implemented => "Done",
            Self::Dismissed => "Dismissed",
            Self::Expired => "Expired",
            Self::Superseded => "Overtaken",
        }
    }
}

/// One step of the way, in order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ImplementationStep {
    pub text: String,
    /// A command or a piece of code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done_by: Option<String>,
}

impl ImplementationStep {
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }
    #[must_use]
    pub fn code(mut self, code: impl Into<String>) -> Self {
        self.code = Some(code.into());
        self
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Recommendation {
    pub id: RecommendationId,
    pub drift_id: DriftId,
    /// Which rule made it.
    pub rule: String,
    pub recommendation_type: RecommendationType,
    pub priority: Urgency,
    /// 0 to 1.
    pub confidence_score: f64,
    pub rationale: String,
    pub steps: Vec<ImplementationStep>,
    /// `success_probability` (0 to 1) and `potential_impacts`, sentences.
    pub risk_assessment: Value,
    pub estimated_effort: Effort,
    pub recommended_by: RecommendedBy,
    pub created_at: Timestamp,
    pub expires_at: Option<Timestamp>,
    pub status: RecommendationStatus,
    pub decided_at: Option<Timestamp>,
    /// E-mail of who did or dismissed it; the server's word where time did.
    pub decided_by: Option<String>,
    pub note: Option<String>,
    pub action_id: Option<DriftActionId>,
    pub implemented_at: Option<Timestamp>,
    /// What a later push said of it; nothing before.
    pub succeeded: Option<bool>,
    /// `success`, `words`, `at`.
    pub implementation_result: Option<Value>,
}

impl Recommendation {
    pub fn is_open(&self) -> bool {
        self.status == RecommendationStatus::Open
    }
}

/// What became of the recommendations of one rule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Track {
    pub made: i64,
    pub implemented: i64,
    pub dismissed: i64,
    /// Nobody answered.
    pub expired: i64,
    /// Implemented, and the drift was gone.
    pub succeeded: i64,
    /// Implemented, and the drift was there again.
    pub failed: i64,
}

/// Fewer answers than this say nothing of a rule.
pub const LEAST_ANSWERS: i64 = 5;

impl Track {
    /// The share of those answered that was done. What was overtaken has no part in it.
    pub fn adoption(&self) -> Option<f64> {
        share(self.implemented, self.implemented + self.dismissed + self.expired)
    }
    /// The share of those judged that held.
    pub fn success(&self) -> Option<f64> {
        share(self.succeeded, self.succeeded + self.failed)
    }
    /// People do not take it, or it does not hold: it is ranked lower and says why.
    pub fn is_poor(&self) -> bool {
        let answered = self.implemented + self.dismissed + self.expired;
        let judged = self.succeeded + self.failed;
        (answered >= LEAST_ANSWERS && self.adoption().is_some_and(|share| share < 0.25))
            || (judged >= LEAST_ANSWERS && self.success().is_some_and(|share| share < 0.5))
    }
    /// How likely it holds: `prior` counts as four judgements (Bayes' estimate with a beta prior).
    pub fn success_probability(&self, prior: f64) -> f64 {
        let judged = (self.succeeded + self.failed) as f64;
        (self.succeeded as f64 + 4.0 * prior) / (judged + 4.0)
    }
}

fn share(part: i64, of: i64) -> Option<f64> {
    (of > 0).then(|| part as f64 / of as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_that_nobody_takes_or_that_does_not_hold_is_poor() {
        let none = Track::default();
        assert_eq!((none.adoption(), none.success(), none.is_poor()), (None, None, false));
        let ignored = Track { made: 6, implemented: 1, dismissed: 3, expired: 2, ..none };
        assert!(ignored.is_poor());
        assert!(!Track { dismissed: 4, ..none }.is_poor(), "four answers say nothing");
        let vain = Track { made: 6, implemented: 6, succeeded: 2, failed: 4, ..none };
        assert!(vain.is_poor());
        assert!(!Track { succeeded: 5, failed: 1, ..vain }.is_poor());
        assert!((none.success_probability(0.8) - 0.8).abs() < 1e-9);
        assert!(vain.success_probability(0.8) < 0.6);
    }

    #[test]
    fn every_end_of_a_drift_fulfils_one_kind() {
        for how in Resolution::ALL {
            assert_eq!(RecommendationType::of(*how).resolution(), Some(*how));
        }
    }
}
