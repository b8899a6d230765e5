//! Where one is signed in.

use leptos::prelude::*;
use ui::{Badge, Button, Column, DataTable, Row, Section, Shaped, Skeleton, Tone, Variant};

use super::api::{DeviceRow, ListDevices, RevokeDevice};
use crate::fetch::{Load, fetch_after};
use crate::form::{Form, FormError, tell_done};
use crate::send::{SendForm, Submission, submit};
use crate::when::Ago;

#[component]
pub fn Devices() -> impl IntoView {
    let action = submit::<RevokeDevice>();
    tell_done(action, "Device signed out");
    let devices = fetch_after(move || action.version(), || ListDevices {});
    view! {
        <Section title="My devices" hint="Sign out what you do not know, then change the password.">
            <FormError form=Form::of(action) fields=&[] />
            <Load resource=devices skeleton=|| view! { <Skeleton shaped=Shaped::Rows count=2_usize /> } let:rows>
                {table(rows, action)}
            </Load>
        </Section>
    }
    .into_any()
}

fn table(rows: Vec<DeviceRow>, action: Submission) -> AnyView {
    let columns = vec![
        Column::new("Device").class("message"),
        Column::new("Address").class("optional"),
        Column::new("Last seen").class("time"),
        Column::new("Since").class("optional time"),
        Column::new("Sign out").class("shrink").hidden_header(),
    ];
    let rows = rows.into_iter().map(|row| one(row, action)).collect_view();
    view! {
        <DataTable caption="My devices" columns=columns>
            {rows}
        </DataTable>
    }
    .into_any()
}

fn one(row: DeviceRow, action: Submission) -> AnyView {
    view! {
        <Row>
            <td class="message">
                <div title=row.user_agent>{row.name} {row.current.then(|| view! { " " <Badge tone=Tone::Ok>"this one"</Badge> })}</div>
                <span class="under">{row.address.clone()}</span>
            </td>
            <td class="optional mono">{row.address}</td>
            <td class="time">
                <Ago when=row.seen />
            </td>
            <td class="optional time">
                <Ago when=row.since />
            </td>
            <td class="shrink">
                <SendForm to=action>
                    <input type="hidden" name="id" value=row.id />
                    <Button submit=true variant=Variant::Ghost>
                        "Sign out"
                    </Button>
                </SendForm>
            </td>
        </Row>
    }
    .into_any()
}
