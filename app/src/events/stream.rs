//! The live part of the event list: rows enter as they arrive, each at its place in the order of the list, unless the reader
//! is elsewhere.
//!
//! Rows enter while the page is at its top, nothing is paused, no panel is open and the focus is in no row; else they wait
//! behind a button that says how many. Each wave of rows is a `<tbody>` of its own, so that nothing below is drawn again.

use std::collections::VecDeque;
use std::time::Duration;

use leptos::prelude::*;
use leptos::tachys::view::any_view::AnyViewState;
use leptos::wasm_bindgen::JsCast as _;
use leptos::web_sys::{Element, HtmlElement, MouseEvent};
use ui::{Button, Glyph, Variant};

use super::list::event_line;
use super::parts::number;
use super::query::EventQuery;
use super::shown::EventRow;
use super::state::Events;
use crate::shown;

/// Live rows that are kept, and rows that wait.
const KEPT: usize = 500;
/// Count, facets and bars are asked again so long after something arrived.
const AGAIN: Duration = Duration::from_secs(15);
/// How long it is said that something was left out.
const SAID: Duration = Duration::from_secs(3);

type Waves = StoredValue<VecDeque<Wave>, LocalStorage>;

/// One wave of rows in the table.
struct Wave {
    owner: Owner,
    rows: AnyViewState,
    body: Element,
    count: usize,
}

impl Wave {
    fn remove(mut self) {
        self.rows.unmount();
        self.owner.cleanup();
        self.body.remove();
    }
}

/// What stands over a live list: how it is, a pause, and what waits. `place` is where the list ends and the stream begins,
/// `classes` are those of the cells behind the message, `link`: rows can be added to a case.
#[component]
pub fn LiveBar(events: Events, place: String, classes: Vec<&'static str>, link: bool) -> impl IntoView {
    let connection = RwSignal::new("Connecting…");
    let left_out = RwSignal::new(String::new());
    let paused = RwSignal::new(false);
    // Newest first; all that wait, of which not all may be kept.
    let waiting = RwSignal::new(Vec::<EventRow>::new());
    let count = RwSignal::new(0_usize);
    // Made in the browser alone: what a server's thread makes so, another may not drop.
    let waves = StoredValue::new(None::<Waves>);
    let asking = StoredValue::new(false);
    let owner = StoredValue::new(Owner::current().unwrap_or_default());
    let classes = StoredValue::new(classes);

    let enter = move || {
        let cut = count.get_untracked() > KEPT;
        let rows = std::mem::take(&mut *waiting.write());
        count.set(0);
        let count = rows.len();
        let lines = move || {
            classes.with_value(|classes| {
                rows.into_iter().map(|row| event_line(events, row, classes, link)).collect::<Vec<_>>()
            })
        };
        if count > 0 && !insert(waves.get_value(), &owner.get_value(), count, lines, cut) {
            // The list was empty: it has something now.
            events.list.refetch_alone();
        }
    };
    let hear = move |kind: &str, data: &str| match kind {
        "open" => connection.set("Live"),
        "error" if data == "closed" => connection.set("Stopped: load the page again"),
        "error" => connection.set("Reconnecting…"),
        "lost" => events.list.refetch_alone(),
        "skipped" => {
            left_out.set(data.to_owned());
            let said = data.to_owned();
            set_timeout(
                move || {
                    left_out.try_update(|now| {
                        if *now == said {
                            now.clear();
                        }
                    });
                },
                SAID,
            );
        }
        _ => {
            let mut rows: Vec<EventRow> = shown::read(data).unwrap_or_default();
            if !asking.get_value() {
                asking.set_value(true);
                let ask = move || {
                    // Nothing changes under who types; what arrives next is waited for again.
                    if asking.try_set_value(false).is_none() && !is_typing() {
                        events.summary.refetch_alone();
                    }
                };
                set_timeout(ask, AGAIN);
            }
            rows.retain(|row| document().get_element_by_id(&format!("event-{}", row.id)).is_none());
            count.update(|n| *n += rows.len());
            waiting.update(|waiting| {
                waiting.append(&mut rows);
                // The order of the list, not that of arrival. The texts are of one width.
                waiting.sort_by(|a, b| (&b.at.iso, &b.id).cmp(&(&a.at.iso, &a.id)));
                waiting.truncate(KEPT);
            });
            if !paused.get_untracked() && may_enter(events) {
                enter();
            }
        }
    };
    Effect::new(move |_| {
        let held = Waves::new_local(VecDeque::new());
        waves.set_value(Some(held));
        on_cleanup(move || {
            held.try_update_value(|waves| waves.drain(..).for_each(Wave::remove));
        });
        let address = untrack(|| events.query.read().tail_href(&events.slug.read(), &place));
        ui::browser::listen(&address, &["rows", "skipped", "lost"], hear);
    });

    let state = move || {
        if paused.get() {
            return "Paused".to_owned();
        }
        let said = left_out.get();
        if said.is_empty() { connection.get().to_owned() } else { said }
    };
    let pause = Callback::new(move |_| {
        paused.update(|paused| *paused = !*paused);
        if !paused.get_untracked() {
            enter();
        }
    });
    let show = move |event: MouseEvent| {
        enter();
        scrollers().for_each(|scroller| scroller.set_scroll_top(0));
        // Whoever came by a key goes on from the first new row; the button is gone. A pointer holds on to nothing.
        let first = document().query_selector(".events-list [data-row]").ok().flatten();
        if let (0, Some(first)) = (event.detail(), first.and_then(|row| row.dyn_into::<HtmlElement>().ok())) {
            let _ = first.set_attribute("tabindex", "-1");
            let _ = first.focus();
        }
    };
    view! {
        <div class="live-bar">
            <span class="live-state" class:off=move || paused.get() || connection.get() != "Live">
                {state}
            </span>
            <Button variant=Variant::Ghost icon=Glyph::Clock on_click=pause>
                {move || if paused.get() { "Resume" } else { "Pause" }}
            </Button>
            // Not each row: whether it runs, and whether something waits.
            <p class="visually-hidden" role="status">
                {move || if paused.get() { "Paused" } else { connection.get() }}
                {move || (count.get() > 0).then_some(". New events wait.")}
            </p>
        </div>
        <div class="live-new" hidden=move || count.get() == 0>
            <button type="button" class="button primary" on:click=show>
                {move || format!("{} new", number(count.get() as i64))}
            </button>
        </div>
    }
    .into_any()
}

