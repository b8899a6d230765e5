//! Every component in every state. Mounted by the app at `/styleguide` in debug builds.

mod lists;

pub use lists::list_specimen;

use charming::{
    Chart as Options,
    component::{Axis, Grid},
    element::{AxisType, ItemStyle, LineStyle, SplitLine, Tooltip, Trigger},
    series::{Bar, Line},
};
use leptos::prelude::*;
use serde_json::json;

use crate::{
    Actions, Avatar, Badge, Button, Chart, ChartRow, Checkbox, Chip, Choice, CodeBlock, Combobox, Command,
    CommandPalette, CopyButton, DateTimeInput, Dialog, DiffView, Empty, Failure, Field, FileInput, Glyph,
    HELP, HelpSheet, Icon, IconButton, JsonTree, Kbd, KeyGroup, Kpi, LineDiff, Logo, Menu, MenuItem,
    MenuLabel, MenuLine, Notice, NoticeKind, Offer, PALETTE, PasswordInput, Problem, Progress, RelativeTime,
    Section, Select, SeverityMark, Shape, Shaped, Skeleton, Sparkline, Stretch, TextArea, TextInput,
    ThemeToggle, Timestamp, Tone, Variant, button::classes,
};

const LEVELS: [(&str, Shape, &str); 5] = [
    ("critical", Shape::Diamond, "Critical"),
    ("high", Shape::Triangle, "High"),
    ("medium", Shape::Square, "Medium"),
    ("low", Shape::Circle, "Low"),
    ("info", Shape::Ring, "Info"),
];

const TONES: [Tone; 8] =
    [Tone::Neutral, Tone::Accent, Tone::Ok, Tone::Info, Tone::Low, Tone::Medium, Tone::High, Tone::Critical];

const TOKENS: [&str; 24] = [
    "bg",
    "surface",
    "raised",
    "hover",
    "press",
    "line",
    "line-strong",
    "line-control",
    "text",
    "muted",
    "faint",
    "accent",
    "accent-soft",
    "ok",
    "add",
    "del",
    "mark",
    "critical",
    "high",
    "medium",
    "low",
    "info",
    "warning-soft",
    "error-soft",
];

const PARTS: [(&str, &str); 16] = [
    ("colours", "Colours"),
    ("icons", "Icons"),
    ("buttons", "Buttons"),
    ("menus", "Menus and dialogs"),
    ("fields", "Fields"),
    ("search", "Query bar"),
    ("labels", "Labels"),
    ("notices", "Notices"),
    ("states", "Waiting, empty, failed"),
    ("numbers", "Numbers"),
    ("charts", "Charts"),
    ("tables", "Tables"),
    ("list", "List with panel"),
    ("machine", "Machine text"),
    ("diff", "Difference"),
    ("story", "Timeline"),
];

/// All of it on one page.
#[component]
pub fn Styleguide() -> impl IntoView {
    let links =
        PARTS.map(|(id, title)| view! { <a rel="external" href=format!("#{id}")>{title}</a> }).collect_view();
    let parts = vec![
        colours(),
        icons(),
        buttons(),
        menus(),
        fields(),
        search(),
        labels(),
        notices(),
        states(),
        numbers(),
        charts(),
        lists::tables(),
        lists::list(),
        machine(),
        diff(),
        story(),
    ];
    view! {
        <div class="styleguide">
            <nav aria-label="Components">
                <Logo />
                {links}
            </nav>
            <main id="main">
                <h1>"Style guide"</h1>
                <p class="muted">"Every component in every state: calm surfaces, hairlines, one accent, heat only from severity."</p>
                {parts}
            </main>
        </div>
        <CommandPalette commands=commands() />
        <HelpSheet groups=vec![KeyGroup::everywhere(), KeyGroup::lists()] />
    }
    .into_any()
}

/// What the buttons "Palette" and "Keys" open is mounted once, as in the shell.
fn commands() -> Vec<Command> {
    vec![
        Command::new("Go to", "Events", "#list").glyph(Glyph::Events).keys("g e"),
        Command::new("Go to", "Cases", "#list").glyph(Glyph::Cases).keys("g c"),
        Command::new("Settings", "API keys", "#fields").glyph(Glyph::Settings),
    ]
}

