//! The tabs of the saved views above a list.

use std::time::Duration;

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use ui::{Actions, Button, Checkbox, Dialog, Field, Glyph, Tab, Tabs, TextInput, Toast, Toasts, Variant};

use super::api::{DeleteView, ListViews, SaveView};
use super::shown::{ViewShown, Views};
use crate::fetch::{Fetched, fetch_after};
use crate::form::{Form, FormError};
use crate::page::Done;
use crate::routes::Link;
use crate::send::{SendForm, Submission, submit};

const SAVE: &str = "save-view";
const CHANGE: &str = "change-view";
const SAVED: &str = "View saved";
const FIELDS: &[&str] = &["name", "shared"];

/// A list that has views.
#[derive(Clone, Copy)]
pub struct Viewed {
    /// `events` or `groups`: the word of the server functions.
    pub area: &'static str,
    /// What the list is called without a view.
    pub all: &'static str,
    pub slug: Memo<String>,
    /// Address of the list without any filter.
    pub page: Signal<String>,
    /// What the address says now, as a view keeps it.
    pub saved: Signal<String>,
    /// The view of the address: an id, `all`, or nothing.
    pub view: Signal<String>,
    /// The address has no query at all.
    pub bare: Signal<bool>,
}

#[derive(Clone, Copy)]
struct State {
    list: Viewed,
    views: Fetched<Views>,
    save: Submission,
    change: Submission,
    delete: Submission,
}

impl State {
    fn views(self) -> Views {
        let views = self.views.get().and_then(Result::ok);
        views.map_or_else(Views::default, |views| (*views).clone())
    }
    /// The view that is shown now, changed or not. Without its count: what is typed into its form stays when that changes.
    fn current(self) -> Option<ViewShown> {
        let id = self.list.view.get();
        let view = self.views().tabs.into_iter().find(|view| view.id == id);
        view.map(|view| ViewShown { count: String::new(), ..view })
    }
}

/// Tabs with live counts; behind them what saves the list as it is now, and what changes the view.
#[component]
pub fn ViewTabs(list: Viewed) -> impl IntoView {
    let (save, change, delete) = (submit::<SaveView>(), submit::<SaveView>(), submit::<DeleteView>());
    let version = move || save.version() + change.version() + delete.version();
    // A page that is asked for is led elsewhere; in the browser `start_with_a_view` does it.
    let bare = move || cfg!(feature = "ssr") && list.bare.get();
    let views = fetch_after(version, move || ListViews {
        organization: list.slug.get(),
        area: list.area.to_owned(),
        bare: bare(),
    });
    let state = State { list, views, save, change, delete };
    // The counts are of now.
    Effect::new(move |_| {
        let timer = set_interval_with_handle(move || views.refetch_alone(), Duration::from_mins(1));
        if let Ok(timer) = timer {
            on_cleanup(move || timer.clear());
        }
    });
    start_with_a_view(&state);
    follow(&state);
    let tabs = move || {
        let current = state.list.view.get();
        let everything = Link::new(list.page.get()).with("view", "all").done();
        let views = state.views();
        let none = views.tabs.iter().all(|view| view.id != current);
        std::iter::once(Tab::new(list.all, everything, none))
            .chain(
                views
                    .tabs
                    .into_iter()
                    .map(|view| Tab::new(view.name, view.href, view.id == current).count(view.count)),
            )
            .collect::<Vec<_>>()
    };
    view! {
        <Transition>
            <Tabs label="Views" tabs=Signal::derive(tabs) after=move || view! { {move || beside(&state)} } />
            <SaveDialog state />
            <ChangeDialog state />
        </Transition>
    }
    .into_any()
}

/// What can be done with the list as it is now.
fn beside(state: &State) -> AnyView {
    let state = *state;
    let saved = state.list.saved.get();
    let current = state.current();
    let changed = current.as_ref().is_some_and(|view| view.query != saved);
    let update = current.clone().filter(|view| changed && view.may_change).map(|view| {
        view! {
            <SendForm to=state.change done=SAVED>
                {hidden(&state, &view)}
                <input type="hidden" name="view[query]" value=saved />
                <input type="hidden" name="view[name]" value=view.name />
                {view.shared.then(|| view! { <input type="hidden" name="view[shared]" value="true" /> })}
                {view.default.then(|| view! { <input type="hidden" name="view[default]" value="true" /> })}
                <Button submit=true variant=Variant::Ghost>
                    "Save changes"
                </Button>
            </SendForm>
        }
    });
    let reset = current.clone().filter(|_| changed).map(|view| {
        view! {
            <Button variant=Variant::Ghost href=view.href>
                "Reset"
            </Button>
        }
    });
    let edit = current.map(|_| {
        view! {
            <Button variant=Variant::Ghost opens=CHANGE>
                "Edit view"
            </Button>
        }
    });
    view! {
        {update}
        {reset}
        {edit}
        <Button variant=Variant::Ghost icon=Glyph::Bookmark opens=SAVE>
            "Save as view"
        </Button>
    }
    .into_any()
}

