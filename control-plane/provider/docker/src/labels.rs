//! The vocabulary `sluicegate.*`.

use std::collections::BTreeMap;

use crate::container::{Container, MAX_LABEL_BYTES, MAX_LABELS};

/// All that labels can say of one route.
const SETTINGS: &[&str] = &["host", "path", "port", "entrypoints", "network"];
/// Where a route goes when its labels do not say.
const DEFAULT_ENTRYPOINT: &str = "web";

/// One `sluicegate.http.NAME` of a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpRoute {
    /// NAME: containers that share it form one backend.
    pub name: String,
    /// `host`: names without port, lower case; empty for any host.
    pub hosts: Vec<String>,
    /// `path`: what the path starts with; empty for any.
    pub path: String,
    /// `entrypoints`: names of listeners, `web` by default.
    pub entrypoints: Vec<String>,
    /// `port`, else the only port that the container exposes.
    pub port: u16,
    /// `network`, where the container is in several.
    pub network: Option<String>,
}

/// A label that cannot be taken; the container is left out for it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidLabel {
    /// Not in the vocabulary.
    #[error("unknown label '{label}'{}", nearest.as_ref().map(|name| format!("; did you mean '{name}'?")).unwrap_or_default())]
    Unknown {
        /// As written.
        label: String,
        /// The closest label that exists.
        nearest: Option<String>,
    },
    /// A value of the wrong form.
    #[error("label '{label}': '{value}' is not {wanted}")]
    Value {
        /// The label.
        label: String,
        /// Its value.
        value: String,
        /// What would be right.
        wanted: &'static str,
    },
    /// No `port`, and no only port to take instead.
    #[error(
        "route '{route}' needs the label '{}http.{route}.port': the container exposes {}",
        crate::PREFIX,
        ports(exposed)
    )]
    Port {
        /// The route.
        route: String,
        /// What the container exposes.
        exposed: Vec<u16>,
    },
    /// Enabled, and nothing to serve.
    #[error("the container is enabled but has no label '{}http.NAME.host' or '.path'", crate::PREFIX)]
    NoRoute,
    /// Neither host nor path.
    #[error("route '{0}' would take every request: give it the label '{prefix}http.{0}.host' or '.path'", prefix = crate::PREFIX)]
    CatchAll(String),
    /// Too many labels, or one too long.
    #[error("more than {MAX_LABELS} labels, or one of more than {MAX_LABEL_BYTES} bytes")]
    TooLarge,
}

fn ports(exposed: &[u16]) -> String {
    match exposed {
        [] => "none".to_owned(),
        ports => ports.iter().map(u16::to_string).collect::<Vec<_>>().join(", "),
    }
}

/// The routes of a container, sorted by name; none where it is not enabled.
///
/// # Errors
/// Every label that cannot be taken.
pub fn routes(container: &Container) -> Result<Vec<HttpRoute>, Vec<InvalidLabel>> {
    if container.labels.is_empty() {
        return Ok(Vec::new());
    }
    let too_long = |(label, value): (&String, &String)| label.len().max(value.len()) > MAX_LABEL_BYTES;
    if container.labels.len() > MAX_LABELS || container.labels.iter().any(too_long) {
        return Err(vec![InvalidLabel::TooLarge]);
    }
    let mut errors = Vec::new();
    let enabled = enabled(container).unwrap_or_else(|error| {
        errors.push(error);
        false
    });
    let mut settings: BTreeMap<&str, BTreeMap<&str, (&str, &str)>> = BTreeMap::new();
    for (label, value) in &container.labels {
        let rest = label.strip_prefix(crate::PREFIX).unwrap_or_default();
        match rest.strip_prefix("http.").and_then(|rest| rest.rsplit_once('.')) {
            Some((route, setting)) if SETTINGS.contains(&setting) && is_name(route) => {
                settings.entry(route).or_default().insert(setting, (label, value));
            }
            _ if rest == "enable" => {}
            _ => errors.push(InvalidLabel::Unknown { label: label.clone(), nearest: nearest(rest) }),
        }
    }
    if !enabled && errors.is_empty() {
        return Ok(Vec::new());
    }
    let mut routes = Vec::new();
    for (name, settings) in settings {
        match route(name, &settings, &container.ports) {
            Ok(route) => routes.push(route),
            Err(error) => errors.push(error),
        }
    }
    if routes.is_empty() && errors.is_empty() {
        errors.push(InvalidLabel::NoRoute);
    }
    if errors.is_empty() { Ok(routes) } else { Err(errors) }
}

