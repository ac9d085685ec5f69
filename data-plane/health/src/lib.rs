//! Health checks without I/O: when to probe, what a probe says, what makes an endpoint up or down.
//!
//! [`Check`] is the state of one endpoint's checks, [`Talk`] one probe: it goes through the steps of a [`Script`], says
//! what it wants done (connect, send, receive) and hears what came of it. Their owner makes the connections: it asks
//! [`Check::tick`] what to do when [`Check::due`] has come. Time is a `Duration` since any fixed start and comes in as an
//! argument; nothing here knows a clock, a socket, a source of randomness or a regular expression's inside. Steps, states
//! and words are HAProxy's. [`OutlierRule`] and what is around it say who is left out for what its exchanges come to.

mod agent;
mod answer;
mod check;
mod evidence;
pub mod formula;
mod outcome;
mod outlier;
pub mod script;
mod talk;

pub use agent::{Admin, Reply, Said};
pub use check::{Check, Command, Finding, Health, Initial, Limits, Phase, Schedule, Suspicion, first_delay};
pub use evidence::{Evidence, Status};
pub use outcome::Outcome;
pub use outlier::{Outlier, OutlierRule, Population, Record, SuccessRate, Tally, outliers};
pub use script::Script;
pub use talk::{Circumstances, MAX_ANSWER_BYTES, Talk, Want};
