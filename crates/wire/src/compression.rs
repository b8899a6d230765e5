//! gzip and zstd with a hard cap on what comes out, and UTF-16 as UTF-8.

use std::io::{self, BufRead, BufReader, Read};

use encoding_rs_io::DecodeReaderBytesBuilder;

use crate::Error;

/// What a request body may grow to.
pub const MAX_INFLATED: u64 = 64 * 1024 * 1024;

/// A supported `Content-Encoding`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    Identity,
    Gzip,
    Zstd,
}

impl Encoding {
    /// Of a `Content-Encoding` header.
    ///
    /// # Errors
    /// [`Error::Nested`] for a list of encodings, [`Error::Encoding`] for an unknown one.
    pub fn of_header(value: &str) -> Result<Self, Error> {
        match value.trim().to_ascii_lowercase().as_str() {
            "" | "identity" => Ok(Self::Identity),
            "gzip" | "x-gzip" => Ok(Self::Gzip),
            "zstd" => Ok(Self::Zstd),
            list if list.contains(',') => Err(Error::Nested),
            other => Err(Error::Encoding(other.chars().take(40).collect())),
        }
    }

    /// Of a file by its first bytes (RFC 1952 section 2.3.1, RFC 8878 section 3.1.1).
    pub fn of_bytes(first: &[u8]) -> Self {
        if first.starts_with(&[0x1f, 0x8b]) {
            Self::Gzip
        } else if first.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
            Self::Zstd
        } else {
            Self::Identity
        }
    }
}

/// A file as text: decompressed, and from UTF-16 to UTF-8 where its mark says so (what Windows tools write). Other bytes stay as
/// they are. Fails once more than `limit` bytes have come out; [`limit_of`] recognises the failure.
///
/// # Errors
/// The first bytes cannot be read, or the decoder cannot be set up.
pub fn file<'a>(input: impl Read + 'a, limit: u64) -> io::Result<impl Read + 'a> {
    let mut input = BufReader::with_capacity(128 * 1024, input);
    let encoding = Encoding::of_bytes(input.fill_buf()?);
    let bytes = decoder(encoding, input, limit).map_err(io::Error::other)?;
    let mut text = DecodeReaderBytesBuilder::new().utf8_passthru(true).build(bytes);
    // The decoder gives the bytes that it looked at for a mark by themselves; who guesses a format needs what follows. A pipe
    // is not waited for.
    let mut first = vec![0; 64 * 1024];
    let mut filled = text.read(&mut first)?;
    if (1..=MARK).contains(&filled) {
        filled += text.read(&mut first[filled..])?;
    }
    // Only for what tells nothing yet: the lines that stand above a table.
    while filled < first.len() && crate::sniff::is_above(&first[..filled]) {
        match text.read(&mut first[filled..])? {
            0 => break,
            more => filled += more,
        }
    }
    first.truncate(filled);
    Ok(io::Cursor::new(first).chain(text))
}

/// Bytes of the longest mark of an encoding.
const MARK: usize = 3;

/// A reader of the decompressed bytes that fails once more than `limit` have come out. Memory stays small.
/// The failure is an [`io::Error`] that [`limit_of`] recognises.
///
/// # Errors
/// The zstd decoder could not be set up.
fn decoder<'a, R: Read + 'a>(encoding: Encoding, input: R, limit: u64) -> Result<Box<dyn Read + 'a>, Error> {
    let inner: Box<dyn Read + 'a> = match encoding {
        Encoding::Identity => Box::new(input),
        Encoding::Gzip => Box::new(flate2::read::MultiGzDecoder::new(BufReader::new(input))),
        Encoding::Zstd => {
            let mut decoder = zstd::stream::read::Decoder::new(input).map_err(Error::Damaged)?;
            // 8 MiB, what RFC 9659 allows for HTTP; more would let a small body demand a large window.
            decoder.window_log_max(23).map_err(Error::Damaged)?;
            Box::new(decoder)
        }
    };
    Ok(Box::new(Capped { inner, left: limit, limit }))
}

/// What few bodies are larger than, in bytes. What they grew through stays with the thread's part of the allocator for a while.
const LARGE: u64 = 1 << 20;

/// A whole request body.
///
/// # Errors
/// [`Error::TooLarge`], [`Error::Nested`] when what came out is compressed again, [`Error::Damaged`].
pub fn decompress(encoding: Encoding, bytes: &[u8], limit: u64) -> Result<Vec<u8>, Error> {
    let mut out = Vec::with_capacity(bytes.len().saturating_mul(2).min(1 << 20));
    let mut text = decoder(encoding, bytes, limit)?;
    let failed = |e| match limit_of(&e) {
        Some(limit) => Error::TooLarge(limit),
        None => Error::Damaged(e),
    };
    if text.by_ref().take(LARGE).read_to_end(&mut out).map_err(failed)? as u64 == LARGE {
        // All the room at once: growing by doubling would hold the old half beside the new one. What is not written to takes no memory.
        // Where that cannot be had it grows as it goes.
        let _ = out.try_reserve_exact(
            usize::try_from(limit.saturating_sub(LARGE)).unwrap_or(usize::MAX).saturating_add(64),
        );
        text.read_to_end(&mut out).map_err(failed)?;
    }
    if encoding != Encoding::Identity && Encoding::of_bytes(&out) != Encoding::Identity {
        return Err(Error::Nested);
    }
    Ok(out)
}

