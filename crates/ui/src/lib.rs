//! The design system: components that know no domain.
//!
//! Values come in as plain values or `#[prop(into)] Signal<T>` / `MaybeProp<T>`, content as children. The CSS class of a component is its
//! name (`IconButton` → `.icon-button`), its styles are `style/parts/<name>.css`. Everything works without WASM: links are links, forms are
//! forms, menus fold with `<details>`; what cannot (copying) is hidden until WASM runs. Nothing here reads a clock, makes a random id or
//! prints a `style` attribute (the CSP refuses them). Ids are props.
//!
//! **Never here**: domain words, requests, the router, `now()` outside an effect, `style="…"`.
//!
//! **To add one**: a file here with one component and its one-line doc, a file in `style/parts/` (imported in `style/main.css`),
//! every state of it in `styleguide.rs`, a line below.
//!
//! # The list (`?` marks optional props; `S<T>` = `Signal<T>`, `M<T>` = `MaybeProp<T>`: both take plain values)
//!
//! ```text
//! Root, once:   Toasts::provide() · <ToastRegion/> · <Ready/> · <CommandPalette commands:S<Vec<Command>> on_query?:Callback<String>/> · <HelpSheet groups:Vec<KeyGroup>/>
//! Shell:        <SkipLink target?/> <Logo mark_only?/> <RailLink href glyph label current?:S<bool> count?:M<String> tone? key?/>
//!               <PageHead title:S<String> note?:M<String> code? actions?:ViewFn/> <ThemeToggle action theme? label?/>
//!               classes: .shell > .rail (.brand, .rail-label, .rail-link) + .top (.search, .grow) + main.main#main; .page (padded) .page-narrow
//!               .columns (content + .side) .two .kpis .stack .row-line .grow .muted .faint .small .mono .num .visually-hidden · .sign-in (+ .sign-in-box)
//! Act:          <Button variant?:Variant submit? href?:M icon?:Glyph key?:"a" busy?:S<bool> disabled?:S<bool> name? value? formaction? form? opens?:dialog-id wide? optional? on_click?>words</Button>
//!               <IconButton glyph label:S href?:M submit? name? value? key? escape? opens? pressed?:M<bool> disabled?:S on_click?/>
//!               <Menu label:S icon? key? icon_only? end? up? ghost? face?:ViewFn> <MenuItem href? submit? name? value? icon? key? current?:S danger? external? on_click?>… <MenuLabel>… <MenuLine/> </Menu>
//!               <CopyButton text label? wordy?/> <BulkBar count:S<usize> all?:M<String> on_all? on_clear?>buttons</BulkBar>
//!               <Dialog id title:S open?:S<bool> close_href?:M on_close? wide?>… <Actions>buttons</Actions></Dialog>
//! Ask:          <Field id label hint? error?:M<String> required? optional? inline?>one control</Field>
//!               <TextInput name value?:S kind? id? label? placeholder? autocomplete? required? autofocus? readonly? pattern? min? max? maxlength? mono? search? key? on_input?/>
//!               <PasswordInput name autocomplete? id? required? minlength? on_input?/> <DateTimeInput name value?:S id? label? min? max? required? on_input?/>
//!               <Select name choices:S<Vec<Choice>> value?:S id? label? required? disabled?:S submits? on_change?/>
//!               <Checkbox name label value? checked?:S hint? disabled?:S radio? switch? on_change?/> <TextArea name value?:S id? label? placeholder? rows? required? mono? on_input?/>
//!               <FileInput id name label hint? accept? multiple? required?/>
//! Say:          <Badge tone?>… <Chip href?:M on?:S tone? remove_href?:M remove_label? class?>… <SeverityMark level:&'static str shape:Shape word bare?/>
//!               <Kbd keys/> <Avatar name alone?/> <Icon glyph/> <VisuallyHidden>… <Timestamp iso text title?/> <RelativeTime iso text/>
//!               <Notice kind?:NoticeKind title? dismiss_href?>… Toasts::expect().show(Toast::ok("Saved").action("Undo", move |()| …))
//! Wait:         <Skeleton shaped?:Shaped count?/>
//!               <Empty title text? icon?>actions</Empty> <Failure problem:Problem/>
//! List:         <SplitList facets?:ViewFn panel?:ViewFn panel_open?:S filters_on?:S<usize>>list</SplitList> <Facet title items:S<Vec<FacetItem>> closed? more_href?:M>search</Facet>
//!               <DataTable caption columns:S<Vec<Column>> checks? compact?><Row selected?:S done? href? check_name? check_value? check_label? checked?:S on_check?>tds</Row></DataTable>
//!               cells: <td class="message"> (takes the room) num time shrink optional brief (cut) · <Tabs label tabs:S<Vec<Tab>> after?:ViewFn/> <Pager label? previous?:M next?:M summary?:M/>
//!               <Panel label:S close_href:S previous_href?:M next_href?:M expand_href?:M title?:ViewFn>sections</Panel>
//! Show:         <Section title:S id? hint? actions?:ViewFn>… <Kpi label value:S delta?:M tone? note?:M href?>… (in .kpis) <Sparkline values:S<Vec<f64>> label tone?/>
//!               <Progress label value?:M<f64> max? text?:M tone?/> <DefinitionList mono?><Definition term>…</Definition></DefinitionList>
//!               <CodeBlock code label nowrap?/> <JsonTree json name? depth? actions?:Callback<(String, String), AnyView>/>
//!               <DiffView old new caption masked? side_by_side? actions?:Callback<String, AnyView> texts?:Callback<(String, String), Vec<Stretch>>/>
//!               <LineDiff stretches:Vec<Stretch> caption/>
//!               <Chart id label:S options:S<Value> columns:S<Vec<String>> rows:S<Vec<ChartRow>> size? on_brush?:Callback<(usize, usize)>/>
//! Keys:         data-key="a" (Button/IconButton key) · data-go="e" (RailLink key) · data-row (Row) · data-search (TextInput search) · data-escape (Panel's close)
//! ```
//!
//! `Option<T>` props marked `?` take the value itself; leave them out for none. For a value that may be missing at run time use the `M` props.

