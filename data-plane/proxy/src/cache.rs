//! Responses that are kept in memory (HAProxy: cache; RFC 9111).
//!
//! What messages say about being kept is read here, and what is kept is held here, for all workers of the process. When
//! it is looked for, and how it is sent, is told by `http::cache`.

mod control;
mod entry;
mod filling;
mod index;
mod store;
mod vary;

pub use control::{Directive, Freshness, Wish, directives, list};
pub(crate) use entry::{Entry, Facts};
pub(crate) use filling::{Draft, Filling};
pub(crate) use store::Store;
pub use store::{Kept, Shown};
pub(crate) use vary::Variant;
pub use vary::{Asker, Vary, accepted, coding};
