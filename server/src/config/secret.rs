//! The secret key: given in the settings, or made once in the data folder with mode 0600.

use std::fmt;
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};

use super::Config;

/// 32 bytes that never print.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretKey(pub [u8; 32]);

impl SecretKey {
    /// 64 hex digits, or base64 of 32 bytes.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let bytes = if text.len() == 64 {
            (0..64)
                .step_by(2)
                .map(|i| text.get(i..i + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok()))
                .collect::<Option<Vec<u8>>>()?
        } else {
            [STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD].iter().find_map(|engine| engine.decode(text).ok())?
        };
        bytes.try_into().ok().map(Self)
    }
}
impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(hidden)")
    }
}

/// The key of the settings, else that of `DATA_DIR/secret.key`, which is made when absent.
pub fn secret_key(config: &Config) -> io::Result<SecretKey> {
    if let Some(key) = SecretKey::parse(&config.secret_key) {
        return Ok(key);
    }
    std::fs::create_dir_all(&config.data_dir)?;
    let file = config.data_dir.join("secret.key");
    match read(&file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => make(&file),
        other => other,
    }
}

/// As [`secret_key`], without making one.
pub fn existing_secret_key(config: &Config) -> io::Result<Option<SecretKey>> {
    if let Some(key) = SecretKey::parse(&config.secret_key) {
        return Ok(Some(key));
    }
    match read(&config.data_dir.join("secret.key")) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        other => other.map(Some),
    }
}

fn read(file: &Path) -> io::Result<SecretKey> {
    let mut text = String::new();
    std::fs::File::open(file)?.take(1024).read_to_string(&mut text)?;
    SecretKey::parse(&text).ok_or_else(|| {
        io::Error::new(
            io::ErrorKind::InvalidData,
            format!("{} does not hold 32 bytes as hex", file.display()),
        )
    })
}

/// Written whole under another name and linked into place, so that two processes starting together agree on one key.
fn make(file: &Path) -> io::Result<SecretKey> {
    let mut bytes = [0u8; 32];
    getrandom::fill(&mut bytes).map_err(|e| io::Error::other(e.to_string()))?;
    let draft = file.with_extension(format!("{}.new", std::process::id()));
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut handle = options.open(&draft)?;
    writeln!(handle, "{}", domain::audit::hex(&bytes))?;
    handle.sync_all()?;
    let linked = std::fs::hard_link(&draft, file);
    std::fs::remove_file(&draft)?;
    match linked {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => read(file),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_and_base64_are_understood_and_other_lengths_are_not() {
        assert_eq!(SecretKey::parse(&"0f".repeat(32)), Some(SecretKey([15; 32])));
        assert_eq!(
            SecretKey::parse("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="),
            Some(SecretKey([0; 32]))
        );
        assert_eq!(SecretKey::parse("short"), None);
        assert_eq!(SecretKey::parse(&"é".repeat(32)), None);
    }

    #[test]
    fn a_key_is_made_once_and_only_its_owner_reads_it() {
        let folder = tempfile::tempdir().unwrap();
        let config = Config { data_dir: folder.path().join("data"), ..Config::defaults().unwrap() };
        let first = secret_key(&config).unwrap();
        assert_eq!(secret_key(&config).unwrap(), first);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = std::fs::metadata(folder.path().join("data/secret.key")).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }
}
