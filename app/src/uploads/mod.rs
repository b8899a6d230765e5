//! Uploads: a file from the browser becomes events, in three steps: choose, map, import.
//!
//! Two routes are the server's, because bytes do not go through server functions:
//!
//! ```text
//! POST /o/{organization}/uploads                         multipart/form-data with one part `file`; needs event.write.
//!     Streams the part to service::uploads::stage. Answers 303 to /o/{organization}/uploads/{id}; a refusal is 303 to
//!     /o/{organization}/uploads?error={missing|empty|large|unreadable|forbidden}. Signed out: 303 to the sign-in.
//! GET  /o/{organization}/uploads/{id}/rejections.csv     needs event.read; columns row,field,reason,text; an attachment.
//! ```

mod api;
#[cfg(feature = "ssr")]
mod list;
mod mapping;
mod page;
mod query;
#[cfg(feature = "ssr")]
mod read;
#[cfg(feature = "ssr")]
mod sections;
mod shown;

pub use api::*;
#[cfg(feature = "ssr")]
pub use list::page as list_page;
pub use page::UploadPage;
pub use query::MappingForm;
#[cfg(feature = "ssr")]
pub use shown::{bytes, limit};
