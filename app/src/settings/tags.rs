//! `/o/{organization}/settings/tags?sort=`: the tags that cases have. `?tag={id}` opens one in a dialog, with `&into={id}` what merging it
//! would do; `?delete={id}` asks before one goes.

use std::cmp::Reverse;

use domain::case::{Tag, fold};
use domain::permission as p;
use domain::query::edit::condition;
use leptos::prelude::*;
use service::Cx;
use service::cases::{self, TagMerge};
use ui::{
    Actions, Button, Choice, Column, DataTable, Dialog, Empty, Field, Glyph, Row, Section, Select, Sorted,
    TextInput, Variant,
};

use super::tag_api::{AddTag, DeleteTag, MergeTag, RenameTag, TAG, TagForm};
use crate::audit::history;
use crate::error::Answer;
use crate::events::parts::{counted, number};
use crate::form::{Form, FormError};
use crate::live;
use crate::page::Page;
use crate::page::print::{Asked, form};
use crate::routes::{self, Link, SettingsPage};
use crate::stale;
use crate::when::{At, Zone};

const ADD: &str = "add-tag";
const FIELDS: &[&str] = &["name"];
/// Longest name, in characters.
const LONGEST: u32 = domain::case::MAX_TAG as u32;

/// Where in the page one is.
#[derive(Clone, Copy)]
struct Place<'a> {
    slug: &'a str,
    sort: Sort,
    zone: Zone,
    may_change: bool,
    may_audit: bool,
}

impl Place<'_> {
    fn link(self) -> Link {
        Link::new(SettingsPage::Tags.href(self.slug)).with("sort", self.sort.word())
    }
}

pub async fn page(asked: Asked) -> Answer<Page> {
    let scope = asked.scope().await?;
    let since = live::since(&scope).await?;
    let cx = scope.admit::<p::TagRead>()?;
    let mut tags = cases::tags(&cx).await?;
    let sort = Sort::of(asked.get("sort"));
    sort.apply(&mut tags);
    let place = Place {
        slug: &scope.organization.slug,
        sort,
        zone: scope.zone,
        may_change: scope.may(p::Key::TagWrite),
        may_audit: scope.may(p::Key::AuditRead),
    };
    let may_change = place.may_change;
    let of = |name: &str| tags.iter().find(|tag| may_change && tag.id.to_string() == asked.get(name));
    let dialog = match (of("tag"), of("into"), of("delete")) {
        (Some(tag), Some(into), _) if tag.id != into.id => {
            let merge = cases::preview_merge(&cx, tag.id, into.id).await?;
            Some(change(tag, &tags, Some(&merge), place, rename(tag, place.slug, &cx).await?))
        }
        (Some(tag), _, _) => Some(change(tag, &tags, None, place, rename(tag, place.slug, &cx).await?)),
        (None, _, Some(tag)) => Some(delete(tag, place)),
        (None, _, None) => None,
    };
    let names = tags.iter().map(|tag| (tag.id.to_string(), tag.name.clone()));
    let history = history::dialog(&scope, &asked, "tag", names, &place.link().done()).await?;
    let table = list(&tags, place);
    let add = may_change.then(|| add_dialog(place.slug));
    let body = view! {
        <Section
            title="Tags"
            hint="What cases are sorted and found by. A tag is the same however it is written: SSH and ssh are one."
            actions=move || may_change.then(add_button).into_any()
        >
            {table}
        </Section>
        {add}
        {dialog}
        {history}
    };
    Ok(Page::of(SettingsPage::Tags.title(), body).follows(since, &["tag", "case"]))
}

/// What the list is sorted by, and whether the other way round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Sort {
    by: By,
    back: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    /// From A to Z.
    Name,
    /// The most first.
    Cases,
    /// The latest first.
    Made,
}

impl Sort {
    const ALL: [(&'static str, Self); 6] = [
        ("", Self { by: By::Name, back: false }),
        ("name-back", Self { by: By::Name, back: true }),
        ("cases", Self { by: By::Cases, back: false }),
        ("cases-back", Self { by: By::Cases, back: true }),
        ("made", Self { by: By::Made, back: false }),
        ("made-back", Self { by: By::Made, back: true }),
    ];

    fn of(word: &str) -> Self {
        Self::ALL.into_iter().find(|(known, _)| *known == word).map_or(Self::ALL[0].1, |(_, sort)| sort)
    }

    fn word(self) -> &'static str {
        Self::ALL.into_iter().find(|(_, sort)| *sort == self).map_or("", |(word, _)| word)
    }

