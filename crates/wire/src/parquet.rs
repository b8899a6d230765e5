//! Events as an Apache Parquet file, written row group by row group: the file streams while it grows, and no more than one
//! group is held.
//!
//! The columns are those of the CSV export. Instants are `TIMESTAMP(MICROS, UTC)`, the payload is `JSON`, what an event does
//! not have is null. Values stand as they were sent: no program computes a cell of a Parquet file.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use domain::event::Event;
use parquet::basic::{Compression, ZstdLevel};
use parquet::data_type::{ByteArray, ByteArrayType, DataType, Int64Type};
use parquet::errors::Result;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;

/// Rows of a group, unless [`GROUP_BYTES`] of messages and payloads come first.
const GROUP_ROWS: usize = 50_000;
const GROUP_BYTES: usize = 16 << 20;

const SCHEMA: &str = "message event {
    required binary id (STRING);
    required int64 occurred_at (TIMESTAMP(MICROS, true));
    required int64 ingested_at (TIMESTAMP(MICROS, true));
    required binary severity (STRING);
    required binary severity_text (STRING);
    optional binary component (STRING);
    optional binary service (STRING);
    optional binary environment (STRING);
    optional binary system_id (STRING);
    optional binary event_type (STRING);
    optional binary source_id (STRING);
    optional binary source (STRING);
    required binary message (STRING);
    required binary fingerprint (STRING);
    required binary group_id (STRING);
    required binary raw_payload (JSON);
}";

/// What was written and not taken yet.
#[derive(Clone, Default)]
struct Out(Arc<Mutex<Vec<u8>>>);

impl Out {
    fn take(&self) -> Vec<u8> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes one file.
pub struct EventFile {
    out: Out,
    file: SerializedFileWriter<Out>,
    rows: Vec<Event>,
    bytes: usize,
}

impl EventFile {
    /// # Errors
    /// None that could be helped: the schema is ours.
    pub fn begin() -> Result<Self> {
        let schema = Arc::new(parse_message_type(SCHEMA)?);
        let zstd = Compression::ZSTD(ZstdLevel::default());
        let properties = WriterProperties::builder().set_compression(zstd).build();
        let out = Out::default();
        let file = SerializedFileWriter::new(out.clone(), schema, Arc::new(properties))?;
        Ok(Self { out, file, rows: Vec::new(), bytes: 0 })
    }

    /// Takes rows; answers what can be sent by now, often nothing.
    ///
    /// # Errors
    /// What the writer cannot write.
    pub fn rows(&mut self, rows: Vec<Event>) -> Result<Vec<u8>> {
        for row in rows {
            self.bytes += row.message.len() + row.raw_payload.text().len();
            self.rows.push(row);
            if self.rows.len() >= GROUP_ROWS || self.bytes >= GROUP_BYTES {
                self.group()?;
            }
        }
        Ok(self.out.take())
    }

    /// The rest, with the footer without which it is no file.
    ///
    /// # Errors
    /// As [`EventFile::rows`].
    pub fn end(mut self) -> Result<Vec<u8>> {
        self.group()?;
        self.file.close()?;
        Ok(self.out.take())
    }

    fn group(&mut self) -> Result<()> {
        let rows = std::mem::take(&mut self.rows);
        self.bytes = 0;
        if rows.is_empty() {
            return Ok(());
        }
        let mut group = self.file.next_row_group()?;
        let instants = |value: fn(&Event) -> i64| rows.iter().map(value).collect::<Vec<_>>();
        let texts = |value: fn(&Event) -> String| {
            rows.iter().map(|row| ByteArray::from(value(row).into_bytes())).collect::<Vec<_>>()
        };
        column::<ByteArrayType>(&mut group, &texts(|row| row.id.to_string()), None)?;
        column::<Int64Type>(&mut group, &instants(|row| row.occurred_at.micros()), None)?;
        column::<Int64Type>(&mut group, &instants(|row| row.ingested_at.micros()), None)?;
        column::<ByteArrayType>(&mut group, &texts(|row| row.severity.to_string()), None)?;
        column::<ByteArrayType>(&mut group, &texts(|row| row.severity_text.clone()), None)?;
        let optional: [fn(&Event) -> Option<String>; 7] = [
            |row| row.component.clone(),
            |row| row.service.clone(),
            |row| row.environment.clone(),
            |row| row.system_id.clone(),
            |row| row.event_type.clone(),
            |row| row.source_id.map(|id| id.to_string()),
            |row| row.source.clone(),
        ];
        for value in optional {
            let all: Vec<Option<String>> = rows.iter().map(value).collect();
            let there: Vec<i16> = all.iter().map(|value| i16::from(value.is_some())).collect();
            let values: Vec<ByteArray> =
                all.into_iter().flatten().map(|value| ByteArray::from(value.into_bytes())).collect();
            column::<ByteArrayType>(&mut group, &values, Some(&there))?;
        }
        column::<ByteArrayType>(&mut group, &texts(|row| row.message.clone()), None)?;
        column::<ByteArrayType>(&mut group, &texts(|row| row.fingerprint.clone()), None)?;
        column::<ByteArrayType>(&mut group, &texts(|row| row.group_id.to_string()), None)?;
        column::<ByteArrayType>(&mut group, &texts(|row| row.raw_payload.text().to_owned()), None)?;
        group.close().map(drop)
    }
}

/// The next column of a group; `there` says of an optional one which rows have a value.
fn column<T: DataType>(
    group: &mut SerializedRowGroupWriter<'_, Out>,
    values: &[T::T],
    there: Option<&[i16]>,
) -> Result<()> {
    let Some(mut column) = group.next_column()? else { return Ok(()) };
    column.typed::<T>().write_batch(values, there, None)?;
    column.close()
}

#[cfg(test)]
mod tests {
    use domain::{EventId, GroupId, Severity, SourceId, Timestamp};
    use parquet::file::reader::{FileReader, SerializedFileReader};
    use parquet::record::{Field, RowAccessor};
    use serde_json::json;

