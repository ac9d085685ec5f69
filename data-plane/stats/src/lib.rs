//! Statistics as monitoring reads them: rows of HAProxy's fields, made of what a proxy serves and what it reported.
//!
//! [`Table`] holds a row for each frontend, backend and server, [`Info`] the facts of the process; both print as HAProxy
//! prints them. What is not counted here is an empty cell, never a number made up. Reports of several proxies are first
//! made one ([`sum()`]). [`page()`] shows them to people, to some of whom it offers a [`Form`].
//!
//! Pure: no sockets, no clock. It must not know who asks.

mod address;
mod csv;
pub mod docs;
mod facts;
mod field;
mod form;
mod info;
mod json;
mod outcome;
mod page;
mod parameters;
mod prometheus;
mod rows;
mod schema;
mod sum;
mod typed;
mod value;

pub use address::ip;
pub use facts::Facts;
pub use field::{Field, Tags};
pub use form::{Form, InvalidForm};
pub use info::{Info, Item, Precision, UNTOLD_FACTS};
pub use outcome::Outcome;
pub use page::{PageSettings, page};
pub use parameters::{PageForm, Parameters};
pub use prometheus::{Scope, UntoldMetric, prometheus, untold_metrics};
pub use rows::{Kind, Row, Select, Table, proxy_number, weight};
pub use schema::json_schema;
pub use sum::sum;
pub use value::Value;