    /// What a click on a column's head asks for: that column, or the other way round.
    fn pressed(self, by: By) -> Self {
        Self { by, back: self.by == by && !self.back }
    }

    fn way(self) -> Sorted {
        if (self.by == By::Name) == self.back { Sorted::Descending } else { Sorted::Ascending }
    }

    /// Tags that are alike stay by name.
    fn apply(self, tags: &mut [Tag]) {
        match self.by {
            By::Name => tags.sort_by_cached_key(|tag| fold(&tag.name)),
            By::Cases => tags.sort_by_cached_key(|tag| (Reverse(tag.case_count), fold(&tag.name))),
            By::Made => tags.sort_by_cached_key(|tag| (Reverse(tag.created_at), fold(&tag.name))),
        }
        if self.back {
            tags.reverse();
        }
    }
}

fn add_button() -> AnyView {
    view! {
        <Button opens=ADD icon=Glyph::Plus variant=Variant::Primary>
            "Add a tag"
        </Button>
    }
    .into_any()
}

fn list(tags: &[Tag], place: Place<'_>) -> AnyView {
    if tags.is_empty() {
        let text = "A tag is made when a case is given it. Or add it here beforehand, so that everybody writes it the same way.";
        return view! { <Empty title="No tags yet" text=text icon=Glyph::Tag /> }.into_any();
    }
    let sorted = |column: Column, by: By| {
        let sort = place.sort.pressed(by);
        let now = (place.sort.by == by).then(|| place.sort.way());
        column.sort(Place { sort, ..place }.link().done(), now)
    };
    let columns = vec![
        sorted(Column::new("Tag").class("message"), By::Name),
        sorted(Column::new("Cases").class("num"), By::Cases),
        sorted(Column::new("Made").class("time optional"), By::Made),
        Column::new("Change").class("shrink").hidden_header(),
    ];
    let rows = tags.iter().map(|tag| row(tag, place)).collect_view();
    view! {
        <div class="table-scroll">
            <DataTable caption="Tags" columns=columns>
                {rows}
            </DataTable>
        </div>
    }
    .into_any()
}

fn row(tag: &Tag, place: Place<'_>) -> AnyView {
    let id = tag.id.to_string();
    let page = place.link().done();
    let told = history::button(place.may_audit, &page, &id, &tag.name);
    let href = place.link().with("tag", &id).done();
    let of = format!(" {}", tag.name);
    let change = place.may_change.then(|| {
        view! {
            <Button href=href variant=Variant::Ghost>
                "Change" <span class="visually-hidden">{of}</span>
            </Button>
        }
    });
    let having = Link::new(routes::cases(place.slug))
        .with("show", "all")
        .with("q", &condition("tag", &fold(&tag.name)))
        .done();
    let in_words = format!("{} tagged {}", counted(tag.case_count, "case", "cases"), tag.name);
    let (name, count, made) = (tag.name.clone(), number(tag.case_count), place.zone.when(tag.created_at));
    view! {
        <Row>
            <td class="message">{name}</td>
            <td class="num">
                <a class="link" href=having aria-label=in_words>
                    {count}
                </a>
            </td>
            <td class="time optional">
                <At when=made />
            </td>
            <td class="shrink">{told} {change}</td>
        </Row>
    }
    .into_any()
}

fn add_dialog(slug: &str) -> AnyView {
    let state = Form::printed::<AddTag>();
    let fields = view! {
        <FormError form=state fields=FIELDS />
        <input type="hidden" name="organization" value=slug.to_owned() />
        <Field id="add-name" label="Name" hint="Up to 60 characters, no comma." required=true error=state.reason("name")>
            <TextInput name="name" maxlength=LONGEST autocomplete="off" value=state.typed("name", "") />
        </Field>
        <Actions>
            <Button submit=true variant=Variant::Primary>
                "Add"
            </Button>
        </Actions>
    };
    view! {
        <Dialog id=ADD title="Add a tag" open=state.refused()>
            {form::<AddTag>("Tag added", "form", fields)}
        </Dialog>
    }
    .into_any()
}

