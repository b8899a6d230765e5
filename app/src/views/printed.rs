//! The tabs of the saved views above a list that is a printed page, with the forms that save, change and delete them. Server only.

use leptos::prelude::*;
use ui::{Actions, Button, Checkbox, Dialog, Field, Glyph, Tab, Tabs, TextInput, Variant};

use super::api::{DeleteView, SaveView};
use super::read;
use super::shown::{ViewShown, Views};
use crate::audit::history;
use crate::error::Answer;
use crate::form::{Form, FormError};
use crate::page::print::form;
use crate::routes::Link;
use crate::server::Scope;

const SAVE: &str = "save-view";
const CHANGE: &str = "change-view";
const FIELDS: &[&str] = &["name", "shared", "query"];

/// A printed list that has views.
#[derive(Clone, Debug)]
pub struct List {
    /// The word of the server functions.
    pub area: &'static str,
    /// What the list is called without a view.
    pub all: &'static str,
    /// Address of the list without any filter.
    pub page: String,
    /// What the address says now, as a view keeps it.
    pub saved: String,
    /// The view of the address: an id, `all`, or nothing.
    pub view: String,
    /// The address has no query at all: who starts with a view is led there.
    pub bare: bool,
}

/// Tabs with counts; behind them what saves the list as it is now, and what changes the view.
pub async fn tabs(scope: &Scope, list: &List) -> Answer<AnyView> {
    let views = read::list(scope, list.area, list.bare).await?;
    let current = views.tabs.iter().find(|view| view.id == list.view).cloned();
    let everything = Link::new(list.page.clone()).with("view", "all").done();
    let tabs: Vec<Tab> = std::iter::once(Tab::new(list.all, everything, current.is_none()))
        .chain(views.tabs.iter().map(|view| {
            Tab::new(view.name.clone(), view.href.clone(), view.id == list.view).count(view.count.clone())
        }))
        .collect();
    let slug = scope.organization.slug.as_str();
    let save = save_dialog(slug, list, &views);
    let change = match &current {
        Some(view) => {
            let told = history::fold(history::history(scope, "view", &view.id).await?);
            Some(change_dialog(slug, list, &views, view, told))
        }
        None => None,
    };
    let (place, what) = (slug.to_owned(), list.clone());
    let after = move || beside(&place, &what, current.as_ref());
    Ok(view! {
        <Tabs label="Views" tabs=tabs after=after />
        {save}
        {change}
    }
    .into_any())
}

/// What can be done with the list as it is now.
fn beside(slug: &str, list: &List, current: Option<&ViewShown>) -> AnyView {
    let changed = current.filter(|view| view.query != list.saved);
    let update = changed.filter(|view| view.may_change).map(|view| {
        let fields = view! {
            {hidden(slug, list, view, &list.saved)}
            <input type="hidden" name="view[name]" value=view.name.clone() />
            {view.shared.then(|| view! { <input type="hidden" name="view[shared]" value="true" /> })}
            {view.default.then(|| view! { <input type="hidden" name="view[default]" value="true" /> })}
            <Button submit=true variant=Variant::Ghost>"Save changes"</Button>
        };
        form::<SaveView>("View saved", "inline-form", fields)
    });
    let reset = changed.map(|view| {
        let href = view.href.clone();
        view! { <Button variant=Variant::Ghost href=href>"Reset"</Button> }
    });
    let edit = current.map(|_| view! { <Button variant=Variant::Ghost opens=CHANGE>"Edit view"</Button> });
    view! {
        {update}
        {reset}
        {edit}
        <Button variant=Variant::Ghost icon=Glyph::Bookmark opens=SAVE>"Save as view"</Button>
    }
    .into_any()
}

fn hidden(slug: &str, list: &List, view: &ViewShown, query: &str) -> AnyView {
    view! {
        <input type="hidden" name="organization" value=slug.to_owned() />
        <input type="hidden" name="area" value=list.area />
        <input type="hidden" name="view[id]" value=view.id.clone() />
        <input type="hidden" name="view[version]" value=view.version.to_string() />
        <input type="hidden" name="view[query]" value=query.to_owned() />
    }
    .into_any()
}

fn save_dialog(slug: &str, list: &List, views: &Views) -> AnyView {
    let state = Form::printed::<SaveView>().only("id", String::new());
    let new = ViewShown::default();
    let fields = view! {
        {hidden(slug, list, &new, &list.saved)}
        {fields(state, views.may_share, &new)}
        <Actions>
            <Button submit=true variant=Variant::Primary>"Save"</Button>
        </Actions>
    };
    view! {
        <Dialog id=SAVE title="Save this list as a view" open=state.refused()>
            {form::<SaveView>("View saved", "form", fields)}
        </Dialog>
    }
    .into_any()
}

fn change_dialog(
    slug: &str,
    list: &List,
    views: &Views,
    view: &ViewShown,
    history: Option<AnyView>,
) -> AnyView {
    let state = Form::printed::<SaveView>().only("id", view.id.clone());
    let delete = view.may_change.then(|| {
        let fields = view! {
            <input type="hidden" name="organization" value=slug.to_owned() />
            <input type="hidden" name="id" value=view.id.clone() />
            <p class="hint">{view.whose.clone()}</p>
            <Button submit=true variant=Variant::Danger>"Delete the view"</Button>
        };
        form::<DeleteView>("View deleted", "choice-line", fields)
    });
    let fields = view! {
        {hidden(slug, list, view, &view.query)}
        {fields(state, views.may_share, view)}
        <Actions>
            <Button submit=true variant=Variant::Primary>"Save"</Button>
        </Actions>
    };
    view! {
        <Dialog id=CHANGE title="Edit the view" open=state.refused()>
            {form::<SaveView>("View saved", "form", fields)}
            {delete}
            {history}
        </Dialog>
    }
    .into_any()
}

/// What a view is called, and for whom it is.
fn fields(state: Form, may_share: bool, view: &ViewShown) -> AnyView {
    let own = view.id.is_empty() || view.may_change;
    let id = if view.id.is_empty() { "view-name" } else { "view-new-name" };
    let (name, shared) = (view.name.clone(), view.shared);
    let named = if own {
        let typed = state.typed("name", name);
        let share = may_share.then(
            || view! { <Checkbox name="view[shared]" label="Share it with everybody here" checked=shared /> },
        );
        view! {
            <Field id label="Name" required=true error=state.reason("name")>
                <TextInput name="view[name]" autofocus=true maxlength=60_u32 required=true value=typed />
            </Field>
            {share}
        }
        .into_any()
    } else {
        view! {
            <p>{name.clone()} " " <span class="faint">{view.whose.clone()}</span></p>
            <input type="hidden" name="view[name]" value=name />
            <input type="hidden" name="view[shared]" value="true" />
        }
        .into_any()
    };
    view! {
        <FormError form=state fields=FIELDS />
        {named}
        <Checkbox name="view[default]" label="Start with it" hint="For you, this list opens with the view." checked=view.default />
    }
    .into_any()
}
