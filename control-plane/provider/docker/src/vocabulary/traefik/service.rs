//! A service as the lines of a backend.

use super::{Block, Setting};
use crate::container::Container;
use crate::labels::is_name;
use crate::problem::Reason;
use crate::vocabulary::text::{escaped, is_target, list, literal, milliseconds, truth, word};
use crate::vocabulary::{UNVERIFIED, Unmet};
use crate::wanted::{Mode, Wanted};

const SERVER: &str = "loadbalancer.server.";
const STICKY: &str = "loadbalancer.sticky.cookie";
const CHECK: &str = "loadbalancer.healthcheck.";
/// What the cookie is called that keeps clients with a server.
const COOKIE: &str = "SLUICEGATE";

/// Says it in a route; none where there is no port to send to.
pub(super) fn apply(
    block: &Block,
    container: &Container,
    wanted: &mut Wanted,
    wrong: &mut Vec<Reason>,
) -> Option<()> {
    let mut service = Service { block, wanted, wrong };
    service.port(container)?;
    service.scheme();
    service.balance();
    if service.wanted.mode == Mode::Http {
        service.sticky();
        service.check();
    }
    Some(())
}

struct Service<'a> {
    block: &'a Block,
    wanted: &'a mut Wanted,
    wrong: &'a mut Vec<Reason>,
}

