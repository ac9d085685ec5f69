//! What compiled expressions mean over a message: fetches, converters, tests, conditions, formats and rule lists.
//!
//! Pure functions over a [`Message`]. Nothing here knows a socket or a clock, and nothing allocates once a [`Scratch`]
//! has grown to the size that its messages need. Meanings are HAProxy's (configuration manual, part 7) save where a
//! function says otherwise.

pub mod bytes;
pub mod client_hello;
pub mod evaluate;
pub mod format;
pub mod list;
pub mod message;
pub mod redirect;

mod content;
mod convert;
#[cfg(test)]
mod fake;
mod fetch;
mod header;
mod normalize;
mod rewrite;
mod target;
mod tls;
mod value;

pub use bytes::{Given, bytes, converted, given, integer};
pub use content::MAX_FIRST_BYTES;
pub use evaluate::{Verdict, judge, matches};
pub use format::{Style, escape_log, render};
pub use header::values;
pub use list::{Outcome, run};
pub use message::{Edit, Handling, Message, Scratch, Variables};
pub use target::{path, path_and_query, query};
pub use tls::Tls;
