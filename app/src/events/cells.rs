//! The menu of a cell: one button for the whole table, which goes where the pointer or the focus is, and asks the server what
//! the menu holds when it is opened. Without WASM the panel has the same links.

use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast as _;
use leptos::web_sys::{Element, Event, HtmlElement, KeyboardEvent, MouseEvent};
use ui::{Glyph, Icon, VisuallyHidden};

use super::api::GetEvent;
use super::state::Events;
use crate::fetch::fetch_if;

const BUTTON: &str = ".cell-menu > summary";

/// Where the button is.
#[derive(Clone, Copy)]
pub struct Cells {
    /// Id of the event (none: nowhere) and number of the cell.
    at: RwSignal<(String, usize)>,
    open: RwSignal<bool>,
    /// What is around the event is followed as soon as it is known.
    go: RwSignal<bool>,
}

/// What has a menu: the cells of an event, not its checkbox.
const CELL: &str = "[data-row] td:not(.check)";

impl Cells {
    pub fn new() -> Self {
        Self { at: RwSignal::default(), open: RwSignal::new(false), go: RwSignal::new(false) }
    }

    /// The button goes to the cell that an event of the page is about, unless its menu is open.
    pub fn follow(self, event: &Event) {
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        if let (false, Some(target)) = (self.open.get_untracked(), target) {
            let cell = target.closest(CELL).ok().flatten();
            // A row itself has the focus while the keys walk over it.
            let message = || {
                target
                    .query_selector("td.message")
                    .ok()
                    .flatten()
                    .filter(|_| target.has_attribute("data-row"))
            };
            if let Some(cell) = cell.or_else(message) {
                self.put(&cell);
            }
        }
    }

    /// Instead of the browser's own menu, which links keep.
    pub fn pressed(self, event: &MouseEvent) {
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        let within =
            |selector| target.as_ref().is_some_and(|at| at.closest(selector).ok().flatten().is_some());
        if within(CELL) && !within("a, .cell-menu") {
            self.open.set(false);
            self.follow(event);
            press();
            event.prevent_default();
        }
    }

    /// Puts the button at the end of a cell, and remembers whose it is.
    fn put(self, cell: &Element) {
        let row = cell.parent_element();
        let link = row.and_then(|row| row.query_selector("[data-row-link]").ok().flatten());
        let list = cell.closest(".events-list").ok().flatten();
        let (Some(link), Some(list), Some(menu)) = (link, list, menu()) else { return };
        let mut number = 0;
        let mut before = cell.previous_element_sibling();
        while let Some(cell) = before {
            number += usize::from(cell.class_name() != "check");
            before = cell.previous_element_sibling();
        }
        let (from, room, cell) =
            (list.get_bounding_client_rect(), document().document_element(), cell.get_bounding_client_rect());
        let room = room.map_or(0.0, |page| f64::from(page.client_height()));
        let place = menu.style();
        let _ = place.set_property("left", &format!("{}px", cell.right() - from.left() - 26.0));
        let _ = place
            .set_property("top", &format!("{}px", cell.top() - from.top() + (cell.height() - 24.0) / 2.0));
        let _ = menu.class_list().toggle_with_force("end", cell.right() > 320.0);
        let _ = menu
            .class_list()
            .toggle_with_force("up", cell.bottom() > room / 2.0 && cell.top() - from.top() > 260.0);
        self.at.set((link.id().trim_start_matches("event-").to_owned(), number));
    }

    /// The cell the button belongs to.
    fn cell(self) -> Option<Element> {
        self.at.with_untracked(|(id, number)| {
            let link = document().get_element_by_id(&["event-", id].concat())?;
            let cells = link.closest("[data-row]").ok()??.query_selector_all("td:not(.check)").ok()?;
            cells.item(*number as u32)?.dyn_into().ok()
        })
    }
}

fn shut() {
    if let Some(menu) = menu() {
        let _ = menu.remove_attribute("open");
    }
}

fn menu() -> Option<HtmlElement> {
    document().query_selector(".cell-menu").ok().flatten()?.dyn_into().ok()
}

/// The entry of what is around, once the server told what the menu holds.
fn around_link() -> Option<HtmlElement> {
    document().query_selector(".cell-menu a[aria-keyshortcuts=c]").ok().flatten()?.dyn_into().ok()
}

