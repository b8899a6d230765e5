//! The global `echarts` (a script the page loads), called through reflection.

use js_sys::{Array, Function, Reflect};
use leptos::prelude::*;
use serde_json::{Value, json};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{Element, HtmlElement, ResizeObserver};

use super::{by_id, find};

/// Runs `changed` when the reader or the system switches between light and dark, until the owner goes.
pub(crate) fn on_scheme_change(changed: impl Fn() + Clone + 'static) {
    let chosen = window_event_listener_untyped("themechange", {
        let changed = changed.clone();
        move |_| changed()
    });
    on_cleanup(move || chosen.remove());
    let Ok(Some(media)) = window().match_media("(prefers-color-scheme: dark)") else { return };
    let listener = Closure::<dyn FnMut()>::new(changed);
    let _ = media.add_event_listener_with_callback("change", listener.as_ref().unchecked_ref());
    let held = StoredValue::new_local((media, listener));
    on_cleanup(move || {
        held.try_with_value(|(media, listener)| {
            let _ = media.remove_event_listener_with_callback("change", listener.as_ref().unchecked_ref());
        });
    });
}

/// Makes an instance in the element: theme, resizing, clicks, brush; disposes it with the owner. False while the script or
/// the element is not there yet.
pub(crate) fn start(
    element: &HtmlElement,
    table_id: &str,
    on_brush: Option<Callback<(usize, usize)>>,
) -> bool {
    let Some(echarts) = global() else { return false };
    // Outside the document there is no size and no colour to compute.
    if !element.is_connected() {
        return false;
    }
    let theme = to_js(&theme(element));
    let Some(instance) = call(&echarts, "init", &[element.as_ref(), &theme]) else { return false };

    let table = table_id.to_owned();
    let click = Closure::<dyn FnMut(JsValue)>::new(move |mark: JsValue| follow(&table, &mark));
    call(&instance, "on", &[&"click".into(), click.as_ref()]);

    let brush = Closure::<dyn FnMut(JsValue)>::new(move |event: JsValue| {
        if let (Some(on_brush), Some(range)) = (on_brush, brushed(&event)) {
            on_brush.run(range);
        }
    });
    call(&instance, "on", &[&"brushEnd".into(), brush.as_ref()]);

    // A low bar is hard to hit: the whole column above it answers.
    let (table, column) = (table_id.to_owned(), instance.clone());
    let beside = Closure::<dyn FnMut(JsValue)>::new(move |event: JsValue| {
        if on_brush.is_some()
            && let Some(data) = column_at(&column, &event)
        {
            follow_mark(&table, None, data);
        }
    });
    if let Some(zr) = call(&instance, "getZr", &[]) {
        call(&zr, "on", &[&"click".into(), beside.as_ref()]);
    }

    let resized = instance.clone();
    let resize = Closure::<dyn FnMut()>::new(move || {
        call(&resized, "resize", &[]);
    });
    let observer = ResizeObserver::new(resize.as_ref().unchecked_ref()).ok();
    if let Some(observer) = &observer {
        observer.observe(element);
    }

    let held = StoredValue::new_local((instance, observer, click, brush, beside, resize));
    on_cleanup(move || {
        held.try_with_value(|(instance, observer, ..)| {
            if let Some(observer) = observer {
                observer.disconnect();
            }
            call(instance, "dispose", &[]);
        });
    });
    true
}

/// The library does not come: the table is shown instead of an empty box.
pub(crate) fn give_up(element: &HtmlElement, table_id: &str) {
    for (element, word) in [(element.parent_element(), "data-plain"), (by_id::<Element>(table_id), "open")] {
        let _ = element.map(|element| element.set_attribute(word, ""));
    }
}

