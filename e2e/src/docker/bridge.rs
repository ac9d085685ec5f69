//! The network bridge of one engine.

use std::net::Ipv4Addr;
use std::os::unix::net::UnixListener;

use crate::ip;
use crate::port::reserve;

/// A bridge with an address in a /24 of its own; goes when dropped.
#[derive(Debug)]
pub(super) struct Bridge {
    name: String,
    /// The third octet of its subnet.
    third: u8,
    /// Keeps other test processes off the subnet.
    _lock: UnixListener,
}

impl Bridge {
    /// Adds a bridge on a subnet that neither the host nor another engine uses.
    ///
    /// # Panics
    /// When `ip` refuses, or all 256 subnets are taken.
    pub(super) fn add() -> Self {
        let routes = ip(&["-4", "route", "show", "table", "all"]).expect("`ip route` works");
        for third in 0..=u8::MAX {
            let Some(lock) = reserve(&format!("subnet-{third}")) else { continue };
            let name = format!("sluice{third}");
            // One of this name without the lock was left behind by a killed test.
            let _ = ip(&["link", "delete", &name]);
            if routes.contains(&format!(" 172.29.{third}.")) && !routes.contains(&format!("dev {name} ")) {
                continue;
            }
            let gateway = format!("{}/24", Ipv4Addr::new(172, 29, third, 1));
            for arguments in [
                &["link", "add", &name, "type", "bridge"][..],
                &["address", "add", &gateway, "dev", &name],
                &["link", "set", &name, "up"],
            ] {
                ip(arguments).unwrap_or_else(|error| panic!("ip {}: {error}", arguments.join(" ")));
            }
            return Self { name, third, _lock: lock };
        }
        panic!("every subnet of 172.29.0.0/16 is taken");
    }

    /// The subnets of a network that an engine makes on it; the gateway of the first is there.
    pub(super) fn subnets(&self) -> [String; 2] {
        [format!("172.29.{}.0/24", self.third), format!("fd29:{:x}::/64", self.third)]
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Addresses for other networks of the same engine, which go with the subnet of the bridge.
    pub(super) fn pool(&self) -> String {
        format!("{}/24", Ipv4Addr::new(172, 28, self.third, 0))
    }
}

impl Drop for Bridge {
    fn drop(&mut self) {
        // An engine leaves the bridges of its networks behind. "7: br-1d5a    inet 172.28.3.1/28 brd …"
        let others = ip(&["-oneline", "-4", "address", "show", "to", &self.pool()]).unwrap_or_default();
        for other in others.lines().filter_map(|line| line.split_whitespace().nth(1)) {
            let _ = ip(&["link", "delete", other]);
        }
        // Nothing else can be done about a refusal; the next engine that gets this name tries again.
        let _ = ip(&["link", "delete", &self.name]);
    }
}
