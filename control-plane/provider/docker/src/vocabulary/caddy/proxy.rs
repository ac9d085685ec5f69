//! `reverse_proxy`: the container behind a site.

use super::tree::{Node, Word};
use super::{Branch, Site};
use crate::labels::is_name;
use crate::vocabulary::UNVERIFIED;
use crate::vocabulary::text::{is_target, line, milliseconds, word};

/// How the container is reached.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Proxy {
    pub(super) port: u16,
    pub(super) server: Vec<crate::wanted::Line>,
}

impl Site<'_> {
    /// The container, and what is said of it; none where it is not this container that is named.
    pub(super) fn proxy(&mut self, node: &Node, words: &[Word], branch: &mut Branch) -> Option<Proxy> {
        let mut found = None;
        for word in words {
            match word {
                Word::Upstreams { tls, port } => found = Some((*tls, *port)),
                Word::Text(other) => {
                    self.tell(node, &format!("'{other}' is no container: a container leads to itself alone"));
                }
                Word::Template(template) => {
                    self.tell(node, &format!("template {template} is not worked out"))
                }
            }
        }
        let Some((tls, port)) = found else {
            self.tell(node, "it has no {{upstreams}}, and is not served");
            return None;
        };
        let mut proxy = Proxy { port: port.unwrap_or(if tls { 443 } else { 80 }), server: Vec::new() };
        self.transport(node, tls, &mut proxy);
        self.health(node, branch, &mut proxy);
        for (slot, inner) in &node.inner {
            match &slot.name[..] {
                "lb_policy" => self.policy(inner, branch),
                "lb_retries" => {
                    branch.lines.push(line(&inner.label, format!("retries {}", word(inner.value.trim()))));
                }
                "header_up" => self.headers(inner, "http-request", branch),
                "header_down" => self.headers(inner, "http-after-response", branch),
                name if SAID.contains(&name) => {}
                name => self.tell_word(&format!("reverse_proxy.{name}"), inner),
            }
        }
        Some(proxy)
    }

    fn transport(&mut self, node: &Node, tls: bool, proxy: &mut Proxy) {
        let transport = node.get("transport");
        let has = |name: &str| transport.is_some_and(|transport| transport.get(name).is_some());
        let label = transport.map_or(&node.label, |transport| &transport.label);
        if has("tls_insecure_skip_verify") {
            proxy.server.push(line(label, "ssl verify none"));
        } else if tls || has("tls") {
            proxy.server.push(line(label, "ssl verify none"));
            self.tell(transport.unwrap_or(node), UNVERIFIED);
        }
        let others = transport.into_iter().flat_map(|transport| &transport.inner);
        for (_, inner) in
            others.filter(|(slot, _)| !["tls", "tls_insecure_skip_verify"].contains(&&slot.name[..]))
        {
            self.tell(inner, "it is not done");
        }
    }

    fn health(&mut self, node: &Node, branch: &mut Branch, proxy: &mut Proxy) {
        let Some(uri) = node.get("health_uri").or_else(|| node.get("health_path")) else { return };
        let path = uri.value.trim();
        if !is_target(path) {
            return self.tell(uri, "is not a path");
        }
        let time = |name: &str, usual| {
            let said = node.get(name).map(|node| node.value.trim());
            said.and_then(milliseconds).unwrap_or(usual)
        };
        let label = &uri.label;
        branch.lines.push(line(label, "option httpchk"));
        branch.lines.push(line(label, format!("http-check send meth GET uri {}", word(path))));
        branch.lines.push(line(label, "http-check expect status 200-299"));
        branch.lines.push(line(label, format!("timeout check {}ms", time("health_timeout", 5_000))));
        proxy.server.push(line(label, format!("check inter {}ms", time("health_interval", 30_000))));
        if let Some(port) = node.get("health_port") {
            proxy.server.push(line(&port.label, format!("port {}", word(port.value.trim()))));
        }
    }

    fn policy(&mut self, node: &Node, branch: &mut Branch) {
        let words = node.texts().unwrap_or_default();
        let words: Vec<&str> = words.iter().map(|word| &word[..]).collect();
        let text = match words[..] {
            ["round_robin"] => "balance roundrobin".to_owned(),
            ["least_conn"] => "balance leastconn".to_owned(),
            ["random"] => "balance random(1)".to_owned(),
            ["random_choose", ..] => "balance random(2)".to_owned(),
            ["first"] => "balance first".to_owned(),
            ["ip_hash" | "client_ip_hash"] => "balance source".to_owned(),
            ["uri_hash"] => "balance uri whole".to_owned(),
            ["cookie"] => "cookie lb insert indirect nocache httponly".to_owned(),
            ["cookie", name, ..] if is_name(name) => {
                format!("cookie {name} insert indirect nocache httponly")
            }
            _ => return self.tell(node, "there is no such policy here; containers take turns"),
        };
        branch.lines.push(line(&node.label, text));
    }
}

/// Read elsewhere, or with nothing to do.
const SAID: [&str; 7] = [
    "transport",
    "health_uri",
    "health_path",
    "health_interval",
    "health_timeout",
    "health_port",
    "flush_interval",
];
