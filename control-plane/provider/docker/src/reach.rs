//! By which address a container is reached.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};

use crate::container::{Addresses, Container};
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
    /// The address of a container. `wanted`: the network that its labels name; `v6`: the one of IPv6, if it has both.
    pub(crate) fn address(
        &self,
        container: &Container,
        wanted: Option<&str>,
        v6: bool,
    ) -> Result<IpAddr, Reason> {
        if container.on_host {
            return Ok(self.host);
        }
        let names = || container.networks.keys().cloned().collect();
        let of_family = |at: &Addresses| if v6 { at.v6.map(IpAddr::from).or(at.any()) } else { at.any() };
        if let Some(name) = wanted {
            let address = container.networks.get(name).filter(|_| self.is_in(name)).and_then(of_family);
            let wanted = || match self.is_in(name) {
                true => format!("network '{name}' is wanted"),
                false => format!("network '{name}' is wanted; the proxy is in: {}", self.own()),
            };
            return address.ok_or_else(|| Reason::Network { wanted: wanted(), networks: names() });
        }
        let shared = |name: &&String| self.is_in(name);
        let preferred = self.preferred.as_ref().filter(|name| container.networks.contains_key(*name));
        let chosen = preferred.filter(shared).or_else(|| container.networks.keys().find(shared));
        let address = chosen.and_then(|name| of_family(container.networks.get(name)?));
        address.ok_or_else(|| Reason::Network { wanted: self.unshared(), networks: names() })
    }

    fn unshared(&self) -> String {
        match &self.networks {
            None => "it has no address".to_owned(),
            Some(_) => format!("it shares no network with the proxy, which is in: {}", self.own()),
        }
    }

    fn is_in(&self, network: &str) -> bool {
        self.networks.as_ref().is_none_or(|own| own.contains(network))
    }

    fn own(&self) -> String {
        let own = self.networks.iter().flatten().map(String::as_str);
        own.collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
            .address(container, wanted, false)
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
        assert_eq!(
            told(&inside, &two, Some("back")),
            "network 'back' is wanted; the proxy is in: front; the container is in: back, front"
        );
        assert_eq!(told(&host, &container(&[("six", "fd00::2")]), None), "fd00::2");
    }

    #[test]
    fn of_two_families_the_one_that_is_asked_for() {
        let addresses = Addresses { v4: Some([172, 18, 0, 2].into()), v6: "fd00::2".parse().ok() };
        let both = Container { networks: [("back".to_owned(), addresses)].into(), ..Container::default() };
        let of = |v6| Reach::default().address(&both, None, v6).unwrap().to_string();
        assert_eq!((of(false), of(true)), ("172.18.0.2".to_owned(), "fd00::2".to_owned()));
    }

    #[test]
    fn who_has_the_network_of_the_host_is_there() {
        let on_host = Container { on_host: true, ..Container::default() };
        assert_eq!(told(&Reach::default(), &on_host, None), "127.0.0.1");
    }
}
