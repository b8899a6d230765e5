//! The table of rules that make a change matter, and the form of one. Server only.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use domain::Invalid;
use domain::permission::{DriftWrite, Key};
use leptos::prelude::*;
use serde_json::Value;
use service::drifts::{On, Rule, TableRule, When};
use ui::{
    Actions, Badge, Button, Checkbox, Choice, Column, DataTable, Dialog, Field, Glyph, Row, Section, Select,
    TextArea, TextInput, Tone, Variant,
};
use uuid::Uuid;

use super::api::{DriftRuleForm, ResetDriftRule, SaveDriftRule};
use crate::audit::history;
use crate::error::Answer;
use crate::form::{Form, FormError};
use crate::page::print::form;
use crate::routes::{self, Link};
use crate::server::Scope;
use crate::stale::{self, Kind};
use crate::when::Ago;

const FIELDS: &[&str] =
    &["what", "why", "types", "paths", "except", "values", "security", "performance", "cost", "compliance"];
pub const RULE: Kind<'_> = Kind {
    name: "drift_rule",
    fields: &[
        ("what", "What"),
        ("why", "Why it matters"),
        ("types", "Types of resources"),
        ("paths", "Properties"),
        ("except", "But not"),
        ("when", "Where the real value is"),
        ("values", "Values"),
        ("on_changed", "Changed properties"),
        ("on_added", "Resources without code"),
        ("on_deleted", "Deleted resources"),
        ("inward", "Only what lets somebody in"),
        ("critical", "Security-critical"),
        ("security", "Security"),
        ("compliance", "Compliance"),
        ("performance", "Performance"),
        ("cost", "Cost"),
        ("enabled", "In force"),
    ],
};
pub const SAVED: &str = "Saved; the next push is judged by it";
/// The word of `?rule=` for a new one.
pub const NEW: &str = "new";

/// Word of the form, words for the reader, whether it wants values.
const WHENS: [(&str, &str, bool); 7] = [
    ("any", "whatever it is now", false),
    ("off", "gone, false, empty or a word for off", false),
    ("sensitive", "a secret", false),
    ("shorter", "a shorter time than before (none and 0 are for ever)", false),
    ("is", "one of these values", true),
    ("ends", "ends in one of these", true),
    ("unless", "gone, or none of these values", true),
];

pub fn section(slug: &str, table: &[TableRule], may_write: bool) -> AnyView {
    let here = routes::drift_part(slug, "rules");
    let add = Link::new(here.clone()).with("rule", NEW).done();
    let rows: Vec<_> = table.iter().map(|one| row(&here, one)).collect();
    let columns = vec![
        Column::new("Rule").class("message"),
        Column::new("Types").class("optional"),
        Column::new("Real value"),
        Column::new("Security").class("num"),
        Column::new("Compliance").class("num optional"),
        Column::new("Performance").class("num optional"),
        Column::new("Cost").class("num optional"),
        Column::new("Open").class("shrink").hidden_header(),
    ];
    let actions = move || {
        may_write
            .then(|| view! { <Button href=add.clone() icon=Glyph::Plus variant=Variant::Primary>"Add a rule"</Button> })
            .into_any()
    };
    view! {
        <Section id="mattering" title="Rules that make a change matter" hint="The next push is judged by them. A critical rule marks the property in the diff; weights are 0 to 1, and the heaviest axis makes the severity." actions=actions>
            <DataTable caption="Rules that make a change matter" columns=columns>
                {rows}
            </DataTable>
        </Section>
    }
    .into_any()
}

fn row(here: &str, one: &TableRule) -> AnyView {
    let rule = &one.rule;
    let href = Link::new(here).with("rule", &rule.id).done();
    let critical = rule.critical.then(|| view! { " " <Badge tone=Tone::High>"critical"</Badge> });
    let state = match (one.is_enabled, one.version, one.is_brought) {
        (false, ..) => Some("off"),
        (true, 1.., true) => Some("changed"),
        (true, _, false) => Some("yours"),
        _ => None,
    };
    let state = state.map(|words| view! { " " <Badge>{words}</Badge> });
    let weight = |value: f64| format!("{value:.2}");
    let label = format!("Open {}", rule.id);
    let open = href.clone();
    let cells = view! {
        <td class="message">
            <a data-row-link href=href.clone()>{rule.what.clone()}</a>
            " "
            <code class="faint">{rule.id.clone()}</code>
            {critical}
            {state}
        </td>
        <td class="optional mono">{first(&rule.types)}</td>
        <td>{when_words(&rule.when)}</td>
        <td class="num">{weight(rule.security)}</td>
        <td class="num optional">{weight(rule.compliance)}</td>
        <td class="num optional">{weight(rule.performance)}</td>
        <td class="num optional">{weight(rule.cost)}</td>
        <td class="shrink"><a class="link" href=open aria-label=label>"Open"</a></td>
    }
    .into_any();
    view! { <Row href=href done=!one.is_enabled>{cells}</Row> }.into_any()
}

