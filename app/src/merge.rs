//! Two versions of one text, as a reader decides between them: line by line how it was, how it is and how they wrote it. Server only.

use leptos::prelude::*;
use service::merge::{Merged, Side};
use ui::Button;

/// Lines of a stretch that nobody changed, at each of its ends.
const AROUND: usize = 2;

/// The lines of both; what both changed is marked.
pub fn lines(merged: &Merged) -> AnyView {
    let last = merged.chunks.len().saturating_sub(1);
    let rows: Vec<_> = merged
        .chunks
        .iter()
        .enumerate()
        .map(|(n, chunk)| {
            let (class, says) = match chunk.side {
                Side::Nobody => return untouched(&chunk.base, n == 0, n == last),
                Side::Theirs => ("theirs", "changed by others"),
                Side::Mine => ("mine", "changed by you"),
                Side::Same => ("same", "changed by both to the same"),
                Side::Clash => ("clash", "changed by both"),
            };
            let [base, theirs, mine] =
                [&chunk.base, &chunk.theirs, &chunk.mine].map(|lines| lines.join("\n"));
            view! {
                <tr class=class>
                    <td>{base}</td>
                    <td>{theirs}</td>
                    <td>{mine}</td>
                    <td><span class="visually-hidden">{says}</span></td>
                </tr>
            }
            .into_any()
        })
        .collect();
    view! {
        <table class="merge-lines">
            <caption>"Line by line"</caption>
            <thead>
                <tr>
                    <th scope="col">"Before"</th>
                    <th scope="col">"Theirs, saved"</th>
                    <th scope="col">"Yours"</th>
                    <th scope="col"><span class="visually-hidden">"Who changed it"</span></th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}

fn untouched(lines: &[String], first: bool, last: bool) -> AnyView {
    let head = if first { 0 } else { AROUND };
    let tail = if last { 0 } else { AROUND };
    let text = if lines.len() <= head + tail + 1 {
        lines.join("\n")
    } else {
        let between = format!("… {} lines as they were …", lines.len() - head - tail);
        let parts = [&lines[..head], &[between], &lines[lines.len() - tail..]];
        parts.concat().join("\n")
    };
    view! { <tr class="nobody"><td colspan="3">{text}</td><td></td></tr> }.into_any()
}

/// What the form has, and what can be done with it.
pub fn hint() -> AnyView {
    view! {
        <p class="hint">
            "The form has both, theirs first where you changed the same lines. Put it right and save, or save one of the two as it is."
        </p>
    }
    .into_any()
}

/// Behind the button that saves what was written together, which the Enter key presses.
pub fn buttons(what: &'static str) -> AnyView {
    view! {
        <Button submit=true name="take" value="theirs">{format!("Save with their {what}")}</Button>
        <Button submit=true name="take" value="mine">{format!("Save with my {what}")}</Button>
    }
    .into_any()
}
