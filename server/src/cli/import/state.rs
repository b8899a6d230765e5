//! How far an import came, and the file of refused rows.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::Job;
use super::reader::Refused;
use crate::config::Config;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct State {
    /// Rows that are dealt with.
    pub rows: u64,
    /// Hex SHA-256 over their bytes, to notice that the file is another one.
    pub digest: String,
    pub accepted: u64,
    pub known: u64,
    pub rejected: u64,
    /// Length of the file of refused rows.
    pub rejected_bytes: u64,
}

/// Where the state of one import is kept.
pub struct Place(PathBuf);

impl Place {
    pub fn of(config: &Config, job: &Job, source: &str) -> io::Result<Self> {
        let folder = config.data_dir.join("imports");
        fs::create_dir_all(&folder)?;
        let path = fs::canonicalize(&job.file)?;
        let name = format!("{}\0{}\0{source}\0{}\0{}", config.database_url, job.org, job.format, path.display());
        Ok(Self(folder.join(format!("{}.json", &domain::audit::hex(&Sha256::digest(name))[..32]))))
    }
    pub fn load(&self) -> Option<State> {
        serde_json::from_slice(&fs::read(&self.0).ok()?).ok()
    }
    /// Whole or not at all.
    pub fn save(&self, state: &State) -> io::Result<()> {
        let draft = self.0.with_extension("new");
        fs::write(&draft, serde_json::to_vec(state)?)?;
        fs::rename(draft, &self.0)
    }
    /// The import is done; a leftover costs one reading of the file.
    pub fn clear(&self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// `FILE.rejected.ndjson`, beside the file; made with the first refused row.
pub struct Rejects {
    path: PathBuf,
    file: Option<File>,
    length: u64,
}

pub fn rejects_of(job: &Job) -> PathBuf {
    let mut name = if job.file.as_os_str() == "-" { "stdin".into() } else { job.file.clone().into_os_string() };
    name.push(".rejected.ndjson");
    PathBuf::from(name)
}

impl Rejects {
    /// Goes on where the state left off; without one an old file is overwritten at the first refused row.
    pub fn open(job: &Job, before: Option<&State>) -> io::Result<Self> {
        let mut rejects = Self { path: rejects_of(job), file: None, length: 0 };
        if let Some(length) = before.map(|s| s.rejected_bytes).filter(|n| *n > 0) {
            let mut file = OpenOptions::new().write(true).create(true).truncate(false).open(&rejects.path)?;
            file.set_len(length)?;
            file.seek(SeekFrom::End(0))?;
            rejects.file = Some(file);
            rejects.length = length;
        }
        Ok(rejects)
    }
    pub fn length(&self) -> u64 {
        self.length
    }
    pub fn write(&mut self, refused: &[Refused]) -> Result<(), anyhow::Error> {
        if refused.is_empty() {
            return Ok(());
        }
        let mut text = String::new();
        for row in refused {
            text.push_str(&json!({ "index": row.index, "reasons": row.reasons, "row": row.row }).to_string());
            text.push('\n');
        }
        let told = |e: io::Error| anyhow::anyhow!("{}: {e}", self.path.display());
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(File::create(&self.path).map_err(told)?),
        };
        file.write_all(text.as_bytes()).and_then(|()| file.flush()).map_err(told)?;
        self.length += text.len() as u64;
        Ok(())
    }
}
