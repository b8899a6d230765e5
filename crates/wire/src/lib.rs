//! Bytes become rows: decompression with limits, and readers for NDJSON, JSON, CSV, syslog and plain log lines.
//!
//! Pure functions over bytes and [`std::io::Read`]; this crate opens no file, knows no database and reads no clock.
//! A row that cannot be read is a refusal with its position and reason, never the end of the file. Memory is bounded by
//! [`MAX_LINE`], however large or hostile the input. To add a format: a module with a reader that yields [`Row`]s, a
//! word in `domain::upload::Format`, and an arm in [`read`] and [`sniff`].

mod compression;
mod csv;
mod event;
mod identity;
mod json;
mod lines;
mod parquet;
mod plain;
mod repeated;
mod sniff;
mod syslog;

pub use compression::{Encoding, MAX_INFLATED, decompress, file, limit_of};
pub use csv::names;
pub use event::parse;
pub use identity::Identities;
pub use json::{elements, file_elements};
pub use lines::{Line, Lines, rows};
pub use parquet::EventFile;
pub use sniff::{Table, sniff, table};

use std::io::BufRead;

use domain::Timestamp;
use domain::event::{Mapping, NewEvent};
use domain::invalid::FieldError;
use domain::upload::Format;

/// Longest line or array element in bytes; longer ones are passed over and refused.
pub const MAX_LINE: usize = 1_572_864;

/// What stopped a whole body or file; a bad row is a [`Row`] instead.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The decompressed body is larger than allowed.
    #[error("larger than {0} bytes when decompressed; send smaller batches")]
    TooLarge(u64),
    /// A compressed body inside a compressed body.
    #[error("compressed twice; compress once")]
    Nested,
    #[error("'{0}' is not a supported compression; use gzip or zstd")]
    Encoding(String),
    #[error("the compressed data is damaged: {0}")]
    Damaged(std::io::Error),
    #[error("could not be read: {0}")]
    Io(#[from] std::io::Error),
}

/// One row of a file: where it was, its bytes, and what it says.
#[derive(Debug)]
pub struct Row {
    /// 0-based. Blank lines do not count.
    pub index: u64,
    /// The bytes as they were (cut at [`MAX_LINE`]); with the occurrence they identify an imported row.
    pub bytes: Vec<u8>,
    /// The row as it stood in the file, without its line end, where it was refused and `bytes` is not that (CSV).
    pub record: Option<Vec<u8>>,
    pub event: Result<NewEvent, Vec<FieldError>>,
    /// It may have been read otherwise than it was meant (`domain::upload::Misfits`).
    pub misfit: bool,
}

impl Row {
    /// The row as it stood in the file, to be mended and sent again.
    pub fn as_sent(&self) -> &[u8] {
        self.record.as_deref().unwrap_or(&self.bytes)
    }
}

/// The rows of an input. Only reading itself can fail.
pub type Rows<'a> = Box<dyn Iterator<Item = Result<Row, std::io::Error>> + 'a>;

/// Reads a file of any format. `Auto` looks at the first bytes.
///
/// # Errors
/// Reading the first bytes failed.
pub fn read<'a, R: BufRead + 'a>(
    format: Format,
    mut input: R,
    mapping: &'a Mapping,
    now: Timestamp,
) -> Result<Rows<'a>, std::io::Error> {
    let format = if format == Format::Auto { sniff(input.fill_buf()?) } else { format };
    Ok(match format {
        Format::Json => Box::new(json::read(input, mapping, now)?),
        Format::Csv => Box::new(csv::read(input, mapping, now)?),
        Format::Syslog => Box::new(plain::read(input, mapping, now)),
        Format::Ndjson | Format::Auto => {
            Box::new(lines::read(input, move |line| event::parse(line, mapping, now)))
        }
    })
}

/// A refusal of the row as a whole.
fn refuse(reason: impl Into<String>) -> Vec<FieldError> {
    vec![FieldError { field: String::new(), reason: reason.into() }]
}
