//! Arguments: what can be bound, and how each database wants it.

use std::sync::Arc;

use domain::Timestamp;
use domain::id::Id;
use serde_json::{Number, Value};
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::{PgArgumentBuffer, PgArguments, PgTypeInfo};
use sqlx::sqlite::SqliteArguments;
use sqlx::{Arguments, Encode, Postgres, Type};
use uuid::Uuid;

/// The type of a NULL, which PostgreSQL must be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Uuid,
    Int,
    Float,
    Bool,
    Text,
    Time,
    Json,
    Bytes,
    Label(&'static str),
}

#[derive(Clone, Debug, PartialEq)]
pub enum Arg {
    Uuid(Uuid),
    Int(i64),
    Float(f64),
    Bool(bool),
    Text(String),
    /// Text that many rows share, or that is kept by the caller.
    Shared(Arc<str>),
    Time(Timestamp),
    /// JSON text, checked by whoever made it.
    Json(String),
    Bytes(Vec<u8>),
    /// A label of a PostgreSQL enum type; plain text in SQLite.
    Label {
        kind: &'static str,
        label: &'static str,
    },
    Null(Kind),
}

impl Arg {
    pub(super) fn kind(&self) -> Kind {
        match self {
            Self::Uuid(_) => Kind::Uuid,
            Self::Int(_) => Kind::Int,
            Self::Float(_) => Kind::Float,
            Self::Bool(_) => Kind::Bool,
            Self::Text(_) | Self::Shared(_) => Kind::Text,
            Self::Time(_) => Kind::Time,
            Self::Json(_) => Kind::Json,
            Self::Bytes(_) => Kind::Bytes,
            Self::Label { kind, .. } => Kind::Label(kind),
            Self::Null(kind) => *kind,
        }
    }
}

/// What can be bound.
pub trait ToArg {
    const KIND: Kind;
    fn to_arg(self) -> Arg;
}

/// The domain's ids; a new one is added here and nowhere else.
macro_rules! for_each_id {
    ($macro:ident) => {
        $macro! { OrganizationId, EnvironmentId, UserId, MembershipId, InvitationId, UserSessionId, ApiKeyId, SourceId, EventId, GroupId, GroupChangeId, GroupActionId, GroupRuleId, AuditId, UploadId, ViewId, CaseId, CaseChangeId, CaseActionId, CaseLinkId, CaseFieldId, CaseReviewId, CaseTemplateId, CaseJobId, CaseNoteId, CaseTaskId, CaseEntryId, EvidenceId, TagId, ObservableId, WebhookId, WebhookDeliveryId, IacRepositoryId, IacResourceId, DriftId, DriftChangeId, DriftStepId, DriftActionId, DriftIgnoreId, DriftPushId, RecommendationId, CauseId, CorrelationId, OperationalContextId, ExternalEventId, MlModelId, MlPredictionId, MlTrainingId }
    };
}
pub(super) use for_each_id;

macro_rules! id_to_arg {
    ($($id:ident),*) => {$(
        impl ToArg for domain::$id {
            const KIND: Kind = Kind::Uuid;
            fn to_arg(self) -> Arg { Arg::Uuid(self.uuid()) }
        }
    )*};
}
for_each_id!(id_to_arg);

macro_rules! to_arg {
    ($($type:ty, $kind:ident, |$x:ident| $arg:expr;)*) => {$(
        impl ToArg for $type {
            const KIND: Kind = Kind::$kind;
            fn to_arg(self) -> Arg { let $x = self; $arg }
        }
    )*};
}
to_arg! {
    Uuid, Uuid, |x| Arg::Uuid(x);
    i64, Int, |x| Arg::Int(x);
    i32, Int, |x| Arg::Int(x.into());
    u32, Int, |x| Arg::Int(x.into());
    f64, Float, |x| Arg::Float(x);
    bool, Bool, |x| Arg::Bool(x);
    Timestamp, Time, |x| Arg::Time(x);
    Vec<u8>, Bytes, |x| Arg::Bytes(x);
    String, Text, |x| Arg::Text(without_nul(x));
    &str, Text, |x| Arg::Text(without_nul(x.to_owned()));
    &String, Text, |x| Arg::Text(without_nul(x.clone()));
    Value, Json, |x| Arg::Json(json_text(&x));
    &Value, Json, |x| Arg::Json(json_text(x));
}

