//! Entry points: named listeners of the command line, whose frontends routes of all providers attach to.

use std::net::SocketAddr;

use sluicegate_core::Fragment;
use sluicegate_proto::build::{self, InvalidValue};
use sluicegate_proto::id::ObjectKey;
use sluicegate_proto::v1;

use crate::pipeline::Load;

/// The provider's name in object ids; providers of routes know it.
pub use sluicegate_provider_docker::routes::ENTRYPOINT_PROVIDER as PROVIDER;

/// `--entrypoint NAME=ADDR`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryPoint {
    /// What routes call it.
    pub name: String,
    /// Where it listens.
    pub address: SocketAddr,
}

/// All entry points as one load; `None` where there are none.
pub(crate) fn load(entrypoints: &[EntryPoint]) -> Option<Load> {
    let (fragments, diagnostics) = match fragment(entrypoints) {
        _ if entrypoints.is_empty() => return None,
        Ok(fragment) => (Some(vec![fragment]), Vec::new()),
        Err(error) => (None, vec![format!("--entrypoint: {error}")]),
    };
    Some(Load { source: PROVIDER, fragments, diagnostics })
}

/// The listener and the frontend of each entry point: HTTP, keep-alive, no rule, 503 where no route takes a request.
///
/// # Errors
/// A name that no object may have.
pub fn fragment(entrypoints: &[EntryPoint]) -> Result<Fragment, InvalidValue> {
    let mut resources = Vec::new();
    for EntryPoint { name, address } in entrypoints {
        let frontend = ObjectKey::new(PROVIDER, "", v1::Kind::Frontend, name)?;
        let listener = ObjectKey::new(PROVIDER, "", v1::Kind::Listener, name)?;
        let option = format!("--entrypoint {name}={address}");
        let origin = v1::Origin { place: Some(v1::origin::Place::Option(option)) };
        let body = v1::Listener {
            frontend: Some((&frontend).into()),
            address: Some(v1::listener::Address::Ip(build::ip_address(*address))),
            label: name.clone(),
            ..v1::Listener::default()
        };
        resources.push(build::resource(&listener, origin.clone(), "", v1::resource::Body::Listener(body))?);
        let body = v1::resource::Body::Frontend(http_frontend());
        resources.push(build::resource(&frontend, origin, "", body)?);
    }
    Ok(Fragment { provider: PROVIDER.to_owned(), resources })
}

/// HTTP, keep-alive, and times that suit most clients.
pub(crate) fn http_frontend() -> v1::Frontend {
    v1::Frontend {
        mode: v1::Mode::Http as i32,
        timeouts: Some(v1::Timeouts {
            client_ms: Some(60_000),
            http_request_ms: Some(10_000),
            http_keep_alive_ms: Some(60_000),
            tunnel_ms: Some(3_600_000),
            ..v1::Timeouts::default()
        }),
        http: Some(v1::HttpOptions {
            connection_mode: v1::ConnectionMode::KeepAlive as i32,
            forwarded_for: None,
        }),
        ..v1::Frontend::default()
    }
}
