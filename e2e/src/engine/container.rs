//! A container of a played engine.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde_json::{Value, json};

use super::NETWORK;

/// Whether it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Runs {
    /// It runs.
    Yes,
    /// It has ended, with this code.
    Ended(u8),
}

/// What an engine tells of a container.
#[derive(Clone, Debug)]
pub struct Container {
    name: String,
    labels: BTreeMap<String, String>,
    address: IpAddr,
    created: u64,
    pub(super) runs: Runs,
}

impl Container {
    /// One of this name that runs at this address.
    pub fn at(name: &str, address: impl Into<IpAddr>) -> Self {
        Self {
            name: name.to_owned(),
            labels: BTreeMap::new(),
            address: address.into(),
            created: 1_700_000_000,
            runs: Runs::Yes,
        }
    }

    /// With this label.
    pub fn label(mut self, key: &str, value: &str) -> Self {
        self.labels.insert(key.to_owned(), value.to_owned());
        self
    }

    /// With the labels of a route of its own: its name, below this domain, at this port.
    pub fn route(self, domain: &str, port: u16) -> Self {
        let name = self.name.clone();
        self.label("sluicegate.enable", "true")
            .label(&format!("sluicegate.http.{name}.host"), &format!("{name}.{domain}"))
            .label(&format!("sluicegate.http.{name}.port"), &port.to_string())
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn labels(&self) -> impl Iterator<Item = (&str, &str)> {
        self.labels.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// Its row in a list.
    pub(super) fn row(&self, id: &str) -> Value {
        let (state, status, address) = match self.runs {
            Runs::Yes => ("running", "Up 3 seconds".to_owned(), self.address.to_string()),
            Runs::Ended(code) => ("exited", format!("Exited ({code}) 3 seconds ago"), String::new()),
        };
        let (v4, v6) =
            if self.address.is_ipv4() { (address, String::new()) } else { (String::new(), address) };
        json!({
            "Id": id, "Names": [format!("/{}", self.name)], "Image": "app", "ImageID": "sha256:0",
            "Command": "/app", "Created": self.created, "Ports": [], "Labels": self.labels, "State": state,
            "Status": status, "HostConfig": { "NetworkMode": "default" }, "Mounts": [],
            "NetworkSettings": { "Networks": { NETWORK: {
                "IPAMConfig": null, "Links": null, "Aliases": null, "NetworkID": "b".repeat(64),
                "EndpointID": id, "Gateway": "", "IPAddress": v4, "IPPrefixLen": 16, "IPv6Gateway": "",
                "GlobalIPv6Address": v6, "GlobalIPv6PrefixLen": 0, "MacAddress": "", "DriverOpts": null,
            } } },
        })
    }

    /// The same, in full.
    pub(super) fn inspection(&self, id: &str) -> Value {
        json!({
            "Id": id, "Name": format!("/{}", self.name),
            "State": { "Running": self.runs == Runs::Yes },
            "Config": { "Labels": self.labels, "StopSignal": "SIGTERM" },
        })
    }
}