/// As it is opened, and with a query that cannot be read.
fn search() -> AnyView {
    let offers = || {
        let offer = |text: &str, note: &str| Offer {
            text: text.to_owned(),
            note: note.to_owned(),
            value: format!("{text}:"),
            cursor: text.len() as u32 + 1,
            open: true,
        };
        vec![offer("component", "what wrote it"), offer("severity", "info, low, medium, high, critical")]
    };
    let bar =
        move |id: &'static str, label: &'static str, value: &'static str, problem: Option<&'static str>| {
            view! {
                <div class="query">
                    <Icon glyph=Glyph::Search />
                    <Combobox
                    id=id
                    name="q"
                    label=label
                    placeholder="severity>=high component:sshd"
                    value=value.to_owned()
                    problem=MaybeProp::from(problem.map(str::to_owned))
                    choices=offers()
                    on_change=Callback::new(|_| ())
                    recent="styleguide-queries"
                    is_worth=|text| !text.is_empty()
                />
                    <Kbd keys="/" />
                    <Button variant=Variant::Primary>"Search"</Button>
                </div>
            }
            .into_any()
        };
    view! {
        <Section id="search" title="Query bar">
            <div class="stack">
                {bar("example-query", "Query", "", None)}
                {bar("example-wrong-query", "Query that cannot be read", "severty:high", Some("example-query-problem"))}
                <p class="error" id="example-query-problem">"At character 1: no field is called severty; did you mean severity?"</p>
            </div>
        </Section>
    }
    .into_any()
}

fn colours() -> AnyView {
    let swatches = TOKENS
        .map(|token| {
            view! {
                <div class="swatch">
                    <svg aria-hidden="true">
                        <rect width="100%" height="100%" fill=format!("var(--{token})")></rect>
                    </svg>
                    {token}
                </div>
            }
        })
        .collect_view();
    view! {
        <Section id="colours" title="Colours" actions=|| view! { <ThemeToggle action="/theme" /> }>
            <div class="swatches">{swatches}</div>
            <div class="specimen">
                <p class="heading-one">"Heading one"</p>
                <h2>"Heading two"</h2>
                <h3>"Heading three"</h3>
                <p>"Text, " <span class="muted">"muted, "</span> <span class="faint">"faint, "</span> <a class="link" href="#colours" rel="external">"a link"</a></p>
                <span class="mono">"mono 14:31:53.218"</span>
                <mark>"found"</mark>
                <span class="slot">"address"</span>
            </div>
        </Section>
    }
    .into_any()
}

fn icons() -> AnyView {
    let all = Glyph::ALL
        .map(|glyph| view! { <span class="glyph"><Icon glyph />{format!("{glyph:?}")}</span> })
        .collect_view();
    view! {
        <Section id="icons" title="Icons">
            <div class="glyphs">{all}</div>
        </Section>
    }
    .into_any()
}

fn buttons() -> AnyView {
    view! {
        <Section id="buttons" title="Buttons">
            <div class="specimen">
                <Button variant=Variant::Primary>"Search"</Button>
                <Button icon=Glyph::Download>"Export"</Button>
                <Button variant=Variant::Ghost>"Cancel"</Button>
                <Button variant=Variant::Danger icon=Glyph::Trash>"Revoke"</Button>
                <Button href="#buttons" icon=Glyph::Link>"A link"</Button>
                <Button variant=Variant::Primary key="r">"Resolve"</Button>
                <Button key="a">"Assign"</Button>
            </div>
            <div class="specimen">
                <Button variant=Variant::Primary busy=true>"Saving"</Button>
                <Button busy=true icon=Glyph::Upload>"Importing"</Button>
                <Button variant=Variant::Primary disabled=true>"Disabled"</Button>
                <Button disabled=true>"Disabled"</Button>
                <Button variant=Variant::Ghost disabled=true>"Disabled"</Button>
            </div>
            <div class="specimen">
                <IconButton glyph=Glyph::Close label="Close" />
                <IconButton glyph=Glyph::Refresh label="Refresh" key="u" />
                <IconButton glyph=Glyph::Eye label="Watch" pressed=true />
                <IconButton glyph=Glyph::More label="More" disabled=true />
                <IconButton glyph=Glyph::External label="Open" href="#buttons" />
                <span class="with-count">
                    <IconButton glyph=Glyph::Bell label="Notifications, 4 unread" />
                    <Badge tone=Tone::Critical>"4"</Badge>
                </span>
                <CopyButton text="185.220.101.34" wordy=true />
                <Kbd keys="Ctrl K" />
                <Kbd keys="g e" />
            </div>
        </Section>
    }
    .into_any()
}

