//! `watchroom org`.

use clap::Subcommand;
use domain::organization::NewOrganization;
use domain::permission::{OrganizationCreate, OrganizationRead};
use service::{Actor, Services, organizations, oversight};

use super::{Done, tell, usage};

#[derive(Subcommand)]
pub enum Org {
    /// Add an organization.
    Add {
        slug: String,
        /// The name people see; the slug by default.
        #[arg(long)]
        name: Option<String>,
    },
    /// One line an organization: slug, state, members, sources, events of 24 hours, events in all, name, with tabs between.
    List,
    /// Change the name; the slug stays.
    Rename { slug: String, name: String },
    /// Nobody but the platform role enters, keys are refused. Nothing is deleted.
    Suspend { slug: String },
    /// End a suspension.
    Resume { slug: String },
    /// Suspend it and mark it to be deleted after 30 days, but for its audit log.
    Delete { slug: String },
    /// Take the mark of `delete` back; it stays suspended.
    Keep { slug: String },
}

pub async fn run(services: &Services, command: Org) -> Done {
    let actor = Actor::platform("command line");
    let cx = services.admit::<OrganizationCreate>(&actor)?;
    match command {
        Org::Add { slug, name } => {
            let name = name.unwrap_or_else(|| slug.clone());
            let new = NewOrganization { name, slug, ..NewOrganization::default() };
            let made = usage(organizations::create(&cx, new).await)?;
            eprintln!("organization {} ({})", made.slug, made.name);
        }
        Org::List => {
            for one in oversight::list(&services.admit::<OrganizationRead>(&actor)?).await? {
                let state = match one.delete_after {
                    Some(after) => format!("deleted after {after}"),
                    None if one.is_active => "active".to_owned(),
                    None => "suspended".to_owned(),
                };
                let figures =
                    [one.members, one.sources, one.events_recent, one.events].map(|n| n.to_string());
                tell(&format!("{}\t{state}\t{}\t{}", one.slug, figures.join("\t"), one.name))?;
            }
        }
        Org::Rename { slug, name } => {
            let renamed = usage(oversight::rename(&cx, &slug, None, &name).await)?;
            eprintln!("{} is called {}", renamed.slug, renamed.name);
        }
        Org::Suspend { slug } => {
            usage(organizations::suspend(&cx, &slug).await)?;
            eprintln!("{slug} is suspended");
        }
        Org::Resume { slug } => {
            usage(organizations::resume(&cx, &slug).await)?;
            eprintln!("{slug} is active");
        }
        Org::Delete { slug } => {
            let after = usage(oversight::mark(&cx, &slug, &slug).await)?;
            eprintln!(
                "{slug} is suspended and deleted after {after}; `watchroom org keep {slug}` takes that back"
            );
        }
        Org::Keep { slug } => {
            usage(oversight::take_back(&cx, &slug).await)?;
            eprintln!("{slug} stays, suspended; `watchroom org resume {slug}` opens it again");
        }
    }
    Ok(())
}
