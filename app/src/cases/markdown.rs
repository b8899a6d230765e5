//! Markdown of descriptions and notes as HTML: no HTML of the writer's, no pictures from elsewhere, links to the web only.

use pulldown_cmark::{CowStr, Event, LinkType, Options, Parser, Tag, TagEnd, html};

/// HTML that is safe to print.
pub fn to_html(text: &str) -> String {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let events = Parser::new_ext(text, options).map(|event| match event {
        Event::Html(html) | Event::InlineHtml(html) => Event::Text(html),
        Event::SoftBreak => Event::HardBreak,
        // A picture would tell another server who reads the case: its address is a link.
        Event::Start(Tag::Image { dest_url, .. } | Tag::Link { dest_url, .. }) => link(dest_url),
        Event::End(TagEnd::Image) => Event::End(TagEnd::Link),
        // A note does not make headings of the page's rank.
        Event::Start(Tag::Heading { .. }) => Event::Start(Tag::Paragraph),
        Event::End(TagEnd::Heading(_)) => Event::End(TagEnd::Paragraph),
        other => other,
    });
    let mut out = String::with_capacity(text.len() * 2);
    html::push_html(&mut out, events);
    out
}

fn link(to: CowStr<'_>) -> Event<'_> {
    let lower = to.trim().to_ascii_lowercase();
    let sound = ["http://", "https://", "mailto:"].iter().any(|scheme| lower.starts_with(scheme))
        || (to.starts_with('/') && !to.starts_with("//"));
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
    use super::to_html;

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
