//! Health checks without I/O: when to probe, what a probe says, what makes an endpoint up or down.
//!
//! [`Check`] is the state of one endpoint's checks. Its owner makes the connections: it asks [`Check::tick`] what to do
//! when [`Check::due`] has come, and tells it what happened. Time is a `Duration` since any fixed start and comes in as
//! an argument; nothing here knows a clock, a socket or a source of randomness. States and words are HAProxy's.

mod check;
mod evidence;
pub mod http;

pub use check::{Check, Command, Finding, Health, Limits, Phase, Schedule, first_delay};
pub use evidence::{Evidence, Status};
