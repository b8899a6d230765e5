//! `/o/{organization}/settings/retention`: how long events are kept, what holds them, what was deleted. The days are looked at
//! first (`?preview=true&info=30…`, a GET form), then saved.

mod api;

use domain::permission::Key;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use ui::{
    Badge, Button, Column, DataTable, DateTimeInput, Field, Glyph, IconButton, Notice, NoticeKind, Row,
    Section, TextInput, Tone, Variant,
};

use api::{Days, HoldRow, LiftHold, LoadRetention, PlaceHold, RetentionShown, RunRow, SaveRetention};

use crate::ask::AskForm;
use crate::fetch::{Load, fetch_after};
use crate::form::{Form, FormError, tell_done, tell_what};
use crate::printed::Print;
use crate::routes::SettingsPage;
use crate::send::{SendForm, Submission, submit};
use crate::session::{Permitted, use_slug};

const SAVED: &str = "Retention saved";
const PLACED: &str = "Legal hold placed";
const LIFTED: &str = "Legal hold lifted";

#[derive(Clone, Copy)]
struct Actions {
    slug: Memo<String>,
    save: Submission,
    hold: Submission,
    lift: Submission,
}

#[component]
pub fn RetentionPage() -> impl IntoView {
    let slug = use_slug();
    let actions = Actions {
        slug,
        save: submit::<SaveRetention>(),
        hold: submit::<PlaceHold>(),
        lift: submit::<LiftHold>(),
    };
    tell_what(actions.save);
    tell_done(actions.hold, PLACED);
    tell_done(actions.lift, LIFTED);
    let map = use_query_map();
    let version = move || actions.save.version() + actions.hold.version() + actions.lift.version();
    let page = fetch_after(version, move || {
        let map = map.read();
        let one = |name| map.get_str(name).unwrap_or_default().to_owned();
        LoadRetention {
            organization: slug.get(),
            days: Days {
                info: one("info"),
                low: one("low"),
                medium: one("medium"),
                high: one("high"),
                critical: one("critical"),
            },
            preview: !one("preview").is_empty(),
            seen: one("seen"),
        }
    });
    view! {
        {super::tab(SettingsPage::Retention)}
        <Load resource=page let:page>
            {sections(page, actions)}
        </Load>
    }
    .into_any()
}

fn sections(page: RetentionShown, actions: Actions) -> AnyView {
    let RetentionShown { days, seen, stale, wrong, preview, now, holds, runs, history } = page;
    let edited = RwSignal::new(false);
    view! {
        <Section title="Retention" hint="Days that events are kept, by severity. Groups stay and go on counting what they had; so do the audit log and sources.">
            <p class="text">{now}</p>
            // What was looked at is not what stands in the fields any more.
            <div class="asked" on:input=move |_| edited.set(true) on:submit=move |_| edited.set(false)>
                <Print html=stale />
                {policy(&days, seen.clone(), &wrong, actions)}
            </div>
            <div hidden=move || edited.get()>
                {(!preview.is_empty()).then(|| saving(days, seen, preview, actions))}
            </div>
            <Print html=history />
        </Section>
        <Section title="Legal holds" hint="While a hold stands, what it keeps is not deleted, whatever the days say.">
            {holding(holds, actions)}
        </Section>
        <Section title="Last runs" hint="Deleting goes on in small steps beside the ingest, every hour.">
            {past(runs)}
        </Section>
    }
    .into_any()
}

/// The days, as a GET form that leads to the preview.
fn policy(days: &Days, seen: String, wrong: &[(String, String)], actions: Actions) -> AnyView {
    let fields = pairs(days).map(|(name, label, value)| {
        let reason = wrong.iter().find(|(field, _)| field == name).map(|(_, reason)| reason.clone());
        view! {
            <Field id=name label=label error=MaybeProp::from(reason)>
                <TextInput name=name kind="number" min="1" max="3650" placeholder="for ever" value=value />
            </Field>
        }
        .into_any()
    });
    view! {
        <AskForm page=Signal::derive(move || SettingsPage::Retention.href(&actions.slug.read())) class="form">
            <input type="hidden" name="preview" value="true" />
            <input type="hidden" name="seen" value=seen />
            <div class="form-grid">{fields.into_iter().collect_view()}</div>
            <div class="row-line">
                <Button submit=true>"Preview"</Button>
            </div>
        </AskForm>
    }
    .into_any()
}

fn pairs(days: &Days) -> [(&'static str, &'static str, String); 5] {
    [
        ("info", "Info", days.info.clone()),
        ("low", "Low", days.low.clone()),
        ("medium", "Medium", days.medium.clone()),
        ("high", "High", days.high.clone()),
        ("critical", "Critical", days.critical.clone()),
    ]
}

