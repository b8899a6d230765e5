//! A person as two letters.

use leptos::prelude::*;

/// Initials on a colour that follows the name. Decorative beside the name; with `alone=true` it carries the name.
#[component]
pub fn Avatar(
    #[prop(into)] name: String,
    /// No name stands beside it.
    #[prop(optional)]
    alone: bool,
) -> impl IntoView {
    let letters = initials(&name);
    let class = format!(
        "avatar hue-{}",
        name.bytes().fold(0_u8, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte)) % 8
    );
    if alone {
        view! {
            <span class=class role="img" aria-label=name.clone() title=name>
                {letters}
            </span>
        }
        .into_any()
    } else {
        view! {
            <span class=class aria-hidden="true">
                {letters}
            </span>
        }
        .into_any()
    }
}

/// First letters of the first and last word; the first two letters of a single word.
fn initials(name: &str) -> String {
    let name = name.split('@').next().unwrap_or(name);
    let words: Vec<&str> =
        name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let letters: String = match words.as_slice() {
        [] => "?".to_owned(),
        [one] => one.chars().take(2).collect(),
        [first, .., last] => first.chars().take(1).chain(last.chars().take(1)).collect(),
    };
    letters.to_uppercase()
}

#[cfg(test)]
mod tests {
    use super::initials;

    #[test]
    fn initials_come_from_the_first_and_last_word() {
        assert_eq!(initials("Mara Okafor Kent"), "MK");
        assert_eq!(initials("jo"), "JO");
        assert_eq!(initials("ana.kim@acme.test"), "AK");
        assert_eq!(initials(""), "?");
    }
}
