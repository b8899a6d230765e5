//! The time before there are labels: rules that an operator would name, each with a weight (log-odds) for one cause. They judge as
//! models do, with probabilities and factors, so that nothing above knows the difference.

use domain::cause::Cause;

use crate::features::{Facts, words};
use crate::{CAUSES, Factor, Features, Judgement, decide, softmax};

/// The name that stands where a model's stands.
pub const NAME: &str = "rules";

type Rule = (&'static str, Cause, f64, fn(&Facts) -> bool);

/// Feature that the factor tells, cause, weight, when.
const RULES: &[Rule] = &[
    ("incident", Cause::EmergencyFix, 2.0, |f| f.incident >= 0.3),
    ("alert", Cause::EmergencyFix, 1.0, |f| f.alert >= 0.3),
    ("is_working_time", Cause::EmergencyFix, 0.4, |f| !f.is_working_time() && f.person > 0.0),
    ("touches_scale", Cause::EmergencyFix, 0.5, |f| f.incident >= 0.3 && touches(f, "touches_scale") > 0.0),
    ("security_event", Cause::SecurityResponse, 2.2, |f| f.security_event >= 0.3),
    ("critical_share", Cause::SecurityResponse, 0.8, |f| {
        f.security_event >= 0.3 && f.changes.iter().any(|change| change.is_critical)
    }),
    ("person", Cause::ManualTroubleshooting, 1.6, |f| f.person >= 0.3),
    ("touches_debug", Cause::ManualTroubleshooting, 1.0, |f| {
        touches(f, "touches_debug") > 0.0 && f.automation < 0.3
    }),
    ("ticket", Cause::ManualTroubleshooting, 0.5, |f| f.ticket >= 0.3 && f.change_ticket < 0.3),
    ("automation", Cause::AutomatedResponse, 2.0, |f| f.automation >= 0.3),
    ("set_by_controller", Cause::AutomatedResponse, 2.0, |f| f.set_by_controller),
    ("touches_scale", Cause::AutomatedResponse, 0.8, |f| {
        touches(f, "touches_scale") > 0.5 && f.person < 0.3 && f.incident < 0.3
    }),
    ("deployment", Cause::ConfigurationError, 1.5, |f| f.deployment >= 0.3),
    ("commit", Cause::ConfigurationError, 1.0, |f| f.commit >= 0.3),
    ("seen_before", Cause::ConfigurationError, 0.8, |f| f.seen_before),
    ("drifts_beside", Cause::ConfigurationError, 0.6, |f| f.drifts_beside >= 5),
    ("change_ticket", Cause::IntentionalOverride, 2.2, |f| f.change_ticket >= 0.3),
    ("maintenance", Cause::IntentionalOverride, 2.0, |f| f.maintenance >= 0.3),
];

fn touches(facts: &Facts, name: &str) -> f32 {
    crate::features::place(name).map_or(0.0, |at| facts.features()[at])
}

/// What the rules say. `unknown` begins with a head start that one weak rule does not overcome.
pub fn judge(facts: &Facts) -> Judgement {
    let features: Features = facts.features();
    let mut scores = [0.0; CAUSES];
    scores[Cause::Unknown.place()] = 1.0;
    let met: Vec<&Rule> = RULES.iter().filter(|(_, _, _, when)| when(facts)).collect();
    for (_, cause, weight, _) in &met {
        scores[cause.place()] += weight;
    }
    let probabilities = softmax(&scores, 1.0);
    let (cause, confidence) = decide(&probabilities);
    // What spoke for the cause, then what spoke for another.
    let mut factors: Vec<Factor> = met
        .iter()
        .map(|(feature, of, weight, _)| Factor {
            feature: (*feature).to_owned(),
            words: words(feature, &features),
            weight: if *of == cause { *weight } else { -*weight / 2.0 },
        })
        .collect();
    factors.sort_by(|a, b| b.weight.total_cmp(&a.weight));
    Judgement { cause, confidence, probabilities, factors }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history;

    #[test]
    fn nothing_near_is_unknown_and_evidence_decides() {
        let mut facts = history::quiet();
        assert_eq!(judge(&facts).cause, Cause::Unknown);
        assert!(judge(&facts).factors.is_empty());
        facts.incident = 0.9;
        let judged = judge(&facts);
        assert_eq!(judged.cause, Cause::EmergencyFix);
        assert_eq!(judged.factors[0].words, "an incident is near it (0.90)");
        assert!((judged.probabilities.iter().sum::<f64>() - 1.0).abs() < 1e-9);
        facts.incident = 0.0;
        facts.maintenance = 0.8;
        assert_eq!(judge(&facts).cause, Cause::IntentionalOverride);
        facts.maintenance = 0.0;
        facts.set_by_controller = true;
        assert_eq!(judge(&facts).cause, Cause::AutomatedResponse);
    }

    #[test]
    fn rules_are_better_than_the_commonest_cause() {
        let drifts = history::labelled(2_000, 11);
        let right = drifts.iter().filter(|d| judge(&d.facts).cause == d.cause).count();
        let mut counts = [0; CAUSES];
        for drift in &drifts {
            counts[drift.cause.place()] += 1;
        }
        assert!(right > *counts.iter().max().unwrap(), "{right} of 2,000");
    }
}
