//! Why drifts happened: causes, what is near a drift in time, and the models that judge.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::invalid::Problems;
use crate::member::words;
use crate::{
    CauseId, CorrelationId, DriftId, ExternalEventId, Invalid, MlModelId, MlTrainingId, OperationalContextId,
    Timestamp, UserId,
};

words! {
    /// Why a drift happened (DriftGuard's six, and what was done on purpose).
    Cause {
        EmergencyFix = "emergency_fix", ManualTroubleshooting = "manual_troubleshooting",
        SecurityResponse = "security_response", ConfigurationError = "configuration_error",
        AutomatedResponse = "automated_response", IntentionalOverride = "intentional_override", Unknown = "unknown",
    }
    "not a cause: emergency_fix, manual_troubleshooting, security_response, configuration_error, automated_response, intentional_override or unknown"
}

words! {
    /// What others tell.
    ExternalKind {
        GitCommit = "git_commit", IncidentTicket = "incident_ticket", ChangeTicket = "change_ticket",
        MonitoringAlert = "monitoring_alert", Deployment = "deployment", Maintenance = "maintenance",
        Incident = "incident", SecurityEvent = "security_event",
    }
    "not a type: git_commit, incident_ticket, change_ticket, monitoring_alert, deployment, maintenance, incident or security_event"
}

words! {
    /// How hard something hits.
    Impact { Low = "low", Medium = "medium", High = "high" }
    "not an impact: low, medium or high"
}

words! {
    /// Where a training stands.
    TrainingState { Running = "running", Done = "done", Failed = "failed" }
    "not a state: running, done or failed"
}

impl Cause {
    /// In [`Cause::ALL`].
    pub fn place(self) -> usize {
        self as usize
    }
    /// As the reader sees it.
    pub fn label(self) -> &'static str {
        match self {
            Self::EmergencyFix => "Emergency fix",
            Self::ManualTroubleshooting => "Manual troubleshooting",
            Self::SecurityResponse => "Security response",
            Self::ConfigurationError => "Configuration error",
            Self::AutomatedResponse => "Automated response",
            Self::IntentionalOverride => "Intentional override",
            Self::Unknown => "Unknown",
        }
    }
    /// When it is the right one, in words for who decides.
    pub fn describe(self) -> &'static str {
        match self {
            Self::EmergencyFix => "somebody changed it by hand to end an incident",
            Self::ManualTroubleshooting => "somebody looked for a fault and left a change behind",
            Self::SecurityResponse => "it was changed to stop or contain an attack",
            Self::ConfigurationError => "the code or a deployment is wrong, nobody meant this",
            Self::AutomatedResponse => "a controller, a scaler or another tool changed it",
            Self::IntentionalOverride => "it was changed on purpose and with approval, outside the code",
            Self::Unknown => "nobody can tell",
        }
    }
}

impl ExternalKind {
    /// As the reader sees it.
    pub fn label(self) -> &'static str {
        match self {
            Self::GitCommit => "Commit",
            Self::IncidentTicket => "Ticket",
            Self::ChangeTicket => "Change ticket",
            Self::MonitoringAlert => "Alert",
            Self::Deployment => "Deployment",
            Self::Maintenance => "Maintenance",
            Self::Incident => "Incident",
            Self::SecurityEvent => "Security event",
        }
    }
    /// What goes on for a while and holds for all that happens meanwhile (DriftGuard's `operational_context`).
    pub fn is_context(self) -> bool {
        matches!(self, Self::Deployment | Self::Maintenance | Self::Incident | Self::SecurityEvent)
    }
}

