//! What a query can ask for: the fields of one kind of record.

/// The fields of a kind of record. To make another list searchable: a `static` like [`EVENTS`], a
/// [`Record`](super::Record) for its rows, and the columns in `store`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schema {
    pub fields: &'static [Field],
    /// Whether `payload.<path>` may be asked.
    pub payload: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    pub name: &'static str,
    pub aliases: &'static [&'static str],
    pub kind: Kind,
    /// A few words for completion.
    pub doc: &'static str,
    /// Of a number that is written `CASE-42` everywhere else: what stands before the `-`. It is understood so, too, alone as a
    /// term as well. Else empty.
    pub key: &'static str,
}

/// What a field holds, which decides what its values may be and how they are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Ordered; understands the synonyms of [`Severity::from_vocabulary`](crate::Severity::from_vocabulary).
    Severity,
    /// Text compared as a whole, byte by byte.
    Word,
    /// As [`Word`](Self::Word), the e-mail of somebody; [`NOBODY`] stands for having none.
    Person,
    /// A UUID; has no order.
    Id,
    Time,
    Number,
    /// Text searched by words.
    Text,
    /// Text searched by its parts, whatever the case of A to Z. Free words that stand in a row are one part.
    Part,
    /// One of these words; has no order.
    Choice(&'static [&'static str]),
}

/// Of a [`Kind::Person`]: `assignee:nobody` is the same as `-assignee:*`.
pub const NOBODY: &str = "nobody";

impl Schema {
    /// By name or alias, whatever its case.
    pub fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|f| f.names().any(|n| n.eq_ignore_ascii_case(name)))
    }
    /// The number that a term is about, when it is one's key (`CASE-42`) alone.
    pub fn keyed(&self, term: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.number_of(term).is_some())
    }
    /// The fields that free words are searched in.
    pub fn text_fields(&self) -> impl Iterator<Item = &'static Field> + use<> {
        self.fields.iter().filter(|f| f.kind.is_text())
    }
}

impl Kind {
    /// Searched, not compared as a whole.
    pub fn is_text(self) -> bool {
        matches!(self, Self::Text | Self::Part)
    }
}

impl Field {
    /// `42` of `CASE-42`, whatever its case.
    pub fn number_of<'t>(&self, term: &'t str) -> Option<&'t str> {
        let (word, digits) = term.split_once('-')?;
        let is_number = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
        (is_number && !self.key.is_empty() && word.eq_ignore_ascii_case(self.key)).then_some(digits)
    }
    pub fn names(&self) -> impl Iterator<Item = &'static str> + use<> {
        std::iter::once(self.name).chain(self.aliases.iter().copied())
    }
}

/// Events; see [`Event`](crate::event::Event).
pub static EVENTS: Schema = Schema {
    payload: true,
    fields: &[
        field("severity", &[], Kind::Severity, "info, low, medium, high, critical"),
        field("severity_text", &[], Kind::Word, "the severity as the sender wrote it"),
        field("component", &[], Kind::Word, "part of the system"),
        field("service", &[], Kind::Word, "service that reported"),
        field("environment", &["env"], Kind::Word, "such as production"),
        field("system_id", &["system", "host"], Kind::Word, "host or system"),
        field("event_type", &["type"], Kind::Word, "kind of event"),
        field("source", &[], Kind::Word, "name of the source"),
        field("message", &[], Kind::Text, "words of the message"),
        field("fingerprint", &[], Kind::Word, "fingerprint of the group"),
        field("group", &[], Kind::Id, "id of the group"),
        field("id", &[], Kind::Id, "id of the event"),
        field("occurred_at", &["time", "timestamp"], Kind::Time, "when it happened"),
        field("ingested_at", &[], Kind::Time, "when it was received"),
    ],
};

/// Groups; see [`Group`](crate::group::Group).
pub static GROUPS: Schema = Schema {
    payload: false,
    fields: &[
        field(
            "template",
            &["text", "message", "example"],
            Kind::Part,
            "a part of the template or of a message",
        ),
        field("severity", &[], Kind::Severity, "the highest seen: info, low, medium, high, critical"),
        field(
            "status",
            &["state"],
            Kind::Choice(&["new", "ongoing", "escalating", "regressed", "muted", "resolved"]),
            "new, ongoing, escalating, regressed, muted, resolved",
        ),
        field("component", &[], Kind::Word, "part of the system"),
        field("event_type", &["type"], Kind::Word, "kind of event"),
        field("assignee", &["assigned_to", "assigned"], Kind::Person, "e-mail of who has it, or nobody"),
        field("fingerprint", &[], Kind::Word, "what its events carry"),
        field("id", &["group"], Kind::Id, "id of the group"),
        field("event_count", &["count", "events"], Kind::Number, "how many events it has"),
        field("first_seen", &["first"], Kind::Time, "when its first event happened"),
        field("last_seen", &["last", "seen"], Kind::Time, "when its last event happened"),
        field("status_since", &["since"], Kind::Time, "since when it has its status"),
    ],
};