/// Draws the options into the element's instance, tokens resolved.
pub(crate) fn draw(element: &HtmlElement, options: &Value, brush: bool) {
    let Some(instance) = global().and_then(|echarts| call(&echarts, "getInstanceByDom", &[element.as_ref()]))
    else {
        return;
    };
    let mut options = options.clone();
    resolve(&mut options, element);
    options["animation"] = Value::Bool(!still());
    options["animationDuration"] = json!(140);
    options["animationDurationUpdate"] = json!(140);
    if brush {
        options["brush"] = json!({
            "xAxisIndex": 0, "brushType": "lineX", "brushMode": "single", "transformable": false, "toolbox": [],
            "brushStyle": { "color": color(element, "var(--brush)"), "borderColor": color(element, "var(--accent)"), "borderWidth": 1 },
            "outOfBrush": { "colorAlpha": 0.45 },
        });
    }
    call(&instance, "setOption", &[&to_js(&options), &to_js(&json!({ "notMerge": true }))]);
    if brush {
        let cursor = json!({ "type": "takeGlobalCursor", "key": "brush", "brushOption": { "brushType": "lineX", "brushMode": "single" } });
        call(&instance, "dispatchAction", &[&to_js(&cursor)]);
    }
}

fn global() -> Option<JsValue> {
    Reflect::get(&window(), &"echarts".into()).ok().filter(JsValue::is_object)
}

/// Calls a method; nothing when it is missing or throws.
fn call(object: &JsValue, method: &str, arguments: &[&JsValue]) -> Option<JsValue> {
    let method = Reflect::get(object, &method.into()).ok()?.dyn_into::<Function>().ok()?;
    let list = Array::new();
    for argument in arguments {
        list.push(argument);
    }
    method.apply(object, &list).ok().filter(|value| !value.is_null())
}

fn to_js(value: &Value) -> JsValue {
    js_sys::JSON::parse(&value.to_string()).unwrap_or(JsValue::NULL)
}

fn number(object: &JsValue, key: &str) -> Option<usize> {
    Reflect::get(object, &key.into()).ok()?.as_f64().map(|number| number as usize)
}

/// Follows the table's link of the clicked mark, so the router sees an ordinary click.
fn follow(table_id: &str, mark: &JsValue) {
    if let Some(data) = number(mark, "dataIndex") {
        follow_mark(table_id, Some(number(mark, "seriesIndex").unwrap_or(0)), data);
    }
}

/// The link of one series, or of all together.
fn follow_mark(table_id: &str, series: Option<usize>, data: usize) {
    let Some(table) = by_id::<Element>(table_id) else { return };
    let mark = |series: &str| find::<HtmlElement>(&table, &format!("[data-mark=\"{series}-{data}\"]"));
    let link = series.and_then(|series| mark(&series.to_string())).or_else(|| mark("all"));
    if let Some(link) = link {
        link.click();
    }
}

/// Data index of the column under a click that hit no mark.
fn column_at(instance: &JsValue, event: &JsValue) -> Option<usize> {
    let get = |key: &str| Reflect::get(event, &key.into()).ok();
    if get("target").is_some_and(|target| target.is_object()) {
        return None;
    }
    let (x, y) = (get("offsetX")?, get("offsetY")?);
    let grid = to_js(&json!({ "gridIndex": 0 }));
    call(instance, "containPixel", &[&grid, &Array::of2(&x, &y)])?.as_bool().filter(|inside| *inside)?;
    let axis = to_js(&json!({ "xAxisIndex": 0 }));
    call(instance, "convertFromPixel", &[&axis, &x])?.as_f64().map(|index| index.max(0.0) as usize)
}

/// First and last data index of the dragged range.
fn brushed(event: &JsValue) -> Option<(usize, usize)> {
    let areas = Reflect::get(event, &"areas".into()).ok()?;
    let area = Array::from(&areas).get(0);
    let range = Array::from(&Reflect::get(&area, &"coordRange".into()).ok()?);
    let end = |index| range.get(index).as_f64().map(|value| value.max(0.0).round() as usize);
    Some((end(0)?, end(1)?))
}

/// Replaces every `var(--token)` by its colour.
fn resolve(value: &mut Value, element: &HtmlElement) {
    match value {
        Value::String(text) if text.starts_with("var(--") => *text = color(element, text),
        Value::Array(items) => items.iter_mut().for_each(|item| resolve(item, element)),
        Value::Object(members) => members.values_mut().for_each(|member| resolve(member, element)),
        _ => {}
    }
}

