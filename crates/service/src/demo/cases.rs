//! The cases of Acme: what its people made of the attack, done through the services as they would have done it.

use domain::case::entry::NewEntry;
use domain::case::{Act, LinkKind, NewCase, NewTask, Priority, Resolution, Tlp};
use domain::event::Event;
use domain::filter::EventFilter;
use domain::permission::{CaseRead, CaseWrite, EventRead, PermissionSet};
use domain::query::{EVENTS, parse};
use domain::{CaseId, OrganizationId, Severity, Timestamp};
use uuid::Uuid;

use super::{PEOPLE, account, derive};
use crate::clock::Clock;
use crate::cx::{Actor, Client, Who};
use crate::{Cx, Error, Result, Services, cases, events};

const HOUR: i64 = 3600;
const MINUTE: i64 = 60;

/// Where the story of the cases is told, and how late it is in it.
struct Room<'a> {
    services: Services,
    organization: OrganizationId,
    /// The last hour of the demo.
    end: Timestamp,
    begin: Timestamp,
    slug: &'a str,
}

/// `begin` is when the accounts were made, `end` when the story ends.
pub(super) async fn tell(services: &Services, slug: &str, begin: Timestamp, end: Timestamp) -> Result<()> {
    let clock = Clock::story(end.plus_seconds(-66 * HOUR));
    let services = Services { clock, ..services.clone() };
    let room = Room { services, organization: derive(&["organization", slug]), end, begin, slug };
    scan(&room).await?;
    exports(&room).await?;
    billing(&room).await
}

impl Room<'_> {
    fn actor(&self, email: &str) -> Result<Actor> {
        let found = PEOPLE.iter().enumerate().find(|(_, person)| person.email == email);
        let (n, person) = found.ok_or_else(|| Error::Internal(format!("nobody of the demo is {email}")))?;
        let role = person.memberships.iter().find(|(slug, _)| *slug == self.slug).map(|(_, role)| *role);
        Ok(Actor {
            who: Who::User(account(n, person, self.begin)),
            organization: self.organization,
            permissions: role.map_or(PermissionSet::NONE, PermissionSet::of_role),
            role,
            session: None,
            client: Client::default(),
        })
    }
    fn writes(&self, email: &str) -> Result<Cx<CaseWrite>> {
        self.services.admit(&self.actor(email)?)
    }
    /// So many seconds before the end.
    fn at(&self, before: i64) -> Timestamp {
        self.end.plus_seconds(-before)
    }
    fn go_to(&self, before: i64) {
        let now = self.services.clock.now();
        self.services.clock.advance_seconds(self.at(before).seconds() - now.seconds());
    }
    fn wait(&self, seconds: i64) {
        self.services.clock.advance_seconds(seconds);
    }
    /// The newest events that a query finds. One that finds none is a mistake of the story.
    async fn found(&self, q: &str, limit: u32) -> Result<Vec<Event>> {
        let wrong = |why: &str| Error::Internal(format!("the demo asks for {q}: {why}"));
        let query = parse(q, &EVENTS, self.end).map_err(|e| wrong(&e.message))?;
        let filter = EventFilter { query: Some(query), ..EventFilter::default() };
        let cx = self.services.admit::<EventRead>(&Actor::system("demo", self.organization))?;
        let found = events::list(&cx, &filter, limit, None).await?.items;
        if found.is_empty() { Err(wrong("there is none")) } else { Ok(found) }
    }
    async fn events(&self, q: &str, limit: u32) -> Result<Vec<Uuid>> {
        Ok(self.found(q, limit).await?.into_iter().map(|event| event.id.0).collect())
    }
    /// The group of the newest event that a query finds.
    async fn group(&self, q: &str) -> Result<Vec<Uuid>> {
        Ok(self.found(q, 1).await?.into_iter().map(|event| event.group_id.0).collect())
    }
}

const ADA: &str = "ada@acme.example";
const MIKA: &str = "mk@acme.example";

/// Three days before the end, and over with.
async fn scan(room: &Room<'_>) -> Result<()> {
    let cx = room.writes(MIKA)?;
    let new = NewCase {
        description:
            "The edge firewall dropped about **620 packets in an hour** from one address, over twelve ports."
                .to_owned(),
        severity: Severity::Low,
        tlp: Tlp::Green,
        tags: vec!["perimeter".to_owned(), "scan".to_owned()],
        ..NewCase::titled("Port scan against the edge firewall")
    };
    let mut about = links(
        LinkKind::Group,
        room.group("source:edge-fw payload.src_ip:185.220.101.34 event_type:deny").await?,
    );
    about.extend(links(
        LinkKind::Event,
        room.events("source:edge-fw payload.src_ip:185.220.101.34", 5).await?,
    ));
    let case = cases::open(&cx, new, &about).await?;
    room.wait(4 * MINUTE);
    cases::act(&cx, case.id, &Act::Investigate).await?;
    cases::add_observables(&cx, case.id, "185.220.101.34\n203.0.113.1", false).await?;
    room.wait(21 * MINUTE);
    let text = "Everything was denied by `default-deny`. The address is a known exit of an anonymising network; nothing behind the firewall answered.";
    cases::add_note(&cx, case.id, text).await?;
    room.wait(6 * MINUTE);
    let reason = "Noise at the edge: every packet was dropped, no session was opened.".to_owned();
    cases::act(&cx, case.id, &Act::Resolve { resolution: Resolution::Benign, reason }).await?;
    Ok(())
}

