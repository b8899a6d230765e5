//! The table of rules that make a change matter, and the form of one. Server only.

use domain::Invalid;
use leptos::prelude::*;
use serde_json::Value;
use service::drifts::{On, Rule, TableRule, When};
use ui::{
    Actions, Badge, Button, Checkbox, Choice, Column, DataTable, Dialog, Field, Glyph, Row, Section, Select,
    TextArea, TextInput, Tone, Variant,
};

use super::api::{DriftRuleForm, ResetDriftRule, SaveDriftRule};
use crate::audit::history;
use crate::form::{Form, FormError};
use crate::page::print::form;
use crate::routes::{self, Link};
use crate::when::{Ago, Zone};

const FIELDS: &[&str] =
    &["what", "why", "types", "paths", "except", "values", "security", "performance", "cost", "compliance"];
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
pub fn dialog(
    slug: &str,
    asked: &str,
    table: &[TableRule],
    may_write: bool,
    zone: Zone,
    history: Option<AnyView>,
) -> Option<AnyView> {
    let here = routes::drift_part(slug, "rules");
    let found = table.iter().find(|one| one.rule.id == asked);
    if found.is_none() && !(asked == NEW && may_write) {
        return None;
    }
    let title = found.map_or_else(|| "Add a rule".to_owned(), |one| one.rule.what.clone());
    let body = if may_write { editor(slug, found) } else { found.map(|one| told(&one.rule)).into_any() };
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
    Some(
        view! {
            <Dialog id="drift-rule" title=title open=true wide=true close_href=here>
                {changed}
                {body}
                {reset}
                {history}
            </Dialog>
        }
        .into_any(),
    )
}

fn told(rule: &Rule) -> AnyView {
    view! {
        <p>{rule.why.clone()}</p>
        <p class="mono">{rule.types.join(", ")}</p>
        <p class="mono">{rule.paths.join(", ")}</p>
    }
    .into_any()
}

fn editor(slug: &str, found: Option<&TableRule>) -> AnyView {
    let state = Form::printed::<SaveDriftRule>();
    // A new one is in force and about changes, as over the API.
    let new = || DriftRuleForm { on_changed: true, enabled: true, ..DriftRuleForm::default() };
    let start = found.map_or_else(new, |one| form_of(&one.rule, one.is_enabled, one.version));
    let text = move |field: &'static str, present: &str| state.typed(field, present);
    let ticked = move |field: &'static str, present: bool| {
        state.typed(field, if present { "true" } else { "" }) == "true"
    };
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
        <input type="hidden" name="organization" value=slug.to_owned() />
        <input type="hidden" name="rule[version]" value=text("version", &start.version) />
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
            <Checkbox name="rule[on_changed]" label="Changed properties" checked=ticked("on_changed", start.on_changed) />
            <Checkbox name="rule[on_added]" label="Resources without code" checked=ticked("on_added", start.on_added) />
            <Checkbox name="rule[on_deleted]" label="Deleted resources" checked=ticked("on_deleted", start.on_deleted) />
        </div>
        <Checkbox name="rule[inward]" label="Only what lets somebody in" hint="Not what denies, and not what goes out." checked=ticked("inward", start.inward) />
        <Checkbox name="rule[critical]" label="Security-critical" checked=ticked("critical", start.critical) />
        <div class="form-grid">
            {weight("rule-security", "rule[security]", "security", "Security, 0 to 1", &start.security)}
            {weight("rule-compliance", "rule[compliance]", "compliance", "Compliance, 0 to 1", &start.compliance)}
            {weight("rule-performance", "rule[performance]", "performance", "Performance, 0 to 1", &start.performance)}
            {weight("rule-cost", "rule[cost]", "cost", "Cost, 0 to 1", &start.cost)}
        </div>
        <Checkbox name="rule[enabled]" label="In force" switch=true checked=ticked("enabled", start.enabled) />
        <Actions>
            <Button submit=true variant=Variant::Primary>"Save"</Button>
        </Actions>
    };
    form::<SaveDriftRule>("Saved; the next push is judged by it", "form", fields)
}

fn form_of(rule: &Rule, enabled: bool, version: i64) -> DriftRuleForm {
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
        version: version.to_string(),
        what: rule.what.clone(),
        why: rule.why.clone(),
        types: rule.types.join("\n"),
        paths: rule.paths.join("\n"),
        except: rule.except.join("\n"),
        when: when.to_owned(),
        values: values.join("\n"),
        on_changed: rule.on.contains(&On::Changed),
        on_added: rule.on.contains(&On::Added),
        on_deleted: rule.on.contains(&On::Deleted),
        inward: rule.inward,
        critical: rule.critical,
        security: rule.security.to_string(),
        performance: rule.performance.to_string(),
        cost: rule.cost.to_string(),
        compliance: rule.compliance.to_string(),
        enabled,
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

/// What was typed, as the service takes it: rule, whether it is in force, the version it was made from.
pub fn read(form: &DriftRuleForm) -> Result<(Rule, bool, i64), Invalid> {
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
    let on = [(form.on_changed, On::Changed), (form.on_deleted, On::Deleted), (form.on_added, On::Added)];
    let rule = Rule {
        id: form.id.trim().to_owned(),
        what: form.what.trim().to_owned(),
        why: form.why.trim().to_owned(),
        types: lines(&form.types),
        paths: lines(&form.paths),
        except: lines(&form.except),
        when,
        on: on.into_iter().filter(|(ticked, _)| *ticked).map(|(_, on)| on).collect(),
        inward: form.inward,
        critical: form.critical,
        security: number("security", &form.security)?,
        performance: number("performance", &form.performance)?,
        cost: number("cost", &form.cost)?,
        compliance: number("compliance", &form.compliance)?,
    };
    let version = form.version.trim().parse().map_err(|_| Invalid::field("id", "open the rule again"))?;
    Ok((rule, form.enabled, version))
}

/// What was typed, for the form that comes back.
pub fn typed(form: &DriftRuleForm) -> Vec<(&'static str, String)> {
    let tick = |on: bool| if on { "true".to_owned() } else { String::new() };
    vec![
        ("id", form.id.clone()),
        ("version", form.version.clone()),
        ("what", form.what.clone()),
        ("why", form.why.clone()),
        ("types", form.types.clone()),
        ("paths", form.paths.clone()),
        ("except", form.except.clone()),
        ("when", form.when.clone()),
        ("values", form.values.clone()),
        ("on_changed", tick(form.on_changed)),
        ("on_added", tick(form.on_added)),
        ("on_deleted", tick(form.on_deleted)),
        ("inward", tick(form.inward)),
        ("critical", tick(form.critical)),
        ("security", form.security.clone()),
        ("performance", form.performance.clone()),
        ("cost", form.cost.clone()),
        ("compliance", form.compliance.clone()),
        ("enabled", tick(form.enabled)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_read_back_as_it_is_printed() {
        for rule in service::drifts::built_in() {
            assert_eq!(read(&form_of(&rule, true, 3)), Ok((rule, true, 3)));
        }
        let form =
            DriftRuleForm { security: "a lot".into(), ..form_of(&service::drifts::built_in()[0], true, 0) };
        assert!(read(&form).is_err());
        assert_eq!(shown(&Value::String("true".into())), "\"true\"");
    }
}
