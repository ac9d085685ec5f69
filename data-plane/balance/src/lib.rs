//! Choosing endpoints: algorithms over numbers, weights and predicates.
//!
//! Nothing here knows a clock, a lock or a socket. The owner keeps the shared state (one cursor for a backend) and
//! tells what is usable; an algorithm is an immutable value, built anew when the set of usable endpoints changes.

mod eligible;
mod hash;
mod key;
mod load;
mod maglev;
mod map;
mod peak_ewma;
mod ring;
mod round_robin;
mod server;
mod tournament;

pub use eligible::{Candidate, eligible};
pub use hash::{Function, Hashing};
pub use key::{Uri, domain_only, rdp_cookie, url_param};
pub use load::{Affinity, Bounds, Occupancy, connections, draw};
pub use maglev::Maglev;
pub use map::{MAX_SLOTS, Map};
pub use peak_ewma::{Latency, PeakEwma};
pub use ring::{MAX_NODES, Ring};
pub use round_robin::{MAX_TURNS, Schedule};
pub use server::{NodeKey, Server, divisor, node_key};
pub use tournament::{NEVER, Tournament};