/// The tag of `?tag=`, to rename, to merge or to delete.
fn change(tag: &Tag, tags: &[Tag], merge: Option<&TagMerge>, place: Place<'_>, rename: AnyView) -> AnyView {
    let others = tags.len() > 1;
    let merging = others.then(|| merging(tag, tags, merge, place));
    let href = place.link().with("delete", &tag.id.to_string()).done();
    let (title, close) = (tag.name.clone(), place.link().done());
    view! {
        <Dialog id="change-tag" title=title open=true close_href=close>
            {rename}
            {merging}
            <div class="choice-line">
                <p class="hint">"Deleting takes it off every case."</p>
                <Button href=href variant=Variant::Danger icon=Glyph::Trash>
                    "Delete…"
                </Button>
            </div>
        </Dialog>
    }
    .into_any()
}

async fn rename(tag: &Tag, slug: &str, cx: &Cx<p::TagRead>) -> Answer<AnyView> {
    let state = Form::printed::<RenameTag>().only("id", tag.id.to_string());
    let hint = match tag.case_count {
        0 => "No case has it yet.".to_owned(),
        1 => "1 case has it; its history tells the change.".to_owned(),
        count => format!("{} cases have it; the history of each tells the change.", number(count)),
    };
    let start = stale::start(cx, &TAG, tag.id.0, state, TagForm { name: tag.name.clone() }).await?;
    let value = state.typed("name", start.fields.name);
    let fields = view! {
        <FormError form=state fields=FIELDS />
        {hidden(tag, slug)}
        {start.told}
        <Field id="rename-name" label="Name" hint=hint required=true error=state.reason("name")>
            <TextInput name="name" maxlength=LONGEST autocomplete="off" value=value />
        </Field>
        <Actions>
            <Button submit=true variant=Variant::Primary>
                "Rename"
            </Button>
        </Actions>
    };
    Ok(form::<RenameTag>("Tag renamed", "form", fields))
}

/// First which one, then what it does, then it is done.
fn merging(tag: &Tag, tags: &[Tag], merge: Option<&TagMerge>, place: Place<'_>) -> AnyView {
    let mut choices = vec![Choice::new("", "choose a tag")];
    let mut others: Vec<&Tag> = tags.iter().filter(|other| other.id != tag.id).collect();
    others.sort_by_cached_key(|other| fold(&other.name));
    choices.extend(others.into_iter().map(|other| {
        Choice::new(
            other.id.to_string(),
            format!("{} ({})", other.name, counted(other.case_count, "case", "cases")),
        )
    }));
    let chosen = merge.map(|merge| merge.into.id.to_string()).unwrap_or_default();
    let (page, id, sort) = (SettingsPage::Tags.href(place.slug), tag.id.to_string(), place.sort.word());
    let told = merge.map(|merge| what_merging_does(merge, place.slug));
    view! {
        <div class="choice-line">
            <section class="stack" aria-labelledby="merge-title">
            <h3 id="merge-title">"Merge into another tag"</h3>
            <form method="get" action=page class="row-line">
                <input type="hidden" name="tag" value=id />
                {(!sort.is_empty()).then(|| view! { <input type="hidden" name="sort" value=sort /> })}
                <Select name="into" label="The tag that stays" choices=choices value=chosen required=true />
                <Button submit=true>"See what it does"</Button>
            </form>
            {told}
            </section>
        </div>
    }
    .into_any()
}

fn what_merging_does(merge: &TagMerge, slug: &str) -> AnyView {
    let TagMerge { from, into, in_common } = merge;
    let state = Form::printed::<MergeTag>().only("id", from.id.to_string());
    let words = merging_in_words(&from.name, &into.name, from.case_count, *in_common);
    let button = format!("Merge {} into {}", from.name, into.name);
    let fields = view! {
        <FormError form=state fields=&[] />
        {hidden(from, slug)}
        <input type="hidden" name="into" value=into.id.to_string() />
        <p role="status">{words}</p>
        <Actions>
            <Button submit=true variant=Variant::Danger>
                {button}
            </Button>
        </Actions>
    };
    form::<MergeTag>("Tags merged", "form", fields)
}

