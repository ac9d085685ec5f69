//! What matters of one container.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use bollard::models::{ContainerSummary, ContainerSummaryStateEnum, EndpointSettings, PortSummaryTypeEnum};

use crate::swarm;
use crate::wanted::Mode;

/// Longest label name or value that is looked at, in bytes.
pub const MAX_LABEL_BYTES: usize = 16 << 10;
/// Most labels of one container with our prefix.
pub const MAX_LABELS: usize = 1_000;

/// A container, as the engine lists it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Container {
    /// The engine's id, 64 hexadecimal digits.
    pub id: String,
    /// Name without the leading slash; the id's start where the engine gives none.
    pub name: String,
    /// When it was made, in seconds since 1970.
    pub created: i64,
    /// Its labels; of those that are known, the ones that are looked at.
    pub labels: BTreeMap<String, String>,
    /// Variables of its environment that a vocabulary reads.
    pub environment: BTreeMap<String, String>,
    /// What the image or the command exposes, sorted.
    pub ports: Vec<Port>,
    /// Its addresses in each network that it has one in.
    pub networks: BTreeMap<String, Addresses>,
    /// It has the network of the host, and no address of its own.
    pub on_host: bool,
    /// What it is doing.
    pub state: State,
    /// The task of a swarm that it is.
    pub task: Option<String>,
}

/// An exposed port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Port {
    /// Its number.
    pub number: u16,
    /// UDP; else TCP.
    pub udp: bool,
}

/// The addresses of a container in one network.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Addresses {
    /// IPv4.
    pub v4: Option<Ipv4Addr>,
    /// IPv6.
    pub v6: Option<Ipv6Addr>,
}

/// `80/tcp`
impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, if self.udp { "udp" } else { "tcp" })
    }
}

impl Addresses {
    /// Adds one, in the place of another of its family.
    pub(crate) fn put(&mut self, address: IpAddr) {
        match address {
            IpAddr::V4(v4) => self.v4 = Some(v4),
            IpAddr::V6(v6) => self.v6 = Some(v6),
        }
    }

    /// Those that it has, IPv4 first.
    pub fn all(&self) -> impl Iterator<Item = IpAddr> {
        self.v4.map(IpAddr::from).into_iter().chain(self.v6.map(IpAddr::from))
    }

    /// IPv4 where it has both.
    pub fn any(&self) -> Option<IpAddr> {
        self.all().next()
    }
}

/// What a container is doing, as far as traffic goes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum State {
    /// It runs, and its HEALTHCHECK, where it has one, finds it well.
    #[default]
    Running,
    /// It runs, and its HEALTHCHECK has not found it well yet.
    Starting,
    /// It runs, and its HEALTHCHECK finds it ill.
    Unhealthy,
    /// It is frozen.
    Paused,
    /// It was told to stop: it answers what it has, and takes nothing new.
    Stopping,
    /// It ended by itself, with an error: it may come back.
    Crashed,
    /// It does not run.
    Stopped,
}

impl State {
    /// The word for it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Starting => "starting",
            Self::Unhealthy => "unhealthy",
            Self::Paused => "paused",
            Self::Stopping => "stopping",
            Self::Crashed => "crashed",
            Self::Stopped => "stopped",
        }
    }
}

impl Container {
    /// What it exposes of ports that a mode is spoken at, the lowest first.
    pub(crate) fn exposed(&self, mode: Mode) -> Vec<u16> {
        let of_mode = self.ports.iter().filter(|port| port.udp == (mode == Mode::Udp));
        of_mode.map(|port| port.number).collect()
    }

    /// Reads one row of the engine's list; none without an id.
    pub fn from_summary(summary: ContainerSummary) -> Option<Self> {
        let id = summary.id?;
        let name = summary.names.unwrap_or_default().into_iter().next();
        let name = name.map(|name| name.trim_start_matches('/').to_owned());
        let labels = summary.labels.unwrap_or_default();
        let mut ports: Vec<Port> = summary
            .ports
            .unwrap_or_default()
            .into_iter()
            .filter(|port| port.typ != Some(PortSummaryTypeEnum::SCTP))
            .map(|port| Port { number: port.private_port, udp: port.typ == Some(PortSummaryTypeEnum::UDP) })
            .collect();
        ports.sort_unstable();
        ports.dedup();
        let networks = summary.network_settings.and_then(|settings| settings.networks).unwrap_or_default();
        let mode = summary.host_config.and_then(|config| config.network_mode);
        Some(Self {
            name: name.filter(|name| !name.is_empty()).unwrap_or_else(|| id.chars().take(12).collect()),
            created: summary.created.unwrap_or_default(),
            task: labels.get(swarm::TASK_LABEL).cloned(),
            labels: labels.into_iter().collect(),
            networks: networks
                .into_iter()
                .map(|(name, at)| (name, addresses(&at)))
                .filter(|(_, addresses)| addresses.any().is_some())
                .collect(),
            on_host: mode.as_deref() == Some("host"),
            state: state(summary.state, summary.status.as_deref().unwrap_or_default()),
            environment: BTreeMap::new(),
            ports,
            id,
        })
    }
}

fn addresses(settings: &EndpointSettings) -> Addresses {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    Addresses {
        v4: text(&settings.ip_address).parse().ok(),
        v6: text(&settings.global_ipv6_address).parse().ok(),
    }
}

/// `status`: what the engine says for people, which older ones alone tell health by: `Up 3 seconds (healthy)`.
fn state(state: Option<ContainerSummaryStateEnum>, status: &str) -> State {
    match state {
        Some(ContainerSummaryStateEnum::PAUSED) => State::Paused,
        Some(ContainerSummaryStateEnum::RUNNING) if status.ends_with("(unhealthy)") => State::Unhealthy,
        Some(ContainerSummaryStateEnum::RUNNING) if status.ends_with("(health: starting)") => State::Starting,
        Some(ContainerSummaryStateEnum::RUNNING) => State::Running,
        _ => State::Stopped,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_those_of_the_engine() {
        use ContainerSummaryStateEnum::{EXITED, PAUSED, RUNNING};
        for (of, status, expected) in [
            (RUNNING, "Up 3 seconds", State::Running),
            (RUNNING, "Up 3 seconds (healthy)", State::Running),
            (RUNNING, "Up Less than a second (health: starting)", State::Starting),
            (RUNNING, "Up 3 minutes (unhealthy)", State::Unhealthy),
            (PAUSED, "Up 3 minutes (Paused)", State::Paused),
            (EXITED, "Exited (0) 3 minutes ago", State::Stopped),
        ] {
            assert_eq!(state(Some(of), status), expected, "{status}");
        }
    }
}
