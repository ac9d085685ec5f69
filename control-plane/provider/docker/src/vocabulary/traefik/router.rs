//! A router and its service as a route.

use super::condition::{Asked, Condition};
use super::middleware::Making;
use super::{Block, Definitions, Key, Setting, Shared, rule, service};
use crate::container::Container;
use crate::labels::{DEFAULT_ENTRYPOINT, DEFAULT_TLS_ENTRYPOINT};
use crate::problem::Reason;
use crate::vocabulary::text::{self, list, truth};
use crate::vocabulary::{Unmet, forwarded};
use crate::wanted::{Mode, Wanted};

/// The most that a route's priority can be.
const MAX_PRIORITY: u64 = 9_999_999;

/// One of a container: its own, or one of another container that leads to its service.
pub(super) struct Router<'a> {
    pub(super) key: &'a Key,
    pub(super) block: &'a Block,
    pub(super) own: &'a Definitions,
    pub(super) shared: &'a Shared,
    pub(super) container: &'a Container,
}

impl Router<'_> {
    /// The route; what stands against it, or is not done of it, is told.
    pub(super) fn wanted(&self, wrong: &mut Vec<Reason>) -> Option<Wanted> {
        let (mode, name) = self.key;
        let label = format!("traefik.{}.routers.{name}", mode.as_str());
        let service = match self.own.service(*mode, self.block) {
            Ok(service) => service,
            Err(reason) => return refuse(wrong, self.setting("service"), &label, &reason),
        };
        let key = (*mode, service);
        if !self.own.serves(&key) {
            // Containers that define it serve the route.
            if self.shared.services.contains(&key) {
                return None;
            }
            return refuse(wrong, self.setting("service"), &label, "no container defines this service");
        }
        // One name is of one backend, whatever it speaks.
        let kind = if *mode == Mode::Http { String::new() } else { format!(":{}", mode.as_str()) };
        let mut wanted = Wanted::new(&label, format!("{}{kind}", text::name(name)), *mode);
        wanted.network.clone_from(&self.own.network);
        let tls = self.tls();
        wanted.entrypoints = self.entrypoints(tls);
        if wanted.entrypoints.is_empty() {
            let reason = "a router of TCP or UDP has to name its entry points";
            return refuse(wrong, self.setting("entrypoints"), &label, reason);
        }
        self.condition(&mut wanted, &label, tls, wrong)?;
        if *mode == Mode::Http {
            forwarded(&mut wanted);
        }
        let named = self.setting("middlewares");
        let mut making = Making { own: self.own, shared: self.shared, wanted: &mut wanted, wrong, seen: 0 };
        making.run(named);
        let empty = Block::new();
        let block = self.own.services.get(&key).map_or(&empty, |block| &**block);
        service::apply(block, self.container, &mut wanted, wrong)?;
        Some(wanted)
    }

    fn setting(&self, name: &str) -> Option<&Setting> {
        self.block.get(name)
    }

    /// It takes TLS alone.
    fn tls(&self) -> bool {
        let flag = self.setting("tls").and_then(|setting| truth(&setting.value));
        flag.unwrap_or_else(|| self.block.keys().any(|key| key.starts_with("tls.")))
    }

    fn passes_tls(&self) -> bool {
        self.setting("tls.passthrough").and_then(|setting| truth(&setting.value)).unwrap_or_default()
    }

    fn entrypoints(&self, tls: bool) -> Vec<String> {
        let named =
            self.setting("entrypoints").map(|setting| list(&setting.value).map(str::to_owned).collect());
        let usual = || match self.key.0 {
            Mode::Http if tls => vec![DEFAULT_TLS_ENTRYPOINT.to_owned()],
            Mode::Http => vec![DEFAULT_ENTRYPOINT.to_owned()],
            Mode::Tcp | Mode::Udp => Vec::new(),
        };
        named.filter(|names: &Vec<String>| !names.is_empty()).unwrap_or_else(usual)
    }

    /// What its rule and priority say; a router whose rule cannot be read would take what it should not.
    fn condition(&self, wanted: &mut Wanted, label: &str, tls: bool, wrong: &mut Vec<Reason>) -> Option<()> {
        if self.key.0 == Mode::Udp {
            return Some(());
        }
        if let Some(syntax) = self.setting("rulesyntax").filter(|setting| setting.value.trim() != "v3") {
            return refuse(
                wrong,
                Some(syntax),
                label,
                "rules of Traefik v2 are not read; the router is not served",
            );
        }
        let asked = match self.key.0 {
            Mode::Http => Asked::Http,
            _ if tls && !self.passes_tls() => Asked::Ended,
            _ => Asked::Passed,
        };
        let usual = format!("Host(`{}`)", self.own.name.to_ascii_lowercase());
        let said = self.setting("rule");
        if said.is_none() && asked != Asked::Http {
            return refuse(wrong, None, label, "a router of TCP has to have a rule");
        }
        let text = said.map_or(&usual[..], |said| &said.value);
        let of = said.map_or(label, |said| &said.label);
        // At entry points that are named: others are those of TLS, or not.
        let over_tls = tls && asked != Asked::Passed && self.setting("entrypoints").is_some();
        let read = rule::parse(text).and_then(|rule| Condition::of(&rule, of, asked));
        let read = read.and_then(|read| if over_tls { read.and(of, "ssl_fc") } else { Ok(read) });
        let condition = match read {
            Ok(condition) => condition,
            Err(error) => {
                return refuse(wrong, said, label, &format!("{error}; the router is not served"));
            }
        };
        wanted.rule = condition.text().map(|text| text::line(of, text));
        (wanted.hosts, wanted.acls) = (condition.hosts, condition.acls);
        wanted.priority = self.priority(text, wrong);
        Some(())
    }

    fn priority(&self, rule: &str, wrong: &mut Vec<Reason>) -> u32 {
        let length = u64::try_from(rule.len()).unwrap_or(MAX_PRIORITY);
        let said =
            self.setting("priority").map(|setting| (setting, setting.value.trim().parse::<i64>().ok()));
        let priority = match said {
            None | Some((_, Some(0))) => length,
            Some((setting, None)) => {
                wrong.push(Reason::Unmet(setting.unmet("is not a number; the length of the rule counts")));
                length
            }
            Some((setting, Some(number))) => {
                let number = u64::try_from(number).unwrap_or_default();
                if number > MAX_PRIORITY {
                    let what = format!("priorities beyond {MAX_PRIORITY} are all the same");
                    wrong.push(Reason::Unmet(setting.unmet(what)));
                }
                number
            }
        };
        u32::try_from(priority.min(MAX_PRIORITY)).unwrap_or_default()
    }
}

/// Tells why a router is not served.
fn refuse<T>(wrong: &mut Vec<Reason>, setting: Option<&Setting>, label: &str, reason: &str) -> Option<T> {
    let unmet = match setting {
        Some(setting) => setting.unmet(reason),
        None => Unmet::new((label, ""), reason).secret(),
    };
    wrong.push(Reason::Unmet(unmet));
    None
}