fn merging_in_words(from: &str, into: &str, cases: i64, in_common: i64) -> String {
    let rest = "This cannot be undone.";
    let cases_have = |count: i64| {
        format!("{} {}", counted(count, "case", "cases"), if count == 1 { "has" } else { "have" })
    };
    match (cases, in_common) {
        (0, _) => format!("No case has “{from}”: it just goes. {rest}"),
        (cases, 0) => format!(
            "{} “{from}” and will have “{into}” instead; the history of each tells it. “{from}” is gone then. {rest}",
            cases_have(cases)
        ),
        (cases, both) if cases == both => format!(
            "{} “{from}”, and “{into}” as well: “{from}” is taken off, the history of each tells it. “{from}” is gone then. {rest}",
            cases_have(cases)
        ),
        (cases, both) => format!(
            "{} “{from}”; {} of them “{into}” as well. All will have “{into}” alone; the history of each tells it. “{from}” is gone then. {rest}",
            cases_have(cases),
            number(both)
        ),
    }
}

fn delete(tag: &Tag, place: Place<'_>) -> AnyView {
    let state = Form::printed::<DeleteTag>().only("id", tag.id.to_string());
    let close = place.link().done();
    let (back, title) = (close.clone(), format!("Delete {}?", tag.name));
    let words = match tag.case_count {
        0 => "No case has it. Deleting cannot be undone.".to_owned(),
        count => format!(
            "It is taken off {}; the history of each tells it. Deleting cannot be undone: to keep what it says, merge it into another tag.",
            counted(count, "case", "cases")
        ),
    };
    let fields = view! {
        <FormError form=state fields=&[] />
        {hidden(tag, place.slug)}
        <p>{words}</p>
        <Actions>
            <Button href=back>"Keep it"</Button>
            <Button submit=true variant=Variant::Danger>
                "Delete for good"
            </Button>
        </Actions>
    };
    view! {
        <Dialog id="delete-tag" title=title open=true close_href=close>
            {form::<DeleteTag>("Tag deleted", "form", fields)}
        </Dialog>
    }
    .into_any()
}

fn hidden(tag: &Tag, slug: &str) -> impl IntoView + use<> {
    view! {
        <input type="hidden" name="organization" value=slug.to_owned() />
        <input type="hidden" name="id" value=tag.id.to_string() />
    }
}

#[cfg(test)]
mod tests {
    use domain::{TagId, Timestamp};

    use super::*;

    fn tag(name: &str, case_count: i64, made: i64) -> Tag {
        let created_at = Timestamp::from_micros(made).unwrap();
        Tag { id: TagId(Default::default()), name: name.to_owned(), created_at, case_count, version: 1 }
    }

    #[test]
    fn tags_are_sorted_by_name_cases_and_age_either_way() {
        let tags = [tag("beta", 1, 3), tag("Alpha", 1, 1), tag("gamma", 5, 2)];
        for (word, expected) in [
            ("", ["Alpha", "beta", "gamma"]),
            ("what", ["Alpha", "beta", "gamma"]),
            ("name-back", ["gamma", "beta", "Alpha"]),
            ("cases", ["gamma", "Alpha", "beta"]),
            ("made", ["beta", "gamma", "Alpha"]),
            ("made-back", ["Alpha", "gamma", "beta"]),
        ] {
            let mut sorted = tags.clone();
            Sort::of(word).apply(&mut sorted);
            assert_eq!(sorted.map(|tag| tag.name), expected, "{word}");
        }
        let sort = Sort::of("").pressed(By::Name);
        assert_eq!((sort.word(), sort.pressed(By::Cases).word()), ("name-back", "cases"));
        assert_eq!((Sort::of("").way(), Sort::of("cases").way()), (Sorted::Ascending, Sorted::Descending));
        assert_eq!((sort.way(), Sort::of("made-back").way()), (Sorted::Descending, Sorted::Ascending));
    }

    #[test]
    fn what_a_merge_does_is_said_by_what_cases_have() {
        let words = |cases, both| merging_in_words("phish", "phishing", cases, both);
        assert!(words(0, 0).starts_with("No case has “phish”"));
        assert!(words(1, 0).starts_with("1 case has “phish” and will have “phishing” instead"));
        assert!(words(2, 2).starts_with("2 cases have “phish”, and “phishing” as well"));
        assert!(words(12, 3).starts_with("12 cases have “phish”; 3 of them “phishing” as well."));
    }
}
