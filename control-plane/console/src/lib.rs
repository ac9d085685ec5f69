//! The console: what HAProxy's `stats socket` understands and answers, without the socket.
//!
//! A [`Session`] makes commands of the bytes of one connection and bytes of the answers; [`run()`] answers a [`Command`]
//! from a [`View`] of what is served, or says what has to be done first ([`Outcome`]): values to set, something to ask
//! of the proxies, of whose answers [`answer()`] makes one. Which words are commands, who may give them and what `help`
//! says of them stands in one table. [`operate()`] does for the statistics pages of proxies what [`run()`] does for commands.
//!
//! Pure: no sockets, no clock, no environment. It must not know who publishes what it sets, nor how proxies are asked.

mod answer;
mod ask;
mod command;
pub mod docs;
mod level;
pub mod limits;
mod operation;
mod run;
mod session;
mod table;
mod told;
mod view;
mod words;

pub use answer::{Answer, Outcome, Severity};
pub use ask::{Ask, Filter, Listed, SessionName};
pub use command::Command;
pub use level::Level;
pub use operation::{Deed, operate};
pub use run::run;
pub use session::{Session, Step};
pub use told::{Calendar, ambiguous, answer};
pub use view::{Socket, View};
