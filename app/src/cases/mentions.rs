//! Where others named whoever looks, as the last tab of what there is to do; and the names that a note offers. Server only.

use domain::case::key;
use domain::case::mention::{Mention, MentionFilter};
use domain::member::Member;
use domain::permission::CaseRead;
use leptos::prelude::*;
use service::{Cx, Who, cases};
use ui::{Badge, Button, Column, DataTable, Empty, Glyph, IconButton, Pager, Row, Tone};

use super::{ReadAllMentions, ReadMention};
use crate::error::Answer;
use crate::page::print::form;
use crate::routes::{self, Link};
use crate::server::Scope;
use crate::when::Ago;

/// The word of the tab in the address.
pub const SHOW: &str = "mentions";
const LIMIT: u32 = 50;
/// Characters of a note that the list tells.
const EXCERPT: usize = 160;
/// The list of names that a note offers while somebody types.
pub const NAMES: &str = "people-to-mention";

/// How many of who asks are new; `None` for who is no member, whom nobody can name.
pub async fn unread(scope: &Scope, cx: &Cx<CaseRead>) -> Answer<Option<i64>> {
    let Some(filter) = own(scope, true) else { return Ok(None) };
    Ok(Some(cases::count_mentions(cx, &filter).await?))
}

/// `unread`: how many are new.
pub async fn list(scope: &Scope, cx: &Cx<CaseRead>, cursor: &str, unread: i64) -> Answer<AnyView> {
    let Some(filter) = own(scope, false) else { return Ok(nobody()) };
    let slug = scope.organization.slug.as_str();
    let cursor = Some(cursor).filter(|cursor| !cursor.is_empty());
    let found = cases::mentions(cx, &filter, LIMIT, cursor).await?;
    if found.items.is_empty() && cursor.is_none() {
        return Ok(nobody());
    }
    let tab = || Link::new(routes::case_tasks(slug)).with("show", SHOW);
    let (previous, next) = (
        cursor.is_some().then(|| tab().done()),
        found.next_cursor.map(|cursor| tab().with("cursor", &cursor).done()),
    );
    let all = (unread > 0).then(|| {
        let fields = view! {
            <input type="hidden" name="organization" value=slug.to_owned() />
            <Button submit=true icon=Glyph::Check>"Mark all as read"</Button>
        };
        view! { <div class="row-line">{form::<ReadAllMentions>("Read", "inline-form", fields)}</div> }
    });
    let rows: Vec<_> = found.items.iter().map(|mention| row(scope, mention)).collect();
    let columns = vec![
        Column::new("Read").class("shrink").hidden_header(),
        Column::new("Note").class("message"),
        Column::new("Case").class("message optional"),
        Column::new("By").class("optional"),
        Column::new("When").class("time"),
    ];
    Ok(view! {
        {all}
        <DataTable caption="Mentions of you" columns=columns>
            {rows}
        </DataTable>
        <Pager label="Pages of mentions" previous=previous next=next />
    }
    .into_any())
}

fn row(scope: &Scope, mention: &Mention) -> AnyView {
    let slug = scope.organization.slug.clone();
    let href = [routes::case(&slug, mention.number), "#".to_owned(), anchor(mention.note_id)].concat();
    let new = mention.read_at.is_none();
    let read = new.then(|| {
        let label = format!("Mark as read: {} in {}", mention.author, key(mention.number));
        let fields = view! {
            <input type="hidden" name="organization" value=slug.clone() />
            <input type="hidden" name="note" value=mention.note_id.to_string() />
            <IconButton submit=true glyph=Glyph::Check label=label />
        };
        form::<ReadMention>("Read", "inline-form", fields)
    });
    let mark = new.then(|| view! { <Badge tone=Tone::Accent>"new"</Badge> " " });
    let (words, case) = (excerpt(&mention.content), mention.title.clone());
    let (code, author, when) =
        (key(mention.number), mention.author.clone(), scope.zone.when(mention.mentioned_at));
    let under = format!("{code} · {author}");
    view! {
        <Row href=href.clone()>
            <td class="shrink">{read}</td>
            <td class="message">
                {mark}
                <a data-row-link href=href>{words}</a>
                <span class="under">{under}</span>
            </td>
            <td class="message optional"><span class="mono muted">{code}</span> " " {case}</td>
            <td class="optional">{author}</td>
            <td class="time"><Ago when /></td>
        </Row>
    }
    .into_any()
}

/// The first words of a note, on one line.
fn excerpt(content: &str) -> String {
    let line = content.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(EXCERPT) {
        Some((end, _)) => [line[..end].trim_end(), "…"].concat(),
        None => line,
    }
}

/// The place of a note on its page.
pub fn anchor(note: domain::CaseNoteId) -> String {
    format!("said-{note}")
}

/// What a note's box offers behind an `@`: names as they are written, with those that people know.
pub fn names(members: &[Member]) -> AnyView {
    let options: Vec<_> = members
        .iter()
        .filter(|member| member.enabled)
        .filter_map(|member| {
            let name = member.display_name.clone().unwrap_or_default();
            let called = domain::case::mention::called(member)?.to_owned();
            Some(view! { <option value=called label=name></option> })
        })
        .collect();
    view! { <datalist id=NAMES>{options}</datalist> }.into_any()
}

fn own(scope: &Scope, unread: bool) -> Option<MentionFilter> {
    match &scope.actor.who {
        Who::User(user) if scope.actor.role.is_some() => Some(MentionFilter { user: Some(user.id), unread }),
        _ => None,
    }
}

fn nobody() -> AnyView {
    let text = "Whoever writes @ and your name in a note of a case calls you; the note then stands here until you have read it.";
    view! { <Empty title="Nobody has mentioned you" text=text icon=Glyph::Check /> }.into_any()
}

#[cfg(test)]
mod tests {
    use super::excerpt;

    #[test]
    fn an_excerpt_is_one_line() {
        assert_eq!(excerpt("a\n\n*b* "), "a *b*");
        let long = "ö".repeat(200);
        assert_eq!(excerpt(&long).chars().count(), 161);
    }
}