impl<T: ToArg> ToArg for Option<T> {
    const KIND: Kind = T::KIND;
    fn to_arg(self) -> Arg {
        self.map_or(Arg::Null(T::KIND), ToArg::to_arg)
    }
}

/// Enums of the domain and the PostgreSQL type that holds them.
macro_rules! labels {
    ($($type:ty = $kind:literal),* $(,)?) => {$(
        impl ToArg for $type {
            const KIND: Kind = Kind::Label($kind);
            fn to_arg(self) -> Arg { Arg::Label { kind: $kind, label: self.as_str() } }
        }
    )*};
}
labels! {
    domain::Severity = "severity",
    domain::member::ApprovalLevel = "approval_level",
    domain::upload::Format = "upload_format",
    domain::upload::UploadState = "upload_state",
}

/// PostgreSQL holds no NUL in text; both databases get the replacement character instead, so that they agree.
fn without_nul(text: String) -> String {
    if text.contains('\0') { text.replace('\0', "\u{FFFD}") } else { text }
}

/// Compact JSON in which no string holds NUL and whole numbers are integers (PostgreSQL's JSONB keeps 1.0 as 1.0 but
/// 1e2 as 100; one form keeps the audit hash the same after a round trip).
pub fn json_text(value: &Value) -> String {
    canonical(value.clone()).to_string()
}

pub fn canonical(value: Value) -> Value {
    match value {
        Value::String(s) => Value::String(without_nul(s)),
        Value::Array(items) => Value::Array(items.into_iter().map(canonical).collect()),
        Value::Object(map) => {
            Value::Object(map.into_iter().map(|(k, v)| (without_nul(k), canonical(v))).collect())
        }
        Value::Number(n) => match double(n) {
            Value::Number(n) => match n.as_f64() {
                Some(f) if n.is_f64() && f.fract() == 0.0 && f.abs() < 9_007_199_254_740_992.0 => {
                    Value::from(f as i64)
                }
                _ => Value::Number(n),
            },
            other => other,
        },
        other => other,
    }
}

/// Every number that is no integer of 64 bits as a double, so that equal ones have one text, whichever way it was stored.
pub fn as_doubles(value: Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.into_iter().map(as_doubles).collect()),
        Value::Object(map) => Value::Object(map.into_iter().map(|(k, v)| (k, as_doubles(v))).collect()),
        Value::Number(n) => double(n),
        other => other,
    }
}

fn double(n: Number) -> Value {
    if let Some(n) = n.as_i64() {
        Value::from(n)
    } else if let Some(n) = n.as_u64() {
        Value::from(n)
    } else {
        n.as_f64().and_then(Number::from_f64).unwrap_or(n).into()
    }
}

/// An enum label: text on the wire, its own type in the statement.
struct PgLabel {
    kind: &'static str,
    label: Option<&'static str>,
}
impl Type<Postgres> for PgLabel {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_name("text")
    }
    fn compatible(_: &PgTypeInfo) -> bool {
        true
    }
}
impl Encode<'_, Postgres> for PgLabel {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        match self.label {
            None => Ok(IsNull::Yes),
            Some(label) => {
                buffer.extend_from_slice(label.as_bytes());
                Ok(IsNull::No)
            }
        }
    }
    fn produces(&self) -> Option<PgTypeInfo> {
        Some(PgTypeInfo::with_name(self.kind))
    }
}

/// JSON text as JSONB: a version byte, then the text.
struct PgJson(String);
impl Type<Postgres> for PgJson {
    fn type_info() -> PgTypeInfo {
        <sqlx::types::Json<Value> as Type<Postgres>>::type_info()
    }
}
impl Encode<'_, Postgres> for PgJson {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        buffer.push(1);
        buffer.extend_from_slice(self.0.as_bytes());
        Ok(IsNull::No)
    }
}

