//! What holds the fields that a query over events can ask for.

use crate::db::Dialect;
use crate::query::words::Index;
use crate::query::{Column, Table};

pub(super) fn table(dialect: Dialect) -> &'static Table {
    match dialect {
        Dialect::Sqlite => &SQLITE,
        Dialect::Postgres => &POSTGRES,
    }
}

/// The organization is `$1` of the statement.
const SOURCE: Column = Column::Elsewhere {
    before: "e.source_id IN (SELECT s.id FROM sources s WHERE s.organization_id = $1 AND ",
    column: "s.name",
    after: ")",
};

/// The events of a group are its own and those of the groups that are merged into it.
const GROUP: Column = Column::Merged {
    before: "e.group_id IN (SELECT g.id FROM groups g WHERE g.organization_id = $1 AND (g.id = ",
    or: " OR g.merged_into = ",
    after: "))",
};

/// `+`: with two conditions on the time SQLite might use the wrong one for the key; see `keyed`.
static SQLITE: Table = Table {
    fields: &[
        ("severity", Column::Severity("e.severity")),
        ("severity_text", Column::Word("e.severity_text")),
        ("component", Column::Word("e.component")),
        ("service", Column::Word("e.service")),
        ("environment", Column::Word("e.environment")),
        ("system_id", Column::Word("e.system_id")),
        ("event_type", Column::Word("e.event_type")),
        ("source", SOURCE),
        (
            "message",
            Column::Text {
                column: "e.message",
                index: Index::Rows {
                    any: "e.seq IN (SELECT rowid FROM event_words WHERE event_words MATCH ",
                    this: " AND rowid = e.seq)",
                },
            },
        ),
        ("fingerprint", Column::Word("e.fingerprint")),
        ("group", GROUP),
        ("id", Column::Id("e.id")),
        ("occurred_at", Column::Time("+e.occurred_at")),
        ("ingested_at", Column::Time("e.ingested_at")),
    ],
    payload: Some("e.raw_payload"),
};

static POSTGRES: Table = Table {
    fields: &[
        ("severity", Column::Severity("e.severity")),
        ("severity_text", Column::Word("e.severity_text")),
        ("component", Column::Word("e.component")),
        ("service", Column::Word("e.service")),
        ("environment", Column::Word("e.environment")),
        ("system_id", Column::Word("e.system_id")),
        ("event_type", Column::Word("e.event_type")),
        ("source", SOURCE),
        ("message", Column::Text { column: "e.message", index: Index::Column("e.words") }),
        ("fingerprint", Column::Word("e.fingerprint")),
        ("group", GROUP),
        ("id", Column::Id("e.id")),
        ("occurred_at", Column::Time("e.occurred_at")),
        ("ingested_at", Column::Time("e.ingested_at")),
    ],
    payload: Some("e.raw_payload"),
};
