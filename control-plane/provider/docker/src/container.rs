//! What matters of one container.

use std::collections::BTreeMap;
use std::net::IpAddr;

use bollard::models::{ContainerSummary, EndpointSettings, PortSummaryTypeEnum};

/// Longest label name or value that is looked at, in bytes.
pub const MAX_LABEL_BYTES: usize = 16 << 10;
/// Most labels of one container with our prefix.
pub const MAX_LABELS: usize = 1_000;

/// A running container, as the engine lists it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Container {
    /// The engine's id, 64 hexadecimal digits.
    pub id: String,
    /// Name without the leading slash; the id's start where the engine gives none.
    pub name: String,
    /// Its labels under [`crate::PREFIX`], the prefix included.
    pub labels: BTreeMap<String, String>,
    /// TCP ports that the image or the command exposes, sorted.
    pub ports: Vec<u16>,
    /// Its address in each network; IPv4 where a network has both.
    pub networks: BTreeMap<String, IpAddr>,
}

impl Container {
    /// Reads one row of the engine's list; none without an id.
    pub fn from_summary(summary: ContainerSummary) -> Option<Self> {
        let id = summary.id?;
        let name = summary.names.unwrap_or_default().into_iter().next();
        let name = name.map(|name| name.trim_start_matches('/').to_owned());
        let labels = summary.labels.unwrap_or_default().into_iter();
        let mut ports: Vec<u16> = summary
            .ports
            .unwrap_or_default()
            .into_iter()
            .filter(|port| port.typ.is_none_or(|typ| typ == PortSummaryTypeEnum::TCP))
            .map(|port| port.private_port)
            .collect();
        ports.sort_unstable();
        ports.dedup();
        let networks = summary.network_settings.and_then(|settings| settings.networks).unwrap_or_default();
        Some(Self {
            name: name.filter(|name| !name.is_empty()).unwrap_or_else(|| id.chars().take(12).collect()),
            labels: labels.filter(|(label, _)| label.starts_with(crate::PREFIX)).collect(),
            networks: networks.into_iter().filter_map(|(name, at)| Some((name, address(&at)?))).collect(),
            ports,
            id,
        })
    }
}

fn address(settings: &EndpointSettings) -> Option<IpAddr> {
    let parse = |text: &Option<String>| text.as_deref()?.parse().ok();
    parse(&settings.ip_address).or_else(|| parse(&settings.global_ipv6_address))
}