fn menus() -> AnyView {
    view! {
        <Section id="menus" title="Menus and dialogs" hint="They fold and open without WASM; keys are added in the browser.">
            <div class="specimen">
                <Menu label="Acme Retail">
                    <MenuLabel>"Organizations"</MenuLabel>
                    <MenuItem href="#menus" current=true>"Acme Retail"</MenuItem>
                    <MenuItem href="#menus">"Borealis Energy"</MenuItem>
                    <MenuLine />
                    <MenuItem href="#menus" icon=Glyph::Plus>"New organization"</MenuItem>
                </Menu>
                <Menu label="Last 24 hours" icon=Glyph::Clock ghost=true>
                    <MenuItem href="#menus">"Last hour"</MenuItem>
                    <MenuItem href="#menus">"Last 7 days"</MenuItem>
                </Menu>
                <Menu label="Cell" icon=Glyph::More icon_only=true>
                    <MenuItem key="i" icon=Glyph::Filter>"Include"</MenuItem>
                    <MenuItem icon=Glyph::Minus>"Exclude"</MenuItem>
                    <MenuItem icon=Glyph::Trash danger=true>"Delete"</MenuItem>
                </Menu>
                <Menu label="Mara Kent" face=|| view! { <Avatar name="Mara Kent" /> }>
                    <MenuItem href="#menus" icon=Glyph::User>"Account"</MenuItem>
                    <MenuItem submit=true icon=Glyph::Logout>"Sign out"</MenuItem>
                </Menu>
                <Button opens="example-dialog">"Dialog"</Button>
                <Button opens=PALETTE key="p">"Palette"</Button>
                <Button opens=HELP>"Keys"</Button>
            </div>
            <Dialog id="example-dialog" title="Revoke this key?">
                <p>"Senders that use " <span class="mono">"wr_4f9a2c1b"</span> " are refused from now on. This cannot be undone."</p>
                <form method="dialog">
                    <Actions>
                        <Button submit=true>"Keep"</Button>
                        <Button variant=Variant::Danger submit=true>"Revoke"</Button>
                    </Actions>
                </form>
            </Dialog>
        </Section>
    }
    .into_any()
}

fn fields() -> AnyView {
    let roles = vec![
        Choice::new("viewer", "Viewer"),
        Choice::new("analyst", "Analyst"),
        Choice::new("admin", "Admin"),
    ];
    view! {
        <Section id="fields" title="Fields">
            <div class="specimen">
                <Field id="example-name" label="Name" hint="Shown in the audit trail.">
                    <TextInput name="name" value="bastion syslog" />
                </Field>
                <Field id="example-mail" label="Email" error="That is not an address." required=true>
                    <TextInput name="email" kind="email" value="mara@" />
                </Field>
                <Field id="example-password" label="Password">
                    <PasswordInput name="password" />
                </Field>
                <Field id="example-role" label="Role">
                    <Select name="role" choices=roles value="analyst" />
                </Field>
                <Field id="example-from" label="From" optional=true>
                    <DateTimeInput name="from" value="2026-11-23T14:31" />
                </Field>
                <Field id="example-id" label="Prefix">
                    <TextInput name="prefix" value="wr_4f9a2c1b" mono=true readonly=true />
                </Field>
                <Field id="example-note" label="Note">
                    <TextArea name="note" placeholder="What was found…" />
                </Field>
                <div class="stack">
                    <Checkbox name="example-check" label="Keep me signed in" checked=true />
                    <Checkbox name="example-off" label="Not available" disabled=true />
                    <Checkbox name="example-radio" label="Include" radio=true checked=true />
                    <Checkbox name="example-switch" label="Live tail" switch=true checked=true hint="New events appear at the top." />
                </div>
            </div>
            <FileInput id="example-file" name="file" label="Drop files here, or choose" hint="NDJSON, JSON or CSV, up to 100 MB" multiple=true />
        </Section>
    }
    .into_any()
}

