//! Text where HTML knows no elements, inside `<title>` and `<textarea>`: Leptos prints it there as it is.

/// As it has to be printed: nothing in it ends the element it stands in. In the browser, where it is set as text, it stays.
pub fn plain_text(text: String) -> String {
    #[cfg(target_family = "wasm")]
    return text;
    #[cfg(not(target_family = "wasm"))]
    text.replace('&', "&amp;").replace('<', "&lt;")
}

/// [`plain_text`] in a text area, whose first line break the reader of HTML would swallow.
pub(crate) fn plain_area(text: String) -> String {
    let text = plain_text(text);
    #[cfg(target_family = "wasm")]
    return text;
    #[cfg(not(target_family = "wasm"))]
    if text.starts_with(['\n', '\r']) { ["\n", &text].concat() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_ends_the_element_it_stands_in() {
        assert_eq!(plain_text("a </title><b>&lt;".to_owned()), "a &lt;/title>&lt;b>&amp;lt;");
        assert_eq!(plain_area("\nfirst".to_owned()), "\n\nfirst");
        assert_eq!(plain_area("first\n".to_owned()), "first\n");
    }
}
