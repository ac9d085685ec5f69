//! UDP mode: datagrams in sessions.
//!
//! A session is what one address of a client and one of a listener exchange. The first datagram makes it: it is routed
//! and balanced as a connection is, and gets a socket of its own that is connected to its endpoint, so that the kernel
//! hands back the endpoint's answers, and its refusals, and nobody else's. It ends when nothing has come for a time.
//!
//! The kernel keeps a client with one worker (SO_REUSEPORT), so sessions of a worker are nobody else's: one task per
//! listener receives what clients send and looks up whose it is, one task per session receives what the endpoint sends.
//! Nothing waits: a datagram that cannot be passed on at once is lost, as the network loses datagrams, and counted.

mod choose;
mod door;
mod entrance;
mod inbox;
mod outbox;
mod session;
pub mod table;
mod task;
#[cfg(test)]
mod tests;
mod upstream;
mod watch;

use std::time::Duration;

pub(crate) use door::run;
pub use upstream::open;

/// How long a session lasts in which nothing comes, where nobody says so (HAProxy language: timeout client).
pub const IDLE: Duration = Duration::from_secs(60);
/// Where there is no room for a new session, one gives its place up in which nothing has come for so long: what is
/// younger stays, so that sessions in use outlast a flood of new ones.
pub const GRACE: Duration = Duration::from_secs(1);
/// How long sessions wait for answers once the process is to stop, where nobody says so (timeout server).
pub const PARTING: Duration = Duration::from_secs(5);
/// Bytes of the first datagram of a session that are kept to be sent elsewhere: questions are short.
const KEPT: usize = 2048;
/// Sessions of one listener on one worker, whatever the limits of connections say.
pub const MAX_SESSIONS: usize = 1 << 16;
