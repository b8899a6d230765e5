//! Requests to server functions, by the conventions of `server_fn`'s own client, for text instead of types.

use leptos::server_fn::ContentType as _;
use leptos::server_fn::client::Client;
use leptos::server_fn::client::browser::BrowserClient;
use leptos::server_fn::codec::{Json, PostUrl};
use leptos::server_fn::redirect::call_redirect_hook;
use leptos::server_fn::request::ClientReq as _;
use leptos::server_fn::response::ClientRes;

use super::Raw;
use crate::error::{Answer, AppError};

type Request = <BrowserClient as Client<AppError>>::Request;

/// `address` is path and query; nothing is asked when it is empty. `alone`: nobody asks but the page.
#[cfg(not(feature = "ssr"))]
pub async fn get(mut address: String, alone: bool) -> Raw {
    if alone {
        address.push_str("&by-itself=1");
    }
    let Some((path, query)) = address.split_once('?') else { return Raw::nothing() };
    Raw::text(send(Request::try_new_get(path, PostUrl::CONTENT_TYPE, Json::CONTENT_TYPE, query)).await)
}

/// `body` is URL-encoded, as a form is.
pub async fn post(path: &str, body: String) -> Raw {
    Raw::text(send(Request::try_new_post(path, PostUrl::CONTENT_TYPE, Json::CONTENT_TYPE, body)).await)
}

/// The text of the answer. Follows where the server leads, once the answer is here.
async fn send(request: Answer<Request>) -> Answer<String> {
    let response = <BrowserClient as Client<AppError>>::send(request?).await?;
    let status = ClientRes::<AppError>::status(&response);
    let location = ClientRes::<AppError>::location(&response);
    let leads = ClientRes::<AppError>::has_redirect(&response) || (300..400).contains(&status);
    let text: String = ClientRes::<AppError>::try_into_string(response).await?;
    if status >= 400 {
        return Err(AppError::read(&text));
    }
    if leads {
        call_redirect_hook(&location);
    }
    Ok(text)
}
