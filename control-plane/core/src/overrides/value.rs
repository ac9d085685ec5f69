//! The fields that can be set, and what to.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use sluicegate_proto::build;
use sluicegate_proto::v1::resource::Body;
use sluicegate_proto::v1::{self, Resource, endpoint, forced_health};

use super::Edits;

/// What of an object can be set at run time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// Of an endpoint: its share of the traffic.
    Weight,
    /// Of an endpoint: whether it is in service.
    Admin,
    /// Of an endpoint: its health.
    Health,
    /// Of an endpoint: where it is.
    Address,
    /// Of a checked endpoint: where probes go.
    CheckAddress,
    /// Of a checked endpoint: the port that probes go to.
    CheckPort,
    /// Of a checked endpoint: whether it is probed.
    Checks,
    /// Of an endpoint with an agent: whether that is asked.
    Agent,
    /// Of an endpoint with an agent: what that says of its health.
    AgentHealth,
    /// Of an endpoint with an agent: where that is.
    AgentAddress,
    /// Of an endpoint with an agent: its port.
    AgentPort,
    /// Of an endpoint with an agent: what that is sent.
    AgentSend,
    /// Of an endpoint, a frontend or the process: connections at one time.
    MaxConnections,
    /// Of a frontend: whether it accepts.
    Frontend,
    /// Of a list: its entries.
    Patterns,
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Weight => "weight",
            Self::Admin | Self::Frontend => "state",
            Self::Health => "health",
            Self::Address => "address",
            Self::CheckAddress => "check-address",
            Self::CheckPort => "check-port",
            Self::Checks => "checks",
            Self::Agent => "agent",
            Self::AgentHealth => "agent-health",
            Self::AgentAddress => "agent-address",
            Self::AgentPort => "agent-port",
            Self::AgentSend => "agent-send",
            Self::MaxConnections => "maxconn",
            Self::Patterns => "entries",
        })
    }
}

/// Whether an endpoint is in service (HAProxy: set server state).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admin {
    /// Takes traffic.
    Ready,
    /// Takes nothing new, is checked as before.
    Drain,
    /// Takes nothing, is not checked.
    Maint,
}

/// A health that a person sets (HAProxy: set server health).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Forced {
    /// Takes traffic.
    Up,
    /// Takes nothing new.
    Stopping,
    /// Takes none.
    Down,
}

/// Whether a frontend accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrontendState {
    /// It does.
    Enabled,
    /// It does not, for a while (HAProxy: disable frontend).
    Disabled,
    /// It does not, for good (HAProxy: shutdown frontend).
    Shutdown,
}

/// What a field is set to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// 0 to 256.
    Weight(u32),
    /// In service or not.
    Admin(Admin),
    /// Up or down.
    Health(Forced),
    /// The port is never 0.
    Address(SocketAddr),
    /// The name that leads to where it is, and its port.
    Name(String, u16),
    /// Of probes.
    CheckAddress(IpAddr),
    /// Of probes; 0: the endpoint's own.
    CheckPort(u16),
    /// Whether probes are made.
    Checks(bool),
    /// Whether the agent is asked.
    Agent(bool),
    /// Up or down.
    AgentHealth(bool),
    /// Of the agent.
    AgentAddress(IpAddr),
    /// Of the agent; never 0.
    AgentPort(u16),
    /// To the agent.
    AgentSend(Vec<u8>),
    /// 0: no limit of its own.
    MaxConnections(u32),
    /// Accepting or not.
    Frontend(FrontendState),
    /// Over those of the list's file, and over what was set before.
    Patterns(Edits),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Weight(number) | Self::MaxConnections(number) => number.fmt(f),
            Self::Admin(Admin::Ready) => f.write_str("ready"),
            Self::Admin(Admin::Drain) => f.write_str("drain"),
            Self::Admin(Admin::Maint) => f.write_str("maint"),
            Self::Health(Forced::Up) => f.write_str("up"),
            Self::Health(Forced::Stopping) => f.write_str("stopping"),
            Self::Health(Forced::Down) => f.write_str("down"),
            Self::Address(address) => address.fmt(f),
            Self::Name(name, port) => write!(f, "{name}:{port}"),
            Self::CheckAddress(address) => address.fmt(f),
            Self::CheckPort(port) => port.fmt(f),
            Self::Checks(on) | Self::Agent(on) => f.write_str(if *on { "on" } else { "off" }),
            Self::AgentHealth(up) => f.write_str(if *up { "up" } else { "down" }),
            Self::AgentAddress(address) => address.fmt(f),
            Self::AgentPort(port) => port.fmt(f),
            Self::AgentSend(bytes) => bytes.escape_ascii().fmt(f),
            Self::Frontend(FrontendState::Enabled) => f.write_str("enabled"),
            Self::Frontend(FrontendState::Disabled) => f.write_str("disabled"),
            Self::Frontend(FrontendState::Shutdown) => f.write_str("shut down"),
            Self::Patterns(edits) => edits.fmt(f),
        }
    }
}