/// Cases; see [`Case`](crate::case::Case).
pub static CASES: Schema = Schema {
    payload: false,
    fields: &[
        key("number", "CASE", "number of the case, or CASE-42"),
        field("text", &["title", "description"], Kind::Text, "words of title and description"),
        field(
            "status",
            &[],
            Kind::Choice(&["open", "investigating", "resolved"]),
            "open, investigating, resolved",
        ),
        field(
            "resolution",
            &[],
            Kind::Choice(&["true_positive", "false_positive", "benign", "duplicate", "inconclusive"]),
            "what was found out",
        ),
        field(
            "priority",
            &[],
            Kind::Choice(&["low", "normal", "high", "urgent"]),
            "low, normal, high, urgent",
        ),
        field("severity", &[], Kind::Severity, "info, low, medium, high, critical"),
        field(
            "tlp",
            &[],
            Kind::Choice(&["clear", "green", "amber", "amber+strict", "red"]),
            "with whom it may be shared",
        ),
        field("pap", &[], Kind::Choice(&["clear", "green", "amber", "red"]), "what may be done with it"),
        field("assignee", &["assigned_to"], Kind::Person, "e-mail of who has it, or nobody"),
        field("created_by", &["author"], Kind::Word, "e-mail of who opened it"),
        field("tag", &["tags"], Kind::Word, "a tag, in lower case"),
        field("observable", &["ioc"], Kind::Word, "value of an observable"),
        field(
            "review",
            &["reviews"],
            Kind::Choice(&["requested", "approved", "returned", "withdrawn"]),
            "a review of it is requested, approved, returned or withdrawn",
        ),
        field("field", &["fields"], Kind::Word, "a field of your own: key=value in lower case"),
        field("id", &[], Kind::Id, "id of the case"),
        field("created_at", &["created"], Kind::Time, "when it was opened"),
        field("updated_at", &["updated"], Kind::Time, "when it last changed"),
        field("due_at", &["due"], Kind::Time, "when it is due"),
        field("resolved_at", &["resolved"], Kind::Time, "when it was resolved"),
    ],
};

/// Drifts; see [`Drift`](crate::drift::Drift).
pub static DRIFTS: Schema = Schema {
    payload: false,
    fields: &[
        key("number", "DRIFT", "number of the drift, or DRIFT-9"),
        field("text", &[], Kind::Text, "words of resource, type and properties"),
        field(
            "status",
            &[],
            Kind::Choice(&["open", "acknowledged", "resolved"]),
            "open, acknowledged, resolved",
        ),
        field(
            "resolution",
            &[],
            Kind::Choice(&["auto_revert", "codify_iac", "accepted", "escalated"]),
            "what was done about it",
        ),
        field(
            "kind",
            &["drift_type"],
            Kind::Choice(&["modified", "deleted", "added", "moved"]),
            "modified, deleted, added, moved",
        ),
        field("score", &["severity_score"], Kind::Number, "severity, 0 to 1"),
        field("confidence", &["confidence_score"], Kind::Number, "how sure it is, 0 to 1"),
        field("severity", &[], Kind::Severity, "the word for the score: info, low, medium, high, critical"),
        field(
            "cause",
            &["cause_category"],
            Kind::Choice(&[
                "emergency_fix",
                "manual_troubleshooting",
                "security_response",
                "configuration_error",
                "automated_response",
                "intentional_override",
                "unknown",
            ]),
            "why it happened, such as emergency_fix",
        ),
        field("environment", &["env"], Kind::Word, "such as prod"),
        field("repository", &["repo"], Kind::Word, "name of the repository"),
        field("resource", &["address"], Kind::Word, "address in the code"),
        field("type", &["resource_type"], Kind::Word, "such as aws_s3_bucket"),
        field("path", &["property"], Kind::Word, "a property that differs"),
        field("assignee", &["assigned_to"], Kind::Person, "e-mail of who has it, or nobody"),
        field("id", &[], Kind::Id, "id of the drift"),
        field("detected_at", &["onset"], Kind::Time, "when it began"),
        field("last_seen_at", &["seen"], Kind::Time, "when a push last had it"),
        field("resolved_at", &["resolved"], Kind::Time, "when it was resolved"),
    ],
};

const fn field(name: &'static str, aliases: &'static [&'static str], kind: Kind, doc: &'static str) -> Field {
    Field { name, aliases, kind, doc, key: "" }
}

/// A number that is written `CASE-42` elsewhere.
const fn key(name: &'static str, key: &'static str, doc: &'static str) -> Field {
    Field { name, aliases: &[], kind: Kind::Number, doc, key }
}
