//! `/o/{organization}/drift/models?version=`: the models that judge causes. Server only.

use domain::cause::{Cause, Performance, Training, TrainingState};
use domain::permission::{DriftRead, Key};
use leptos::prelude::*;
use serde_json::Value;
use service::models::{self, Overview, Version};
use ui::{
    Badge, Button, Column, DataTable, Definition, DefinitionList, Empty, Glyph, Notice, NoticeKind, PageHead,
    Progress, Row, Section, Tone, Variant, VisuallyHidden,
};

use super::cause_api::{ActivateModel, RollBackModel, ShadowModel, TrainModels};
use super::parts::{self, Part};
use crate::error::Answer;
use crate::events::parts::number;
use crate::page::Page;
use crate::page::print::{Asked, form};
use crate::routes::{self, Link};
use crate::server::Scope;
use crate::when::Ago;

/// Features that are shown.
const FEATURES: usize = 12;

pub async fn page(asked: Asked) -> Answer<Page> {
    let scope = asked.scope().await?;
    let cx = scope.admit::<DriftRead>()?;
    let slug = scope.organization.slug.clone();
    let may_write = scope.may(Key::ModelWrite);
    let overview = models::overview(&cx).await?;
    let active = overview.versions.iter().find(|one| one.model.is_active);
    let shown = overview
        .versions
        .iter()
        .find(|one| one.model.version.to_string() == asked.get("version"))
        .or(active)
        .or(overview.versions.first());
    let judges = match active {
        Some(one) => format!("version {} judges the causes of drifts", one.model.version),
        None => "rules judge the causes of drifts".to_owned(),
    };
    let running = overview.trainings.iter().any(|one| one.state == TrainingState::Running);
    let head = {
        let (slug, rollable) = (slug.clone(), active.is_some());
        move || may_write.then(|| buttons(&slug, running, rollable)).into_any()
    };
    let shifted = shifted(&overview);
    let versions = versions(&scope, &overview, shown, may_write);
    let details = shown.and_then(|one| {
        let performance = one.performance.as_ref()?;
        Some(details(one, performance))
    });
    let aside = aside(&scope, &overview);
    let body = view! {
        <PageHead title="Drift" note=judges actions=head />
        {parts::pages(&slug, Part::Models)}
        <div class="columns">
            <div class="main-column">
                {shifted}
                {versions}
                {details}
            </div>
            <aside class="side" aria-label="Training">
                {aside}
            </aside>
        </div>
    };
    Ok(Page::of("Models \u{b7} Drift", body))
}

fn buttons(slug: &str, running: bool, rollable: bool) -> AnyView {
    let hidden = || view! { <input type="hidden" name="organization" value=slug.to_owned() /> };
    let train = (!running).then(|| {
        let fields = view! {
            {hidden()}
            <Button submit=true icon=Glyph::Play variant=Variant::Primary>"Train a version"</Button>
        };
        form::<TrainModels>("It trains", "inline-form", fields)
    });
    let back = rollable.then(|| {
        let fields = view! {
            {hidden()}
            <Button submit=true icon=Glyph::ArrowLeft>"Roll back"</Button>
        };
        form::<RollBackModel>("Rolled back", "inline-form", fields)
    });
    view! { {back} {train} }.into_any()
}

fn shifted(overview: &Overview) -> Option<AnyView> {
    if overview.shifted.is_empty() {
        return None;
    }
    let told: Vec<String> =
        overview.shifted.iter().take(5).map(|one| format!("{} ({:.2})", one.label, one.distance)).collect();
    let more = overview.shifted.len().saturating_sub(5);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let words = format!(
        "The last drifts differ from those that the active version learned from in: {}{more}. Train a version from newer labels.",
        told.join(", ")
    );
    Some(
        view! { <Notice kind=NoticeKind::Warning title="What arrives has changed.">{words}</Notice> }
            .into_any(),
    )
}