fn enabled(container: &Container) -> Result<bool, InvalidLabel> {
    let label = format!("{}enable", crate::PREFIX);
    match container.labels.get(&label).map(String::as_str) {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(value) => {
            Err(InvalidLabel::Value { value: value.to_owned(), label, wanted: "'true' or 'false'" })
        }
    }
}

fn route(
    name: &str,
    settings: &BTreeMap<&str, (&str, &str)>,
    exposed: &[u16],
) -> Result<HttpRoute, InvalidLabel> {
    let text = |setting| settings.get(setting).map(|(_, value)| *value).unwrap_or_default();
    let refuse = |setting, wanted| {
        let (label, value) = settings.get(setting).copied().unwrap_or_default();
        InvalidLabel::Value { label: label.to_owned(), value: value.to_owned(), wanted }
    };
    let hosts = list(text("host"));
    if !hosts.iter().all(|host| is_host(host)) || (hosts.is_empty() && settings.contains_key("host")) {
        return Err(refuse(
            "host",
            "a host name or a list of them with commas, without scheme, port and path",
        ));
    }
    let path = text("path").trim();
    if settings.contains_key("path") && (!path.starts_with('/') || path.contains([' ', '?', '#'])) {
        return Err(refuse("path", "the beginning of a path, such as '/api'"));
    }
    let entrypoints = list(settings.get("entrypoints").map_or(DEFAULT_ENTRYPOINT, |(_, value)| value));
    if entrypoints.is_empty() || !entrypoints.iter().all(|name| is_name(name)) {
        return Err(refuse("entrypoints", "a name given by --entrypoint or a list of them with commas"));
    }
    let port = match (text("port").trim(), exposed) {
        ("", [only]) if !settings.contains_key("port") => *only,
        ("", _) if !settings.contains_key("port") => {
            return Err(InvalidLabel::Port { route: name.to_owned(), exposed: exposed.to_vec() });
        }
        (port, _) => match port.parse() {
            Ok(port) if port > 0 => port,
            _ => return Err(refuse("port", "a port from 1 to 65535")),
        },
    };
    if hosts.is_empty() && path.is_empty() {
        return Err(InvalidLabel::CatchAll(name.to_owned()));
    }
    let network = settings.get("network").map(|(_, value)| value.trim().to_owned());
    Ok(HttpRoute { name: name.to_owned(), hosts, path: path.to_owned(), entrypoints, port, network })
}

fn list(value: &str) -> Vec<String> {
    value.split(',').map(|item| item.trim().to_ascii_lowercase()).filter(|item| !item.is_empty()).collect()
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

fn is_host(text: &str) -> bool {
    text.len() <= 253 && text.split('.').all(|label| (1..=63).contains(&label.len())) && is_name(text)
}

fn nearest(rest: &str) -> Option<String> {
    let (route, setting) = match rest.split_once('.') {
        Some((_, tail)) => tail.rsplit_once('.').unwrap_or(("NAME", tail)),
        None => ("NAME", rest),
    };
    let close = |word: &&&str| strsim::damerau_levenshtein(word, setting) <= 2;
    let names = SETTINGS.iter().filter(close).min_by_key(|word| strsim::damerau_levenshtein(word, setting));
    match names {
        Some(setting) => Some(format!("{}http.{route}.{setting}", crate::PREFIX)),
        None if strsim::damerau_levenshtein("enable", rest) <= 3 => Some(format!("{}enable", crate::PREFIX)),
        None => None,
    }
}

#[cfg(test)]
mod tests;
