//! Charts: ECharts options (JSON, made with charming on the server), drawn in the browser only, with a table behind every one.
//!
//! Colours in the options are tokens: write `"var(--high)"`, the component resolves them and redraws when the colour scheme changes.
//! The drawing is ours (charming's renderer has no dispose, and passes Rust maps as JS `Map`s).

use leptos::prelude::*;
use serde_json::Value;

use crate::browser::echarts;

/// A row of the table behind a chart; row `i` is the mark at data index `i`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChartRow {
    /// First the category, then one formatted value a series.
    pub cells: Vec<String>,
    /// Links of the marks, one a series; a single one is for the whole row.
    pub links: Vec<String>,
}

/// A chart. The server prints the container (named `label`) and the table; the browser draws into the container.
/// A click on a mark follows its link; `on_brush` hears the first and last data index of a dragged range.
#[component]
pub fn Chart(
    /// `id` of the container.
    #[prop(into)]
    id: String,
    /// What it shows, in a sentence.
    #[prop(into)]
    label: Signal<String>,
    #[prop(into)] options: Signal<Value>,
    /// Heads of the table: category, then one a series.
    #[prop(into)]
    columns: Signal<Vec<String>>,
    #[prop(into)] rows: Signal<Vec<ChartRow>>,
    /// CSS class of the height: `small` (68 px), `medium` (200 px, default), `large` (320 px).
    #[prop(optional, into)]
    size: Option<&'static str>,
    #[prop(optional, into)] on_brush: Option<Callback<(usize, usize)>>,
) -> impl IntoView {
    let node = NodeRef::<leptos::html::Div>::new();
    let drawn = RwSignal::new(0_u32);
    let scheme = RwSignal::new(0_u32);
    let tries = RwSignal::new(0_u32);
    let table_id = format!("{id}-data");
    Effect::new(move |_| {
        echarts::on_scheme_change(move || {
            scheme.try_update(|count| *count += 1);
        });
    });
    let links_in = table_id.clone();
    // Each in a task of its own: the page can be read and used before a chart is drawn, and its colours cost nothing once it has been painted.
    let painted = RwSignal::new(false);
    Effect::new(move |_| {
        after_paint(move || {
            painted.try_set(true);
        });
    });
    Effect::new(move |_| {
        scheme.track();
        tries.track();
        let Some(element) = node.get().filter(|_| painted.get()) else { return };
        if echarts::start(&element, &links_in, on_brush) {
            after_paint(move || {
                drawn.try_update(|count| *count += 1);
            });
        } else if tries.get_untracked() < 40 {
            set_timeout(
                move || {
                    tries.try_update(|count| *count += 1);
                },
                std::time::Duration::from_millis(150),
            );
        } else {
            echarts::give_up(&element, &links_in);
        }
    });
    Effect::new(move |_| {
        let options = options.get();
        if drawn.get() > 0
            && let Some(element) = node.get()
        {
            echarts::draw(&element, &options, on_brush.is_some());
        }
    });
    let head = move || {
        columns.get().into_iter().map(|name| view! { <th scope="col">{name}</th> }.into_any()).collect_view()
    };
    let body =
        move || rows.get().into_iter().enumerate().map(|(index, row)| table_row(index, row)).collect_view();
    view! {
        <figure class=format!("chart {}", size.unwrap_or("medium"))>
            <div class="drawing" id=id role="img" aria-label=move || label.get() node_ref=node></div>
            <details class="data" id=table_id>
                <summary>"Data table"</summary>
                <div class="scroll" tabindex="0" role="region" aria-label=move || label.get()>
                    <table class="data-table compact">
                        <caption class="visually-hidden">{move || label.get()}</caption>
                        <thead>
                            <tr>{move || head()}</tr>
                        </thead>
                        <tbody>{move || body()}</tbody>
                    </table>
                </div>
            </details>
        </figure>
    }
    .into_any()
}

/// In a task after the next frame.
fn after_paint(work: impl FnOnce() + 'static) {
    request_animation_frame(move || set_timeout(work, std::time::Duration::ZERO));
}

fn table_row(index: usize, row: ChartRow) -> AnyView {
    let links = row.links;
    let cells = row
        .cells
        .into_iter()
        .enumerate()
        .map(|(column, text)| {
            let link = match (links.len(), column) {
                (1, 0) => links.first().cloned(),
                (0 | 1, _) | (_, 0) => None,
                (_, column) => links.get(column - 1).cloned(),
            };
            let mark = format!(
                "{}-{index}",
                if links.len() == 1 { "all".to_owned() } else { column.saturating_sub(1).to_string() }
            );
            let inner = match link {
                Some(href) => view! { <a href=href data-mark=mark>{text}</a> }.into_any(),
                None => text.into_any(),
            };
            if column == 0 {
                view! { <th scope="row">{inner}</th> }.into_any()
            } else {
                view! { <td class="num">{inner}</td> }.into_any()
            }
        })
        .collect_view();
    view! { <tr>{cells}</tr> }.into_any()
}
