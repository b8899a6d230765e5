//! What the types forbid: documentation tests, as the compiler that built this crate reads them. Each comes twice, once
//! as it is meant to be and once with the one thing wrong that has to stop it, so that it is the
//! wrong thing that stops it (only a nightly compiler compares the code of the error). trybuild would compile the whole tree a second time.
//!
//! # A use-case takes the proof of a permission, not the services
//! ```
//! # use domain::permission::SourceRead;
//! async fn page(services: &service::Services, actor: &service::Actor) -> service::Result<()> {
//!     let cx = services.admit::<SourceRead>(actor)?;
//!     service::sources::list(&cx, "", 50, None).await.map(drop)
//! }
//! ```
//! ```compile_fail,E0308
//! async fn page(services: &service::Services, actor: &service::Actor) -> service::Result<()> {
//!     service::sources::list(services, "", 50, None).await.map(drop)
//! }
//! ```
//!
//! # The proof of one permission is not the proof of another
//! ```
//! async fn page(cx: &service::Cx<domain::permission::MemberRead>) {
//!     let _ = service::members::list(cx).await;
//! }
//! ```
//! ```compile_fail,E0308
//! async fn page(cx: &service::Cx<domain::permission::SourceRead>) {
//!     let _ = service::members::list(cx).await;
//! }
//! ```
//!
//! # Only `Services::admit` makes a context, and it stays in its organization
//! ```
//! # use domain::permission::SourceRead;
//! fn page(services: &service::Services, actor: &service::Actor) -> service::Result<service::Cx<SourceRead>> {
//!     services.admit(actor)
//! }
//! fn organization(cx: &service::Cx<SourceRead>) -> domain::OrganizationId {
//!     cx.actor().organization
//! }
//! ```
//! ```compile_fail,E0451
//! # use domain::permission::SourceRead;
//! fn page(services: service::Services, actor: service::Actor) -> service::Cx<SourceRead> {
//!     service::Cx { services, actor, permission: std::marker::PhantomData }
//! }
//! ```
//! ```compile_fail,E0616
//! # use domain::permission::SourceRead;
//! fn page(mut cx: service::Cx<SourceRead>, other: domain::OrganizationId) {
//!     cx.actor.organization = other;
//! }
//! ```
//! ```compile_fail,E0594
//! # use domain::permission::SourceRead;
//! fn page(mut cx: service::Cx<SourceRead>, other: domain::OrganizationId) {
//!     cx.actor().organization = other;
//! }
//! ```
//!
//! # Only a permission that lets its holder write opens a write transaction
//! ```
//! async fn page(cx: &service::Cx<domain::permission::SourceWrite>) {
//!     let _ = cx.write().await;
//! }
//! ```
//! ```compile_fail,E0599
//! async fn page(cx: &service::Cx<domain::permission::SourceRead>) {
//!     let _ = cx.write().await;
//! }
//! ```
//!
//! # A write transaction ends only with an audit entry
//! ```
//! async fn end(tx: store::WriteTx, entry: domain::audit::AuditEntry) {
//!     let _ = tx.commit(entry).await;
//! }
//! ```
//! ```compile_fail,E0061
//! async fn end(tx: store::WriteTx, entry: domain::audit::AuditEntry) {
//!     let _ = tx.commit().await;
//! }
//! ```
//!
//! # The functions of an organization's table take a transaction of one organization
//! ```
//! async fn every_source(tx: &mut store::ReadTx) {
//!     let _ = store::source::page(tx, "", None, 50).await;
//! }
//! ```
//! ```compile_fail,E0277
//! async fn every_source(tx: &mut store::SystemTx) {
//!     let _ = store::source::page(tx, "", None, 50).await;
//! }
//! ```
//!
//! # A read transaction is not taken where something is written
//! ```
//! async fn change(tx: &mut store::WriteTx, source: &domain::source::Source) {
//!     let _ = store::source::update(tx, source).await;
//! }
//! ```
//! ```compile_fail,E0277
//! async fn change(tx: &mut store::ReadTx, source: &domain::source::Source) {
//!     let _ = store::source::update(tx, source).await;
//! }
//! ```