pub(super) fn postgres(args: Vec<Arg>) -> Result<PgArguments, BoxDynError> {
    let mut out = PgArguments::default();
    for arg in args {
        match arg {
            Arg::Uuid(v) => out.add(v),
            Arg::Int(v) => out.add(v),
            Arg::Float(v) => out.add(v),
            Arg::Bool(v) => out.add(v),
            Arg::Text(v) => out.add(v),
            Arg::Shared(v) => out.add(&*v),
            Arg::Time(v) => out.add(v.utc()),
            Arg::Json(v) => out.add(PgJson(v)),
            Arg::Bytes(v) => out.add(v),
            Arg::Label { kind, label } => out.add(PgLabel { kind, label: Some(label) }),
            Arg::Null(kind) => match kind {
                Kind::Uuid => out.add(None::<Uuid>),
                Kind::Int => out.add(None::<i64>),
                Kind::Float => out.add(None::<f64>),
                Kind::Bool => out.add(None::<bool>),
                Kind::Text => out.add(None::<String>),
                Kind::Time => out.add(None::<chrono::DateTime<chrono::Utc>>),
                Kind::Json => out.add(None::<sqlx::types::Json<Value>>),
                Kind::Bytes => out.add(None::<Vec<u8>>),
                Kind::Label(kind) => out.add(PgLabel { kind, label: None }),
            },
        }?;
    }
    Ok(out)
}

/// What stands behind the placeholder of an array of this kind: what goes as text has its own type in the statement.
pub(super) fn array_cast(kind: Kind) -> String {
    match kind {
        Kind::Label(label) => format!("::text[]::{label}[]"),
        Kind::Json => "::text[]::jsonb[]".to_owned(),
        _ => String::new(),
    }
}

/// `args` are rows of so many columns, each column of one kind: an array a column.
pub(super) fn postgres_columns(args: &[Arg], columns: usize) -> Result<PgArguments, BoxDynError> {
    let mut out = PgArguments::default();
    for first in 0..columns {
        let column = || args.iter().skip(first).step_by(columns);
        macro_rules! array {
            ($($pattern:pat => $value:expr),*) => {
                column()
                    .map(|arg| match arg {
                        $($pattern => Ok(Some($value)),)*
                        Arg::Null(_) => Ok(None),
                        other => Err(format!("{:?} in a column of another kind", other.kind()).into()),
                    })
                    .collect::<Result<Vec<_>, BoxDynError>>()?
            };
        }
        match column().next().map_or(Kind::Text, Arg::kind) {
            Kind::Uuid => out.add(array!(Arg::Uuid(v) => *v)),
            Kind::Int => out.add(array!(Arg::Int(v) => *v)),
            Kind::Float => out.add(array!(Arg::Float(v) => *v)),
            Kind::Bool => out.add(array!(Arg::Bool(v) => *v)),
            Kind::Time => out.add(array!(Arg::Time(v) => v.utc())),
            Kind::Bytes => out.add(array!(Arg::Bytes(v) => v.as_slice())),
            Kind::Text => out.add(array!(Arg::Text(v) => v.as_str(), Arg::Shared(v) => &**v)),
            Kind::Json => out.add(array!(Arg::Json(v) => v.as_str())),
            Kind::Label(_) => out.add(array!(Arg::Label { label, .. } => *label)),
        }?;
    }
    Ok(out)
}

pub(super) fn sqlite(args: Vec<Arg>) -> Result<SqliteArguments, BoxDynError> {
    let mut out = SqliteArguments::default();
    out.reserve(args.len(), 0);
    for arg in args {
        match arg {
            Arg::Uuid(v) => out.add(v.hyphenated().to_string()),
            Arg::Int(v) => out.add(v),
            Arg::Float(v) => out.add(v),
            Arg::Bool(v) => out.add(i64::from(v)),
            Arg::Text(v) | Arg::Json(v) => out.add(v),
            Arg::Shared(v) => out.add(v),
            Arg::Time(v) => out.add(v.iso()),
            Arg::Bytes(v) => out.add(v),
            Arg::Label { label, .. } => out.add(label),
            Arg::Null(_) => out.add(None::<String>),
        }?;
    }
    Ok(out)
}
