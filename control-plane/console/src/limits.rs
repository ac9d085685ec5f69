//! What bounds a console, and what is answered at each bound.

use std::time::Duration;

/// Longest command, its payload included (HAProxy: tune.bufsize). What is longer is answered with a line and closed.
pub const MAX_COMMAND_BYTES: usize = 16_384;
/// Words of one command (HAProxy: 64). More are answered with a line.
pub const MAX_WORDS: usize = 64;
/// Longest word that ends a payload.
pub const MAX_PATTERN_BYTES: usize = 7;
/// Connections of all sockets at one time where no `stats maxconn` says otherwise (HAProxy: 10). What is over it waits.
pub const MAX_CONNECTIONS: usize = 1_000;
/// Silence after which a connection is closed where no `stats timeout` says otherwise.
pub const IDLE_LIMIT: Duration = Duration::from_secs(10);
/// Longest silence that a connection can ask for itself.
pub const MAX_IDLE_LIMIT: Duration = Duration::from_secs(24 * 3_600);
/// Longest `wait`.
pub const MAX_WAIT: Duration = Duration::from_secs(3_600);
/// How long the answer to what was set waits for the proxies to have it.
pub const SET_PATIENCE: Duration = Duration::from_secs(2);
/// How long the answer to what was asked of the proxies waits for theirs.
pub const ASK_PATIENCE: Duration = SET_PATIENCE;
/// Sessions that `show sess` lists of all proxies together; each has its share.
pub const MAX_LISTED_SESSIONS: usize = 100_000;
/// Responses that `show cache` lists, of all proxies together.
pub const MAX_LISTED_RESPONSES: usize = 100_000;
/// Bytes of a refused command that are read and dropped, so that its sender gets to read why.
pub const MAX_DISCARDED_BYTES: usize = 16 << 20;
