//! The page and its parts in their order.

use leptos::prelude::*;
use ui::{Failure, PageHead, SplitList};

use super::{entry, filter, list, read, sections};
use crate::error::Answer;
use crate::page::Page;
use crate::page::print::Asked;
use crate::routes::AuditQuery;

pub async fn page(asked: Asked) -> Answer<Page> {
    let scope = asked.scope().await?;
    let query = AuditQuery::read(&asked.query);
    let listed = query.closed();
    let slug = scope.organization.slug.clone();
    let may_export = scope.may(domain::permission::Key::AuditExport);
    let entries = read::list(&scope, &listed).await;
    let verdict = match asked.query.get_str("verify") {
        Some(_) => Some(read::verdict(&scope).await),
        None => None,
    };
    let verdict = verdict.map(|found| match found {
        Ok(found) => sections::verdict(found, listed.href(&slug)),
        Err(problem) => view! { <Failure problem /> }.into_any(),
    });
    let shown = if query.entry.is_empty() { None } else { Some(read::entry(&scope, &query.entry).await) };
    let is_open = shown.is_some();
    let beside = entries.as_ref().map(|list| entry::around(list, &query.entry)).unwrap_or_default();
    let exact = entries.as_ref().ok().filter(|_| may_export).map(|list| list.exact.clone());
    let bar = filter::bar(&slug, &listed);
    let actions = {
        let (slug, listed) = (slug.clone(), listed.clone());
        move || list::actions(&slug, &listed, exact.as_ref())
    };
    let table = match entries {
        Ok(page) => list::table(page, &slug, &query),
        Err(problem) => view! { <Failure problem /> }.into_any(),
    };
    let panel = move || shown.clone().map(|shown| entry::panel(shown, beside, &slug, &query));
    let body = view! {
        <PageHead title="Audit" note="append-only, each entry chained to the one before by its hash" actions=actions />
        {verdict}
        {bar}
        <SplitList panel=panel panel_open=is_open>
            {table}
        </SplitList>
    };
    Ok(Page::of("Audit", body))
}
