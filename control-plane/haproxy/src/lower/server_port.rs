//! Ports of servers that are written relative to the client's, or not at all.

use super::Lowering;
use super::address::Port;
use super::proxy::Proxy;
use crate::diagnostic::{Code, Diagnostic};
use crate::word::Word;

impl<'a> Lowering<'a> {
    /// The port of a server. One that is not written is the one that the client connected to: it is known where all
    /// frontends that send to the backend listen on one port.
    pub(super) fn server_port(&mut self, proxy: &Proxy<'_, 'a>, (port, word): (Port, &Word)) -> Option<u16> {
        let offset = match port {
            Port::One(port) => return Some(port),
            Port::None | Port::Zero => 0,
            Port::Offset(offset) => offset,
            Port::Range(..) => {
                let message = "a server has one port";
                self.report(Diagnostic::error(Code::BadAddress, word.span(), message));
                return None;
            }
        };
        let ports = self.ports.get(proxy.name).cloned().unwrap_or_default();
        let only = ports.first().filter(|_| ports.len() == 1);
        let port =
            only.and_then(|port| u16::try_from(i32::from(*port) + offset).ok()).filter(|port| *port != 0);
        if port.is_some() {
            return port;
        }
        let message = match (only, ports.len()) {
            (Some(port), _) => format!("the port {port} and this offset make no port"),
            (None, 0) => "a port is missing, and nothing listens for this backend".to_owned(),
            (None, count) => format!("a port is missing, and clients come in on {count} different ones"),
        };
        let help = "write the port of the server, as in `192.0.2.1:8080`";
        // HAProxy would take the port of each client.
        let finding = match ports.len() {
            0 | 1 => Diagnostic::error(Code::BadAddress, word.span(), message),
            _ => {
                Diagnostic::warning(Code::DegradedValue, word.span(), message).label("the server is left out")
            }
        };
        self.report(finding.help(help));
        None
    }
}
