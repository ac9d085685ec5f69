//! Choosing endpoints: algorithms over numbers, weights and predicates.
//!
//! Nothing here knows a clock, a lock, a socket or where random numbers come from. What changes with each choice is the
//! owner's (a cursor, connections), which tells what is usable. An algorithm is an immutable value, built anew or from the
//! one before when the set of usable endpoints changes; only [`Tournament`] is shared by threads that change it.
//!
//! Hashes and turns are those of HAProxy: `tests/haproxy` compares them with the real one.

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
pub use key::{RdpCookie, Uri, domain_only, find_rdp_cookie, parameter, rdp_cookie, url_param};
pub use load::{Affinity, Bounds, Occupancy, connections, draw, draw_cheapest};
pub use maglev::Maglev;
pub use map::{MAX_SLOTS, Map};
pub use peak_ewma::{Latency, PeakEwma};
pub use ring::{MAX_NODES, Ring};
pub use round_robin::{MAX_TURNS, Schedule};
pub use server::{NodeKey, SIXTEENTHS, Server, divisor, node_key};
pub use tournament::{NEVER, Tournament};
