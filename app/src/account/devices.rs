//! Where one is signed in.

use leptos::prelude::*;
use ui::{Badge, Button, Column, DataTable, Row, Section, Tone, Variant};

use super::api::{DeviceRow, RevokeDevice};
use crate::form::{Form, FormError};
use crate::page::print::form;
use crate::when::Ago;

pub fn section(rows: Vec<DeviceRow>) -> AnyView {
    let state = Form::printed::<RevokeDevice>();
    view! {
        <Section title="My devices" hint="Sign out what you do not know, then change the password.">
            <FormError form=state fields=&[] />
            {table(rows)}
        </Section>
    }
    .into_any()
}

fn table(rows: Vec<DeviceRow>) -> AnyView {
    let columns = vec![
        Column::new("Device").class("message"),
        Column::new("Address").class("optional"),
        Column::new("Works in").class("optional"),
        Column::new("Last seen").class("time"),
        Column::new("Since").class("optional time"),
        Column::new("Sign out").class("shrink").hidden_header(),
    ];
    let rows = rows.into_iter().map(one).collect_view();
    view! {
        <DataTable caption="My devices" columns=columns>
            {rows}
        </DataTable>
    }
    .into_any()
}

fn one(row: DeviceRow) -> AnyView {
    let fields = view! {
        <input type="hidden" name="id" value=row.id />
        <Button submit=true variant=Variant::Ghost>
            "Sign out"
        </Button>
    };
    view! {
        <Row>
            <td class="message">
                <div title=row.user_agent>{row.name} {row.current.then(|| view! { " " <Badge tone=Tone::Ok>"this one"</Badge> })}</div>
                <span class="under">{row.address.clone()}</span>
            </td>
            <td class="optional mono">{row.address}</td>
            <td class="optional">{row.organization}</td>
            <td class="time">
                <Ago when=row.seen />
            </td>
            <td class="optional time">
                <Ago when=row.since />
            </td>
            <td class="shrink">{form::<RevokeDevice>("Device signed out", "", fields)}</td>
        </Row>
    }
    .into_any()
}
