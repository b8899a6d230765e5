//! Loading, failed, or here: the same everywhere.

use std::sync::Arc;

use leptos::prelude::*;
use leptos::server::codee::string::FromToStringCodec;
use leptos_meta::Title;
use ui::{Failure, Skeleton};

use super::{Fetched, Raw};
use crate::error::Answer;
use crate::shown::Shown;

/// Waits for an answer: skeleton first, the old content while it reloads, a `Failure` for an error.
///
/// `<Load resource=events let:page>…</Load>`; `skeleton` replaces the default lines. The content must not differ between server and browser.
#[component]
pub fn Load<T, F, V>(
    resource: Fetched<T>,
    /// Shown while there is nothing yet.
    #[prop(optional, into)]
    skeleton: Option<ViewFn>,
    /// The whole page hangs on it: a failure then is the page's title and heading.
    #[prop(optional)]
    page: bool,
    /// The content, from the value.
    children: F,
) -> impl IntoView
where
    T: Shown + 'static,
    F: Fn(T) -> V + Send + Sync + 'static,
    V: IntoView + 'static,
{
    let skeleton = skeleton.unwrap_or_else(|| ViewFn::from(|| view! { <Skeleton /> }));
    let draw = move |raw: Raw| match raw.read() {
        Ok(value) => children(value).into_any(),
        Err(error) if page => view! {
            <Title text=error.title() />
            <div class="page">
                <Failure problem=error heading=true />
            </div>
        }
        .into_any(),
        Err(error) => view! { <Failure problem=error /> }.into_any(),
    };
    waiting(resource.raw, skeleton, Arc::new(draw))
}

/// Content made of an answer, and of an error as well. Nothing before that.
pub fn after<T: Shown + 'static>(
    resource: Fetched<T>,
    draw: impl Fn(Answer<T>) -> AnyView + Send + Sync + 'static,
) -> AnyView {
    waiting(resource.raw, ViewFn::default(), Arc::new(move |raw: Raw| draw(raw.read())))
}

/// Made once for all answers.
fn waiting(
    raw: Resource<Raw, FromToStringCodec>,
    skeleton: ViewFn,
    draw: Arc<dyn Fn(Raw) -> AnyView + Send + Sync>,
) -> AnyView {
    view! {
        <Transition fallback=move || skeleton.run()>
            {move || {
                let draw = Arc::clone(&draw);
                Suspend::new(async move { draw(raw.await) })
            }}
        </Transition>
    }
    .into_any()
}