fn labels() -> AnyView {
    let marks = LEVELS.map(|(level, shape, word)| view! { <SeverityMark level shape word /> }).collect_view();
    let bare = LEVELS
        .map(|(level, shape, word)| view! { <SeverityMark level shape word bare=true /> })
        .collect_view();
    let badges = TONES.map(|tone| view! { <Badge tone>"12"</Badge> }).collect_view();
    let chips = TONES.map(|tone| view! { <Chip tone>{tone.class()}</Chip> }).collect_view();
    let people = ["Mara Kent", "Jo Reyes", "Ana Kim", "Bo Lind", "Cyn Abara"]
        .map(|name| view! { <Avatar name alone=true /> })
        .collect_view();
    view! {
        <Section id="labels" title="Labels">
            <div class="specimen">{marks}{bare}</div>
            <div class="specimen">{badges}{people}</div>
            <div class="specimen">{chips}</div>
            <div class="specimen">
                <Chip href="#labels" on=true>"All"</Chip>
                <Chip href="#labels">"Notes"</Chip>
                <Chip remove_href="#labels" remove_label="Remove system web-01">"system: web-01"</Chip>
                <Chip class="tlp-red">"TLP:RED"</Chip>
                <Chip class="tlp-amber-strict">"TLP:AMBER+STRICT"</Chip>
                <Chip class="tlp-amber">"TLP:AMBER"</Chip>
                <Chip class="tlp-green">"TLP:GREEN"</Chip>
                <Chip class="tlp-clear">"TLP:CLEAR"</Chip>
                <Timestamp iso="2026-11-23T14:31:53.218Z" text="23 Nov 2026, 15:31:53" />
                <RelativeTime iso="2026-11-23T14:31:53.218Z" text="23 Nov 2026, 15:31" />
            </div>
        </Section>
    }
    .into_any()
}

fn notices() -> AnyView {
    view! {
        <Section id="notices" title="Notices and messages">
            <div class="stack">
                <Notice>"Demo data: the last 30 days of Acme Retail."</Notice>
                <Notice kind=NoticeKind::Ok title="Key created.">"Copy it now, it is not shown again."</Notice>
                <Notice kind=NoticeKind::Warning title="Clock skew." dismiss_href="#notices">"3 senders are more than 5 minutes ahead."</Notice>
                <Notice kind=NoticeKind::Error title="Not saved.">"Someone changed this source since you opened it. " <a href="#notices">"Reload"</a></Notice>
                <div class="toast ok">
                    <Icon glyph=Glyph::Check />
                    <span class="words">"12 groups resolved"</span>
                    <Button variant=Variant::Ghost>"Undo"</Button>
                    <IconButton glyph=Glyph::Close label="Dismiss" />
                </div>
            </div>
        </Section>
    }
    .into_any()
}

fn states() -> AnyView {
    let problem = Problem {
        title: "The events could not be loaded".to_owned(),
        text: "The database did not answer in time.".to_owned(),
        correlation: Some("01936f0e-7c1a-7d2b-9f00-5a1c2e3d4b5f".to_owned()),
        retry_href: Some("#states".to_owned()),
    };
    view! {
        <Section id="states" title="Waiting, empty, failed">
            <div class="pair">
                <div class="frame"><Skeleton shaped=Shaped::Rows /></div>
                <div class="frame"><Skeleton /></div>
                <div class="frame">
                    <Empty icon=Glyph::Sources title="No sources yet" text="A source is where events come from. Create one, then send it a line of JSON.">
                        <Button variant=Variant::Primary icon=Glyph::Plus>"New source"</Button>
                        <Button href="#states">"Read how"</Button>
                    </Empty>
                </div>
                <div class="frame"><Failure problem /></div>
            </div>
        </Section>
    }
    .into_any()
}