/// What would go, and the button that makes it so.
fn saving(days: Days, seen: String, preview: Vec<String>, actions: Actions) -> AnyView {
    let form = Form::of(actions.save);
    let mut hidden = Vec::from(pairs(&days).map(|(name, _, value)| (name, value)));
    hidden.push(("seen", seen));
    let hidden = StoredValue::new(hidden);
    let sentences = preview.into_iter().map(|sentence| view! { <p>{sentence}</p> }).collect_view();
    view! {
        <Notice kind=NoticeKind::Warning>{sentences}</Notice>
        <Permitted key=Key::SettingsWrite>
            <SendForm to=actions.save done=SAVED class="form">
                <FormError form fields=&[] />
                <input type="hidden" name="organization" value=actions.slug.get_untracked() />
                {crate::events::parts::hidden(hidden.get_value())}
                <div class="row-line">
                    <Button submit=true variant=Variant::Danger busy=form.busy>
                        "Save these days"
                    </Button>
                </div>
            </SendForm>
        </Permitted>
    }
    .into_any()
}

fn holding(holds: Vec<HoldRow>, actions: Actions) -> AnyView {
    let form = Form::of(actions.hold);
    let columns = vec![
        Column::new("Reason").class("message"),
        Column::new("Keeps"),
        Column::new("Lift and history").class("shrink").hidden_header(),
    ];
    let table = (!holds.is_empty()).then(|| {
        view! {
            <DataTable caption="Legal holds" columns=columns>
                {holds.into_iter().map(|row| hold(row, actions)).collect_view()}
            </DataTable>
        }
    });
    view! {
        {table}
        <Permitted key=Key::SettingsWrite>
            <SendForm to=actions.hold done=PLACED class="form">
                <FormError form fields=&["reason", "query", "until"] />
                <input type="hidden" name="organization" value=actions.slug.get_untracked() />
                <Field id="reason" label="Reason" required=true error=form.reason("reason")>
                    <TextInput name="reason" value=form.typed("reason", "") maxlength=1000_u32 />
                </Field>
                <Field id="finds" label="Only what this query finds" hint="Empty: every event." error=form.reason("query")>
                    <TextInput name="finds" mono=true value=form.typed("finds", "") />
                </Field>
                <Field id="until" label="Until" hint="Empty: until it is lifted." error=form.reason("until")>
                    <DateTimeInput name="until" value=form.typed("until", "") />
                </Field>
                <div class="row-line">
                    <Button submit=true busy=form.busy>"Place a hold"</Button>
                </div>
            </SendForm>
        </Permitted>
    }
    .into_any()
}

fn hold(row: HoldRow, actions: Actions) -> AnyView {
    let (id, stands) = (StoredValue::new(row.id), row.stands);
    let lift = move || {
        let form = Form::of(actions.lift);
        view! {
            <SendForm to=actions.lift done=LIFTED>
                <input type="hidden" name="organization" value=actions.slug.get_untracked() />
                <input type="hidden" name="id" value=id.get_value() />
                <Button submit=true variant=Variant::Ghost busy=form.busy>"Lift"</Button>
            </SendForm>
        }
    };
    let lift = stands.then(|| view! { <Permitted key=Key::SettingsWrite>{lift()}</Permitted> });
    let label = format!("History of the hold: {}", row.reason);
    let history = row.history.map(|href| view! { <IconButton href=href glyph=Glyph::Audit label=label /> });
    view! {
        <Row done=!stands>
            <td class="message wrap">
                <div>
                    {row.reason} " "
                    {stands.then(|| view! { <Badge tone=Tone::Medium>"stands"</Badge> })}
                </div>
                <small class="faint">{row.told}</small>
            </td>
            <td class="mono">{row.keeps}</td>
            <td class="shrink"><span class="row-line">{lift} {history}</span></td>
        </Row>
    }
    .into_any()
}

fn past(runs: Vec<RunRow>) -> AnyView {
    if runs.is_empty() {
        return view! { <p class="text">"Nothing was deleted so far."</p> }.into_any();
    }
    let columns = vec![
        Column::new("Started").class("time"),
        Column::new("Deleted").class("message"),
        Column::new("Kept by a hold").class("num optional"),
        Column::new("Ended").class("time optional"),
    ];
    let line = |row: RunRow| {
        view! {
            <Row>
                <td class="time">{row.started}</td>
                <td class="message">{row.deleted}</td>
                <td class="num optional">{row.held}</td>
                <td class="time optional">{row.ended}</td>
            </Row>
        }
    };
    view! {
        <DataTable caption="Last runs of retention" columns=columns>
            {runs.into_iter().map(line).collect_view()}
        </DataTable>
    }
    .into_any()
}
