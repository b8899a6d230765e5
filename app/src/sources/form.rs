//! The panel of one source: add, change, delete.

use domain::query::edit::condition;
use domain::source::{SOURCE_TYPES, STATUSES};
use leptos::prelude::*;
use ui::{
    Actions, Button, Choice, Definition, DefinitionList, Field, Glyph, Notice, NoticeKind, Panel, Select,
    TextInput, Variant,
};

use super::api::{DeleteSource, SaveSource};
use super::shown::{SourceForm, SourceShown, words};
use crate::error::AppError;
use crate::events::EventQuery;
use crate::events::parts::number;
use crate::routes;
use crate::send::{SendForm, Submission, submit};
use crate::session::Permitted;
use crate::when::{Ago, At};

const FIELDS: [&str; 6] = ["name", "source_type", "ip", "port", "protocol", "status"];

/// The writes of the page.
#[derive(Clone, Copy)]
pub struct Writes {
    pub save: Submission,
    pub delete: Submission,
}

impl Writes {
    pub fn new() -> Self {
        Self { save: submit::<SaveSource>(), delete: submit::<DeleteSource>() }
    }
    /// Changes with every answer.
    pub fn version(self) -> usize {
        self.save.version() + self.delete.version()
    }
}

#[component]
pub fn NewPanel(writes: Writes, slug: String) -> impl IntoView {
    let error = Signal::derive(move || writes.save.error());
    let start = SourceForm {
        source_type: "application".to_owned(),
        status: "active".to_owned(),
        ..SourceForm::default()
    };
    view! {
        <Panel label="New source" close_href=routes::sources(&slug)>
            <section>
                <SendForm to=writes.save class="form">
                    <input type="hidden" name="organization" value=slug.clone() />
                    <Fields start error />
                    <Actions>
                        <Button href=routes::sources(&slug)>"Cancel"</Button>
                        <Button variant=Variant::Primary submit=true busy=writes.save.pending()>
                            "Add source"
                        </Button>
                    </Actions>
                </SendForm>
            </section>
        </Panel>
    }
    .into_any()
}

#[component]
pub fn EditPanel(writes: Writes, slug: String, source: SourceShown) -> impl IntoView {
    let of_source = EventQuery::all_time(condition("source", &source.form.name)).href(&slug);
    let (form_slug, form_source) = (slug.clone(), source.clone());
    view! {
        <Panel label=source.form.name.clone() close_href=routes::sources(&slug)>
            <section>
                <DefinitionList>
                    <Definition term="Events">
                        <a class="link" href=of_source>
                            {number(source.event_count)}
                        </a>
                    </Definition>
                    <Definition term="Last activity">
                        {match source.last_activity {
                            Some(when) => view! { <Ago when /> }.into_any(),
                            None => view! { <span class="muted">"never"</span> }.into_any(),
                        }}
                    </Definition>
                    <Definition term="Added">
                        <At when=source.created />
                    </Definition>
                </DefinitionList>
            </section>
            <Permitted key=domain::permission::Key::SourceWrite>
                <Change writes slug=form_slug.clone() id=form_source.id.clone() start=form_source.form.clone() />
                <Delete writes slug=form_slug.clone() id=form_source.id.clone() unused=form_source.event_count == 0 />
            </Permitted>
        </Panel>
    }
    .into_any()
}

#[component]
fn Change(writes: Writes, slug: String, id: String, start: SourceForm) -> impl IntoView {
    let error = Signal::derive(move || writes.save.error());
    view! {
        <section>
            <h2>"Change"</h2>
            <SendForm to=writes.save class="form">
                <input type="hidden" name="organization" value=slug />
                <input type="hidden" name="id" value=id />
                <Fields start error />
                <Actions>
                    <Button variant=Variant::Primary submit=true busy=writes.save.pending()>
                        "Save"
                    </Button>
                </Actions>
            </SendForm>
        </section>
    }
    .into_any()
}

#[component]
fn Delete(writes: Writes, slug: String, id: String, unused: bool) -> impl IntoView {
    let error = Signal::derive(move || writes.delete.error());
    let refused =
        move || error.get().map(|error| view! { <Notice kind=NoticeKind::Error>{error.detail}</Notice> });
    if !unused {
        return view! {
            <section>
                <h2>"Delete"</h2>
                <p class="hint">"A source with events stays, so that they keep their name. Set it to inactive instead."</p>
            </section>
        }
        .into_any();
    }
    view! {
        <section>
            <h2>"Delete"</h2>
            <p class="hint">"No event came from this source; it can be deleted. If it sends one later it is added again."</p>
            {move || refused()}
            <SendForm to=writes.delete>
                <input type="hidden" name="organization" value=slug />
                <input type="hidden" name="id" value=id />
                <Button variant=Variant::Danger submit=true icon=Glyph::Trash busy=writes.delete.pending()>
                    "Delete source"
                </Button>
            </SendForm>
        </section>
    }
    .into_any()
}

#[component]
fn Fields(start: SourceForm, error: Signal<Option<AppError>>) -> impl IntoView {
    let reason =
        move |field: &'static str| Signal::derive(move || error.get().and_then(|error| error.reason(field)));
    let summary = move || {
        error
            .get()
            .and_then(|error| error.summary(&FIELDS))
            .map(|text| view! { <Notice kind=NoticeKind::Error>{text}</Notice> })
    };
    // What was typed comes back when the form was sent without WASM.
    let typed = error.get_untracked().map(|error| error.typed).filter(|typed| !typed.is_empty());
    let value = |field: &str, start: String| {
        typed.as_ref().and_then(|typed| typed.get(field).cloned()).unwrap_or(start)
    };
    let choices =
        |words_of: &[&str]| words_of.iter().map(|word| Choice::new(*word, words(word))).collect::<Vec<_>>();
    let (name, ip, port) = (value("name", start.name), value("ip", start.ip), value("port", start.port));
    let (kind, status, protocol) = (
        value("source_type", start.source_type),
        value("status", start.status),
        value("protocol", start.protocol),
    );
    view! {
        {move || summary()}
        <Field id="source-name" label="Name" hint="As it is shown with events; senders name it in the field source." error=reason("name") required=true>
            <TextInput name="source[name]" value=name autocomplete="off" maxlength=255_u32 />
        </Field>
        <div class="form-grid">
            <Field id="source-type" label="Type" error=reason("source_type") required=true>
                <Select name="source[source_type]" choices=choices(&SOURCE_TYPES) value=kind />
            </Field>
            <Field id="source-status" label="Status" error=reason("status") required=true>
                <Select name="source[status]" choices=choices(&STATUSES) value=status />
            </Field>
            <Field id="source-ip" label="IP address" error=reason("ip")>
                <TextInput name="source[ip]" value=ip autocomplete="off" mono=true />
            </Field>
            <Field id="source-port" label="Port" error=reason("port")>
                <TextInput name="source[port]" kind="number" value=port min="1" max="65535" />
            </Field>
            <Field id="source-protocol" label="Protocol" hint="https, syslog, file …" error=reason("protocol")>
                <TextInput name="source[protocol]" value=protocol autocomplete="off" />
            </Field>
        </div>
    }
    .into_any()
}
