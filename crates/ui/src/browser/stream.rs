//! Server-sent events.

use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{Event, EventSource};

/// Listens until the owner goes. `hear` is told the kind of each event and its data; `open` and `error` are kinds too. The
/// browser comes back by itself after an error, unless the data says "closed".
pub fn listen(address: &str, kinds: &[&str], hear: impl Fn(&str, &str) + 'static) {
    let Ok(source) = EventSource::new(address) else { return };
    let here = source.clone();
    let closure = Closure::<dyn FnMut(Event)>::new(move |event: Event| {
        let data =
            js_sys::Reflect::get(&event, &JsValue::from_str("data")).ok().and_then(|data| data.as_string());
        let closed = here.ready_state() == EventSource::CLOSED;
        hear(&event.type_(), data.as_deref().unwrap_or(if closed { "closed" } else { "" }));
    });
    for kind in ["open", "error"].iter().chain(kinds) {
        let _ = source.add_event_listener_with_callback(kind, closure.as_ref().unchecked_ref());
    }
    let held = StoredValue::new_local((source, closure));
    on_cleanup(move || {
        held.try_with_value(|(source, _)| source.close());
    });
}