fn versions(scope: &Scope, overview: &Overview, shown: Option<&Version>, may_write: bool) -> AnyView {
    let slug = scope.organization.slug.as_str();
    if overview.versions.is_empty() {
        return view! {
            <Empty
                title="No model yet"
                text="Rules judge until there are 30 causes that people confirmed or corrected, of two kinds at least. Then train a version."
                icon=Glyph::Analytics
            />
        }
        .into_any();
    }
    let rows: Vec<_> = overview
        .versions
        .iter()
        .map(|one| {
            let model = &one.model;
            let role = match (model.is_active, model.is_shadow) {
                (true, _) => view! { <Badge tone=Tone::Ok>"judges"</Badge> }.into_any(),
                (_, true) => view! { <Badge tone=Tone::Info>"shadow"</Badge> }.into_any(),
                _ => ().into_any(),
            };
            let current = shown.is_some_and(|other| other.model.id == model.id);
            let href = Link::new(routes::drift_part(slug, "models")).with("version", &model.version.to_string()).done();
            let f1 = one.performance.as_ref().map_or_else(String::new, |p| format!("{:.3}", p.f1_score_macro));
            let (tried, right) = one.tried;
            let tried = if tried == 0 { "none yet".to_owned() } else { format!("{right} of {tried}") };
            let kind = match model.metadata["algorithm"].as_str() {
                Some("gradient_boosting") => "gradient boosting",
                Some(_) => "softmax regression",
                None => "",
            };
            let at = scope.zone.when(model.trained_at);
            let act = may_write.then(|| {
                let hidden = || view! {
                    <input type="hidden" name="organization" value=slug.to_owned() />
                    <input type="hidden" name="id" value=model.id.to_string() />
                };
                let activate = (!model.is_active).then(|| {
                    let which = format!(" version {}", model.version);
                    let fields = view! {
                        {hidden()}
                        <Button submit=true>"Activate" <VisuallyHidden>{which}</VisuallyHidden></Button>
                    };
                    form::<ActivateModel>("Activated", "inline-form", fields)
                });
                let shadow = (!model.is_active && !model.is_shadow).then(|| {
                    let which = format!(": let version {} judge beside", model.version);
                    let fields = view! {
                        {hidden()}
                        <Button submit=true variant=Variant::Ghost>"Shadow" <VisuallyHidden>{which}</VisuallyHidden></Button>
                    };
                    form::<ShadowModel>("It is the shadow", "inline-form", fields)
                });
                view! { {activate} {shadow} }
            });
            let cells = view! {
                <td class="message">
                    <a href=href aria-current=current.then_some("true")>{format!("Version {}", model.version)}</a>
                    " "
                    {role}
                    " "
                    <small class="faint">{kind}</small>
                </td>
                <td class="num">{f1}</td>
                <td class="num">{tried}</td>
                <td class="time optional"><Ago when=at /></td>
                <td class="shrink">{act}</td>
            }
            .into_any();
            view! { <Row>{cells}</Row> }
        })
        .collect();
    let columns = vec![
        Column::new("Version").class("message"),
        Column::new("Macro-F1").class("num"),
        Column::new("Right since").class("num"),
        Column::new("Trained").class("time optional"),
        Column::new("Act").class("shrink").hidden_header(),
    ];
    view! {
        <Section
            title="Versions"
            hint="Macro-F1 is measured on resources that the version never saw. Right since: of the causes that people said after it was trained."
        >
            <DataTable caption="Versions" columns=columns>
                {rows}
            </DataTable>
        </Section>
    }
    .into_any()
}

fn details(one: &Version, p: &Performance) -> AnyView {
    let title = format!("How version {} does", one.model.version);
    let meta = &one.model.metadata;
    let figure = |key: &str| format!("{:.3}", meta[key].as_f64().unwrap_or_default());
    let folds: Vec<_> = p
        .cross_validation_scores
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, scores)| {
            let scores: Vec<String> = scores
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_f64)
                .map(|score| format!("{score:.3}"))
                .collect();
            let (term, scores) = (format!("Cross-validation, {}", name.replace('_', " ")), scores.join(", "));
            view! { <Definition term=term>{scores}</Definition> }
        })
        .collect();
    let facts: Vec<_> = [
        ("Macro-F1", format!("{:.3}", p.f1_score_macro)),
        ("Precision, recall", format!("{:.3}, {:.3}", p.precision_macro, p.recall_macro)),
        ("Accuracy", format!("{:.3}", p.accuracy)),
        ("The kind that was not chosen", figure("other_f1")),
        ("Always the commonest cause", figure("commonest_f1")),
        ("Learned from", number(p.training_data_size)),
        ("Measured on", number(meta["measured_on"].as_i64().unwrap_or_default())),
    ]
    .into_iter()
    .map(|(term, value)| view! { <Definition term=term>{value}</Definition> })
    .collect();
    let confusion = confusion(p);
    let importance: Vec<_> = p
        .feature_importance
        .as_array()
        .into_iter()
        .flatten()
        .take(FEATURES)
        .map(|pair| {
            let name = pair[0].as_str().unwrap_or_default();
            let share = pair[1].as_f64().unwrap_or_default();
            let text = format!("{:.1} %", share * 100.0);
            let label = service::models::feature_label(name).to_owned();
            view! { <Progress label=label value={share * 100.0} text=text tone=Tone::Neutral /> }
        })
        .collect();
    let bands: Vec<_> = p.calibration["bands"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|band| {
            let share = |key: &str| format!("{:.0} %", band[key].as_f64().unwrap_or_default() * 100.0);
            let cells = view! {
                <td>{format!("{} to {}", share("from"), share("to"))}</td>
                <td class="num">{number(band["count"].as_i64().unwrap_or_default())}</td>
                <td class="num">{share("confidence")}</td>
                <td class="num">{share("accuracy")}</td>
            }
            .into_any();
            view! { <Row>{cells}</Row> }
        })
        .collect();
    let error = format!("{:.3}", p.calibration["error"].as_f64().unwrap_or_default());
    let temperature = format!("{:.2}", p.calibration["temperature"].as_f64().unwrap_or_default());
    let columns = vec![
        Column::new("Said to be sure"),
        Column::new("Drifts").class("num"),
        Column::new("Sure on average").class("num"),
        Column::new("Right").class("num"),
    ];
    view! {
        <Section title=title>
            <DefinitionList>
                {facts}
                {folds}
            </DefinitionList>
        </Section>
        {confusion}
        <Section title="What matters" hint="How much of the learning each feature did.">
            {importance}
        </Section>
        <Section title="Calibration" hint="Of the drifts where it was so sure, how many it judged rightly.">
            <DataTable caption="Calibration" columns=columns>
                {bands}
            </DataTable>
            <p class="muted">{format!("Expected calibration error {error}; temperature {temperature}.")}</p>
        </Section>
    }
    .into_any()
}

