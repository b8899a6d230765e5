//! A zip on its way out: files go in one after another, bytes come out while they do. The last file is `SHA256SUMS`, which
//! `sha256sum -c` reads. All files lie in one folder.

use std::fmt::Write as _;
use std::io::{self, Write};

use domain::audit::hex;
use sha2::{Digest as _, Sha256};
use tokio::sync::mpsc::{self, Receiver, Sender};
use zip::write::{SimpleFileOptions, StreamWriter};
use zip::{CompressionMethod, ZipWriter};

/// Bytes that go out at once.
const STEP: usize = 64 * 1024;
/// Pieces that wait on either side.
const WAITING: usize = 8;

enum Part {
    /// Of the next file, and the hash that is on record of it, if one is: that stands among the sums then, so that bytes which
    /// changed since do not pass.
    Name(String, Option<String>),
    /// A file that is on record with this hash and is not here: its sum is, so that nobody takes the rest for all.
    Absent(String, String),
    Bytes(Vec<u8>),
    End,
}

/// The bytes of the zip; an error is the last of them, and then it is not whole.
pub type Chunks = Receiver<io::Result<Vec<u8>>>;

/// Where files go in. Dropped before [`Bundle::end`], it breaks the zip off.
pub(crate) struct Bundle(Sender<Part>);

impl Bundle {
    /// `folder`: a plain word.
    pub fn begin(folder: String) -> (Self, Chunks) {
        let (parts, coming) = mpsc::channel(WAITING);
        let (out, chunks) = mpsc::channel(WAITING);
        tokio::task::spawn_blocking(move || {
            if let Err(error) = pack(&folder, coming, &out) {
                // Nobody may listen any more.
                let _ = out.blocking_send(Err(error));
            }
        });
        (Self(parts), chunks)
    }
    /// Begins a file. `name`: below the folder, of our own making.
    pub async fn name(&self, name: impl Into<String>) -> io::Result<()> {
        self.send(Part::Name(name.into(), None)).await
    }
    /// [`Bundle::name`], of a file whose hash is on record: among the sums stands that one, whatever the bytes are.
    pub async fn recorded(&self, name: String, sha256: &str) -> io::Result<()> {
        self.send(Part::Name(name, Some(sha256.to_owned()))).await
    }
    /// A file that is on record and whose bytes are not there: it stands among the sums alone.
    pub async fn absent(&self, name: String, sha256: &str) -> io::Result<()> {
        self.send(Part::Absent(name, sha256.to_owned())).await
    }
    pub async fn bytes(&self, bytes: impl Into<Vec<u8>>) -> io::Result<()> {
        self.send(Part::Bytes(bytes.into())).await
    }
    pub async fn file(&self, name: &str, bytes: impl Into<Vec<u8>>) -> io::Result<()> {
        self.name(name).await?;
        self.bytes(bytes).await
    }
    pub async fn end(self) -> io::Result<()> {
        self.send(Part::End).await
    }
    async fn send(&self, part: Part) -> io::Result<()> {
        self.0.send(part).await.map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}

fn pack(folder: &str, mut parts: Receiver<Part>, out: &Sender<io::Result<Vec<u8>>>) -> io::Result<()> {
    let mut zip = ZipWriter::new_stream(Out { out, waiting: Vec::with_capacity(STEP) });
    let options =
        SimpleFileOptions::default().compression_method(CompressionMethod::Deflated).large_file(true);
    let mut sums = String::new();
    let mut open: Option<(String, Option<String>, Sha256)> = None;
    loop {
        let part = parts.blocking_recv().ok_or(io::ErrorKind::UnexpectedEof)?;
        if let Part::Bytes(bytes) = &part {
            zip.write_all(bytes)?;
            if let Some((_, _, hash)) = &mut open {
                hash.update(bytes);
            }
            continue;
        }
        if let Some((name, recorded, hash)) = open.take() {
            let sum = recorded.unwrap_or_else(|| hex(&hash.finalize()));
            let _ = writeln!(sums, "{sum}  {name}");
        }
        match part {
            Part::Name(name, recorded) => {
                zip.start_file(format!("{folder}/{name}"), options)?;
                open = Some((name, recorded, Sha256::new()));
            }
            Part::Absent(name, sha256) => {
                let _ = writeln!(sums, "{sha256}  {name}");
            }
            Part::Bytes(_) | Part::End => break,
        }
    }
    zip.start_file(format!("{folder}/SHA256SUMS"), options)?;
    zip.write_all(sums.as_bytes())?;
    let ended: StreamWriter<Out<'_>> = zip.finish()?;
    ended.into_inner().flush()
}

/// Hands bytes over in pieces.
struct Out<'a> {
    out: &'a Sender<io::Result<Vec<u8>>>,
    waiting: Vec<u8>,
}

impl Write for Out<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.waiting.extend_from_slice(bytes);
        if self.waiting.len() >= STEP {
            self.flush()?;
        }
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let piece = std::mem::replace(&mut self.waiting, Vec::with_capacity(STEP));
        self.out.blocking_send(Ok(piece)).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}
