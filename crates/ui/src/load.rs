//! Loading, failed, or here: the same everywhere.

use std::sync::Arc;

use leptos::prelude::*;

use crate::{Failure, Problem, Skeleton};

/// Waits for a resource: skeleton first, the old content while it reloads, a `Failure` for an error.
///
/// `<Load resource=events let:page>…</Load>`; `skeleton` replaces the default lines. The content must not differ between server and browser.
#[component]
pub fn Load<T, E, F, V>(
    resource: Resource<Result<T, E>>,
    /// Shown while there is nothing yet.
    #[prop(optional, into)]
    skeleton: Option<ViewFn>,
    /// The content, from the value.
    children: F,
) -> impl IntoView
where
    T: Clone + Send + Sync + 'static,
    E: Clone + Send + Sync + Into<Problem> + 'static,
    F: Fn(T) -> V + Send + Sync + 'static,
    V: IntoView + 'static,
{
    let children: Arc<dyn Fn(T) -> AnyView + Send + Sync> = Arc::new(move |value| children(value).into_any());
    let fallback = move || skeleton.as_ref().map_or_else(|| view! { <Skeleton /> }.into_any(), ViewFn::run);
    view! {
        <Transition fallback=fallback>
            {move || {
                let children = Arc::clone(&children);
                Suspend::new(async move {
                    match resource.await {
                        Ok(value) => children(value),
                        Err(error) => view! { <Failure problem=error /> }.into_any(),
                    }
                })
            }}
        </Transition>
    }
    .into_any()
}