/// The limit that a read error says was passed, if it is that.
pub fn limit_of(error: &io::Error) -> Option<u64> {
    error.get_ref()?.downcast_ref::<Passed>().map(|p| p.0)
}

#[derive(Debug)]
struct Passed(u64);
impl std::fmt::Display for Passed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "larger than {} bytes when decompressed", self.0)
    }
}
impl std::error::Error for Passed {}

struct Capped<R> {
    inner: R,
    left: u64,
    limit: u64,
}

impl<R: Read> Read for Capped<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        match self.left.checked_sub(n as u64) {
            Some(left) => {
                self.left = left;
                Ok(n)
            }
            None => Err(io::Error::other(Passed(self.limit))),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut w = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        w.write_all(bytes).unwrap();
        w.finish().unwrap()
    }

    #[test]
    fn both_encodings_come_out_as_they_went_in() {
        let text = b"hello\nworld".repeat(1000);
        assert_eq!(decompress(Encoding::Gzip, &gzip(&text), MAX_INFLATED).unwrap(), text);
        let zipped = zstd::encode_all(&text[..], 3).unwrap();
        assert_eq!(decompress(Encoding::Zstd, &zipped, MAX_INFLATED).unwrap(), text);
        assert_eq!(decompress(Encoding::Identity, &text, MAX_INFLATED).unwrap(), text);
    }

    #[test]
    fn what_stands_above_a_table_is_followed_by_it_through_a_pipe() {
        let piped = b"sep=;\n".chain(&b"# a\n"[..]).chain(&b"time;mess"[..]).chain(&b"age\n2026;x\n"[..]);
        let mut text = BufReader::new(file(piped, u64::MAX).unwrap());
        assert_eq!(text.fill_buf().unwrap(), b"sep=;\n# a\ntime;message\n2026;x\n");
        let mut live = BufReader::new(file(b"<34> a\n".chain(&b"<34> b\n"[..]), u64::MAX).unwrap());
        assert_eq!(live.fill_buf().unwrap(), b"<34> a\n", "a live pipe is not waited for");
    }

    #[test]
    fn a_bomb_is_refused_at_the_limit() {
        let zeros = vec![0u8; 3_000_000];
        let zipped = zstd::encode_all(&zeros[..], 3).unwrap();
        for (encoding, body) in
            [(Encoding::Gzip, gzip(&zeros)), (Encoding::Zstd, zipped), (Encoding::Identity, zeros)]
        {
            assert!(
                matches!(decompress(encoding, &body, 1_000_000), Err(Error::TooLarge(1_000_000))),
                "{encoding:?}"
            );
        }
        let exact = vec![b'x'; 1000];
        assert!(decompress(Encoding::Gzip, &gzip(&exact), 1000).is_ok());
        assert!(decompress(Encoding::Gzip, &gzip(&exact), 999).is_err());
    }

    #[test]
    fn a_body_is_compressed_once() {
        assert!(matches!(decompress(Encoding::Gzip, &gzip(&gzip(b"x")), 1000), Err(Error::Nested)));
        assert!(matches!(Encoding::of_header("gzip, gzip"), Err(Error::Nested)));
        assert!(matches!(Encoding::of_header("br"), Err(Error::Encoding(_))));
        assert_eq!(Encoding::of_header(" GZIP ").unwrap(), Encoding::Gzip);
    }

    #[test]
    fn damage_is_an_error() {
        let mut body = gzip(b"hello world hello world");
        body.truncate(body.len() - 4);
        assert!(matches!(decompress(Encoding::Gzip, &body, 1000), Err(Error::Damaged(_))));
        assert!(decompress(Encoding::Zstd, b"nonsense", 1000).is_err());
    }

    #[test]
    fn utf_16_files_are_read_and_other_bytes_stay() {
        let text = "time,message\n1,\u{e9}\u{1f44d}\n";
        let read = |bytes: &[u8]| {
            let mut out = Vec::new();
            file(bytes, 1000).unwrap().read_to_end(&mut out).unwrap();
            out
        };
        let little: Vec<u8> =
            [0xfeff].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> =
            [0xfeff].into_iter().chain(text.encode_utf16()).flat_map(u16::to_be_bytes).collect();
        assert_eq!(String::from_utf8(read(&little)).unwrap().trim_start_matches('\u{feff}'), text);
        assert_eq!(String::from_utf8(read(&big)).unwrap().trim_start_matches('\u{feff}'), text);
        assert_eq!(read(&gzip(&little)), read(&little));
        for other in [&b"\xff\x00 not text \xc3"[..], b"", b"x", "\u{feff}a,b".as_bytes()] {
            assert_eq!(read(other), other);
        }
        let mut start = [0; 10];
        assert_eq!(file(&b"0123456789"[..], 1000).unwrap().read(&mut start).unwrap(), 10, "at once");
        let long = [0xff, 0xfe].into_iter().chain(b"x\0".repeat(1000)).collect::<Vec<_>>();
        // However much of it the first look takes, the limit is told.
        let whole = |bytes: &[u8]| file(bytes, 1000).and_then(|mut text| text.read_to_end(&mut Vec::new()));
        assert_eq!(limit_of(&whole(&long).unwrap_err()), Some(1000));
        assert_eq!(limit_of(&whole(&b"x".repeat(200_000)).unwrap_err()), Some(1000));
    }
}
