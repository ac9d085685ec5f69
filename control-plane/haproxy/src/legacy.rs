//! What HAProxy once had, read as what it has today.
//!
//! One rule for each form rewrites the words of a line before the keyword table sees them; a spelling that only
//! changed is an entry of that table with the modern one beside it. Words that come from the old text keep their place
//! in it, so that findings point at what was written. [`fn@modernize`] prints what the same rules gave.

mod bind;
mod checks;
mod condition;
mod deny;
mod docs;
mod expressions;
mod global;
mod header_line;
mod modernize;
mod order;
mod proxy;
mod quote;
mod rename;
mod request_line;
mod rewrite;
mod rule;
mod rules;
mod section;
mod status_line;
mod stick;
#[cfg(test)]
mod tests;
mod twins;

pub use docs::docs;
pub use modernize::{Modernized, modernize};
pub(crate) use rules::named;
pub(crate) use section::{Edit, How, Section, rewrite};
