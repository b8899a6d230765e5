//! A change of a case that came too late: what is there now, and where it differs from what was sent.

use domain::CaseId;
use domain::case::NewCase;
use domain::permission::CaseRead;
use serde_json::Value;
use service::cases;

use super::api::Caller;
use super::problem::{Current, Difference, Problem};

/// 412 with the current version and the differences, as far as the caller may read them.
pub async fn too_late(caller: &Caller, id: CaseId, sent: &NewCase, detail: String) -> Problem {
    let problem = Problem::precondition_failed(detail);
    let Ok(cx) = caller.admit::<CaseRead>() else { return problem };
    match cases::get(&cx, id).await {
        Ok(case) => {
            let (now, sent) = (NewCase::of(&case), sent.clone().tidy());
            // Fields that were not sent stay as they are.
            let sent =
                NewCase { fields: sent.fields.or_else(|| now.fields.clone()), template_id: None, ..sent };
            problem.with_current(Current {
                etag: format!("\"{}\"", case.version),
                differs: differing(&now, &sent),
            })
        }
        Err(_) => problem,
    }
}

fn differing(now: &NewCase, sent: &NewCase) -> Vec<Difference> {
    let of = |case: &NewCase| match serde_json::to_value(case) {
        Ok(Value::Object(members)) => members,
        _ => serde_json::Map::new(),
    };
    let mut sent = of(sent);
    of(now)
        .into_iter()
        .filter_map(|(field, now)| {
            let sent = sent.remove(&field).unwrap_or_default();
            (now != sent).then_some(Difference { field, now, sent })
        })
        .collect()
}
