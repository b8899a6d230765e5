//! Builds a world: a fixed clock, organizations, people, signed-in viewers and their actors.

use domain::Timestamp;
use domain::account::User;
use domain::audit::{AuditFilter, AuditRecord};
use domain::organization::{NewOrganization, Organization};
use domain::permission::Permission;
use domain::{OrganizationId, PLATFORM};
use service::auth::{self, Viewer};
use service::secrets::Secrets;
use service::{Actor, Client, Clock, Cx, Services, members, organizations};
use testkit::TestDb;

pub const PASSWORD: &str = "correct horse battery";

pub struct World {
    pub services: Services,
    pub clock: Clock,
    pub t: TestDb,
}

impl World {
    /// Empty, at 2026-11-23 09:30 UTC.
    pub fn new(t: TestDb) -> Self {
        let clock = Clock::fixed(start());
        Self { services: services(&t, clock.clone()), clock, t }
    }

    /// Another process on the same database, with the same clock and key.
    pub fn second_process(&self) -> Services {
        services(&self.t, self.clock.clone())
    }

    pub async fn organization(&self, slug: &str) -> Organization {
        let cx = self.services.admit(&Actor::platform("test")).unwrap();
        let new = NewOrganization {
            slug: slug.to_owned(),
            name: slug.to_uppercase(),
            ..NewOrganization::default()
        };
        organizations::create(&cx, new).await.unwrap()
    }

    /// `role`: of the organization, or `sre`. The password is [`PASSWORD`].
    pub async fn person(&self, email: &str, slug: &str, role: &str) -> User {
        members::add_user(&self.services, email, slug, role, PASSWORD).await.unwrap().0
    }

    pub async fn viewer(&self, email: &str) -> Viewer {
        let signed_in = auth::sign_in(&self.services, email, PASSWORD, &client()).await.unwrap();
        auth::viewer(&self.services, signed_in.session, &client()).await.unwrap().unwrap()
    }

    /// Signs in and enters.
    pub async fn actor(&self, email: &str, slug: &str) -> Actor {
        organizations::enter(&self.services, &self.viewer(email).await, slug).await.unwrap().1
    }

    /// The context of somebody who holds `P` here.
    pub async fn cx<P: Permission>(&self, email: &str, slug: &str) -> Cx<P> {
        self.services.admit(&self.actor(email, slug).await).unwrap()
    }

    /// Oldest first.
    pub async fn log(&self, organization: OrganizationId) -> Vec<AuditRecord> {
        auth::settled(&self.services).await;
        let cx = self.services.admit(&Actor::system("test", organization)).unwrap();
        let mut records = service::audit::list(&cx, &AuditFilter::default(), 1000, None).await.unwrap().items;
        records.reverse();
        records
    }

    pub async fn actions(&self, organization: OrganizationId) -> Vec<String> {
        self.log(organization).await.into_iter().map(|r| r.action).collect()
    }

    pub async fn platform_log(&self) -> Vec<AuditRecord> {
        self.log(PLATFORM).await
    }
}

pub fn start() -> Timestamp {
    "2026-11-23T09:30:00Z".parse().unwrap()
}

pub fn client() -> Client {
    Client { ip_address: Some("192.0.2.1".to_owned()), user_agent: Some("test browser".to_owned()) }
}

pub fn from(address: &str) -> Client {
    Client { ip_address: Some(address.to_owned()), user_agent: None }
}

fn services(t: &TestDb, clock: Clock) -> Services {
    Services::new(t.db.clone(), clock, Secrets::new([7; 32]), false)
}
