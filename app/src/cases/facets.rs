//! What the facets beside the list of cases are called. Server only.

use domain::query::CASES;
use service::cases::FACETED;

use super::parts::label;
use crate::events::parts::number;
use crate::facets::Look;

pub static LOOK: Look = Look {
    schema: &CASES,
    titles: &[
        ("severity", "Severity"),
        ("priority", "Priority"),
        ("assignee", "Assignee"),
        ("tag", "Tag"),
        ("tlp", "TLP"),
        ("resolution", "Resolution"),
    ],
    label: |field, value| match field {
        "priority" | "resolution" => Some(label(value)),
        "tlp" => Some(value.to_uppercase()),
        _ => None,
    },
    of_the_latest: || format!("Of the {} cases that changed last.", number(i64::from(FACETED))),
};
