//! The life of one group: what it is called and why, what can be done.

use leptos::prelude::*;
use ui::{Button, Choice, DateTimeInput, Field, Glyph, Section, Select, TextArea, TextInput, Variant};

use super::act::{ACT, AssignMenu, IDS, MuteMenu, NoDefault, Writes};
use super::parts::StatusBadge;
use super::shown::GroupShown;
use crate::form::{Form, FormError};
use crate::send::SendForm;

const FIELDS: &[&str] = &["note", "until", "count", "window", "query"];

/// Status and assignee, with the forms of who may change them.
#[component]
pub fn Life(writes: Writes, shown: GroupShown, slug: String) -> impl IntoView {
    let group = shown.group.clone();
    let assignee = group.assignee.clone().map_or("Nobody has it".to_owned(), |name| format!("{name} has it"));
    let forms = shown.may_act.then(|| view! { <Acts writes shown slug /> });
    view! {
        <Section title="Status">
            <p class="row-line">
                <StatusBadge status=group.status why=group.why.clone() />
                <span class="muted">{group.why}</span>
            </p>
            <p class="muted">{assignee}</p>
            {forms}
        </Section>
    }
    .into_any()
}

#[component]
fn Acts(writes: Writes, shown: GroupShown, slug: String) -> impl IntoView {
    let form = Form::of(writes.act);
    let resolved = shown.group.status == "resolved";
    let (words, value) = if resolved { ("Reopen", "reopen") } else { ("Resolve", "resolve") };
    let unmute = shown.muted.then(|| {
        view! {
            <Button submit=true name=ACT value="unmute">
                "Unmute"
            </Button>
        }
    });
    let windows = [("3600", "1 hour"), ("86400", "1 day"), ("604800", "7 days")]
        .map(|(seconds, words)| Choice::new(seconds, words))
        .to_vec();
    let until = (!resolved).then(|| {
        view! {
            <details class="fold">
                <summary>"Mute until …"</summary>
                <div class="form" data-part="">
                    <Field id="mute-until" label="An instant" error=form.reason("until")>
                        <DateTimeInput name="asked[until]" value=form.typed("until", "") />
                    </Field>
                    <Button submit=true name=ACT value="mute:until">
                        "Mute until then"
                    </Button>
                </div>
                <div class="form" data-part="">
                    <div class="form-grid">
                        <Field id="mute-count" label="Events" error=form.reason("count")>
                            <TextInput name="asked[count]" kind="number" min="1" max="1000000" value=form.typed("count", "") />
                        </Field>
                        <Field id="mute-window" label="Within" error=form.reason("window")>
                            <Select name="asked[window]" choices=windows value=form.typed("window", "3600") />
                        </Field>
                    </div>
                    <Button submit=true name=ACT value="mute:count">
                        "Mute until there are so many"
                    </Button>
                </div>
                <div class="form" data-part="">
                    <Field id="mute-query" label="An event matches" hint="For example severity>=high" error=form.reason("query")>
                        <TextInput name="asked[query]" autocomplete="off" mono=true value=form.typed("query", "") />
                    </Field>
                    <Button submit=true name=ACT value="mute:query">
                        "Mute until one matches"
                    </Button>
                </div>
            </details>
        }
    });
    let menu = (!resolved).then(|| view! { <MuteMenu /> });
    view! {
        <SendForm to=writes.act class="form group-acts">
            <NoDefault />
            <input type="hidden" name="organization" value=slug />
            <input type="hidden" name=IDS value=shown.group.id />
            <FormError form fields=FIELDS />
            <Field id="group-note" label="Note" hint="Kept in the history." error=form.reason("note") optional=true>
                <TextArea name="asked[note]" key="c" rows=2_u32 maxlength=2000_u32 value=form.typed("note", "") />
            </Field>
            <div class="row-line">
                <Button variant=Variant::Primary submit=true name=ACT value=value key="r" icon=Glyph::Check busy=form.busy>
                    {words}
                </Button>
                {menu}
                <AssignMenu people=shown.people />
                {unmute}
            </div>
            {until}
        </SendForm>
    }
    .into_any()
}