fn confusion(p: &Performance) -> AnyView {
    let count = |truth: usize, told: usize| p.confusion_matrix[truth][told].as_i64().unwrap_or_default();
    let all = 0..Cause::ALL.len();
    // Causes that nobody named and the model did not tell have nothing to show.
    let present: Vec<usize> =
        all.clone().filter(|at| all.clone().any(|other| count(*at, other) + count(other, *at) > 0)).collect();
    let figures = |at: usize| {
        let word = Cause::ALL[at].as_str();
        p.per_class
            .as_array()
            .into_iter()
            .flatten()
            .find(|one| one["cause"] == word)
            .cloned()
            .unwrap_or_default()
    };
    let mut columns = vec![Column::new("People say")];
    columns.extend(present.iter().map(|at| Column::new(Cause::ALL[*at].label()).class("num")));
    columns.extend(["Precision", "Recall", "F1"].map(|name| Column::new(name).class("num")));
    let rows: Vec<_> = present
        .iter()
        .map(|truth| {
            let cells: Vec<_> = present
                .iter()
                .map(|told| {
                    let n = count(*truth, *told);
                    let n = if n == 0 { "\u{b7}".to_owned() } else { number(n) };
                    if truth == told {
                        view! { <td class="num"><strong>{n}</strong></td> }.into_any()
                    } else {
                        view! { <td class="num">{n}</td> }.into_any()
                    }
                })
                .collect();
            let figures = figures(*truth);
            let figure = |key: &str| format!("{:.2}", figures[key].as_f64().unwrap_or_default());
            let cells = view! {
                <td>{Cause::ALL[*truth].label()}</td>
                {cells}
                <td class="num">{figure("precision")}</td>
                <td class="num">{figure("recall")}</td>
                <td class="num">{figure("f1")}</td>
            }
            .into_any();
            view! { <Row>{cells}</Row> }
        })
        .collect();
    view! {
        <Section title="Confusion" hint="A row is what people say, a column what the version said; on the diagonal it was right.">
            <DataTable caption="Confusion matrix" columns=columns>
                {rows}
            </DataTable>
        </Section>
    }
    .into_any()
}

fn aside(scope: &Scope, overview: &Overview) -> AnyView {
    let trainings: Vec<_> = overview.trainings.iter().map(|one| training(scope, one)).collect();
    let trainings = if trainings.is_empty() {
        view! { <p class="muted">"None yet."</p> }.into_any()
    } else {
        view! { <ul class="plain-list">{trainings}</ul> }.into_any()
    };
    let sum: i64 = overview.labels.iter().map(|(_, n)| n).sum();
    let labels: Vec<_> = overview
        .labels
        .iter()
        .map(|(cause, n)| {
            let (term, n) = (cause.label(), number(*n));
            view! { <Definition term=term>{n}</Definition> }
        })
        .collect();
    let labels = if labels.is_empty() {
        view! { <p class="muted">"Nobody confirmed or corrected a cause yet: on the page of a drift."</p> }
            .into_any()
    } else {
        view! { <DefinitionList>{labels}</DefinitionList> }.into_any()
    };
    view! {
        <Section title="What people said">
            <p class="muted">{format!("{} causes confirmed or corrected", number(sum))}</p>
            {labels}
        </Section>
        <Section title="Trainings">{trainings}</Section>
    }
    .into_any()
}

fn training(scope: &Scope, one: &Training) -> AnyView {
    let at = scope.zone.when(one.started_at);
    let by = one.started_by.clone();
    match one.state {
        TrainingState::Running => {
            let text = format!("{:.0} %", one.progress * 100.0);
            view! {
                <li>
                    <Progress label=format!("Training: {}", one.step) value={one.progress * 100.0} text=text />
                    <small class="faint">{by} " " <Ago when=at /></small>
                </li>
            }
            .into_any()
        }
        TrainingState::Done => view! {
            <li>{format!("Done, from {} labels ", number(one.labels))} <small class="faint">{by} " " <Ago when=at /></small></li>
        }
        .into_any(),
        TrainingState::Failed => view! {
            <li>"Failed: " {one.failure.clone()} " " <small class="faint">{by} " " <Ago when=at /></small></li>
        }
        .into_any(),
    }
}
