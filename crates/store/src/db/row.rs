//! Rows: one type over both drivers, read by column name.

use domain::Timestamp;
use domain::event::Payload;
use domain::id::Id;
use serde_json::Value;
use sqlx::postgres::{PgRow, PgValueRef};
use sqlx::sqlite::{SqliteRow, SqliteValueRef};
use sqlx::{ColumnIndex, Decode, Postgres, Row as _, Sqlite, ValueRef as _};
use uuid::Uuid;

use super::{Error, Result};

pub enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

impl Row {
    pub fn get<T: Column>(&self, column: &str) -> Result<T> {
        let fail = |e: Box<dyn std::error::Error + Send + Sync>| Error::Decode {
            column: column.to_owned(),
            reason: e.to_string(),
        };
        match self {
            Self::Sqlite(row) => {
                let value = column.index(row).and_then(|i| row.try_get_raw(i)).map_err(|e| fail(e.into()))?;
                not_null::<T>(value.is_null()).and_then(|()| T::sqlite(value)).map_err(fail)
            }
            Self::Postgres(row) => {
                let value = column.index(row).and_then(|i| row.try_get_raw(i)).map_err(|e| fail(e.into()))?;
                not_null::<T>(value.is_null()).and_then(|()| T::postgres(value)).map_err(fail)
            }
        }
    }
    /// The first column, for `SELECT count(*)` and `RETURNING x`.
    pub fn first<T: Column>(&self) -> Result<T> {
        let fail = |e: Box<dyn std::error::Error + Send + Sync>| Error::Decode {
            column: "the first".to_owned(),
            reason: e.to_string(),
        };
        match self {
            Self::Sqlite(row) => {
                let value = row.try_get_raw(0).map_err(|e| fail(e.into()))?;
                not_null::<T>(value.is_null()).and_then(|()| T::sqlite(value)).map_err(fail)
            }
            Self::Postgres(row) => {
                let value = row.try_get_raw(0).map_err(|e| fail(e.into()))?;
                not_null::<T>(value.is_null()).and_then(|()| T::postgres(value)).map_err(fail)
            }
        }
    }
}

type Decoded<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

fn not_null<T: Column>(is_null: bool) -> Decoded<()> {
    if is_null && !T::NULLABLE { Err("it is NULL".into()) } else { Ok(()) }
}

