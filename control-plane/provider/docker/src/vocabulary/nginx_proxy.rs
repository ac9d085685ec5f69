//! nginx-proxy's variables: hosts, and the paths, ports and protocols behind them.

mod place;
#[cfg(test)]
mod tests;
mod words;

use std::collections::BTreeMap;

use super::text::{backend_acl, is_plain, literal};
use super::word::{self, Fate};
use super::{Around, Said, Unmet, Vocabulary, is_too_large, is_variable};
use crate::container::Container;
use crate::labels::{DEFAULT_ENTRYPOINT, DEFAULT_TLS_ENTRYPOINT};
use crate::problem::InvalidLabel;
use crate::wanted::Wanted;
pub(super) use words::WORDS;

/// What containers of an internal network are asked from.
const INTERNAL: [&str; 4] = ["127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"];

/// What a container says: the variables, and the labels.
struct Words<'a>(BTreeMap<&'a str, &'a str>);

impl<'a> Words<'a> {
    fn get(&self, name: &'static str) -> Option<(&'static str, &'a str)> {
        let value = self.0.get(name)?.trim();
        (!value.is_empty()).then_some((name, value))
    }
}

/// What a container says; nothing where it names no host.
pub(super) fn read(container: &Container, around: Around) -> Said {
    let mut said = Said::default();
    let labels = container.labels.iter().filter(|(label, _)| Vocabulary::NginxProxy.has(label));
    let variables = || container.environment.iter().filter(|(name, _)| is_variable(name));
    let names_hosts =
        |name: &str| container.environment.get(name).is_some_and(|value| !value.trim().is_empty());
    if !names_hosts("VIRTUAL_HOST") && !names_hosts("VIRTUAL_HOST_MULTIPORTS") {
        return said;
    }
    if is_too_large(variables().chain(labels.clone())) {
        said.wrong.push(InvalidLabel::TooLarge.into());
        return said;
    }
    let mut words = BTreeMap::new();
    for (name, value) in variables().chain(labels) {
        let of_lines = name == "VIRTUAL_HOST_MULTIPORTS";
        match word::find(WORDS, name).map(|word| (&word.fate, word.meaning)) {
            None => said.unmet(word::unknown(WORDS, "", name, (name, value))),
            Some((Fate::Idle, _)) => {}
            Some((Fate::Told(""), meaning)) => said.unmet(Unmet::new((name, value), meaning)),
            Some((Fate::Told(instead), meaning)) => {
                said.unmet(Unmet::new((name, value), meaning).instead(*instead))
            }
            Some((Fate::Served, _)) if !of_lines && !is_plain(value) => {
                said.unmet(Unmet::new((name, value), "is not text of one line"));
            }
            Some((Fate::Served, _)) => drop(words.insert(&name[..], &value[..])),
        }
    }
    let words = Words(words);
    for place in place::all(&words, &mut said) {
        let wanted = place.wanted(&words, container, &mut said);
        let Some(mut wanted) = wanted.and_then(|wanted| finished(wanted, &words, around, &mut said)) else {
            continue;
        };
        // Last, so that clients are sent where they asked for.
        place.replace_path(&mut wanted, &mut said);
        said.wanted.push(wanted);
    }
    said
}

/// With what holds of all places of a container.
fn finished(mut wanted: Wanted, words: &Words<'_>, around: Around, said: &mut Said) -> Option<Wanted> {
    wanted.entrypoints = entrypoints(&mut wanted, words, around, said);
    if let Some((name, access)) = words.get("NETWORK_ACCESS") {
        match access {
            "internal" => {
                let networks: Vec<String> = INTERNAL.map(str::to_owned).into();
                wanted.backend.extend(backend_acl(name, "internal", "src", &networks));
                wanted.say(name, "http-request deny unless internal");
            }
            "external" => {}
            _ => {
                said.unmet(Unmet::new(
                    (name, access),
                    "is not 'internal' or 'external'; requests are answered 403",
                ));
                wanted.say(name, "http-request deny");
            }
        }
    }
    if let Some((name, value)) = words.get("HSTS").filter(|(_, value)| *value != "off") {
        let line = format!(
            "http-after-response set-header Strict-Transport-Security {} if {{ ssl_fc }}",
            literal(value)
        );
        wanted.say(name, line);
    }
    protocol(&mut wanted, words, said)?;
    balance(&mut wanted, words, said);
    Some(wanted)
}

