//! The vocabulary `sluicegate.*`.

mod settings;
mod table;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crate::container::Container;
use crate::problem::InvalidLabel;
use crate::vocabulary::is_too_large;
use crate::wanted::{DEFAULT_HOLD, DEFAULT_PRIORITY, Line, Mode, Wanted};
use settings::Settings;
pub(crate) use settings::is_backend_line;
pub use table::docs;

/// Where a route of HTTP goes when its labels do not say.
pub(crate) const DEFAULT_ENTRYPOINT: &str = "web";
/// The same, of TLS.
pub(crate) const DEFAULT_TLS_ENTRYPOINT: &str = "websecure";
const MAX_PRIORITY: u32 = 1_000_000;

/// A label and its value.
type Said<'a> = (&'a str, &'a str);

/// The routes of a container, sorted by mode and name; none where it is not enabled.
///
/// # Errors
/// Every label that cannot be taken.
pub fn read(container: &Container) -> Result<Vec<Wanted>, Vec<InvalidLabel>> {
    let labels =
        || container.labels.iter().filter_map(|said| Some((said.0.strip_prefix(crate::PREFIX)?, said)));
    if is_too_large(labels().map(|(_, said)| said)) {
        return Err(vec![InvalidLabel::TooLarge]);
    }
    let mut read = Reader::default();
    let mut enabled = false;
    for (rest, (label, value)) in labels() {
        if rest == "enable" {
            enabled = read.flag((label, value)).unwrap_or_default();
        } else {
            read.take(rest, (label, value));
        }
    }
    if !enabled && read.errors.is_empty() {
        return Ok(Vec::new());
    }
    let routes = std::mem::take(&mut read.routes);
    let wanted: Vec<Wanted> = routes
        .into_iter()
        .filter_map(|((mode, name), said)| read.route((mode, name), &said, container))
        .collect();
    if wanted.is_empty() && read.errors.is_empty() {
        read.errors.push(InvalidLabel::NoRoute);
    }
    if read.errors.is_empty() { Ok(wanted) } else { Err(read.errors) }
}

/// Of HTTP, TCP, UDP, and the route's name.
type RouteKey<'a> = (u8, &'a str);

#[derive(Default)]
struct Reader<'a> {
    routes: BTreeMap<RouteKey<'a>, BTreeMap<&'static str, Said<'a>>>,
    settings: Settings,
    errors: Vec<InvalidLabel>,
}

const MODES: [Mode; 3] = [Mode::Http, Mode::Tcp, Mode::Udp];

impl<'a> Reader<'a> {
    /// Puts a label where it belongs. `rest`: without the prefix of all.
    fn take(&mut self, rest: &'a str, (label, value): Said<'a>) {
        if !is_one_line(value) {
            return self.refuse(
                (label, value),
                "one line of printable text with its quotes closed, and without a comment",
            );
        }
        for (at, mode) in (0..).zip(MODES) {
            let Some(of_mode) = rest.strip_prefix(mode.as_str()).and_then(|rest| rest.strip_prefix('.'))
            else {
                continue;
            };
            if let Some((name, setting)) = of_mode.rsplit_once('.')
                && let Some(setting) = table::route_setting(mode, setting)
                && is_name(name)
            {
                self.routes.entry((at, name)).or_default().insert(setting, (label, value));
                return;
            }
        }
        let taken = match rest.split_once('.') {
            Some(("backend", key)) => self.settings.backend(key, (label, value)),
            Some(("server", key)) => self.settings.server(key, (label, value)),
            Some(("rules", number)) => self.settings.rule(number, (label, value)),
            _ => Err(None),
        };
        match taken {
            Ok(()) => {}
            Err(Some(error)) => self.errors.push(error),
            Err(None) => {
                let nearest = table::nearest(rest);
                let (label, value) = (label.to_owned(), value.to_owned());
                self.errors.push(InvalidLabel::Unknown { label, value, nearest });
            }
        }
    }

    fn refuse(&mut self, (label, value): Said<'_>, wanted: &'static str) {
        self.errors.push(refused((label, value), wanted));
    }

    fn flag(&mut self, said: Said<'_>) -> Option<bool> {
        flag(said).map_err(|error| self.errors.push(error)).ok()
    }

    fn route(
        &mut self,
        (at, name): RouteKey<'a>,
        said: &BTreeMap<&'static str, Said<'a>>,
        container: &Container,
    ) -> Option<Wanted> {
        let errors = self.errors.len();
        let mode = *MODES.get(usize::from(at))?;
        let get = |setting: &str| said.get(setting).copied();
        let hosts = get("host").map(|said| self.hosts(said)).unwrap_or_default();
        let path = get("path").and_then(|said| self.path(said)).unwrap_or_default();
        let rule = get("rule").map(|(label, value)| line(label, value.to_owned()));
        let priority = get("priority").and_then(|said| self.priority(said)).unwrap_or(DEFAULT_PRIORITY);
        let tls = get("tls").and_then(|said| self.flag(said)).unwrap_or_default();
        let redirect = get("redirect-https").filter(|said| self.flag(*said).unwrap_or_default());
        let entrypoints = match get("entrypoints") {
            Some(said) => self.entrypoints(said),
            None => default_entrypoints(mode, tls, redirect.is_some()),
        };
        if entrypoints.is_empty() && get("entrypoints").is_none() {
            let label = format!("{}{}.{name}.entrypoints", crate::PREFIX, mode.as_str());
            self.refuse((&label, ""), "the name of an entry point, and has to be there");
        }
        let port = self.port((mode, name), get("port"), container);
        let mut wanted = Wanted {
            label: format!("{}{}.{name}", crate::PREFIX, mode.as_str()),
            name: name.to_owned(),
            mode,
            entrypoints,
            hosts,
            path,
            acls: Vec::new(),
            rule,
            priority,
            port,
            network: self.settings.network().map(str::to_owned),
            v6: self.settings.v6(),
            backend: self.settings.backend_lines(mode),
            server: self.settings.server_words(),
            hold: self.settings.hold().unwrap_or(DEFAULT_HOLD),
        };
        if let Some((label, _)) = redirect {
            let redirect = "http-request redirect scheme https code 308 unless { ssl_fc }";
            wanted.backend.push(line(label, redirect.to_owned()));
        }
        if let Some(said) = get("scheme") {
            wanted.server.extend(self.scheme(said));
        }
        if mode == Mode::Http && ["host", "path", "rule"].iter().all(|setting| get(setting).is_none()) {
            self.errors.push(InvalidLabel::CatchAll(name.to_owned()));
        }
        (self.errors.len() == errors).then_some(wanted)
    }