/// Switches the live list on and off. In the browser only: without WASM nothing can enter a list.
#[component]
pub fn LiveToggle(events: Events) -> impl IntoView {
    let ready = ui::browser::ready();
    let navigate = leptos_router::hooks::use_navigate();
    let toggle = move |_| navigate(&untrack(|| events.href(EventQuery::live_toggled)), Default::default());
    view! {
        <button
            class="button secondary"
            type="button"
            data-key="l"
            aria-keyshortcuts="l"
            aria-pressed=move || if events.query.read().is_live() { "true" } else { "false" }
            hidden=move || !ready.get()
            on:click=toggle
        >
            "Live"
        </button>
    }
    .into_any()
}

/// What scrolls: the list itself where there is room for what stands around it, the page where there is none.
fn scrollers() -> impl Iterator<Item = Element> {
    [".list", ".main"].into_iter().filter_map(|selector| document().query_selector(selector).ok().flatten())
}

fn is_typing() -> bool {
    document().active_element().is_some_and(|at| at.tag_name() == "INPUT")
}

/// The reader is at the top of the list and holds on to nothing in it.
fn may_enter(events: Events) -> bool {
    let in_a_row = document()
        .active_element()
        .is_some_and(|at| at.closest("[data-row], .cell-menu").ok().flatten().is_some());
    let scrolled = scrollers().any(|scroller| scroller.scroll_top() > 4);
    !in_a_row && !scrolled && events.query.read_untracked().event.is_empty()
}

/// Puts rows into the table; false when there is none. `cut`: rows before these are missing, which is said where they would be.
fn insert(
    waves: Option<Waves>,
    owner: &Owner,
    count: usize,
    lines: impl FnOnce() -> Vec<AnyView>,
    cut: bool,
) -> bool {
    let find = |selector| document().query_selector(selector).ok().flatten();
    let (Some(table), Some(waves)) = (find(".events-list .data-table"), waves) else { return false };
    let (Some(first), Ok(body)) =
        (table.query_selector("tbody").ok().flatten(), document().create_element("tbody"))
    else {
        return false;
    };
    let _ = table.insert_before(&body, Some(&first));
    let owner = owner.child();
    let mut rows = owner.with(|| lines().collect_view().into_any().build());
    rows.mount(&body, None);
    settle(&table, &body);
    waves.update_value(|waves| {
        waves.push_front(Wave { owner, rows, body, count });
        let (mut kept, mut full) = (0, cut);
        let mut keep = waves.len();
        for (at, wave) in waves.iter().enumerate() {
            kept += wave.count;
            if at > 0 && (kept > KEPT || cut) {
                (keep, full) = (at, true);
                break;
            }
        }
        waves.drain(keep..).for_each(Wave::remove);
        // What the page came with stays, and no longer follows on.
        let last = table.query_selector("tbody:last-of-type").ok().flatten();
        if let (true, None, Some(last), Ok(gap)) =
            (full, table.query_selector(".gap").ok().flatten(), last, document().create_element("tbody"))
        {
            gap.set_inner_html(GAP);
            let _ = table.insert_before(&gap, Some(&last));
        }
    });
    true
}

/// What stands between live rows and those that the page came with, where rows are left out.
const GAP: &str = "<tr class=gap><td colspan=99>Some events between these are left out. Load the page again to see all.</td></tr>";

/// When the event of a row occurred, and its id: what the list is ordered by. Both are texts of one width.
fn place(row: &Element) -> Option<(String, String)> {
    let time = row.query_selector("time").ok().flatten()?.get_attribute("datetime")?;
    Some((time, row.query_selector("[data-row-link]").ok().flatten()?.id()))
}

/// Brings what came late from the top of the table to its place. A wave's rows leave with it wherever they stand.
fn settle(table: &Element, body: &Element) {
    let (Ok(new), Ok(all)) = (body.query_selector_all("tr"), table.query_selector_all("[data-row]")) else {
        return;
    };
    let row = |at: u32| all.get(at).and_then(|row| row.dyn_into::<Element>().ok());
    let newer = |at: u32, than: &Element| row(at).filter(|row| place(row) > place(than));
    // Mostly not even the oldest of them is late.
    let mut below = new.length();
    if row(below - 1).is_none_or(|oldest| newer(below, &oldest).is_none()) {
        return;
    }
    for late in (0..new.length()).filter_map(row) {
        while newer(below, &late).is_some() {
            below += 1;
        }
        let _ = match row(below) {
            Some(next) if below > new.length() => next.before_with_node_1(&late),
            Some(_) => Ok(()),
            None => table.query_selector("tbody:last-of-type").map(|last| {
                last.map(|last| last.append_child(&late));
            }),
        };
    }
}
