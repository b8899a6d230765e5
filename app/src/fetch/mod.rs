//! What a page reads: the answer of a server function, loaded on the server and again in the browser when it changes.
//!
//! `let groups = fetch(move || ListGroups { organization: slug.get(), query: query.get() });` and
//! `<Load resource=groups let:list>…</Load>`.
//!
//! Every answer travels as its JSON text ([`Raw`]) and is decoded where it is drawn. So there is one kind of resource, not
//! one a server function: each kind costs the browser some 15 kB of code, and there are twenty.

mod load;
mod raw;
mod wire;

pub use load::{Load, after};
pub use raw::Raw;
pub use wire::post;

use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;

use leptos::prelude::*;
use leptos::server::codee::string::FromToStringCodec;
use leptos::server_fn::codec::{GetUrl, Json};
use leptos::server_fn::{Http, ServerFn};
use serde::Serialize;

use crate::error::{Answer, AppError};
use crate::shown::Shown;

/// An answer that may still be on its way. Read it with [`Load`] or [`after`], else inside `Transition`.
pub struct Fetched<T> {
    raw: Resource<Raw, FromToStringCodec>,
    /// The next time it is asked nobody asks: see [`Fetched::refetch_alone`].
    #[cfg(not(feature = "ssr"))]
    alone: StoredValue<bool>,
    of: PhantomData<fn() -> T>,
}

impl<T> Clone for Fetched<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Fetched<T> {}

impl<T: Shown + Send + Sync + 'static> Fetched<T> {
    pub async fn answer(self) -> Answer<T> {
        self.raw.await.read()
    }
    /// `None` while there is none.
    pub fn get(self) -> Option<Answer<Arc<T>>> {
        self.raw.with(|raw| raw.as_ref().map(Raw::shared))
    }
    /// Asks again.
    pub fn refetch(self) {
        self.raw.refetch();
    }
    /// As [`refetch`](Self::refetch), for a page that asks by itself: nobody is at the device, so it keeps nobody signed in.
    pub fn refetch_alone(self) {
        #[cfg(not(feature = "ssr"))]
        self.alone.set_value(true);
        self.raw.refetch();
    }
}

/// A server function that reads: its arguments are the query of a GET.
pub trait Reads: ServerFn<Error = AppError, Protocol = Http<GetUrl, Json>> + Serialize + 'static {}
impl<S> Reads for S where S: ServerFn<Error = AppError, Protocol = Http<GetUrl, Json>> + Serialize + 'static {}

/// Asks with the arguments that `args` makes, again whenever they change.
pub fn fetch<S: Reads>(args: impl Fn() -> S + Send + Sync + 'static) -> Fetched<S::Output>
where
    S::Output: Serialize,
{
    fetch_after(|| 0, args)
}

/// [`fetch`], and again whenever `version` changes: what [`crate::send::Submission::version`] counts is written by then.
pub fn fetch_after<S: Reads>(
    version: impl Fn() -> usize + Send + Sync + 'static,
    args: impl Fn() -> S + Send + Sync + 'static,
) -> Fetched<S::Output>
where
    S::Output: Serialize,
{
    begin(version, move || Some(args()), false)
}

/// [`fetch`], before anything of the page is sent: for what decides its status, or leads elsewhere.
pub fn fetch_first<S: Reads>(args: impl Fn() -> S + Send + Sync + 'static) -> Fetched<S::Output>
where
    S::Output: Serialize,
{
    begin(|| 0, move || Some(args()), true)
}

/// [`fetch`] while there is something to ask.
pub fn fetch_if<S: Reads>(args: impl Fn() -> Option<S> + Send + Sync + 'static) -> Fetched<Option<S::Output>>
where
    S::Output: Serialize,
{
    begin(|| 0, args, false)
}

/// When to ask anew: a version and the address of the request, which is empty when nothing is asked.
type Key = (usize, String);
type Asked = Pin<Box<dyn Future<Output = Raw> + Send>>;

fn begin<S: Reads, T>(
    version: impl Fn() -> usize + Send + Sync + 'static,
    args: impl Fn() -> Option<S> + Send + Sync + 'static,
    first: bool,
) -> Fetched<T>
where
    S::Output: Serialize,
{
    let args = Arc::new(args);
    let asking = Arc::clone(&args);
    let key = Box::new(move || (version(), asking().as_ref().map(address).unwrap_or_default()));
    #[cfg(feature = "ssr")]
    let ask = run(move || args());
    #[cfg(not(feature = "ssr"))]
    let alone = StoredValue::new(false);
    #[cfg(not(feature = "ssr"))]
    let ask = Box::new(move |(_, address): Key| {
        let alone = alone.try_update_value(std::mem::take).unwrap_or_default();
        Box::pin(wire::get(address, alone)) as Asked
    });
    Fetched {
        raw: resource(key, ask, first),
        #[cfg(not(feature = "ssr"))]
        alone,
        of: PhantomData,
    }
}

/// On the server: the function itself, without a request.
#[cfg(feature = "ssr")]
fn run<S: Reads>(
    args: impl Fn() -> Option<S> + Send + Sync + 'static,
) -> Box<dyn Fn(Key) -> Asked + Send + Sync>
where
    S::Output: Serialize,
{
    Box::new(move |_| {
        let args = untrack(&args);
        Box::pin(async move {
            match args {
                Some(args) => Raw::of(args.run_body().await),
                None => Raw::nothing(),
            }
        })
    })
}

/// Path and query of the request.
fn address<S: Reads>(args: &S) -> String {
    format!("{}?{}", S::PATH, serde_qs::to_string(args).unwrap_or_default())
}

/// Made once for all answers.
fn resource(
    key: Box<dyn Fn() -> Key + Send + Sync>,
    ask: Box<dyn Fn(Key) -> Asked + Send + Sync>,
    first: bool,
) -> Resource<Raw, FromToStringCodec> {
    Resource::new_with_options(key, ask, first)
}
