//! The second factor: set up with an authenticator app, its recovery codes, and turned off.

use std::fmt::Write as _;

use leptos::prelude::*;
use qrcodegen::{QrCode, QrCodeEcc};
use service::auth::factor::{Standing, ToConfirm};
use ui::{
    Badge, Button, CodeBlock, Field, Notice, NoticeKind, PasswordInput, Section, TextInput, Tone, Variant,
};

use super::factor_api::{ConfirmFactor, RemoveFactor, RenewCodes, StartFactor, take_codes};
use crate::form::{Form, FormError};
use crate::page::print::form;

/// `led_from`: the page of an organization that asks for it.
pub fn section(standing: Standing, led_from: Option<String>, has_password: bool) -> AnyView {
    let led = led_from.map(|next| led(standing.confirmed, next));
    let codes = take_codes().map(told);
    let inner = match standing {
        Standing { confirmed: true, codes_left, .. } => confirmed(codes_left, has_password),
        Standing { to_confirm: Some(wanted), .. } => to_confirm(wanted),
        Standing { .. } => start(has_password),
    };
    view! {
        <Section title="Second factor" id="second-factor" hint="A code of an authenticator app at each sign-in, besides the password.">
            {led}
            {codes}
            {inner}
        </Section>
    }
    .into_any()
}

/// What brought them here, and the way back.
fn led(confirmed: bool, next: String) -> AnyView {
    if confirmed {
        return view! {
            <Notice kind=NoticeKind::Ok>
                "The organization lets you in now. " <a href=next>"Go on to where you were going"</a>
            </Notice>
        }
        .into_any();
    }
    view! {
        <Notice kind=NoticeKind::Error title="A second factor is needed.">
            "The organization you wanted to enter asks for one. Set it up here, then go on."
        </Notice>
    }
    .into_any()
}

fn start(has_password: bool) -> AnyView {
    let state = Form::printed::<StartFactor>();
    let password = has_password.then(|| {
        view! {
            <Field id="start-password" label="Password, to set it up" required=true error=state.reason("password")>
                <PasswordInput name="password" />
            </Field>
        }
    });
    let fields = view! {
        <FormError form=state fields=&["password"] />
        {password}
        <div class="row-line">
            <Button submit=true>"Set up a second factor"</Button>
        </div>
    };
    form::<StartFactor>("Add it to your app now", "form", fields)
}

fn to_confirm(wanted: ToConfirm) -> AnyView {
    let state = Form::printed::<ConfirmFactor>();
    let picture = picture(&wanted.url);
    let fields = view! {
        <FormError form=state fields=&["code"] />
        <Field id="factor-code" label="Code of the app" hint="Six digits. From then on it is asked for." required=true error=state.reason("code")>
            <TextInput name="code" autocomplete="one-time-code" mono=true />
        </Field>
        <div class="row-line">
            <Button submit=true variant=Variant::Primary>
                "Confirm"
            </Button>
        </div>
    };
    view! {
        <p>"Scan this with your authenticator app, or type the secret into it."</p>
        <div class="factor-picture" inner_html=picture></div>
        <CodeBlock code=wanted.secret label="Secret of the second factor" />
        {form::<ConfirmFactor>("Second factor set up", "form", fields)}
    }
    .into_any()
}

fn confirmed(codes_left: i64, has_password: bool) -> AnyView {
    let left = match codes_left {
        0 => "No recovery code is left: make new ones.".to_owned(),
        1 => "1 recovery code is left: make new ones.".to_owned(),
        n => format!("{n} recovery codes are left."),
    };
    view! {
        <p>
            <Badge tone=Tone::Ok>"set up"</Badge>
            " "
            <span class="muted">{left}</span>
        </p>
        {renew()}
        {remove(has_password)}
    }
    .into_any()
}

fn renew() -> AnyView {
    let state = Form::printed::<RenewCodes>();
    let fields = view! {
        <FormError form=state fields=&["code"] />
        <Field id="renew-code" label="Code, for new recovery codes" hint="The codes you have stop working." required=true error=state.reason("code")>
            <TextInput name="code" autocomplete="one-time-code" mono=true />
        </Field>
        <div class="row-line">
            <Button submit=true>"Make new recovery codes"</Button>
        </div>
    };
    form::<RenewCodes>("New recovery codes made", "form", fields)
}

fn remove(has_password: bool) -> AnyView {
    let state = Form::printed::<RemoveFactor>();
    let password = has_password.then(|| {
        view! {
            <Field id="factor-password" label="Password, to turn it off" required=true error=state.reason("password")>
                <PasswordInput name="password" />
            </Field>
        }
    });
    let fields = view! {
        <FormError form=state fields=&["password", "code"] />
        {password}
        <Field id="factor-code" label="Code, to turn it off" hint="Of the app, or a recovery code." required=true error=state.reason("code")>
            <TextInput name="code" autocomplete="one-time-code" mono=true />
        </Field>
        <div class="row-line">
            <Button submit=true variant=Variant::Danger>
                "Turn off the second factor"
            </Button>
        </div>
    };
    form::<RemoveFactor>("Second factor turned off", "form", fields)
}

/// The one time they are told.
fn told(codes: Vec<String>) -> AnyView {
    view! {
        <Notice kind=NoticeKind::Ok title="Keep these recovery codes.">
            "Each signs you in once when the app is gone. They are not shown again."
            <CodeBlock code=codes.join("\n") label="Recovery codes" />
        </Notice>
    }
    .into_any()
}

/// Black on white whatever the scheme: apps do not read it otherwise.
fn picture(url: &str) -> String {
    const MARGIN: i32 = 4;
    let Ok(code) = QrCode::encode_text(url, QrCodeEcc::Medium) else { return String::new() };
    let mut path = String::new();
    for y in 0..code.size() {
        for x in (0..code.size()).filter(|x| code.get_module(*x, y)) {
            let _ = write!(path, "M{},{}h1v1h-1z", x + MARGIN, y + MARGIN);
        }
    }
    let side = code.size() + 2 * MARGIN;
    format!(
        "<svg role=\"img\" aria-label=\"QR code of the secret\" width=\"200\" height=\"200\" viewBox=\"0 0 {side} {side}\" \
         shape-rendering=\"crispEdges\"><rect width=\"{side}\" height=\"{side}\" fill=\"#fff\"/><path d=\"{path}\" fill=\"#000\"/></svg>"
    )
}