/// Names of types are long: one of them fits into the table, all stand in the dialog.
fn first(all: &[String]) -> String {
    match all {
        [one, _, ..] => format!("{one} and {} more", all.len() - 1),
        _ => few(all),
    }
}

fn few(all: &[String]) -> String {
    match all {
        [] => String::new(),
        [one] => one.clone(),
        [one, other] => format!("{one}, {other}"),
        [one, other, rest @ ..] => format!("{one}, {other} and {} more", rest.len()),
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn when_words(when: &When) -> String {
    let list = |values: Vec<String>| few(&values);
    match when {
        When::Any => "any".to_owned(),
        When::Off => "off or gone".to_owned(),
        When::Sensitive => "a secret".to_owned(),
        When::Shorter => "shorter".to_owned(),
        When::Is(values) => list(values.iter().map(plain).collect()),
        When::Ends(ends) => format!("ends in {}", list(ends.clone())),
        When::Unless(values) => format!("not {}", list(values.iter().map(plain).collect())),
    }
}

/// The dialog of `?rule=`; `history` of a rule that is there, for who may read it.
pub async fn dialog(
    scope: &Scope,
    asked: &str,
    table: &[TableRule],
    history: Option<AnyView>,
) -> Answer<Option<AnyView>> {
    let (slug, zone) = (scope.organization.slug.as_str(), scope.zone);
    let may_write = scope.may(Key::DriftWrite);
    let here = routes::drift_part(slug, "rules");
    let found = table.iter().find(|one| one.rule.id == asked);
    if found.is_none() && !(asked == NEW && may_write) {
        return Ok(None);
    }
    let title = found.map_or_else(|| "Add a rule".to_owned(), |one| one.rule.what.clone());
    let body =
        if may_write { editor(scope, found).await? } else { found.map(|one| told(&one.rule)).into_any() };
    let changed = found.and_then(|one| {
        let (at, by) = (zone.when(one.updated_at?), one.updated_by.clone()?);
        Some(view! { <p class="muted">"Changed by " {by} " " <Ago when=at /></p> })
    });
    let reset = found.filter(|one| may_write && one.version > 0).map(|one| {
        let words = if one.is_brought { "As it was brought" } else { "Remove the rule" };
        let fields = view! {
            <input type="hidden" name="organization" value=slug.to_owned() />
            <input type="hidden" name="name" value=one.rule.id.clone() />
            <Button submit=true variant=Variant::Danger>{words}</Button>
        };
        form::<ResetDriftRule>("Done", "form", fields)
    });
    let history = history::fold(history);
    Ok(Some(
        view! {
            <Dialog id="drift-rule" title=title open=true wide=true close_href=here>
                {changed}
                {body}
                {reset}
                {history}
            </Dialog>
        }
        .into_any(),
    ))
}

fn told(rule: &Rule) -> AnyView {
    view! {
        <p>{rule.why.clone()}</p>
        <p class="mono">{rule.types.join(", ")}</p>
        <p class="mono">{rule.paths.join(", ")}</p>
    }
    .into_any()
}

async fn editor(scope: &Scope, found: Option<&TableRule>) -> Answer<AnyView> {
    let slug = scope.organization.slug.clone();
    let state = Form::printed::<SaveDriftRule>();
    let (start, merged) = if let Some(one) = found {
        let cx = scope.admit::<DriftWrite>()?;
        let start = stale::start(&cx, &RULE, draft(&one.rule.id), state, form_of(one)).await?;
        (start.fields, start.told)
    } else {
        // In force and about changes, as over the API.
        let (on_changed, enabled) = (ticked(true), ticked(true));
        let new = view! { <input type="hidden" name="new" value="true" /> }.into_any();
        (DriftRuleForm { on_changed, enabled, ..DriftRuleForm::default() }, new)
    };
    let text = move |field: &'static str, present: &str| state.typed(field, present);
    let is_ticked = move |field: &'static str, present: &str| !state.typed(field, present).is_empty();
    let area = move |id: &'static str,
                     name: &'static str,
                     field: &'static str,
                     label: &'static str,
                     hint: &'static str,
                     present: &str,
                     required: bool| {
        let value = text(field, present);
        view! {
            <Field id=id label=label hint=hint required=required error=state.reason(field)>
                <TextArea name=name mono=true rows=3_u32 value=value />
            </Field>
        }
        .into_any()
    };
    let weight = move |id: &'static str,
                       name: &'static str,
                       field: &'static str,
                       label: &'static str,
                       present: &str| {
        let value = text(field, present);
        view! {
            <Field id=id label=label error=state.reason(field)>
                <TextInput name=name value=value />
            </Field>
        }
        .into_any()
    };
    let choices: Vec<Choice> = WHENS.iter().map(|(word, words, _)| Choice::new(*word, *words)).collect();
    let id_field = if found.is_some() {
        view! { <input type="hidden" name="rule[id]" value=start.id.clone() /> }.into_any()
    } else {
        view! {
            <Field id="rule-id" label="Short name" hint="As the API calls it, such as open-database." required=true error=state.reason("id")>
                <TextInput name="rule[id]" mono=true value=text("id", "") />
            </Field>
        }
        .into_any()
    };
    let (what, why, when) = (text("what", &start.what), text("why", &start.why), text("when", &start.when));
    let fields = view! {
        <input type="hidden" name="organization" value=slug />
        {merged}
        <FormError form=state fields=FIELDS />
        {id_field}
        <Field id="rule-what" label="What" hint="In the diff and the reasons of the score." required=true error=state.reason("what")>
            <TextInput name="rule[what]" value=what />
        </Field>
        <Field id="rule-why" label="Why it matters" error=state.reason("why")>
            <TextInput name="rule[why]" value=why />
        </Field>
        {area("rule-types", "rule[types]", "types", "Types of resources", "One a line, with *.", &start.types, true)}
        {area("rule-paths", "rule[paths]", "paths", "Properties", "One a line: keys between dots, * for a part of one, ** for any number.", &start.paths, true)}
        {area("rule-except", "rule[except]", "except", "But not", "One a line.", &start.except, false)}
        <div class="form-grid">
            <Field id="rule-when" label="Where the real value is">
                <Select name="rule[when]" choices=choices value=when />
            </Field>
            <div>
                {area("rule-values", "rule[values]", "values", "Values", "One a line, where it is about values.", &start.values, false)}
            </div>
        </div>
        <div class="row-line">
            <Checkbox name="rule[on_changed]" label="Changed properties" checked=is_ticked("on_changed", &start.on_changed) />
            <Checkbox name="rule[on_added]" label="Resources without code" checked=is_ticked("on_added", &start.on_added) />
            <Checkbox name="rule[on_deleted]" label="Deleted resources" checked=is_ticked("on_deleted", &start.on_deleted) />
        </div>
        <Checkbox name="rule[inward]" label="Only what lets somebody in" hint="Not what denies, and not what goes out." checked=is_ticked("inward", &start.inward) />
        <Checkbox name="rule[critical]" label="Security-critical" checked=is_ticked("critical", &start.critical) />
        <div class="form-grid">
            {weight("rule-security", "rule[security]", "security", "Security, 0 to 1", &start.security)}
            {weight("rule-compliance", "rule[compliance]", "compliance", "Compliance, 0 to 1", &start.compliance)}
            {weight("rule-performance", "rule[performance]", "performance", "Performance, 0 to 1", &start.performance)}
            {weight("rule-cost", "rule[cost]", "cost", "Cost, 0 to 1", &start.cost)}
        </div>
        <Checkbox name="rule[enabled]" label="In force" switch=true checked=is_ticked("enabled", &start.enabled) />
        <Actions>
            <Button submit=true variant=Variant::Primary>"Save"</Button>
        </Actions>
    };
    Ok(form::<SaveDriftRule>(SAVED, "form", fields))
}

/// Names the draft of a rule, which has no id but its short name.
pub fn draft(id: &str) -> Uuid {
    let mut hash = DefaultHasher::new();
    id.hash(&mut hash);
    Uuid::from_u64_pair(0, hash.finish())
}

fn ticked(on: bool) -> String {
    if on { "true".to_owned() } else { String::new() }
}

pub fn form_of(TableRule { rule, is_enabled, .. }: &TableRule) -> DriftRuleForm {
    let (when, values) = match &rule.when {
        When::Any => ("any", Vec::new()),
        When::Off => ("off", Vec::new()),
        When::Sensitive => ("sensitive", Vec::new()),
        When::Shorter => ("shorter", Vec::new()),
        When::Is(values) => ("is", values.iter().map(shown).collect()),
        When::Ends(ends) => ("ends", ends.clone()),
        When::Unless(values) => ("unless", values.iter().map(shown).collect()),
    };
    DriftRuleForm {
        id: rule.id.clone(),
        what: rule.what.clone(),
        why: rule.why.clone(),
        types: rule.types.join("\n"),
        paths: rule.paths.join("\n"),
        except: rule.except.join("\n"),
        when: when.to_owned(),
        values: values.join("\n"),
        on_changed: ticked(rule.on.contains(&On::Changed)),
        on_added: ticked(rule.on.contains(&On::Added)),
        on_deleted: ticked(rule.on.contains(&On::Deleted)),
        inward: ticked(rule.inward),
        critical: ticked(rule.critical),
        security: rule.security.to_string(),
        performance: rule.performance.to_string(),
        cost: rule.cost.to_string(),
        compliance: rule.compliance.to_string(),
        enabled: ticked(*is_enabled),
    }
}

/// A value as a line of the form: a text that would be read as something else stands in quotes.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) if read_value(text) == *value => text.clone(),
        other => other.to_string(),
    }
}

