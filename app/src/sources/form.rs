//! The panel of one source: add, change, delete.

use domain::permission::SourceWrite;
use domain::query::edit::condition;
use domain::source::{SOURCE_TYPES, STATUSES};
use leptos::prelude::*;
use leptos::server_fn::ServerFn as _;
use service::Cx;
use ui::{
    Actions, Button, Choice, Definition, DefinitionList, Field, Glyph, Notice, NoticeKind, Panel, Select,
    TextInput, Variant,
};

use super::api::{DeleteSource, SaveSource};
use super::keys::{self, Keys};
use super::read::{SOURCE, SourceShown};
use super::shown::{SourceForm, words};
use crate::error::{Answer, AppError};
use crate::events::EventQuery;
use crate::events::parts::{counted, number};
use crate::form::{Form, FormError};
use crate::page::print::form;
use crate::routes;
use crate::stale::{self, Start};
use crate::when::{AgoOr, At};

const FIELDS: &[&str] = &["name", "source_type", "ip", "port", "protocol", "status", "silent_after_minutes"];

pub fn new_panel(slug: &str) -> AnyView {
    let start = SourceForm {
        source_type: "application".to_owned(),
        status: "active".to_owned(),
        ..SourceForm::default()
    };
    let close = routes::sources(slug);
    let cancel = close.clone();
    let inside = view! {
        <input type="hidden" name="organization" value=slug.to_owned() />
        {fields(Form::printed::<SaveSource>(), start)}
        <Actions>
            <Button href=cancel>"Cancel"</Button>
            <Button variant=Variant::Primary submit=true>
                "Add source"
            </Button>
        </Actions>
    };
    view! {
        <Panel label="New source" close_href=close>
            <section>{form::<SaveSource>("Source saved", "form", inside)}</section>
        </Panel>
    }
    .into_any()
}

/// `start`: of its form, for who may change it; `keys`: those that are bound to it, for who may see them; `history`: what the audit log has about it.
pub fn edit_panel(
    source: SourceShown,
    start: Option<Start<SourceForm>>,
    slug: &str,
    keys: Option<&Keys>,
    history: Option<AnyView>,
) -> AnyView {
    let of_source = EventQuery::all_time(condition("source", &source.form.name)).href(slug);
    let working = keys.map_or(0, Keys::working);
    let changes = start.map(|start| [change(&source, start, slug), delete(&source, working, slug)]);
    let keys = keys.map(|keys| keys::section(keys, &source.form.name, slug));
    view! {
        <Panel label=source.form.name close_href=routes::sources(slug)>
            <section>
                <DefinitionList>
                    <Definition term="Events">
                        <a class="link" href=of_source>
                            {number(source.event_count)}
                        </a>
                    </Definition>
                    <Definition term="Last activity">
                        <AgoOr when=source.last_activity words="never" />
                    </Definition>
                    {source
                        .silent
                        .clone()
                        .map(|when| {
                            view! {
                                <Definition term="Silent since">
                                    <At when />
                                </Definition>
                            }
                        })}
                    <Definition term="Added">
                        <At when=source.created />
                    </Definition>
                </DefinitionList>
            </section>
            {keys}
            {changes}
            {history.map(|told| view! { <section><h2>"History"</h2>{told}</section> })}
        </Panel>
    }
    .into_any()
}

fn hidden(id: &str, slug: &str) -> impl IntoView + use<> {
    view! {
        <input type="hidden" name="organization" value=slug.to_owned() />
        <input type="hidden" name="id" value=id.to_owned() />
    }
}

/// How its form starts.
pub async fn start(cx: &Cx<SourceWrite>, source: &SourceShown) -> Answer<Start<SourceForm>> {
    let target = source.id.parse().map_err(|_| AppError::not_found())?;
    stale::start(cx, &SOURCE, target, changing(&source.id), source.form.clone()).await
}

fn changing(id: &str) -> Form {
    Form::printed::<SaveSource>().only("id", id.to_owned())
}

