//! Markdown of descriptions and notes as HTML, on a page and in a bundle: no HTML of the writer's, no pictures from elsewhere, links to the
//! web only.

use domain::case::CaseNote;
use domain::case::mention::{self, Named};
use pulldown_cmark::{CowStr, Event, LinkType, Options, Parser, Tag, TagEnd, TextMergeStream, html};

/// HTML that is safe to print.
pub fn to_html(text: &str) -> String {
    with_people(text, &[])
}

/// [`to_html`], for a page that lies in a folder somewhere: what was a link into Watchroom leads nowhere there.
pub fn to_html_elsewhere(text: &str) -> String {
    rendered(text, &[], false)
}

/// A text inside an element or a quoted attribute.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

/// A note, where those whom it names are marked; `named` may be of others, too.
pub fn note_html(note: &CaseNote, named: &[Named]) -> String {
    let named: Vec<&Named> = named.iter().filter(|named| named.note_id == note.id).collect();
    with_people(&note.content, &named)
}

fn with_people(text: &str, named: &[&Named]) -> String {
    rendered(text, named, true)
}

/// `here`: an address without a host is one of ours.
fn rendered(text: &str, named: &[&Named], here: bool) -> String {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    // A link's words stay a link's.
    let mut as_it_stands = 0_u32;
    let events = TextMergeStream::new(Parser::new_ext(text, options)).map(|event| match event {
        Event::Html(html) | Event::InlineHtml(html) => Event::Text(html),
        Event::SoftBreak => Event::HardBreak,
        // A picture would tell another server who reads the case: its address is a link.
        Event::Start(Tag::Image { dest_url, .. } | Tag::Link { dest_url, .. }) => link(dest_url, here),
        Event::End(TagEnd::Image) => Event::End(TagEnd::Link),
        // A note does not make headings of the page's rank.
        Event::Start(Tag::Heading { .. }) => Event::Start(Tag::Paragraph),
        Event::End(TagEnd::Heading(_)) => Event::End(TagEnd::Paragraph),
        other => other,
    });
    let mut out = String::with_capacity(text.len() * 2);
    html::push_html(
        &mut out,
        events.flat_map(|event| {
            match &event {
                Event::Start(Tag::Link { .. } | Tag::CodeBlock(_)) => as_it_stands += 1,
                Event::End(TagEnd::Link | TagEnd::CodeBlock) => {
                    as_it_stands = as_it_stands.saturating_sub(1);
                }
                _ => {}
            }
            match event {
                Event::Text(words) if as_it_stands == 0 && !named.is_empty() => marked(&words, named),
                other => vec![other],
            }
        }),
    );
    out
}

/// Plain words with the people in them.
fn marked<'a>(words: &str, named: &[&Named]) -> Vec<Event<'a>> {
    let owned = |text: &str| CowStr::from(text.to_owned());
    let (mut parts, mut done) = (Vec::new(), 0);
    for (range, name) in mention::spans(words) {
        let Some(person) = named.iter().find(|person| person.written == name) else { continue };
        parts.push(Event::Text(owned(&words[done..range.start])));
        done = range.end;
        let (name, written) = (escape(&person.name), escape(&words[range]));
        let mark = format!("<span class=\"mention\" title=\"{name}\">{written}</span>");
        parts.push(Event::InlineHtml(mark.into()));
    }
    parts.push(Event::Text(owned(&words[done..])));
    parts
}

fn link(to: CowStr<'_>, here: bool) -> Event<'_> {
    let lower = to.trim().to_ascii_lowercase();
    let sound = ["http://", "https://", "mailto:"].iter().any(|scheme| lower.starts_with(scheme))
        || (here && to.starts_with('/') && !to.starts_with("//"));
    let dest_url = if sound { to } else { CowStr::Borrowed("#") };
    Event::Start(Tag::Link {
        link_type: LinkType::Inline,
        dest_url,
        title: CowStr::Borrowed(""),
        id: CowStr::Borrowed(""),
    })
}

#[cfg(test)]
mod tests {
    use domain::case::mention::Named;
    use domain::{CaseNoteId, UserId};

    use super::{to_html, to_html_elsewhere, with_people};

    #[test]
    fn people_are_marked_where_a_note_names_them_in_plain_words() {
        let nil = "00000000-0000-0000-0000-000000000000";
        let named = |written: &str, name: &str| Named {
            note_id: CaseNoteId(nil.parse().unwrap()),
            user_id: UserId(nil.parse().unwrap()),
            written: written.to_owned(),
            name: name.to_owned(),
        };
        let (ana, odd) = (named("ana_b", "Ana B"), named("odd", "\"><script>"));
        let html = with_people("hi @Ana_b, `@ana_b` [@ana_b](/x) @ben", &[&ana]);
        assert_eq!(html.matches("class=\"mention\"").count(), 1, "{html}");
        assert!(html.contains("title=\"Ana B\"") && html.contains(">@Ana_b<"), "{html}");
        let html = with_people("@odd <b>", &[&odd]);
        assert!(!html.contains("<script") && !html.contains("<b>"), "{html}");
    }

    #[test]
    fn a_link_into_the_product_leads_nowhere_outside_of_it() {
        assert!(to_html("[x](/o/acme)").contains("href=\"/o/acme\""));
        assert!(to_html_elsewhere("[x](/o/acme)").contains("href=\"#\""));
        assert!(to_html_elsewhere("[x](https://ok.test/)").contains("href=\"https://ok.test/\""));
    }

    #[test]
    fn what_is_written_is_shown_and_never_run() {
        assert_eq!(to_html("**a** `b`\nc"), "<p><strong>a</strong> <code>b</code><br />\nc</p>\n");
        for (text, wanted) in [
            ("<script>alert(1)</script>", "&lt;script&gt;"),
            ("a <img src=x onerror=alert(1)>", "&lt;img src=x"),
            ("[x](javascript:alert(1))", "href=\"#\""),
            ("[x](JaVaScRiPt:alert(1))", "href=\"#\""),
            ("[x](data:text/html;base64,xx)", "href=\"#\""),
            ("[x](//evil.test)", "href=\"#\""),
            ("<javascript:alert(1)>", "href=\"#\""),
            ("![x](https://evil.test/a.png)", "<a href=\"https://evil.test/a.png\">x</a>"),
            ("[x](https://ok.test/?a=\"><script>)", "%3Cscript%3E"),
        ] {
            let html = to_html(text);
            assert!(html.contains(wanted), "{text}: {html}");
            assert!(!html.contains("<script") && !html.contains("<img"), "{html}");
        }
    }
}