    fn hosts(&mut self, said: Said<'_>) -> Vec<String> {
        let hosts = list(said.1);
        if hosts.is_empty() || !hosts.iter().all(|host| is_host(host.strip_prefix("*.").unwrap_or(host))) {
            self.refuse(
                said,
                "a host name or a list of them with commas, without scheme, port and path; '*.' in front stands for all below",
            );
        }
        hosts
    }

    fn path(&mut self, said: Said<'_>) -> Option<String> {
        let path = said.1.trim();
        if !is_path(path) {
            self.refuse(said, "the beginning of a path, such as '/api'");
            return None;
        }
        Some(path.trim_end_matches('/').to_owned())
    }

    fn priority(&mut self, said: Said<'_>) -> Option<u32> {
        let priority = said.1.trim().parse().ok().filter(|priority| *priority <= MAX_PRIORITY);
        if priority.is_none() {
            self.refuse(said, "a number from 0 to 1000000");
        }
        priority
    }

    fn entrypoints(&mut self, said: Said<'_>) -> Vec<String> {
        let names = list(said.1);
        if names.is_empty() || !names.iter().all(|name| is_name(name)) {
            self.refuse(said, "a name given by --entrypoint or a list of them with commas");
        }
        names
    }

    /// The label's, or the only one that the container exposes.
    fn port(
        &mut self,
        (mode, route): (Mode, &str),
        said: Option<Said<'_>>,
        container: &Container,
    ) -> Option<u16> {
        if let Some(said) = said {
            let port = said.1.trim().parse().ok().filter(|port| *port > 0);
            if port.is_none() {
                self.refuse(said, "a port from 1 to 65535");
            }
            return port;
        }
        let exposed = container.exposed(mode);
        if let [only] = exposed[..] {
            return Some(only);
        }
        self.errors.push(InvalidLabel::Port { route: route.to_owned(), mode: mode.as_str(), exposed });
        None
    }

    fn scheme(&mut self, said: Said<'_>) -> Option<Line> {
        let word = match said.1.trim() {
            "http" => return None,
            "https" => "ssl",
            "h2c" => "proto h2",
            _ => {
                self.refuse(said, "'http', 'https' or 'h2c'");
                return None;
            }
        };
        Some(line(said.0, word.to_owned()))
    }
}

fn default_entrypoints(mode: Mode, tls: bool, redirect: bool) -> Vec<String> {
    let names: &[&str] = match (mode, tls, redirect) {
        (Mode::Http, _, true) => &[DEFAULT_ENTRYPOINT, DEFAULT_TLS_ENTRYPOINT],
        (Mode::Http, true, false) => &[DEFAULT_TLS_ENTRYPOINT],
        (Mode::Http, false, false) => &[DEFAULT_ENTRYPOINT],
        (Mode::Tcp | Mode::Udp, ..) => &[],
    };
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn line(label: &str, text: String) -> Line {
    Line { label: label.to_owned(), text }
}

fn refused((label, value): Said<'_>, wanted: &'static str) -> InvalidLabel {
    InvalidLabel::Value { label: label.to_owned(), value: value.to_owned(), wanted }
}

fn flag(said: Said<'_>) -> Result<bool, InvalidLabel> {
    match said.1.trim() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(refused(said, "'true' or 'false'")),
    }
}

fn list(value: &str) -> Vec<String> {
    value.split(',').map(|item| item.trim().to_ascii_lowercase()).filter(|item| !item.is_empty()).collect()
}

/// What can stand for itself as the name of a route, an entry point, a header, a cookie or a method.
pub(crate) fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

pub(crate) fn is_host(text: &str) -> bool {
    text.len() <= 253 && text.split('.').all(|label| (1..=63).contains(&label.len())) && is_name(text)
}

/// Whether a text is a path that words of the language can be made of as it is.
pub(crate) fn is_path(text: &str) -> bool {
    let stays = |c: char| !c.is_control() && !" ?#\"'\\".contains(c);
    text.starts_with('/') && text.chars().all(stays)
}

/// Whether a value stays within a line of the configuration language, and is read to its end there.
pub(crate) fn is_one_line(value: &str) -> bool {
    let (mut quote, mut escaped) = (None, false);
    for c in value.chars() {
        if c.is_control() && c != '\t' {
            return false;
        }
        match (quote, c) {
            _ if escaped => escaped = false,
            (None | Some('"'), '\\') => escaped = true,
            (None, '#') => return false,
            (None, '\'' | '"') => quote = Some(c),
            (Some(open), _) if open == c => quote = None,
            _ => {}
        }
    }
    quote.is_none() && !escaped
}