impl Value {
    /// Of which field.
    pub fn field(&self) -> Field {
        match self {
            Self::Weight(_) => Field::Weight,
            Self::Admin(_) => Field::Admin,
            Self::Health(_) => Field::Health,
            Self::Address(_) | Self::Name(..) => Field::Address,
            Self::CheckAddress(_) => Field::CheckAddress,
            Self::CheckPort(_) => Field::CheckPort,
            Self::Checks(_) => Field::Checks,
            Self::Agent(_) => Field::Agent,
            Self::AgentHealth(_) => Field::AgentHealth,
            Self::AgentAddress(_) => Field::AgentAddress,
            Self::AgentPort(_) => Field::AgentPort,
            Self::AgentSend(_) => Field::AgentSend,
            Self::MaxConnections(_) => Field::MaxConnections,
            Self::Frontend(_) => Field::Frontend,
            Self::Patterns(_) => Field::Patterns,
        }
    }

    /// Whether the configuration says the same. What it says nothing of it cannot say the same of.
    pub(super) fn is(&self, configured: &str) -> bool {
        match self {
            Self::Patterns(edits) => edits.is_empty(),
            value => value.to_string() == configured,
        }
    }

    /// What the field is set to then: the value, but that edits add up.
    pub(super) fn after(self, before: Option<&Self>) -> Self {
        match (self, before) {
            (Self::Patterns(later), Some(Self::Patterns(edits))) => Self::Patterns(edits.then(&later)),
            (value, _) => value,
        }
    }

    /// Puts it into a resource that has the field; another is left as it is.
    pub(super) fn write(&self, resource: &mut Resource, since_unix_ms: u64) {
        match (self, &mut resource.body) {
            (Self::MaxConnections(limit), Some(Body::Frontend(body))) => body.max_connections = *limit,
            (Self::MaxConnections(limit), Some(Body::Process(body))) => body.max_connections = *limit,
            (Self::Frontend(state), Some(Body::Frontend(body))) => {
                body.disabled = *state == FrontendState::Shutdown;
                body.paused = *state == FrontendState::Disabled;
            }
            (Self::Patterns(edits), Some(Body::Patterns(list))) => edits.write(list),
            (_, Some(Body::Endpoint(body))) => self.write_endpoint(body, since_unix_ms),
            _ => {}
        }
    }

    fn write_endpoint(&self, body: &mut v1::Endpoint, since_unix_ms: u64) {
        match self {
            Self::Weight(weight) => body.weight = *weight,
            Self::MaxConnections(limit) => body.max_connections = *limit,
            Self::Admin(state) => {
                body.disabled = *state == Admin::Maint;
                body.drain = *state == Admin::Drain;
            }
            Self::Health(forced) => {
                let value = match forced {
                    Forced::Up => forced_health::Value::Up,
                    Forced::Stopping => forced_health::Value::Stopping,
                    Forced::Down => forced_health::Value::Down,
                };
                body.forced_health =
                    Some(v1::ForcedHealth { value: value.into(), at_unix_ms: since_unix_ms });
            }
            Self::Address(address) => {
                body.address = Some(endpoint::Address::Ip(build::ip_address(*address)));
                // No name leads there.
                body.resolution = None;
                // One without a port leaves to the client's what was so.
                if address.port() != 0 {
                    body.client_port_offset = None;
                }
            }
            Self::Name(name, port) => {
                let host = v1::HostAddress { name: name.clone(), port: (*port).into() };
                body.address = Some(endpoint::Address::Host(host));
            }
            Self::CheckAddress(address) => {
                if let Some(check) = &mut body.check {
                    let port = check.address.as_ref().and_then(|address| u16::try_from(address.port).ok());
                    let address = SocketAddr::new(*address, port.unwrap_or_default());
                    check.address = Some(build::ip_address(address));
                }
            }
            Self::CheckPort(port) => {
                if let Some(check) = &mut body.check {
                    check.port = (*port).into();
                }
            }
            Self::Checks(on) => {
                if let Some(check) = &mut body.check {
                    check.paused = !on;
                }
            }
            Self::Agent(_)
            | Self::AgentHealth(_)
            | Self::AgentAddress(_)
            | Self::AgentPort(_)
            | Self::AgentSend(_) => {
                if let Some(agent) = &mut body.agent {
                    self.write_agent(agent, since_unix_ms);
                }
            }
            Self::Frontend(_) | Self::Patterns(_) => {}
        }
    }

