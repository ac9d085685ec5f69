//! This end of TLS to an endpoint.

use std::hash::{Hash, Hasher};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use rustls::ClientConfig;
use rustls::client::UnbufferedClientConnection;
use rustls_pki_types::{DnsName, ServerName};
use sluicegate_proto::hash::ContentHash;

use crate::expr::Sample;

/// What stands for a server that is asked for no name: an address that none has, which goes into no ClientHello.
const NAMELESS: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

/// What is agreed upon with an endpoint, and the sessions that were: these are one for all workers and generations that say the
/// same of one address.
pub struct TlsClient {
    /// Of all that was said of it but the name, and of the address.
    pub(crate) id: ContentHash,
    pub(crate) config: Arc<ClientConfig>,
    /// The name that the endpoint is asked for; `None`: none is.
    pub server_name: Option<Sample>,
    /// The certificate has to have that name.
    pub(crate) checks_name: bool,
}

/// Why a server cannot be asked for a name.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum BadServerName {
    /// It is no name of a host.
    #[error("`{0}` is no server name")]
    NoName(String),
    /// The session does not begin.
    #[error("{0}")]
    Session(rustls::Error),
}

impl TlsClient {
    /// Begins a session with the endpoint, which is asked for this name; an address is looked for in its certificate alone.
    /// What is no name is left out where it is not looked for.
    ///
    /// # Errors
    /// The name is none though the certificate has to have it.
    pub fn session(&self, name: Option<&str>) -> Result<UnbufferedClientConnection, BadServerName> {
        let name = self.name(name)?;
        UnbufferedClientConnection::new(Arc::clone(&self.config), name).map_err(BadServerName::Session)
    }

    /// Whether this protocol is among those that the endpoint may choose from (RFC 7301).
    pub fn offers(&self, protocol: &[u8]) -> bool {
        self.config.alpn_protocols.iter().any(|offered| offered == protocol)
    }

    /// The same with other protocols to choose from.
    ///
    /// # Errors
    /// As [`TlsClient::session`].
    pub fn session_with(
        &self,
        name: Option<&str>,
        protocols: Vec<Vec<u8>>,
    ) -> Result<UnbufferedClientConnection, BadServerName> {
        let (config, name) = (Arc::clone(&self.config), self.name(name)?);
        UnbufferedClientConnection::new_with_alpn(config, name, protocols).map_err(BadServerName::Session)
    }

    fn name(&self, name: Option<&str>) -> Result<ServerName<'static>, BadServerName> {
        let Some(name) = name.filter(|name| !name.is_empty()) else { return Ok(nameless()) };
        match ServerName::try_from(name) {
            Ok(known) if is_nameless(&known) => Err(BadServerName::NoName(name.to_owned())),
            Ok(ServerName::DnsName(name)) => Ok(ServerName::DnsName(name.to_lowercase_owned())),
            Ok(address) => Ok(address.to_owned()),
            Err(_) if self.checks_name => Err(BadServerName::NoName(name.chars().take(253).collect())),
            Err(_) => Ok(nameless()),
        }
    }
}

fn nameless() -> ServerName<'static> {
    ServerName::from(NAMELESS)
}

/// Whether no name was asked for.
pub(super) fn is_nameless(name: &ServerName<'_>) -> bool {
    matches!(name, ServerName::IpAddress(address) if IpAddr::from(*address) == NAMELESS)
}

/// A name as certificates have it: of a host, in lower case, or an address.
pub(super) fn text(name: &ServerName<'_>) -> Option<String> {
    match name {
        ServerName::DnsName(name) => Some(DnsName::as_ref(name).to_ascii_lowercase()),
        ServerName::IpAddress(address) => Some(IpAddr::from(*address).to_string()),
        _ => None,
    }
}

impl PartialEq for TlsClient {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id && self.server_name == other.server_name
    }
}

impl Eq for TlsClient {}

impl Hash for TlsClient {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.id.hash(state);
    }
}

/// No key of it is printed.
impl std::fmt::Debug for TlsClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TlsClient").field("id", &self.id).finish_non_exhaustive()
    }
}
