//! Ports of servers that are written relative to the client's, or not at all.

use sluicegate_proto::v1;

use super::Lowering;
use super::address::Port;
use super::check::Check;
use crate::diagnostic::{Code, Diagnostic};
use crate::expr::Hidden;
use crate::word::Word;

/// The port of a server.
pub(super) enum ServerPort {
    Own(u16),
    /// The one that the client connected to, plus this.
    OfClient {
        offset: i32,
    },
}

impl Lowering<'_> {
    pub(super) fn server_port(&mut self, port: Port, word: &Word) -> Option<ServerPort> {
        match port {
            Port::One(port) => Some(ServerPort::Own(port)),
            Port::None | Port::Zero => Some(ServerPort::OfClient { offset: 0 }),
            Port::Offset(offset) => Some(ServerPort::OfClient { offset }),
            Port::Range(..) => {
                let message = "a server has one port";
                self.report(Diagnostic::error(Code::BadAddress, word.span(), message));
                None
            }
        }
    }

    /// Closes a server whose port is not known: a line that is not done would have changed that of the client.
    pub(super) fn known_client_port(&mut self, word: &Word, closed: &mut Vec<&'static str>) {
        if self.hidden.iter().any(|(hidden, _)| *hidden == Hidden::Destination) {
            closed.push("set-dst-port");
            let message = "the port of this server is the client's, which another line would change";
            let finding = Diagnostic::warning(Code::DegradedValue, word.span(), message);
            self.report(finding.label("the server stands disabled").help("write the port of the server"));
        }
    }

    /// A server that is checked has a port to check; `None` where it has none, which HAProxy refuses.
    pub(super) fn port_to_check(
        &mut self,
        check: &Check,
        (schedule, checked): (&v1::CheckSchedule, bool),
        word: &Word,
    ) -> Option<()> {
        let address = schedule.address.as_ref();
        let own = schedule.port != 0 || address.is_some_and(|address| address.port != 0);
        if !checked || own || check.says_ports {
            return Some(());
        }
        let message = "the server is checked, and has neither a port nor a port to check";
        let finding = Diagnostic::error(Code::BadAddress, word.span(), message);
        self.report(finding.help("write the port of the server, or `port <port>` for its checks"));
        None
    }
}