fn hidden(state: &State, view: &ViewShown) -> AnyView {
    let state = *state;
    let slug = state.list.slug;
    view! {
        <input type="hidden" name="organization" value=move || slug.get() />
        <input type="hidden" name="area" value=state.list.area />
        <input type="hidden" name="view[id]" value=view.id.clone() />
        <input type="hidden" name="view[version]" value=view.version.to_string() />
    }
    .into_any()
}

#[component]
fn SaveDialog(state: State) -> impl IntoView {
    let form = Form::of(state.save).only("id", String::new());
    let saved = state.list.saved;
    view! {
        <Dialog id=SAVE title="Save this list as a view" open=form.refused()>
            <SendForm to=state.save done=SAVED class="form">
                {hidden(&state, &ViewShown::default())}
                <input type="hidden" name="view[query]" value=move || saved.get() />
                {fields(&state, form, ViewShown::default())}
                <Actions>
                    <Button submit=true variant=Variant::Primary busy=form.busy>
                        "Save"
                    </Button>
                </Actions>
            </SendForm>
        </Dialog>
    }
    .into_any()
}

#[component]
fn ChangeDialog(state: State) -> impl IntoView {
    let current = Memo::new(move |_| state.current());
    view! { {move || current.get().map(|view| change_dialog(&state, view))} }
}

fn change_dialog(state: &State, view: ViewShown) -> AnyView {
    let state = *state;
    let form = Form::of(state.change).only("id", view.id.clone());
    let slug = state.list.slug;
    let (id, whose, may_change) = (view.id.clone(), view.whose.clone(), view.may_change);
    let told = (!view.history.is_empty()).then(|| {
        view! { <p><a class="link" href=view.history.clone()>"History of the view"</a></p> }
    });
    let delete = may_change.then(|| {
        view! {
            <SendForm to=state.delete class="choice-line">
                <input type="hidden" name="organization" value=move || slug.get() />
                <input type="hidden" name="id" value=id />
                <p class="hint">{whose}</p>
                <Button submit=true variant=Variant::Danger>
                    "Delete the view"
                </Button>
            </SendForm>
        }
    });
    view! {
        <Dialog id=CHANGE title="Edit the view" open=form.refused()>
            <SendForm to=state.change done=SAVED class="form">
                {hidden(&state, &view)}
                <input type="hidden" name="view[query]" value=view.query.clone() />
                {fields(&state, form, view)}
                <Actions>
                    <Button submit=true variant=Variant::Primary busy=form.busy>
                        "Save"
                    </Button>
                </Actions>
            </SendForm>
            {delete}
            {told}
        </Dialog>
    }
    .into_any()
}

/// What a view is called, and for whom it is.
fn fields(state: &State, form: Form, view: ViewShown) -> AnyView {
    let state = *state;
    let own = view.id.is_empty() || view.may_change;
    let may_share = Memo::new(move |_| state.views().may_share);
    let id = if view.id.is_empty() { "view-name" } else { "view-new-name" };
    let shared = view.shared;
    let share = move || {
        let label = "Share it with everybody here";
        may_share.get().then(|| view! { <Checkbox name="view[shared]" label checked=shared /> })
    };
    view! {
        <FormError form fields=FIELDS />
        {if own {
            view! {
                <Field id label="Name" required=true error=form.reason("name")>
                    <TextInput name="view[name]" autofocus=true maxlength=60_u32 required=true value=form.typed("name", view.name) />
                </Field>
                {move || share()}
            }
                .into_any()
        } else {
            view! {
                <p>{view.name.clone()} " " <span class="faint">{view.whose}</span></p>
                <input type="hidden" name="view[name]" value=view.name />
                <input type="hidden" name="view[shared]" value="true" />
            }
                .into_any()
        }}
        <Checkbox name="view[default]" label="Start with it" hint="For you, this list opens with the view." checked=view.default />
    }
    .into_any()
}

/// In the browser: who asked for the list without any filter is led to the view they start with.
fn start_with_a_view(state: &State) {
    let state = *state;
    let navigate = use_navigate();
    Effect::new(move |_| {
        let start = state.views().start;
        if state.list.bare.get() && !start.is_empty() {
            navigate(&start, NavigateOptions { replace: true, ..NavigateOptions::default() });
        }
    });
}

/// A saved view is shown at once; a deleted one can be had again.
fn follow(state: &State) {
    let state = *state;
    let toasts = Toasts::expect();
    let navigate = use_navigate();
    let go = navigate.clone();
    for sent in [state.save, state.change] {
        let go = go.clone();
        Effect::new(move |_| {
            if let Some(href) = sent.told::<String>() {
                toasts.show(Toast::ok(SAVED));
                go(&href, NavigateOptions { scroll: false, ..NavigateOptions::default() });
            }
        });
    }
    Effect::new(move |_| {
        if let Some(Done { words, undo: Some(undo) }) = state.delete.told::<Done>() {
            let again = move || state.save.send_fields(undo.fields.clone());
            toasts.show(Toast::ok(words).action("Undo", again));
            let everything = Link::new(state.list.page.get_untracked()).with("view", "all").done();
            navigate(&everything, NavigateOptions::default());
        }
    });
}
