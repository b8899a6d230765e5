//! Only `Services::admit` makes a context.
use std::marker::PhantomData;

use domain::permission::SourceRead;

fn page(services: service::Services, actor: service::Actor) -> service::Cx<SourceRead> {
    service::Cx { services, actor, permission: PhantomData }
}

fn main() {}