fn numbers() -> AnyView {
    view! {
        <Section id="numbers" title="Numbers">
            <div class="kpis">
                <Kpi label="Events" value="1,284,902" delta="+18 %" tone=Tone::High note="1.09 M before" href="#numbers" />
                <Kpi label="Open incidents" value="3" delta="−2" tone=Tone::Ok note="median age 41 min" />
                <Kpi label="Time to acknowledge, median" value="4 min 12 s" delta="−38 %" tone=Tone::Ok note="p90 16 min" />
                <Kpi label="Unresolved drift" value="27" delta="+6" tone=Tone::High note="1 security-critical" />
            </div>
            <div class="pair">
                <div>
                    <Progress label="Emergency fix" value=34.0 text="34 %" />
                    <Progress label="Manual troubleshooting" value=27.0 text="27 %" />
                    <Progress label="Security" value=0.96 max=1.0 text="0.96" tone=Tone::Critical />
                    <Progress label="Importing events.ndjson" text="12,400 rows" />
                </div>
                <div class="row-line">
                    <Sparkline values=vec![1.0, 1.0, 2.0, 2.0, 4.0, 9.0, 16.0] label="7 days, 1 to 16 a day" />
                    <Sparkline values=vec![4.0, 1.0, 0.0, 2.0, 8.0, 9.0, 3.0] label="7 days, 0 to 9 a day" tone=Tone::High />
                    <Sparkline values=vec![4.0, 5.0, 6.0, 6.0, 5.0, 6.0, 5.0] label="7 days, 4 to 6 a day" tone=Tone::Accent />
                </div>
            </div>
        </Section>
    }
    .into_any()
}

fn charts() -> AnyView {
    let hours: Vec<String> = (0..24).map(|hour| format!("{hour:02}:00")).collect();
    let quiet = |seed: i32| -> Vec<i32> {
        (0..24)
            .map(|hour| 20 + (hour * seed * 7) % 23 + if (13..17).contains(&hour) { seed * 14 } else { 0 })
            .collect()
    };
    let series = [
        ("Info", "var(--info)", quiet(3)),
        ("Medium", "var(--medium)", quiet(2)),
        ("High", "var(--high)", quiet(1)),
    ];
    let axis = |data: &[String]| Axis::new().type_(AxisType::Category).data(data.to_vec());
    let frame = |top| Grid::new().left("0").right("0").top(top).bottom("0").contain_label(true);
    let mut bars = Options::new()
        .grid(frame("4"))
        .tooltip(Tooltip::new().trigger(Trigger::Axis))
        .x_axis(axis(&hours))
        .y_axis(Axis::new().type_(AxisType::Value).split_line(SplitLine::new().show(false)).show(false));
    for (name, color, data) in &series {
        bars = bars.series(
            Bar::new().name(*name).stack("all").item_style(ItemStyle::new().color(*color)).data(data.clone()),
        );
    }
    let rows: Vec<ChartRow> = hours
        .iter()
        .enumerate()
        .map(|(index, hour)| ChartRow {
            cells: std::iter::once(hour.clone())
                .chain(series.iter().map(|(.., data)| data[index].to_string()))
                .collect(),
            links: vec![format!("#hour-{index}")],
        })
        .collect();
    let days: Vec<String> = (1..=20).map(|day| format!("{day} Nov")).collect();
    let count = |day: i32| 8 + (day * 37) % 17 + day / 3;
    let line = Options::new()
        .grid(frame("8"))
        .tooltip(Tooltip::new().trigger(Trigger::Axis))
        .x_axis(axis(&days).boundary_gap(false))
        .y_axis(Axis::new().type_(AxisType::Value).split_number(3))
        .series(
            Line::new()
                .name("Detected")
                .line_style(LineStyle::new().width(1.5))
                .data((1..=20).map(count).collect::<Vec<_>>()),
        );
    let line_rows: Vec<ChartRow> = (1..=20)
        .map(|day| ChartRow {
            cells: vec![format!("{day} Nov"), count(day).to_string()],
            links: vec![format!("#day-{day}")],
        })
        .collect();
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    view! {
        <Section id="charts" title="Charts" hint="Drawn in the browser; the table behind is what paper, screen readers and a browser without WASM get.">
            <div class="legend">
                <span><span class="dot high"></span>"High"</span>
                <span><span class="dot medium"></span>"Medium"</span>
                <span><span class="dot info"></span>"Info"</span>
            </div>
            <Chart
                id="example-histogram"
                label="Events an hour by severity"
                size="small"
                options=serde_json::to_value(bars).unwrap_or_default()
                columns=names(&["Hour", "Info", "Medium", "High"])
                rows=rows
                on_brush=|_: (usize, usize)| {}
            />
            <Chart id="example-line" label="Drift a day" options=serde_json::to_value(line).unwrap_or_default() columns=names(&["Day", "Detected"]) rows=line_rows />
        </Section>
    }
    .into_any()
}

