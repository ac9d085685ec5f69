//! Programs that say how an endpoint is (HAProxy: external-check).

use std::ffi::{OsStr, OsString};
use std::net::IpAddr;
use std::os::unix::ffi::OsStrExt;

/// What stands in arguments for what there is not.
const NOT_USED: &str = "NOT_USED";

/// A program of this host.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Program {
    /// Its path, or a name without a slash that is looked for in `path`.
    pub command: Box<str>,
    /// Its PATH; may be empty.
    pub path: Box<str>,
    /// Where the proxy listens first.
    pub listens: Place,
    /// It gets the environment of this process too.
    pub keeps_environment: bool,
}

/// Where something is, as programs are told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Place {
    /// Nowhere.
    #[default]
    Nowhere,
    /// An address, and a port as it is written: what is added to the client's may be there, a negative one as its
    /// complement.
    Ip(IpAddr, u32),
    /// A unix socket's path; empty: one without a path.
    Unix(Box<[u8]>),
}

/// What a program is told of the endpoint that it is about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Particulars {
    /// Its backend.
    pub backend: String,
    /// Number of the backend among all proxies, as in statistics.
    pub backend_number: u32,
    /// Its name.
    pub name: String,
    /// Its number in the backend.
    pub number: u32,
    /// Where it is; not where checks of other kinds go.
    pub place: Place,
    /// Exchanges that it may have; 0: any.
    pub max_connections: u32,
    /// Exchanges that it has.
    pub connections: u32,
}

/// A program to be run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Errand {
    /// See [`Program::command`].
    pub command: Box<str>,
    /// Behind the name of the program.
    pub arguments: [OsString; 4],
    /// Names and values.
    pub environment: Vec<(&'static str, OsString)>,
    /// Beside the environment of this process.
    pub keeps_environment: bool,
}

impl Program {
    /// What is run for this endpoint.
    pub(crate) fn errand(&self, about: &Particulars) -> Errand {
        let [listen_address, listen_port] = self.listens.arguments();
        let [address, port] = about.place.arguments();
        Errand {
            command: self.command.clone(),
            arguments: [listen_address, listen_port, address, port],
            environment: self.environment(about),
            keeps_environment: self.keeps_environment,
        }
    }

    fn environment(&self, about: &Particulars) -> Vec<(&'static str, OsString)> {
        let [listen_address, listen_port] = self.listens.variables();
        let [address, port] = about.place.variables();
        vec![
            ("PATH", OsString::from(&*self.path)),
            ("HAPROXY_PROXY_NAME", OsString::from(&*about.backend)),
            ("HAPROXY_PROXY_ID", about.backend_number.to_string().into()),
            ("HAPROXY_PROXY_ADDR", listen_address),
            ("HAPROXY_PROXY_PORT", listen_port),
            ("HAPROXY_SERVER_NAME", OsString::from(&*about.name)),
            ("HAPROXY_SERVER_ID", about.number.to_string().into()),
            ("HAPROXY_SERVER_ADDR", address),
            ("HAPROXY_SERVER_PORT", port),
            ("HAPROXY_SERVER_MAXCONN", about.max_connections.to_string().into()),
            ("HAPROXY_SERVER_CURCONN", about.connections.to_string().into()),
            // There is no TLS to endpoints, and one protocol.
            ("HAPROXY_SERVER_SSL", "0".into()),
            ("HAPROXY_SERVER_PROTO", "tcp".into()),
        ]
    }
}

impl Place {
    fn arguments(&self) -> [OsString; 2] {
        match self {
            Self::Nowhere => [NOT_USED.into(), NOT_USED.into()],
            Self::Ip(address, port) => [address.to_string().into(), port.to_string().into()],
            Self::Unix(path) => [OsStr::from_bytes(path).into(), NOT_USED.into()],
        }
    }

    /// In the environment, what there is not is empty.
    fn variables(&self) -> [OsString; 2] {
        let [address, port] = self.arguments();
        match self {
            Self::Nowhere => Default::default(),
            Self::Ip(..) => [address, port],
            Self::Unix(_) => [address, OsString::new()],
        }
    }
}

#[cfg(test)]
mod tests;