/// Where it is reached: over TLS too, where there is TLS.
fn entrypoints(wanted: &mut Wanted, words: &Words<'_>, around: Around, said: &mut Said) -> Vec<String> {
    let usual = ("HTTPS_METHOD", "redirect");
    let (name, method) = words.get("HTTPS_METHOD").unwrap_or(usual);
    let both =
        if around.tls { &[DEFAULT_ENTRYPOINT, DEFAULT_TLS_ENTRYPOINT][..] } else { &[DEFAULT_ENTRYPOINT] };
    let names = match method {
        "nohttps" => &[DEFAULT_ENTRYPOINT],
        "nohttp" => &[DEFAULT_TLS_ENTRYPOINT],
        "noredirect" => both,
        _ => {
            if method != usual.1 {
                let what =
                    "is not 'redirect', 'noredirect', 'nohttp' or 'nohttps'; it is taken for 'redirect'";
                said.unmet(Unmet::new((name, method), what));
            }
            if around.tls {
                for (code, when) in [(301, "{ method GET } "), (308, "")] {
                    let line =
                        format!("http-request redirect scheme https code {code} if {when}!{{ ssl_fc }}");
                    wanted.say("HTTPS_METHOD", line);
                }
            }
            both
        }
    };
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// What the container speaks; none where nobody here does.
fn protocol(wanted: &mut Wanted, words: &Words<'_>, said: &mut Said) -> Option<()> {
    let Some((name, protocol)) = words.get("VIRTUAL_PROTO") else { return Some(()) };
    match protocol {
        "http" => {}
        // As it is there: whoever is at the container's address is believed.
        "https" => wanted.serve(name, "ssl verify none"),
        "grpc" => wanted.serve(name, "proto h2"),
        "grpcs" => wanted.serve(name, "ssl verify none alpn h2"),
        _ => {
            let what = "it is not spoken here; the container is not served";
            said.unmet(Unmet::new((name, protocol), what).instead("'http', 'https', 'grpc' and 'grpcs' are"));
            return None;
        }
    }
    Some(())
}

/// The lines of an `upstream` block that have a counterpart.
fn balance(wanted: &mut Wanted, words: &Words<'_>, said: &mut Said) {
    let label = "com.github.nginx-proxy.nginx-proxy.loadbalance";
    let Some((label, line)) = words.get(label) else { return };
    let directive: Vec<&str> = line.trim_end_matches(';').split_whitespace().collect();
    let lines: &[&str] = match directive[..] {
        ["round_robin"] => &["balance roundrobin"],
        ["least_conn"] => &["balance leastconn"],
        ["ip_hash"] | ["hash", "$remote_addr" | "$binary_remote_addr"] => &["balance source"],
        ["hash", "$remote_addr" | "$binary_remote_addr", "consistent"] => {
            &["balance source", "hash-type consistent"]
        }
        ["hash", "$request_uri"] => &["balance uri whole"],
        ["hash", "$request_uri", "consistent"] => &["balance uri whole", "hash-type consistent"],
        ["random"] => &["balance random(1)"],
        ["random", "two"] | ["random", "two", "least_conn"] => &["balance random(2)"],
        _ => {
            said.unmet(Unmet::new((label, line), "there is no such line here; containers take turns"));
            return;
        }
    };
    lines.iter().for_each(|line| wanted.say(label, *line));
}