mod avatar;
mod badge;
pub mod browser;
mod bulk_bar;
mod button;
mod chart;
mod chip;
mod code_block;
mod combobox;
mod command_palette;
mod copy_button;
mod data_table;
mod definition_list;
mod dialog;
mod diff_view;
mod empty;
mod facet;
mod failure;
mod field;
mod file_input;
mod help_sheet;
mod icon;
mod icon_button;
mod json_tree;
mod kbd;
mod kpi;
mod line_diff;
mod menu;
mod notice;
mod pager;
mod panel;
mod plain_text;
mod progress;
mod put;
mod ready;
mod section;
mod severity_mark;
mod shell;
mod skeleton;
mod sparkline;
mod split_list;
pub mod styleguide;
mod tabs;
mod theme_toggle;
mod timestamp;
mod toast;
mod tone;
mod visually_hidden;

pub use avatar::*;
pub use badge::*;
pub use bulk_bar::*;
pub use button::*;
pub use chart::*;
pub use chip::*;
pub use code_block::*;
pub use combobox::{Combobox, Offer};
pub use command_palette::*;
pub use copy_button::*;
pub use data_table::*;
pub use definition_list::*;
pub use dialog::*;
pub use diff_view::*;
pub use empty::*;
pub use facet::*;
pub use failure::*;
pub use field::*;
pub use file_input::*;
pub use help_sheet::*;
pub use icon::*;
pub use icon_button::*;
pub use json_tree::*;
pub use kbd::*;
pub use kpi::*;
pub use line_diff::*;
pub use menu::*;
pub use notice::*;
pub use pager::*;
pub use panel::*;
pub use plain_text::plain_text;
pub use progress::*;
pub use put::*;
pub use ready::*;
pub use section::*;
pub use severity_mark::*;
pub use shell::*;
pub use skeleton::*;
pub use sparkline::*;
pub use split_list::*;
pub use tabs::*;
pub use theme_toggle::*;
pub use timestamp::*;
pub use toast::*;
pub use tone::*;
pub use visually_hidden::*;
