//! The language of `haproxy.cfg`.
//!
//! Text becomes words ([`word`]), lines become directives of sections ([`ast`]) checked against one keyword table
//! ([`keywords`]), and everything that is wrong becomes a [`diagnostic`] with its place. Words such as `bind`, `server`
//! and `acl` live in this crate only: the lowering ([`mod@lower`]) turns them into resources of the wire schema.
//! [`load`] does all of it. The expression language ([`expr`]) stands by itself: other providers use it too.
//!
//! Pure: files, environment and everything else from outside are arguments. No clock, no sockets, no async runtime.

pub mod ast;
pub mod console;
pub mod diagnostic;
pub mod environment;
pub mod expr;
mod inet;
pub mod keywords;
pub mod legacy;
mod lexer;
mod load;
pub mod lower;
mod parser;
pub mod predicate;
pub mod program;
pub mod raw;
pub mod sections;
pub mod source;
pub mod word;

pub use load::{Input, Outcome, Reading, Strictness, load, load_as};
pub use parser::{Parsed, parse};
