//! Choosing endpoints: algorithms over numbers, weights and predicates.
//!
//! Nothing here knows an address, a clock or a lock. The owner keeps the shared state (one cursor for a backend) and
//! tells what is usable; an algorithm is an immutable value, built anew when the set of usable endpoints changes.

mod eligible;
mod round_robin;

pub use eligible::{Candidate, eligible};
pub use round_robin::{MAX_TURNS, Schedule};