/// A value that can be read from a column of either database.
pub trait Column: Sized {
    /// Whether it can hold NULL. SQLite would read NULL as 0 or an empty text.
    const NULLABLE: bool = false;
    fn sqlite(value: SqliteValueRef<'_>) -> Decoded<Self>;
    fn postgres(value: PgValueRef<'_>) -> Decoded<Self>;
}

macro_rules! same_in_both {
    ($($type:ty),*) => {$(
        impl Column for $type {
            fn sqlite(value: SqliteValueRef<'_>) -> Decoded<Self> { <$type as Decode<Sqlite>>::decode(value) }
            fn postgres(value: PgValueRef<'_>) -> Decoded<Self> { <$type as Decode<Postgres>>::decode(value) }
        }
    )*};
}
same_in_both!(String, f64, bool, Vec<u8>);

impl Column for i64 {
    fn sqlite(value: SqliteValueRef<'_>) -> Decoded<Self> {
        <i64 as Decode<Sqlite>>::decode(value)
    }
    fn postgres(value: PgValueRef<'_>) -> Decoded<Self> {
        // sum(bigint) is numeric in PostgreSQL; statements cast it, so here it is int8 or int4.
        if value.type_info().as_ref() == &sqlx::postgres::PgTypeInfo::with_name("INT4") {
            return <i32 as Decode<Postgres>>::decode(value).map(i64::from);
        }
        <i64 as Decode<Postgres>>::decode(value)
    }
}

impl Column for Uuid {
    fn sqlite(value: SqliteValueRef<'_>) -> Decoded<Self> {
        Ok(Uuid::parse_str(<&str as Decode<Sqlite>>::decode(value)?)?)
    }
    fn postgres(value: PgValueRef<'_>) -> Decoded<Self> {
        <Uuid as Decode<Postgres>>::decode(value)
    }
}
macro_rules! id_column {
    ($($id:ident),*) => {$(
        impl Column for domain::$id {
            fn sqlite(value: SqliteValueRef<'_>) -> Decoded<Self> { Uuid::sqlite(value).map(Self::from_uuid) }
            fn postgres(value: PgValueRef<'_>) -> Decoded<Self> { Uuid::postgres(value).map(Self::from_uuid) }
        }
    )*};
}
super::args::for_each_id!(id_column);

impl Column for Timestamp {
    fn sqlite(value: SqliteValueRef<'_>) -> Decoded<Self> {
        Ok(<&str as Decode<Sqlite>>::decode(value)?.parse::<Timestamp>()?)
    }
    fn postgres(value: PgValueRef<'_>) -> Decoded<Self> {
        // Microseconds since 2000-01-01 (PostgreSQL's binary format). The driver's own chrono decoding panics on `infinity`
        // and on years that chrono does not have.
        const EPOCH: i64 = 946_684_800_000_000;
        let micros = <i64 as Decode<Postgres>>::decode(value)?;
        micros
            .checked_add(EPOCH)
            .and_then(Timestamp::from_micros)
            .ok_or_else(|| "instant out of range".into())
    }
}
impl Column for Value {
    fn sqlite(value: SqliteValueRef<'_>) -> Decoded<Self> {
        Ok(serde_json::from_str(<&str as Decode<Sqlite>>::decode(value)?)?)
    }
    fn postgres(value: PgValueRef<'_>) -> Decoded<Self> {
        <sqlx::types::Json<Value> as Decode<Postgres>>::decode(value).map(|j| j.0)
    }
}
impl Column for Payload {
    fn sqlite(value: SqliteValueRef<'_>) -> Decoded<Self> {
        Ok(Self::new(<&str as Decode<Sqlite>>::decode(value)?)?)
    }
    fn postgres(value: PgValueRef<'_>) -> Decoded<Self> {
        // The binary form of JSONB is its version, 1, and the text.
        match value.as_bytes()? {
            [1, text @ ..] => Ok(Self::new(str::from_utf8(text)?)?),
            _ => Err("not JSONB of version 1".into()),
        }
    }
}
impl Column for Vec<String> {
    fn sqlite(value: SqliteValueRef<'_>) -> Decoded<Self> {
        Ok(serde_json::from_value(Value::sqlite(value)?)?)
    }
    fn postgres(value: PgValueRef<'_>) -> Decoded<Self> {
        Ok(serde_json::from_value(Value::postgres(value)?)?)
    }
}
impl<T: Column> Column for Option<T> {
    const NULLABLE: bool = true;
    fn sqlite(value: SqliteValueRef<'_>) -> Decoded<Self> {
        if value.is_null() { Ok(None) } else { T::sqlite(value).map(Some) }
    }
    fn postgres(value: PgValueRef<'_>) -> Decoded<Self> {
        if value.is_null() { Ok(None) } else { T::postgres(value).map(Some) }
    }
}

/// Enums of the domain, stored as their word.
macro_rules! words {
    ($($type:ty),* $(,)?) => {$(
        impl Column for $type {
            fn sqlite(value: SqliteValueRef<'_>) -> Decoded<Self> { Ok(<&str as Decode<Sqlite>>::decode(value)?.parse()?) }
            fn postgres(value: PgValueRef<'_>) -> Decoded<Self> { Ok(value.as_str()?.parse()?) }
        }
    )*};
}
words!(
    domain::Severity,
    domain::case::LinkKind,
    domain::case::Pap,
    domain::case::Priority,
    domain::case::Resolution,
    domain::case::Status,
    domain::case::Step,
    domain::case::Tlp,
    domain::case::evidence::Custody,
    domain::case::field::FieldKind,
    domain::case::job::JobState,
    domain::case::review::ReviewState,
    domain::case::observable::ObservableKind,
    domain::cause::Cause,
    domain::cause::ExternalKind,
    domain::cause::Impact,
    domain::cause::TrainingState,
    domain::drift::ChangeType,
    domain::drift::DriftStatus,
    domain::drift::DriftStep,
    domain::drift::DriftType,
    domain::drift::Format,
    domain::drift::IgnoreScope,
    domain::drift::Resolution,
    domain::drift::Tool,
    domain::drift::Verdict,
    domain::group::life::Status,
    domain::group::life::Step,
    domain::member::Role,
    domain::member::ApprovalLevel,
    domain::recommendation::Effort,
    domain::recommendation::RecommendationStatus,
    domain::recommendation::RecommendationType,
    domain::recommendation::RecommendedBy,
    domain::recommendation::Urgency,
    domain::start::StartPage,
    domain::upload::Format,
    domain::upload::UploadState,
    domain::view::Area
);

/// A struct that can be read from a row.
pub trait FromDb: Sized {
    fn from_db(row: &Row) -> Result<Self>;
}

/// Reads a domain struct whose fields have the columns' names: `from_row!(Source { id, name, … });`
macro_rules! from_row {
    ($type:path { $($field:ident),* $(,)? }) => {
        impl $crate::db::FromDb for $type {
            fn from_db(row: &$crate::db::Row) -> $crate::Result<Self> {
                Ok(Self { $($field: row.get(stringify!($field))?),* })
            }
        }
    };
}

pub(crate) use from_row;