/// What is told, as it comes in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NewExternal {
    pub correlation_type: ExternalKind,
    /// `github`, `jira`, `argocd`, …
    pub external_system: String,
    /// Its name there: commit hash, ticket number. The same again changes what was told.
    pub external_id: String,
    pub title: String,
    pub actor: Option<String>,
    /// Slug; nothing is all.
    pub environment: Option<String>,
    /// Address of a resource, or its id at the provider; nothing is all of the environment.
    pub resource: Option<String>,
    pub impact: Option<Impact>,
    pub url: Option<String>,
    pub starts_at: Timestamp,
    /// Nothing: it took no time.
    pub ends_at: Option<Timestamp>,
    /// Whatever else the sender knows.
    pub event_data: Value,
}

/// Largest `event_data`, in bytes of JSON.
pub const MAX_DATA: usize = 16_384;
/// Longest span of one external event, in days.
pub const MAX_SPAN_DAYS: i64 = 90;

impl NewExternal {
    pub fn check(&self) -> Result<(), Invalid> {
        let mut p = Problems::default();
        p.name(&self.external_system, "external_system", 50);
        p.name(&self.external_id, "external_id", 255);
        p.name(&self.title, "title", 500);
        for (field, value, most) in [
            ("actor", &self.actor, 255),
            ("environment", &self.environment, 100),
            ("resource", &self.resource, 1024),
            ("url", &self.url, 1000),
        ] {
            if let Some(value) = value {
                p.require(value.chars().count() <= most, field, "shorten it");
            }
        }
        if let Some(url) = &self.url {
            let web = url.starts_with("https://") || url.starts_with("http://");
            p.require(web, "url", "an address that begins with https:// or http://");
        }
        if let Some(end) = self.ends_at {
            p.require(end >= self.starts_at, "ends_at", "at or after starts_at");
            let days = (end.seconds() - self.starts_at.seconds()) / 86_400;
            p.require(days <= MAX_SPAN_DAYS, "ends_at", "at most 90 days after starts_at");
        }
        p.require(self.event_data.is_object(), "event_data", "an object");
        p.require(
            self.event_data.to_string().len() <= MAX_DATA,
            "event_data",
            "at most 16,384 bytes of JSON",
        );
        p.done()
    }
}

