//! How names lead to endpoints.

use sluicegate_proto::v1::{self, first_address::From};

use super::{Out, ip, name};

pub(super) fn resolvers(out: &mut Out, resolvers: &v1::Resolvers) {
    for server in &resolvers.servers {
        let kind = if server.tcp { "tcp" } else { "udp" };
        out.line(&format!("server {}: {kind} {}", server.name, ip(server.address.as_ref().unwrap())));
    }
    out.flag("system_servers", resolvers.system_servers);
    out.number("retries", resolvers.retries);
    out.value("resolve_interval_ms", resolvers.resolve_interval_ms);
    out.value("retry_interval_ms", resolvers.retry_interval_ms);
    let v1::NameHold { nx_ms, refused_ms, timeout_ms, other_ms, obsolete_ms } = resolvers.hold.unwrap();
    out.line(&format!(
        "hold: nx {nx_ms}, refused {refused_ms}, timeout {timeout_ms}, other {other_ms}, obsolete {obsolete_ms}"
    ));
    out.number("payload_bytes", resolvers.payload_bytes);
}

pub(super) fn resolution(out: &mut Out, resolution: &v1::NameResolution) {
    out.inside("resolution", |out| {
        if resolution.resolvers.is_some() {
            out.value("resolvers", name(resolution.resolvers.as_ref()));
        }
        out.flag("service", resolution.service);
        if resolution.prefer != 0 {
            out.value("prefer", resolution.prefer().as_str_name());
        }
        for network in &resolution.preferred_networks {
            let address = v1::IpAddress { ip: network.ip.clone(), port: 0 };
            let address = ip(&address);
            out.line(&format!("network: {}/{}", address.trim_end_matches(":0"), network.prefix_length));
        }
        out.flag("shares_addresses", resolution.shares_addresses);
        out.flag("ignores_weight", resolution.ignores_weight);
        for first in &resolution.first {
            let first = match first.from.as_ref().unwrap() {
                From::System(_) => "the system's resolver".to_owned(),
                From::None(_) => "none".to_owned(),
                From::Ip(address) => ip(address).trim_end_matches(":0").to_owned(),
            };
            out.value("first", first);
        }
    });
}
