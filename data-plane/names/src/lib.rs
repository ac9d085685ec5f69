//! Name resolution without I/O: questions to name servers, what answers mean, and who of several endpoints gets which
//! record.
//!
//! [`Question`] writes a query and reads what comes back, [`Known`] is what is known of one name over time, and
//! [`share`] gives records to endpoints. Their owner sends and receives. Time is a `Duration` since any fixed start and
//! comes in as an argument; nothing here knows a clock, a socket or a source of randomness. The rules are HAProxy's
//! (`resolvers`).

mod answer;
mod failure;
mod known;
mod question;
mod record;
mod share;

pub use answer::{NotOurs, Reply};
pub use failure::{Failure, Lack};
pub use known::{Hold, Known};
pub use question::{InvalidName, Question, Want};
pub use record::{Key, Record};
pub use share::{Seat, share};
