//! Which version of HTTP a listener or an endpoint speaks.

use serde::Deserialize;
use sluicegate_proto::v1;

use super::schema::Mode;

/// Where a frontend listens.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Listen {
    /// `ADDRESS:PORT`, `:PORT` or `*:PORT`.
    Address(String),
    /// With what clients speak there.
    Spoken(Spoken),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Spoken {
    address: String,
    protocol: Option<Protocol>,
}

/// Absent: of clients both, to endpoints HTTP/1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Protocol {
    Http1,
    Http2,
}

impl Listen {
    pub(super) fn address(&self) -> &str {
        match self {
            Self::Address(address) | Self::Spoken(Spoken { address, .. }) => address,
        }
    }

    /// As the proxy has it.
    ///
    /// # Errors
    /// In TCP mode.
    pub(super) fn lower(&self, mode: Mode) -> Result<i32, String> {
        let protocol = match self {
            Self::Spoken(spoken) => fits(spoken.protocol, mode)?,
            Self::Address(_) => None,
        };
        Ok(match protocol {
            None => v1::HttpProtocol::Any,
            Some(Protocol::Http1) => v1::HttpProtocol::Http1,
            Some(Protocol::Http2) => v1::HttpProtocol::Http2,
        }
        .into())
    }
}

/// What an endpoint is spoken to in.
///
/// # Errors
/// In TCP mode.
pub(super) fn of_endpoint(protocol: Option<Protocol>, mode: Mode) -> Result<i32, String> {
    Ok(match fits(protocol, mode)? {
        None | Some(Protocol::Http1) => v1::EndpointHttp::Http1,
        Some(Protocol::Http2) => v1::EndpointHttp::Http2,
    }
    .into())
}

/// What WebSockets are opened in to an endpoint.
///
/// # Errors
/// In TCP mode.
pub(super) fn of_web_sockets(protocol: Option<Protocol>, mode: Mode) -> Result<i32, String> {
    Ok(match fits(protocol, mode)? {
        None => v1::WebSocketHttp::Auto,
        Some(Protocol::Http1) => v1::WebSocketHttp::Http1,
        Some(Protocol::Http2) => v1::WebSocketHttp::Http2,
    }
    .into())
}

fn fits(protocol: Option<Protocol>, mode: Mode) -> Result<Option<Protocol>, String> {
    match protocol {
        Some(_) if mode == Mode::Tcp => Err("there is no protocol to choose in mode tcp".to_owned()),
        protocol => Ok(protocol),
    }
}