fn machine() -> AnyView {
    let payload = json!({
        "host": "bastion-1", "pid": 24190, "src": { "ip": "185.220.101.34", "port": 41822 }, "valid": false, "session": null,
        "tags": ["ssh", "edge"], "empty": {},
    });
    view! {
        <Section id="machine" title="Machine text">
            <div class="pair">
                <JsonTree json=payload.to_string() name="payload" depth=3 />
                <CodeBlock
                    label="Example request"
                    code="curl -H 'Authorization: Bearer wr_…' \\\n  --data-binary @events.ndjson \\\n  https://watchroom.example/api/v1/events"
                />
            </div>
        </Section>
    }
    .into_any()
}

fn diff() -> AnyView {
    let old = json!({ "description": "Bastion, managed by Terraform", "ingress": [{ "from_port": 443 }], "tags": { "rotation_secret": "a", "team": "core" } });
    let new = json!({
        "description": "tmp", "ingress": [{ "from_port": 443 }, { "cidr_blocks": ["0.0.0.0/0"], "from_port": 22 }], "tags": { "rotation_secret": "b" },
    });
    let masked = vec!["tags.rotation_secret".to_owned()];
    let same =
        |numbers: std::ops::Range<u8>| Stretch::Same(numbers.map(|n| format!("{n}. as it was")).collect());
    let text = vec![
        same(1..9),
        Stretch::Removed(vec!["9. Call the owner".to_owned()]),
        Stretch::Added(vec!["9. Page whoever is on call".to_owned(), "10. Close the port".to_owned()]),
        same(11..13),
    ];
    view! {
        <Section id="diff" title="Difference">
            <div class="stack">
                <DiffView caption="Declared and actual" old=old.clone() new=new.clone() masked=masked.clone() />
                <DiffView caption="Declared and actual, side by side" old=old new=new masked=masked side_by_side=true />
                <LineDiff caption="A text" stretches=text />
            </div>
        </Section>
    }
    .into_any()
}

fn story() -> AnyView {
    let entry = |tone: Tone, text: &'static str, rest: &'static str| {
        view! {
            <li class=classes(&[tone.class()])>
                <strong>{text}</strong>
                " "
                <span class="muted">{rest}</span>
            </li>
        }
    };
    view! {
        <Section id="story" title="Timeline">
            <ol class="timeline">
                {entry(Tone::High, "312 failed logins", "from 9 addresses in 185.220.100.0/23 · 14:02 to 14:31")}
                {entry(Tone::Critical, "Accepted password for deploy", "on bastion-1 from 185.220.101.34 · 14:31:58")}
                <li>
                    <span class="row-line"><Avatar name="Jo Reyes" /><strong>"jo"</strong><span class="muted">"14:52"</span></span>
                    <p class="note-box">"Sessions of " <span class="mono">"deploy"</span> " revoked, key rotated."</p>
                </li>
                {entry(Tone::Ok, "Approved", "by jo (senior) after 2 min")}
            </ol>
            <div class="steps" role="img" aria-label="Step 2 of 3: investigating">
                <span class="on"></span>
                <span class="on"></span>
                <span></span>
            </div>
        </Section>
    }
    .into_any()
}
