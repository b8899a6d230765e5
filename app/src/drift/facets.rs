//! What the facets beside the list of drifts are called. Server only.

use domain::cause::Cause;
use domain::query::DRIFTS;
use service::drifts::COUNTED;

use crate::events::parts::number;
use crate::facets::Look;

pub static LOOK: Look = Look {
    schema: &DRIFTS,
    titles: &[
        ("severity", "Severity"),
        ("cause", "Cause"),
        ("assignee", "Assignee"),
        ("environment", "Environment"),
        ("repository", "Repository"),
        ("type", "Type"),
        ("kind", "Kind"),
    ],
    label: |field, value| match field {
        "cause" => value.parse::<Cause>().ok().map(|cause| cause.label().to_owned()),
        _ => None,
    },
    of_the_latest: || format!("Of the latest {} drifts.", number(i64::from(COUNTED))),
};