/// What was told.
#[derive(Clone, Debug, PartialEq)]
pub struct External {
    pub id: ExternalEventId,
    pub correlation_type: ExternalKind,
    pub external_system: String,
    pub external_id: String,
    pub title: String,
    pub actor: Option<String>,
    pub environment: Option<String>,
    pub resource: Option<String>,
    pub impact: Option<Impact>,
    pub url: Option<String>,
    pub starts_at: Timestamp,
    pub ends_at: Timestamp,
    pub event_data: Value,
    pub created_by: String,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// Something near a drift (DriftGuard's `correlation_events`).
#[derive(Clone, Debug, PartialEq)]
pub struct Correlation {
    pub id: CorrelationId,
    /// A word of [`ExternalKind`], or `audit_event`, `event` and `case` of our own.
    pub correlation_type: String,
    pub external_id: String,
    pub external_system: String,
    /// `title`, `actor`, `why` and what else is known.
    pub event_data: Value,
    /// How closely it is related, 0..=1.
    pub correlation_score: f64,
    /// Seconds from the onset, negative before it.
    pub temporal_offset: i64,
}

/// What went on around a drift (DriftGuard's `operational_context`).
#[derive(Clone, Debug, PartialEq)]
pub struct OperationalContext {
    pub id: OperationalContextId,
    pub context_type: String,
    pub context_data: Value,
    pub incident_impact: Option<Impact>,
    /// How long it went on, in seconds.
    pub time_window: i64,
}

/// What is thought of a drift's cause (DriftGuard's `drift_cause_analysis`).
#[derive(Clone, Debug, PartialEq)]
pub struct CauseAnalysis {
    pub id: CauseId,
    pub drift_event_id: DriftId,
    pub cause_category: Cause,
    pub confidence_score: f64,
    /// By cause.
    pub probabilities: Value,
    /// `[{feature, words, weight}]`, the heaviest first.
    pub contributing_factors: Value,
    pub temporal_context: Value,
    pub user_attribution: Value,
    /// By name; null is not known.
    pub features: Value,
    /// `rules`, or name and version of a model.
    pub judged_by: String,
    pub ml_model_id: Option<MlModelId>,
    /// The onset that was judged.
    pub onset: Timestamp,
    pub analyzed_at: Timestamp,
    pub label: Option<Label>,
}

impl CauseAnalysis {
    /// What holds: what an analyst says, else what was judged.
    pub fn cause(&self) -> Cause {
        self.label.as_ref().map_or(self.cause_category, |label| label.category)
    }
}

/// What an analyst says.
#[derive(Clone, Debug, PartialEq)]
pub struct Label {
    pub category: Cause,
    pub note: Option<String>,
    pub by_id: Option<UserId>,
    pub by: String,
    pub at: Timestamp,
}

/// A model that judges causes (DriftGuard's `ml_models`).
#[derive(Clone, Debug, PartialEq)]
pub struct MlModel {
    pub id: MlModelId,
    pub name: String,
    pub version: i64,
    pub model_type: String,
    pub framework: String,
    pub artifact_path: String,
    pub features: Vec<String>,
    pub target_classes: Vec<String>,
    pub metrics: Value,
    pub trained_at: Timestamp,
    pub deployed_at: Option<Timestamp>,
    pub is_active: bool,
    /// It judges beside the active one, without effect.
    pub is_shadow: bool,
    pub metadata: Value,
    pub created_at: Timestamp,
}

/// How a model did on what it had not seen (DriftGuard's `ml_performance_metrics`).
#[derive(Clone, Debug, PartialEq)]
pub struct Performance {
    pub evaluation_date: Timestamp,
    pub training_data_size: i64,
    pub accuracy: f64,
    pub precision_macro: f64,
    pub recall_macro: f64,
    pub f1_score_macro: f64,
    /// `[truth][told]`, in the order of `target_classes`.
    pub confusion_matrix: Value,
    pub per_class: Value,
    /// `[[feature, share]]`, the largest first.
    pub feature_importance: Value,
    pub cross_validation_scores: Value,
    pub calibration: Value,
}

/// A training that runs or ran.
#[derive(Clone, Debug, PartialEq)]
pub struct Training {
    pub id: MlTrainingId,
    pub state: TrainingState,
    pub step: String,
    /// 0..=1.
    pub progress: f64,
    pub labels: i64,
    pub failure: Option<String>,
    pub ml_model_id: Option<MlModelId>,
    pub started_by_id: Option<UserId>,
    pub started_by: String,
    pub started_at: Timestamp,
    pub ended_at: Option<Timestamp>,
}

/// The name of the models of causes.
pub const MODEL: &str = "drift-causes";
/// Versions that are kept.
pub const KEPT_VERSIONS: usize = 5;

#[cfg(test)]
mod tests {
    use super::*;

    fn told() -> NewExternal {
        NewExternal {
            correlation_type: ExternalKind::GitCommit,
            external_system: "github".into(),
            external_id: "4f1c".into(),
            title: "Open the port".into(),
            actor: None,
            environment: None,
            resource: None,
            impact: None,
            url: None,
            starts_at: Timestamp::from_micros(2).unwrap(),
            ends_at: None,
            event_data: serde_json::json!({}),
        }
    }

    #[test]
    fn what_is_told_is_checked() {
        assert!(told().check().is_ok());
        let wrong = NewExternal {
            external_id: String::new(),
            url: Some("javascript:alert(1)".into()),
            ends_at: Timestamp::from_micros(1),
            event_data: serde_json::json!([]),
            ..told()
        };
        let text = wrong.check().unwrap_err().to_string();
        for field in ["external_id", "url", "ends_at", "event_data"] {
            assert!(text.contains(field), "{text}");
        }
    }

    #[test]
    fn causes_have_their_places() {
        for (at, cause) in Cause::ALL.iter().enumerate() {
            assert_eq!(cause.place(), at);
        }
    }
}