fn change(source: &SourceShown, start: Start<SourceForm>, slug: &str) -> AnyView {
    let inside = view! {
        {hidden(&source.id, slug)}
        {start.told}
        {fields(changing(&source.id), start.fields)}
        <Actions>
            <Button variant=Variant::Primary submit=true>
                "Save"
            </Button>
        </Actions>
    };
    view! {
        <section>
            <h2>"Change"</h2>
            {form::<SaveSource>("Source saved", "form", inside)}
        </section>
    }
    .into_any()
}

/// `keys`: API keys that end with it.
fn delete(source: &SourceShown, keys: usize, slug: &str) -> AnyView {
    if source.event_count != 0 {
        return view! {
            <section>
                <h2>"Delete"</h2>
                <p class="hint">"A source with events stays, so that they keep their name. Set it to inactive instead."</p>
            </section>
        }
        .into_any();
    }
    let refused = crate::send::refused(DeleteSource::PATH)
        .map(|error| view! { <Notice kind=NoticeKind::Error>{error.detail}</Notice> });
    let inside = view! {
        {hidden(&source.id, slug)}
        <Button variant=Variant::Danger submit=true icon=Glyph::Trash>
            "Delete source"
        </Button>
    };
    let ended = (keys > 0).then(|| {
        let keys = counted(keys as i64, "API key", "API keys");
        let text = format!("Deleting it revokes {keys}; what sends with them is refused from then on.");
        view! { <Notice kind=NoticeKind::Warning>{text}</Notice> }
    });
    view! {
        <section>
            <h2>"Delete"</h2>
            <p class="hint">"No event came from this source; it can be deleted. If it sends one later it is added again."</p>
            {ended}
            {refused}
            {form::<DeleteSource>("Source deleted", "", inside)}
        </section>
    }
    .into_any()
}

/// Of a new source as well as of one that is there: the page has one of the two.
fn fields(state: Form, start: SourceForm) -> AnyView {
    let choices =
        |words_of: &[&str]| words_of.iter().map(|word| Choice::new(*word, words(word))).collect::<Vec<_>>();
    let value = move |field: &str, start: String| state.typed(field, start);
    // Who asked for a new one goes on with its name.
    let is_new = start.name.is_empty() && !state.is_refused();
    view! {
        <FormError form=state fields=FIELDS />
        <Field id="source-name" label="Name" hint="As it is shown with events; senders name it in the field source." error=state.reason("name") required=true>
            <TextInput name="source[name]" value=value("name", start.name) autocomplete="off" maxlength=255_u32 autofocus=is_new />
        </Field>
        <div class="form-grid">
            <Field id="source-type" label="Type" error=state.reason("source_type") required=true>
                <Select name="source[source_type]" choices=choices(&SOURCE_TYPES) value=value("source_type", start.source_type) />
            </Field>
            <Field id="source-status" label="Status" error=state.reason("status") required=true>
                <Select name="source[status]" choices=choices(&STATUSES) value=value("status", start.status) />
            </Field>
            <Field id="source-ip" label="IP address" error=state.reason("ip")>
                <TextInput name="source[ip]" value=value("ip", start.ip) autocomplete="off" mono=true />
            </Field>
            <Field id="source-port" label="Port" error=state.reason("port")>
                <TextInput name="source[port]" kind="number" value=value("port", start.port) min="1" max="65535" />
            </Field>
            <Field id="source-protocol" label="Protocol" hint="https, syslog, file …" error=state.reason("protocol")>
                <TextInput name="source[protocol]" value=value("protocol", start.protocol) autocomplete="off" />
            </Field>
            <Field id="source-silent" label="Silent after minutes" hint="Without an event. Told in the audit log, to webhooks and here. Empty: never." error=state.reason("silent_after_minutes")>
                <TextInput name="source[silent_after_minutes]" kind="number" value=value("silent_after_minutes", start.silent_after_minutes) min="1" max="527040" />
            </Field>
        </div>
    }
    .into_any()
}