/// A line of the form: JSON where it is some, else text.
fn read_value(line: &str) -> Value {
    serde_json::from_str(line).unwrap_or_else(|_| Value::String(line.to_owned()))
}

fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

/// What was typed, as the service takes it: rule, and whether it is in force.
pub fn read(form: &DriftRuleForm) -> Result<(Rule, bool), Invalid> {
    let number = |field: &'static str, text: &str| {
        let text = text.trim().replace(',', ".");
        let text = if text.is_empty() { "0".to_owned() } else { text };
        text.parse::<f64>().map_err(|_| Invalid::field(field, "a number between 0 and 1, such as 0.7"))
    };
    let values = || lines(&form.values).iter().map(|line| read_value(line)).collect::<Vec<_>>();
    let when = match form.when.as_str() {
        "any" | "" => When::Any,
        "off" => When::Off,
        "sensitive" => When::Sensitive,
        "shorter" => When::Shorter,
        "is" => When::Is(values()),
        "ends" => When::Ends(lines(&form.values)),
        "unless" => When::Unless(values()),
        _ => return Err(Invalid::field("when", "choose one of the list")),
    };
    let on = [(&form.on_changed, On::Changed), (&form.on_deleted, On::Deleted), (&form.on_added, On::Added)];
    let rule = Rule {
        id: form.id.trim().to_owned(),
        what: form.what.trim().to_owned(),
        why: form.why.trim().to_owned(),
        types: lines(&form.types),
        paths: lines(&form.paths),
        except: lines(&form.except),
        when,
        on: on.into_iter().filter(|(ticked, _)| !ticked.is_empty()).map(|(_, on)| on).collect(),
        inward: !form.inward.is_empty(),
        critical: !form.critical.is_empty(),
        security: number("security", &form.security)?,
        performance: number("performance", &form.performance)?,
        cost: number("cost", &form.cost)?,
        compliance: number("compliance", &form.compliance)?,
    };
    Ok((rule, !form.enabled.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_read_back_as_it_is_printed() {
        let found = |rule: Rule| TableRule {
            rule,
            is_enabled: true,
            is_brought: true,
            version: 3,
            updated_at: None,
            updated_by: None,
        };
        for rule in service::drifts::built_in() {
            assert_eq!(read(&form_of(&found(rule.clone()))), Ok((rule, true)));
        }
        let first = service::drifts::built_in()[0].clone();
        let form = DriftRuleForm { security: "a lot".into(), ..form_of(&found(first)) };
        assert!(read(&form).is_err());
        assert_eq!(shown(&Value::String("true".into())), "\"true\"");
    }
}