    use super::*;

    fn event(n: u128, component: Option<&str>, message: String) -> Event {
        let at: Timestamp = "2026-11-23T09:30:00.123456Z".parse().unwrap();
        Event {
            id: EventId(uuid::Uuid::from_u128(n)),
            occurred_at: at,
            ingested_at: at.plus_seconds(1),
            severity: Severity::High,
            severity_text: "ERR".to_owned(),
            component: component.map(str::to_owned),
            service: None,
            environment: None,
            system_id: None,
            event_type: None,
            source_id: component.is_some().then(|| SourceId(uuid::Uuid::from_u128(9))),
            source: None,
            message,
            raw_payload: json!({ "größe": [1, null] }).into(),
            fingerprint: "f".repeat(32),
            group_id: GroupId(uuid::Uuid::from_u128(7)),
        }
    }

    fn read(bytes: Vec<u8>) -> SerializedFileReader<bytes::Bytes> {
        SerializedFileReader::new(bytes::Bytes::from(bytes)).unwrap()
    }

    #[test]
    fn what_is_written_is_read_back() {
        let mut file = EventFile::begin().unwrap();
        let mut bytes = file.rows(vec![event(1, Some("sshd"), "=1+1 größe".to_owned())]).unwrap();
        bytes.extend(file.rows(vec![event(2, None, String::new())]).unwrap());
        bytes.extend(file.end().unwrap());
        let reader = read(bytes);
        let rows: Vec<_> = reader.get_row_iter(None).unwrap().map(|row| row.unwrap()).collect();
        assert_eq!(rows.len(), 2);
        assert_eq!(rows[0].get_string(0).unwrap(), "00000000-0000-0000-0000-000000000001");
        assert_eq!(rows[0].get_timestamp_micros(1).unwrap(), 1_795_426_200_123_456);
        assert_eq!(rows[0].get_string(5).unwrap(), "sshd");
        assert_eq!(rows[0].get_string(10).unwrap(), "00000000-0000-0000-0000-000000000009");
        assert_eq!(rows[0].get_string(12).unwrap(), "=1+1 größe");
        assert_eq!(rows[1].get_column_iter().nth(10), Some((&"source_id".to_owned(), &Field::Null)));
        assert_eq!(rows[1].get_column_iter().nth(5), Some((&"component".to_owned(), &Field::Null)));
        assert_eq!(rows[1].get_string(15).unwrap(), r#"{"größe":[1,null]}"#);
    }

    #[test]
    fn long_files_go_out_in_parts_and_an_empty_one_is_a_file() {
        let mut file = EventFile::begin().unwrap();
        let long = "x".repeat(GROUP_BYTES / 3);
        let rows = (0..8).map(|n| event(n, None, long.clone())).collect();
        let mut bytes = file.rows(rows).unwrap();
        assert!(bytes.len() > 1_000, "two groups are out before the end");
        bytes.extend(file.end().unwrap());
        assert_eq!(read(bytes).metadata().num_row_groups(), 3);
        let empty = EventFile::begin().unwrap().end().unwrap();
        assert_eq!(read(empty).metadata().file_metadata().num_rows(), 0);
    }
}