    fn write_agent(&self, agent: &mut v1::Agent, since_unix_ms: u64) {
        match self {
            Self::Agent(on) => agent.paused = !on,
            Self::AgentHealth(up) => {
                let value = if *up { forced_health::Value::Up } else { forced_health::Value::Down };
                agent.forced_health =
                    Some(v1::ForcedHealth { value: value.into(), at_unix_ms: since_unix_ms });
            }
            Self::AgentAddress(address) => {
                agent.address = Some(build::ip_address(SocketAddr::new(*address, 0)));
            }
            Self::AgentPort(port) => agent.port = (*port).into(),
            Self::AgentSend(bytes) => agent.send = bytes.clone().into(),
            _ => {}
        }
    }
}

impl Field {
    /// What a resource says of it, in words; `None`: it has no such field.
    pub(super) fn configured(self, resource: &Resource) -> Option<String> {
        match (self, resource.body.as_ref()?) {
            (Self::MaxConnections, Body::Frontend(body)) => Some(body.max_connections.to_string()),
            (Self::MaxConnections, Body::Process(body)) => Some(body.max_connections.to_string()),
            (Self::Frontend, Body::Frontend(body)) => {
                Some(if body.disabled { "disabled" } else { "enabled" }.to_owned())
            }
            (Self::Patterns, Body::Patterns(list)) => Some(match list.blob.get(..8) {
                Some(hash) => format!("file {hash}"),
                None => "empty".to_owned(),
            }),
            (_, Body::Endpoint(body)) => self.configured_endpoint(body),
            _ => None,
        }
    }

    fn configured_endpoint(self, body: &v1::Endpoint) -> Option<String> {
        let text = match self {
            Self::Weight => body.weight.to_string(),
            Self::MaxConnections => body.max_connections.to_string(),
            Self::Admin => match (body.disabled, body.drain) {
                (true, _) => "maint".to_owned(),
                (false, true) => "drain".to_owned(),
                (false, false) => "ready".to_owned(),
            },
            // No configuration says how a server is.
            Self::Health => String::new(),
            Self::Address => match body.address.as_ref()? {
                endpoint::Address::Ip(ip) => ip.socket()?.to_string(),
                endpoint::Address::Unix(unix) => format!("unix@{}", unix.path.escape_ascii()),
                endpoint::Address::Host(host) => format!("{}:{}", host.name, host.port),
            },
            Self::CheckAddress => match &body.check.as_ref()?.address {
                Some(ip) => ip.ip()?.to_string(),
                None => String::new(),
            },
            Self::CheckPort => body.check.as_ref()?.port.to_string(),
            Self::Checks => if body.check.as_ref()?.paused { "off" } else { "on" }.to_owned(),
            Self::Agent => if body.agent.as_ref()?.paused { "off" } else { "on" }.to_owned(),
            // As with that of a server.
            Self::AgentHealth => body.agent.as_ref().map(|_| String::new())?,
            Self::AgentAddress => match &body.agent.as_ref()?.address {
                Some(ip) => ip.ip()?.to_string(),
                None => String::new(),
            },
            Self::AgentPort => body.agent.as_ref()?.port.to_string(),
            Self::AgentSend => body.agent.as_ref()?.send.escape_ascii().to_string(),
            Self::Frontend | Self::Patterns => return None,
        };
        Some(text)
    }
}
