//! A context stays in the organization it was made for.
use domain::permission::SourceRead;

fn page(mut cx: service::Cx<SourceRead>, other: domain::OrganizationId) {
    cx.actor.organization = other;
}

fn main() {}
