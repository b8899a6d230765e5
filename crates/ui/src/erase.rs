//! Views of any type as one type, in less code than leptos' `into_any`.

#[cfg(feature = "ssr")]
use leptos::prelude::*;

/// `.erase()` ends every component and every branch: an [`AnyView`](leptos::prelude::AnyView) of whatever the view is.
///
/// On the server it is `into_any`. In the browser it keeps four functions a type instead of eight: `into_any` also holds
/// one that hydrates asynchronously, for pages whose code is loaded in parts, which ours never is; nothing calls it, yet
/// the compiler cannot drop it. It was a tenth of the whole module.
pub trait Erase {
    fn erase(self) -> leptos::prelude::AnyView;
}

#[cfg(feature = "ssr")]
impl<T: IntoView + 'static> Erase for T {
    fn erase(self) -> AnyView {
        self.into_any()
    }
}

#[cfg(not(feature = "ssr"))]
mod browser {
    use std::any::{Any, TypeId};

    use leptos::prelude::*;
    use leptos::tachys::html::attribute::Attribute;
    use leptos::tachys::html::attribute::any_attribute::AnyAttribute;
    use leptos::tachys::hydration::Cursor;
    use leptos::tachys::renderer::Rndr;
    use leptos::tachys::renderer::types::{Element, Node, Placeholder};
    use leptos::tachys::view::add_attr::AddAnyAttr;
    use leptos::tachys::view::any_view::AnyViewWithAttrs;
    use leptos::tachys::view::{Mountable, Position, PositionState, Render, RenderHtml};

    use super::Erase;

    impl<T: IntoView + 'static> Erase for T {
        fn erase(self) -> AnyView {
            Erased(Box::new(self.into_owned())).into_any()
        }
    }

    /// A view that is yet to be drawn.
    struct Erased(Box<dyn Content>);

    /// What is drawn, and what stands for it where it is nothing.
    struct Kept {
        kind: TypeId,
        state: Box<dyn State>,
        placeholder: Option<Placeholder>,
    }

    trait Content: Send {
        fn kind(&self) -> TypeId;
        fn is_something(&self) -> bool;
        fn build(self: Box<Self>) -> Box<dyn State>;
        /// `state` is of the same kind.
        fn rebuild(self: Box<Self>, state: &mut dyn Any);
        fn hydrate(self: Box<Self>, cursor: &Cursor, position: &PositionState) -> Box<dyn State>;
    }

    trait State: Mountable + Any {}
    impl<S: Mountable + Any> State for S {}

    impl<T: RenderHtml + Send + 'static> Content for T {
        fn kind(&self) -> TypeId {
            TypeId::of::<T>()
        }
        fn is_something(&self) -> bool {
            T::EXISTS
        }
        fn build(self: Box<Self>) -> Box<dyn State> {
            Box::new(Render::build(*self))
        }
        fn rebuild(self: Box<Self>, state: &mut dyn Any) {
            if let Some(state) = state.downcast_mut() {
                Render::rebuild(*self, state);
            }
        }
        fn hydrate(self: Box<Self>, cursor: &Cursor, position: &PositionState) -> Box<dyn State> {
            Box::new(RenderHtml::hydrate::<true>(*self, cursor, position))
        }
    }

    impl Render for Erased {
        type State = Kept;

        fn build(self) -> Kept {
            let (kind, something) = (self.0.kind(), self.0.is_something());
            let state = self.0.build();
            Kept { kind, state, placeholder: (!something).then(Rndr::create_placeholder) }
        }

        fn rebuild(self, kept: &mut Kept) {
            if self.0.kind() == kept.kind {
                let state: &mut dyn Any = &mut *kept.state;
                return self.0.rebuild(state);
            }
            let mut new = self.build();
            match &mut kept.placeholder {
                Some(placeholder) => {
                    placeholder.insert_before_this(&mut new);
                    placeholder.unmount();
                }
                None => {
                    kept.insert_before_this(&mut new);
                }
            }
            kept.unmount();
            *kept = new;
        }
    }

    impl Mountable for Kept {
        fn unmount(&mut self) {
            self.state.unmount();
            self.placeholder.unmount();
        }
        fn mount(&mut self, parent: &Element, marker: Option<&Node>) {
            self.state.mount(parent, marker);
            self.placeholder.mount(parent, marker);
        }
        fn insert_before_this(&self, child: &mut dyn Mountable) -> bool {
            self.state.insert_before_this(child) || self.placeholder.insert_before_this(child)
        }
        fn elements(&self) -> Vec<Element> {
            self.state.elements()
        }
    }

    impl RenderHtml for Erased {
        type AsyncOutput = Self;
        type Owned = Self;
        const MIN_LENGTH: usize = 0;

        fn hydrate<const FROM_SERVER: bool>(self, cursor: &Cursor, position: &PositionState) -> Kept {
            let (kind, something) = (self.0.kind(), self.0.is_something());
            let state = self.0.hydrate(cursor, position);
            let placeholder = (!something).then(|| cursor.next_placeholder(position));
            Kept { kind, state, placeholder }
        }
        fn into_owned(self) -> Self {
            self
        }
        // What the server does; there a view is never `Erased`.
        fn dry_resolve(&mut self) {}
        async fn resolve(self) -> Self {
            self
        }
        fn to_html_with_buf(self, _: &mut String, _: &mut Position, _: bool, _: bool, _: Vec<AnyAttribute>) {}
    }

    impl AddAnyAttr for Erased {
        type Output<A: Attribute> = AnyViewWithAttrs;

        fn add_any_attr<A: Attribute>(self, attribute: A) -> AnyViewWithAttrs {
            self.into_any().add_any_attr(attribute)
        }
    }
}