/// The attack itself, found in the morning after, and being worked on.
async fn exports(room: &Room<'_>) -> Result<()> {
    room.go_to(19 * HOUR);
    let (ada, mika) = (room.writes(ADA)?, room.writes(MIKA)?);
    let new = NewCase {
        description: "840 objects of `acme-customer-exports` were read by **deploy** from an address that knocked on our firewall all week. Afterwards the \
                      trail was stopped and the audit log of `dc-1` cleared.\n\nQuestions:\n\n1. How did they get in?\n2. What did they take?\n3. What did they leave behind?"
            .to_owned(),
        priority: Priority::Urgent,
        severity: Severity::Critical,
        tlp: Tlp::Red,
        due_at: Some(room.at(-29 * HOUR)),
        tags: vec!["customer-data".to_owned(), "exfiltration".to_owned(), "perimeter".to_owned()],
        ..NewCase::titled("Customer exports were read from outside")
    };
    let about = links(LinkKind::Event, room.events("event_type:StopLogging", 1).await?);
    let case = cases::open(&ada, new, &about).await?.id;
    room.wait(3 * MINUTE);
    cases::act(&ada, case, &Act::Investigate).await?;
    for title in [
        "Revoke the keys and passwords of deploy",
        "Close tcp/5432 of sg-0a1f44c2",
        "Find out which customers are in the exports",
        "Remove svc-backup from db-1 and dc-1",
        "Tell the data protection officer within 72 hours",
    ] {
        cases::add_task(&ada, case, NewTask { title: title.to_owned(), assigned_to_id: None, due_at: None })
            .await?;
        room.wait(20);
    }
    room.wait(9 * MINUTE);
    for q in [
        "source:bastion event_type:login payload.src_ip:185.220.101.34",
        "event_type:AuthorizeSecurityGroupIngress",
        "event_type:sudo payload.user:deploy",
        "source:windows-dc \"audit log was cleared\"",
    ] {
        cases::link(&mika, case, LinkKind::Event, &room.events(q, 10).await?).await?;
        room.wait(2 * MINUTE);
    }
    for q in ["event_type:login_failed payload.src_ip:185.220.101.34", "event_type:GetObject"] {
        cases::link(&mika, case, LinkKind::Group, &room.group(q).await?).await?;
        room.wait(MINUTE);
    }
    cases::add_observables(&mika, case, "185.220.101.34\nsvc-backup\ndeploy@acme.example", true).await?;
    room.wait(12 * MINUTE);
    let text = "**312 wrong passwords in 29 minutes** on `bastion-1`, over twelve names; two minutes after the last one `deploy` is in. From there with the key in its \
                home to `web-1` and `db-1`, where `svc-backup` was added to the sudoers. @ada, its password still works.";
    cases::add_note(&mika, case, text).await?;
    finish(&ada, room, case, 2).await?;
    room.wait(48 * MINUTE);
    let entry = NewEntry {
        at: room.services.clock.now(),
        content: "The trail is running again; the gap is 71 minutes.".to_owned(),
        system: Some("123456789012".to_owned()),
    };
    cases::add_entry(&ada, case, entry).await?;
    let text = "The bucket was not encrypted with a key of ours, so what was read is readable. @mk, please ask billing for the list of customers; nobody is written to before that.";
    cases::add_note(&ada, case, text).await?;
    Ok(())
}

/// Nobody's yet.
async fn billing(room: &Room<'_>) -> Result<()> {
    room.go_to(9 * HOUR);
    let cx = room.writes(MIKA)?;
    let new = NewCase {
        description: "Found beside the attack, and not a part of it as far as we see.".to_owned(),
        priority: Priority::Low,
        due_at: Some(room.at(HOUR)),
        tags: vec!["billing".to_owned()],
        ..NewCase::titled("Errors of the billing service pile up")
    };
    let about = links(LinkKind::Group, room.group("source:billing severity>=high").await?);
    cases::open(&cx, new, &about).await?;
    Ok(())
}

fn links(kind: LinkKind, ids: Vec<Uuid>) -> Vec<(LinkKind, Uuid)> {
    ids.into_iter().map(|id| (kind, id)).collect()
}

/// The first so many tasks of a case are done.
async fn finish(cx: &Cx<CaseWrite>, room: &Room<'_>, case: CaseId, n: usize) -> Result<()> {
    let read = room.services.admit::<CaseRead>(&room.actor(ADA)?)?;
    for task in cases::tasks(&read, case).await?.into_iter().take(n) {
        room.wait(7 * MINUTE);
        cases::complete_task(cx, case, task.id, true).await?;
    }
    Ok(())
}