/// The computed colour of a token where the element stands, as sRGB: ECharts lightens hovered marks and cannot read `oklch`.
fn color(element: &HtmlElement, token: &str) -> String {
    let style = element.style();
    let _ = style.set_property("color", &format!("color-mix(in srgb, {token}, {token})"));
    let found = window()
        .get_computed_style(element)
        .ok()
        .flatten()
        .and_then(|style| style.get_property_value("color").ok());
    let _ = style.remove_property("color");
    rgba(&found.unwrap_or_default())
}

/// `color(srgb 0.5 0 1 / 0.2)` as `rgba(128,0,255,0.2)`; anything else as it is.
fn rgba(computed: &str) -> String {
    let Some(inner) = computed.strip_prefix("color(srgb ").and_then(|rest| rest.strip_suffix(')')) else {
        return computed.to_owned();
    };
    let numbers: Vec<f64> = inner
        .split([' ', '/'])
        .filter(|part| !part.is_empty())
        .map(|part| part.parse().unwrap_or(0.0))
        .collect();
    let channel = |index: usize| (numbers.get(index).copied().unwrap_or(0.0).clamp(0.0, 1.0) * 255.0).round();
    let alpha = numbers.get(3).copied().unwrap_or(1.0);
    format!("rgba({},{},{},{alpha})", channel(0), channel(1), channel(2))
}

/// True where the reader wants no motion.
fn still() -> bool {
    window()
        .match_media("(prefers-reduced-motion: reduce)")
        .ok()
        .flatten()
        .is_some_and(|media| media.matches())
}

/// The look shared by all charts. Tooltips are drawn, not HTML: a strict CSP refuses their style attributes.
fn theme(element: &HtmlElement) -> Value {
    let get = |token: &str| color(element, token);
    let (text, muted, line, surface) =
        (get("var(--text)"), get("var(--muted)"), get("var(--line)"), get("var(--raised)"));
    let font = "Inter, system-ui, sans-serif";
    let palette =
        ["var(--accent)", "var(--ok)", "var(--medium)", "var(--info)", "var(--high)", "var(--low)"].map(get);
    let axis = json!({
        "axisLine": { "lineStyle": { "color": line } },
        "axisTick": { "show": false },
        "axisLabel": { "color": muted, "fontSize": 11, "fontFamily": font },
        "splitLine": { "lineStyle": { "color": line } },
    });
    json!({
        "color": palette,
        "backgroundColor": "transparent",
        "textStyle": { "color": text, "fontFamily": font, "fontSize": 12 },
        "title": { "textStyle": { "color": text }, "subtextStyle": { "color": muted } },
        "legend": { "textStyle": { "color": muted, "fontSize": 12 }, "inactiveColor": line, "icon": "roundRect", "itemWidth": 10, "itemHeight": 10 },
        "tooltip": {
            "renderMode": "richText", "backgroundColor": surface, "borderColor": line, "borderWidth": 1, "padding": [6, 10],
            "textStyle": { "color": text, "fontSize": 12 }, "axisPointer": { "lineStyle": { "color": line }, "shadowStyle": { "opacity": 0.2 } },
        },
        "categoryAxis": axis, "valueAxis": axis, "timeAxis": axis, "logAxis": axis,
        "bar": { "barCategoryGap": "20%" },
        "line": { "symbol": "circle", "symbolSize": 5, "showSymbol": false, "lineStyle": { "width": 1.5 } },
    })
}

#[cfg(test)]
mod tests {
    use super::rgba;

    #[test]
    fn computed_colours_become_what_echarts_reads() {
        assert_eq!(rgba("color(srgb 0.5 0 1)"), "rgba(128,0,255,1)");
        assert_eq!(rgba("color(srgb 1.02 -0.1 none / 0.2)"), "rgba(255,0,0,0.2)");
        assert_eq!(rgba("rgb(1, 2, 3)"), "rgb(1, 2, 3)");
    }
}