impl<'a> Service<'a> {
    fn setting(&self, name: &str) -> Option<&'a Setting> {
        self.block.get(name)
    }

    fn of(&self, prefix: &str, name: &str) -> Option<&'a Setting> {
        self.block.get(&format!("{prefix}{name}"))
    }

    fn tell(&mut self, unmet: Unmet) {
        self.wrong.push(Reason::Unmet(unmet));
    }

    /// The label's, or the lowest that is exposed.
    fn port(&mut self, container: &Container) -> Option<()> {
        if let Some(said) = self.of(SERVER, "port") {
            self.wanted.port = said.value.trim().parse().ok().filter(|port| *port > 0);
            if self.wanted.port.is_none() {
                self.tell(said.unmet("is not a port from 1 to 65535; the router is not served"));
            }
        } else {
            let exposed = container.exposed(self.wanted.mode);
            self.wanted.port = exposed.first().copied();
            let label = self.wanted.label.replace(".routers.", ".services.") + ".loadbalancer.server.port";
            if exposed.is_empty() {
                let what = "it is wanted, for the container exposes no port; the router is not served";
                self.tell(Unmet::new((&label, ""), what).secret());
            } else if exposed.len() > 1 {
                let ports: Vec<String> = exposed.iter().map(u16::to_string).collect();
                let what = format!("it is not said; of the ports {} the lowest is taken", ports.join(", "));
                self.tell(Unmet::new((&label, ""), what).secret());
            }
        }
        self.wanted.port.map(drop)
    }

    fn scheme(&mut self) {
        if let Some(said) = self.of(SERVER, "scheme") {
            match said.value.trim() {
                "http" => {}
                "https" => self.tls(said),
                "h2c" => self.wanted.serve(&said.label, "proto h2"),
                _ => self.tell(said.unmet("is not 'http', 'https' or 'h2c'; it is spoken to in clear")),
            }
        }
        if let Some(said) = self.of(SERVER, "tls").filter(|said| truth(&said.value) == Some(true)) {
            self.tls(said);
        }
        if let Some(said) = self.of(SERVER, "weight") {
            self.wanted.serve(&said.label, format!("weight {}", word(said.value.trim())));
        }
        if let Some(said) = self.setting("loadbalancer.proxyprotocol.version") {
            match said.value.trim() {
                "1" => self.wanted.serve(&said.label, "send-proxy"),
                "2" => self.wanted.serve(&said.label, "send-proxy-v2"),
                _ => self.tell(said.unmet("is neither 1 nor 2; connections begin without a PROXY header")),
            }
        }
        let host = self.setting("loadbalancer.passhostheader");
        if let Some(said) = host.filter(|said| truth(&said.value) != Some(true)) {
            self.tell(said.unmet("the Host header is passed on as it is"));
        }
    }

    fn tls(&mut self, said: &Setting) {
        self.wanted.serve(&said.label, "ssl verify none");
        self.tell(said.unmet(UNVERIFIED));
    }

    fn balance(&mut self) {
        let Some(said) = self.setting("loadbalancer.strategy") else { return };
        let lines: &[&str] = match &said.value.trim().to_ascii_lowercase()[..] {
            "wrr" => &["balance roundrobin"],
            "p2c" => &["balance random(2)"],
            "hrw" => &["balance source", "hash-type consistent"],
            "leasttime" => {
                self.tell(
                    said.unmet("times are not compared; the container with the fewest requests is taken"),
                );
                &["balance leastconn"]
            }
            _ => return self.tell(said.unmet("is not 'wrr', 'p2c', 'hrw' or 'leasttime'; they take turns")),
        };
        lines.iter().for_each(|line| self.wanted.say(&said.label, *line));
    }

    fn sticky(&mut self) {
        let first = self.block.iter().find(|(key, _)| key.starts_with(STICKY));
        let Some((_, said)) = first.filter(|(key, said)| *key != STICKY || truth(&said.value) == Some(true))
        else {
            return;
        };
        let of = |name: &str| self.of(STICKY, name).map(|said| said.value.trim());
        let flag = |name: &str, text: &str| match of(name).and_then(truth) {
            Some(true) => text.to_owned(),
            _ => String::new(),
        };
        let attribute = |name: &str, text: &str| match of(name) {
            Some(value) => format!(" attr {}", word(&format!("{text}={value}"))),
            None => String::new(),
        };
        let name = of(".name").filter(|name| is_name(name)).unwrap_or(COOKIE);
        let text = format!(
            "cookie {name} insert indirect nocache{}{}{}{}{}{}",
            flag(".httponly", " httponly"),
            flag(".secure", " secure"),
            attribute(".samesite", "SameSite"),
            attribute(".maxage", "Max-Age"),
            attribute(".path", "Path"),
            of(".domain").map(|domain| format!(" domain {}", word(domain))).unwrap_or_default(),
        );
        if let Some(said) = self.of(STICKY, ".name").filter(|said| !is_name(said.value.trim())) {
            self.tell(said.unmet(format!("is no name of a cookie; it is called {COOKIE}")));
        }
        self.wanted.say(&said.label, text);
    }

    fn check(&mut self) {
        let Some(said) = self.block.iter().find(|(key, _)| key.starts_with(CHECK)).map(|(_, said)| said)
        else {
            return;
        };
        let of = |name: &str| self.of(CHECK, name).map(|said| said.value.trim());
        let grpc = of("mode") == Some("grpc");
        let path = self.of(CHECK, "path").filter(|said| is_target(said.value.trim()));
        if path.is_none() && !grpc {
            return self.tell(said.unmet("a check needs healthcheck.path; there is none"));
        }
        let mut lines = Vec::new();
        if grpc {
            lines.push("option grpc-check".to_owned());
        } else {
            let method = of("method").filter(|method| is_name(method)).unwrap_or("GET");
            let path = path.map(|said| said.value.trim()).unwrap_or_default();
            let host = of("hostname").map(|host| format!(" hdr Host {}", literal(host)));
            let mut send =
                format!("http-check send meth {method} uri {}{}", word(path), host.unwrap_or_default());
            for (key, said) in self.block {
                if let Some(header) =
                    key.strip_prefix("loadbalancer.healthcheck.headers.").filter(|name| is_name(name))
                {
                    send += &format!(" hdr {header} {}", word(&escaped(&said.value)));
                }
            }
            let status = of("status").filter(|status| status.parse::<u16>().is_ok()).unwrap_or("200-399");
            lines.extend(["option httpchk".to_owned(), send, format!("http-check expect status {status}")]);
        }
        let timeout = self.time("timeout", 5_000);
        lines.push(format!("timeout check {timeout}ms"));
        lines.iter().for_each(|line| self.wanted.say(&said.label, line));
        let interval = self.time("interval", 30_000);
        self.wanted.serve(&said.label, format!("check inter {interval}ms"));
        if self.of(CHECK, "unhealthyinterval").is_some() {
            let interval = self.time("unhealthyinterval", interval);
            self.wanted.serve(&said.label, format!("downinter {interval}ms"));
        }
        match self.of(CHECK, "port") {
            Some(said) if said.value.trim().parse::<u16>().is_ok_and(|port| port > 0) => {
                self.wanted.serve(&said.label, format!("port {}", said.value.trim()));
            }
            Some(said) => {
                self.tell(said.unmet("is not a port from 1 to 65535; that of the server is checked"))
            }
            None => {}
        }
        match self.of(CHECK, "scheme").map(|said| (said, said.value.trim())) {
            Some((said, "https")) => self.wanted.serve(&said.label, "check-ssl"),
            Some((said, "http")) => self.wanted.serve(&said.label, "no-check-ssl"),
            Some((said, _)) => self.tell(said.unmet("is not 'http' or 'https'")),
            None => {}
        }
    }

    fn time(&mut self, name: &str, usual: u64) -> u64 {
        let Some(said) = self.of(CHECK, name) else { return usual };
        let time = milliseconds(&said.value);
        if time.is_none() {
            self.tell(said.unmet("is no time of at most a day, such as '500ms', '15s' or '1m30s'"));
        }
        time.unwrap_or(usual)
    }
}

/// The parts of a setting.
pub(super) fn items(setting: Option<&Setting>) -> Vec<String> {
    setting.map(|setting| list(&setting.value).map(str::to_owned).collect()).unwrap_or_default()
}
