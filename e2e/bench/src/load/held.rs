//! Connections that only stay.

use super::connection::Client;
use super::{Plan, Seen};

/// Which of them are still as they were.
pub(crate) fn check(client: &mut Client, plan: &Plan) -> Seen {
    let open = client.quiet();
    Seen { requests: open as u64, errors: (plan.connections - open) as u64, ..Seen::default() }
}
