//! The page that a person lands on after signing in.

use serde::{Deserialize, Serialize};

use crate::member::words;
use crate::view::Area;
use crate::{OrganizationId, ViewId};

words! {
    /// A page of an organization to land on.
    StartPage {
        Overview = "overview", Events = "events", Groups = "groups", Cases = "cases", Tasks = "tasks", Drift = "drift",
    }
    "not a page to start with: overview, events, groups, cases, tasks or drift"
}

impl StartPage {
    /// As the choice calls it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Overview => "Overview",
            Self::Events => "Events",
            Self::Groups => "Groups",
            Self::Cases => "Cases",
            Self::Tasks => "My tasks",
            Self::Drift => "Drift",
        }
    }
    /// The list that a saved view is of.
    pub fn of(area: Area) -> Self {
        match area {
            Area::Events => Self::Events,
            Area::Groups => Self::Groups,
            Area::Cases => Self::Cases,
            Area::Drift => Self::Drift,
        }
    }
}

/// What somebody chose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Start {
    pub organization_id: OrganizationId,
    pub page: StartPage,
    /// A saved view of that list.
    pub view_id: Option<ViewId>,
}