/// Opens the menu where the button is now, also where it was open elsewhere.
fn press() {
    shut();
    let button = document().query_selector(BUTTON).ok().flatten();
    if let Some(button) = button.and_then(|button| button.dyn_into::<HtmlElement>().ok()) {
        button.click();
        let _ = button.focus();
    }
}

/// Once, inside of the list.
#[component]
pub fn CellMenu(events: Events, cells: Cells) -> impl IntoView {
    let html = RwSignal::new(String::new());
    let found = fetch_if(move || {
        let (id, number) = cells.at.get();
        cells.open.get().then(|| GetEvent {
            organization: events.slug.get(),
            id,
            query: events.query.get(),
            whole: false,
            cell: number.to_string(),
        })
    });
    Effect::new(move |_| {
        let Some(answer) = found.get() else { return };
        html.set(match &answer {
            Ok(event) => {
                event.as_ref().as_ref().map(|event| event.body.html().to_owned()).unwrap_or_default()
            }
            Err(_) => "This event cannot be read now.".to_owned(),
        });
        if cells.open.get_untracked() && cells.go.get_untracked() {
            cells.go.set(false);
            // Once it stands in the page.
            request_animation_frame(|| {
                around_link().inspect(HtmlElement::click);
            });
        }
    });
    // Another list has other rows; one beside which the panel opens has the same.
    let list = Memo::new(move |_| events.query.read().list());
    Effect::new(move |_| {
        list.track();
        cells.at.set(Default::default());
        cells.go.set(false);
        shut();
    });
    let chosen = move |event: MouseEvent| {
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        if target.is_some_and(|target| target.closest("a").ok().flatten().is_some()) {
            shut();
        }
    };
    let toggled = move |_: Event| {
        let Some(menu) = menu() else { return };
        let open = menu.has_attribute("open");
        cells.open.set(open);
        if !open {
            cells.go.set(false);
        }
        // Where rows came in above, the cell is elsewhere now.
        let cell = cells.cell();
        if let (true, Some(cell)) = (open, &cell) {
            cells.put(cell);
        }
        let inside =
            document().active_element().is_some_and(|at| at.closest(".cell-menu").ok().flatten().is_some());
        let row =
            cell.and_then(|cell| cell.parent_element()).and_then(|row| row.dyn_into::<HtmlElement>().ok());
        if let (false, true, Some(row)) = (open, inside, row) {
            let _ = row.set_attribute("tabindex", "-1");
            let _ = row.focus();
        }
    };
    // Left and right: the cells beside it.
    let beside = move |event: KeyboardEvent| {
        let step = match event.key().as_str() {
            "ArrowLeft" => Element::previous_element_sibling,
            "ArrowRight" => Element::next_element_sibling,
            _ => return,
        };
        let mut next = cells.cell().and_then(|cell| step(&cell));
        while let Some(cell) = next.take_if(|cell| cell.client_width() == 0) {
            next = step(&cell);
        }
        if let Some(cell) = next {
            cells.put(&cell);
            event.prevent_default();
        }
    };
    let around = move |event: MouseEvent| {
        // Else this click, which is outside of the menu, would close what it opens.
        event.stop_propagation();
        if let Some(link) = around_link().filter(|_| cells.open.get_untracked()) {
            link.click();
        } else if !cells.at.with_untracked(|(id, _)| id.is_empty()) {
            cells.go.set(true);
            if !cells.open.get_untracked() {
                press();
            }
        }
    };
    let hidden = move || cells.at.read().0.is_empty();
    view! {
        <details class="menu cell-menu" hidden=hidden on:keydown=beside on:toggle=toggled on:click=chosen>
            <summary class="icon-button ghost" title="Cell menu" data-key="m" aria-keyshortcuts="m">
                <Icon glyph=Glyph::More />
                <VisuallyHidden>"Cell menu"</VisuallyHidden>
            </summary>
            <div class="items" inner_html=move || html.get()></div>
        </details>
        // The key of the panel's link, for the row that has the focus.
        <button type="button" class="visually-hidden" tabindex="-1" aria-hidden="true" data-key="c" on:click=around></button>
    }
    .into_any()
}
