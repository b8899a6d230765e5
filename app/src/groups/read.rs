//! From the domain to what is shown. Server only.

use domain::GroupId;
use domain::filter::EventFilter;
use domain::group::Group;
use domain::permission::{EventRead, GroupRead};

use super::query::GroupQuery;
use super::shown::{GroupList, GroupRow, GroupShown};
use crate::Answer;
use crate::events::chart::Size;
use crate::events::read as events;
use crate::events::shown::Nothing;
use crate::server::Scope;
use crate::when::Zone;

const PAGE: u32 = 50;
/// Events shown on the page of a group.
const RECENT: u32 = 10;

pub async fn list(scope: &Scope, query: &GroupQuery) -> Answer<GroupList> {
    let cx = scope.admit::<GroupRead>()?;
    let filter = query.to_filter(scope.services.clock.now(), |text| scope.zone.parse(text).ok())?;
    let cursor = Some(query.cursor.as_str()).filter(|cursor| !cursor.is_empty());
    let page = service::groups::list(&cx, &filter, PAGE, cursor).await?;
    let nothing = if page.items.is_empty() {
        let any = !service::groups::list(&cx, &domain::group::GroupFilter::default(), 1, None)
            .await?
            .items
            .is_empty();
        Some(Nothing { any, origin: events::origin() })
    } else {
        None
    };
    let rows = page.items.into_iter().map(|group| row(group, scope.zone)).collect();
    Ok(GroupList { rows, next_cursor: page.next_cursor, nothing })
}

pub async fn get(scope: &Scope, id: GroupId) -> Answer<GroupShown> {
    let cx = scope.admit::<GroupRead>()?;
    let group = service::groups::get(&cx, id).await?;
    let buckets = service::groups::histogram(&cx, id, None, None, crate::events::BUCKETS).await?;
    let filter = EventFilter { group_id: Some(id), ..EventFilter::default() };
    let recent = service::events::list(&scope.admit::<EventRead>()?, &filter, RECENT, None).await?;
    let span =
        EventFilter { from: Some(group.first_seen), to: Some(group.last_seen.plus_micros(1)), ..filter };
    Ok(GroupShown {
        event_type: group.event_type.clone(),
        fingerprint: group.fingerprint.clone(),
        example: events::marked(group.example.clone(), None),
        histogram: events::histogram(&buckets, &span, scope.services.clock.now(), scope.zone, Size::Medium),
        recent: recent.items.into_iter().map(|event| events::row(event, scope.zone, None)).collect(),
        group: row(group, scope.zone),
    })
}

pub fn row(group: Group, zone: Zone) -> GroupRow {
    GroupRow {
        id: group.id.to_string(),
        severity: group.severity,
        template: events::marked_template(&group.template),
        component: group.component,
        event_count: group.event_count,
        first_seen: zone.when(group.first_seen),
        last_seen: zone.when(group.last_seen),
    }
}
