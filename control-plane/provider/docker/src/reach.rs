//! By which address a container is reached.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};

use crate::container::Container;
use crate::problem::Reason;

/// What the proxies can reach.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    /// The networks that they are in; `None`: they run on the host, which is in all.
    pub networks: Option<BTreeSet<String>>,
    /// The one to take where a container is in several.
    pub preferred: Option<String>,
    /// Where containers are that have the network of the host.
    pub host: IpAddr,
}

impl Default for Reach {
    fn default() -> Self {
        Self { networks: None, preferred: None, host: Ipv4Addr::LOCALHOST.into() }
    }
}

impl Reach {
    /// The address of a container; `wanted`: the network that its labels name.
    pub(crate) fn address(&self, container: &Container, wanted: Option<&str>) -> Result<IpAddr, Reason> {
        if container.on_host {
            return Ok(self.host);
        }
        let names = || container.networks.keys().cloned().collect();
        if let Some(name) = wanted {
            let address = container.networks.get(name).and_then(|addresses| addresses.any());
            return address.ok_or_else(|| Reason::Network {
                wanted: format!("network '{name}' is wanted"),
                networks: names(),
            });
        }
        let shared = |name: &&String| self.networks.as_ref().is_none_or(|own| own.contains(*name));
        let preferred = self.preferred.as_ref().filter(|name| container.networks.contains_key(*name));
        let chosen = preferred.filter(shared).or_else(|| container.networks.keys().find(shared));
        let address = chosen.and_then(|name| container.networks.get(name)?.any());
        address.ok_or_else(|| Reason::Network { wanted: self.unshared(), networks: names() })
    }

    fn unshared(&self) -> String {
        match &self.networks {
            None => "it has no address".to_owned(),
            Some(own) => {
                let own: Vec<&str> = own.iter().map(String::as_str).collect();
                format!("it shares no network with the proxy, which is in: {}", own.join(", "))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::container::Addresses;

    fn container(networks: &[(&str, &str)]) -> Container {
        let networks = networks.iter().map(|(name, address)| {
            let addresses = match address.parse().unwrap() {
                IpAddr::V4(v4) => Addresses { v4: Some(v4), v6: None },
                IpAddr::V6(v6) => Addresses { v4: None, v6: Some(v6) },
            };
            ((*name).to_owned(), addresses)
        });
        Container { networks: networks.collect(), ..Container::default() }
    }

    fn told(reach: &Reach, container: &Container, wanted: Option<&str>) -> String {
        reach
            .address(container, wanted)
            .map_or_else(|reason| reason.to_string(), |address| address.to_string())
    }

    #[test]
    fn the_network_that_is_shared_or_wanted() {
        let two = container(&[("back", "172.18.0.2"), ("front", "172.19.0.2")]);
        let host = Reach::default();
        assert_eq!(told(&host, &two, None), "172.18.0.2");
        assert_eq!(told(&host, &two, Some("front")), "172.19.0.2");
        assert_eq!(
            told(&host, &two, Some("other")),
            "network 'other' is wanted; the container is in: back, front"
        );
        let preferred = Reach { preferred: Some("front".to_owned()), ..Reach::default() };
        assert_eq!(told(&preferred, &two, None), "172.19.0.2");
        let inside = Reach { networks: Some(["front".to_owned()].into()), ..Reach::default() };
        assert_eq!(told(&inside, &two, None), "172.19.0.2");
        let apart = container(&[("back", "172.18.0.2")]);
        assert_eq!(
            told(&inside, &apart, None),
            "it shares no network with the proxy, which is in: front; the container is in: back"
        );
        assert_eq!(told(&host, &container(&[("six", "fd00::2")]), None), "fd00::2");
    }

    #[test]
    fn who_has_the_network_of_the_host_is_there() {
        let on_host = Container { on_host: true, ..Container::default() };
        assert_eq!(told(&Reach::default(), &on_host, None), "127.0.0.1");
    }
}
