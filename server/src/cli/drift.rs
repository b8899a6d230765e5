//! `watchroom drift push`: what a tool printed, into the database of this machine. A pipeline elsewhere sends the same text to
//! `POST /api/v1/drift`.

use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use domain::drift::Format;
use domain::permission::DriftWrite;
use service::drifts::{self, What};
use service::{Actor, Services, organizations};

use super::{Done, Stop};

#[derive(clap::Subcommand)]
pub enum Drift {
    /// Read what Terraform, OpenTofu, CloudFormation or Kubernetes printed. Prints what became of it as JSON.
    Push(Push),
}

#[derive(clap::Args)]
pub struct Push {
    #[arg(long, value_name = "SLUG")]
    org: String,
    /// The environment; made when there is none.
    #[arg(long, value_name = "SLUG")]
    environment: String,
    /// The repository of infrastructure code; made when there is none.
    #[arg(long, value_name = "NAME")]
    repository: String,
    /// Told from the content when it is left out.
    #[arg(long, value_name = "terraform-plan|terraform-state|cloudformation|kubernetes")]
    format: Option<Format>,
    /// What is declared, where FILE holds live Kubernetes objects.
    #[arg(long, value_name = "FILE", conflicts_with = "actual")]
    declared: Option<PathBuf>,
    /// A snapshot of the real world, where FILE is a state file.
    #[arg(long, value_name = "FILE")]
    actual: Option<PathBuf>,
    /// What the tool printed, or - for standard input. gzip and zstd are recognised.
    file: PathBuf,
}

pub async fn push(services: &Services, asked: Push) -> Done {
    let organization = super::usage(organizations::by_slug(services, &asked.org).await)?;
    let cx = services.admit::<DriftWrite>(&Actor::system("command line", organization.id))?;
    let text = text_of(&asked.file)?;
    let (format, text) = match (&asked.declared, &asked.actual) {
        (Some(declared), _) => {
            let both = serde_json::json!({ "declared": text_of(declared)?, "live": text });
            (Format::Kubernetes, both.to_string())
        }
        (None, Some(actual)) => {
            // As they stand, so that lines of problems are those of one text.
            (Format::TerraformState, format!("{{\"state\": {text}, \"actual\": {}}}", text_of(actual)?))
        }
        (None, None) => (asked.format.unwrap_or_else(|| drifts::sniff(&text)), text),
    };
    let file = asked.file.display().to_string();
    let what = What { environment: asked.environment, repository: asked.repository, format, file, text };
    let report = drifts::push(&cx, what, None).await?.report;
    for problem in &report.problems {
        let line = problem.line.map(|line| format!(":{line}")).unwrap_or_default();
        eprintln!("{}{line}: {} {}", problem.file, problem.path, problem.reason);
    }
    super::tell(&serde_json::to_string(&report)?)?;
    Ok(())
}

fn text_of(file: &Path) -> Result<String, Stop> {
    let mut bytes = Vec::new();
    if file.as_os_str() == "-" {
        io::stdin().read_to_end(&mut bytes)?;
    } else {
        let read = std::fs::read(file).map_err(|e| Stop::Usage(format!("{}: {e}", file.display())))?;
        bytes = read;
    }
    let encoding = match bytes.as_slice() {
        [0x1f, 0x8b, ..] => wire::Encoding::Gzip,
        [0x28, 0xb5, 0x2f, 0xfd, ..] => wire::Encoding::Zstd,
        _ => wire::Encoding::Identity,
    };
    if encoding != wire::Encoding::Identity {
        bytes = wire::decompress(encoding, &bytes, 256 << 20)?;
    }
    String::from_utf8(bytes).map_err(|_| Stop::Usage(format!("{}: not UTF-8 text", file.display())))
}
