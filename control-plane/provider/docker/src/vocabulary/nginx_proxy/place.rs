//! A host and a path, and the port behind them.

use std::collections::BTreeMap;

use super::Words;
use crate::container::Container;
use crate::labels::{is_host, is_path};
use crate::vocabulary::text::{self, escaped, list, word};
use crate::vocabulary::{Said, Unmet, forwarded};
use crate::wanted::{DEFAULT_PRIORITY, Mode, Wanted};

/// Most places of one container.
const MOST: usize = 500;
/// Where a container listens that does not say it.
const DEFAULT_PORT: u16 = 80;

/// One of them.
pub(super) struct Place {
    /// The variable that says it.
    name: &'static str,
    host: String,
    path: String,
    port: Option<u16>,
    dest: String,
}

/// As `VIRTUAL_HOST_MULTIPORTS` has it: by host, and by path.
type Ports = BTreeMap<String, Option<BTreeMap<String, Option<Behind>>>>;

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Behind {
    port: Option<u16>,
    dest: Option<String>,
}

/// All places of a container.
pub(super) fn all(words: &Words<'_>, said: &mut Said) -> Vec<Place> {
    let mut places = match words.get("VIRTUAL_HOST_MULTIPORTS") {
        Some((name, text)) => match serde_yaml::from_str::<Ports>(text) {
            Ok(ports) => many(name, ports),
            Err(error) => {
                said.unmet(
                    Unmet::new((name, ""), format!("it cannot be read: {error}; nothing is served")).secret(),
                );
                Vec::new()
            }
        },
        None => plain(words, said),
    };
    if places.len() > MOST {
        let name = places.first().map(|place| place.name).unwrap_or_default();
        said.unmet(
            Unmet::new((name, ""), format!("hosts and paths beyond the first {MOST} are not served"))
                .secret(),
        );
        places.truncate(MOST);
    }
    places
}

fn many(name: &'static str, ports: Ports) -> Vec<Place> {
    let mut places = Vec::new();
    for (host, paths) in ports {
        let paths = paths.filter(|paths| !paths.is_empty());
        for (path, behind) in paths.unwrap_or_else(|| [("/".to_owned(), None)].into()) {
            let (port, dest) = behind.map_or((None, None), |behind| (behind.port, behind.dest));
            places.push(Place { name, host: host.clone(), path, port, dest: dest.unwrap_or_default() });
        }
    }
    places
}

/// Of `VIRTUAL_HOST` and those beside it.
fn plain(words: &Words<'_>, said: &mut Said) -> Vec<Place> {
    let Some((name, hosts)) = words.get("VIRTUAL_HOST") else { return Vec::new() };
    let value = |name: &'static str| words.get(name).map(|(_, value)| value).unwrap_or_default().to_owned();
    let port = match words.get("VIRTUAL_PORT") {
        None => None,
        Some((name, port)) => match port.parse().ok().filter(|port| *port > 0) {
            None => {
                said.unmet(Unmet::new((name, port), "is not a port from 1 to 65535; nothing is served"));
                return Vec::new();
            }
            port => port,
        },
    };
    let place = |host: &str| {
        // A pattern may have colons of its own.
        let with_port = host.rsplit_once(':').filter(|_| !host.starts_with('~'));
        let own = with_port
            .and_then(|(host, port)| Some((host, port.parse().ok().filter(|port: &u16| *port > 0)?)));
        let (host, port) = own.map_or((host, port), |(host, port)| (host, Some(port)));
        Place { name, host: host.to_owned(), path: value("VIRTUAL_PATH"), port, dest: value("VIRTUAL_DEST") }
    };
    list(hosts).map(place).collect()
}

impl Place {
    /// The route; none where host or path are none.
    pub(super) fn wanted(&self, words: &Words<'_>, container: &Container, said: &mut Said) -> Option<Wanted> {
        let path = if self.path == "/" { "" } else { &self.path };
        // A pattern means something else in capital letters.
        let host =
            if self.host.starts_with('~') { self.host.clone() } else { self.host.to_ascii_lowercase() };
        let mut wanted = Wanted::new(self.name, text::name(&format!("{host}{path}")), Mode::Http);
        if let Err(what) = self.host(&mut wanted).and_then(|()| self.path(&mut wanted)) {
            said.unmet(Unmet::new((self.name, &self.host), format!("{what}; it is not served")));
            return None;
        }
        wanted.port = self.port.or_else(|| self.exposed(container, words, said));
        forwarded(&mut wanted);
        for line in [
            "http-request set-header X-Forwarded-Ssl on if { ssl_fc }",
            "http-request set-header X-Forwarded-Ssl off unless { ssl_fc }",
            "http-request set-header X-Original-URI %[pathq]",
            "http-request del-header Proxy",
        ] {
            wanted.say(self.name, line);
        }
        Some(wanted)
    }

    fn exposed(&self, container: &Container, words: &Words<'_>, said: &mut Said) -> Option<u16> {
        let exposed = container.exposed(Mode::Http);
        if exposed.len() > 1 && words.get("VIRTUAL_PORT").is_none() {
            let ports: Vec<String> = exposed.iter().map(u16::to_string).collect();
            let what = format!("it is not said; beside the ports {} it is {DEFAULT_PORT}", ports.join(", "));
            said.unmet(Unmet::new(("VIRTUAL_PORT", ""), what).secret());
        }
        match exposed[..] {
            [only] => Some(only),
            _ => Some(DEFAULT_PORT),
        }
    }

    /// Names that are whole go before patterns, as they do there.
    fn host(&self, wanted: &mut Wanted) -> Result<(), &'static str> {
        const HOST: &str = "req.hdr(host),host_only,lower -m reg";
        if !text::is_plain(&self.host) {
            return Err("is not text of one line");
        }
        let pattern = if let Some(pattern) = self.host.strip_prefix('~') {
            wanted.priority = DEFAULT_PRIORITY - 3;
            pattern.to_owned()
        } else if let Some(begin) = self.host.strip_suffix(".*").filter(|begin| is_host(begin)) {
            wanted.priority = DEFAULT_PRIORITY - 2;
            format!("^{}\\..+$", regex::escape(&begin.to_ascii_lowercase()))
        } else {
            let below = self.host.starts_with("*.");
            wanted.priority = DEFAULT_PRIORITY - u32::from(below);
            if !is_host(self.host.strip_prefix("*.").unwrap_or(&self.host)) {
                return Err("is not a host name");
            }
            wanted.hosts = vec![self.host.to_ascii_lowercase()];
            return Ok(());
        };
        if regex::Regex::new(&pattern).is_err() {
            return Err("is not a pattern that can be read");
        }
        wanted.acls.extend(text::acl(self.name, "named", HOST, &[pattern]));
        wanted.and(self.name, "named");
        Ok(())
    }

    fn path(&self, wanted: &mut Wanted) -> Result<(), &'static str> {
        let path = self.path.trim();
        let (kind, value) = match (path.strip_prefix("~*"), path.strip_prefix('~'), path.strip_prefix('=')) {
            (Some(pattern), ..) => ("reg", format!("(?i){}", pattern.trim())),
            (_, Some(pattern), _) => ("reg", pattern.trim().to_owned()),
            (.., Some(path)) => ("str", path.trim().to_owned()),
            _ => {
                let path = path.strip_prefix("^~").unwrap_or(path).trim();
                if !path.is_empty() && !is_path(path) {
                    return Err("has a path that does not begin with '/'");
                }
                path.trim_end_matches('/').clone_into(&mut wanted.path);
                return Ok(());
            }
        };
        if !text::is_plain(&value) || value.is_empty() || regex::Regex::new(&value).is_err() {
            return Err("has a path that is not a pattern that can be read");
        }
        wanted.acls.extend(text::acl(self.name, "placed", &format!("path -m {kind}"), &[value]));
        wanted.and(self.name, "placed");
        Ok(())
    }

    /// What takes the place of the path.
    pub(super) fn replace_path(&self, wanted: &mut Wanted, said: &mut Said) {
        if self.dest.is_empty() {
            return;
        }
        let label = if self.name == "VIRTUAL_HOST" { "VIRTUAL_DEST" } else { self.name };
        if wanted.acls.iter().any(|acl| acl.text.starts_with("placed ")) || !is_path(&self.dest) {
            let what = "it takes the place of a plain path alone, and is one; paths stay as they are";
            return said.unmet(Unmet::new((label, &self.dest), what));
        }
        let pattern = format!("^{}/?(.*)$", regex::escape(&wanted.path));
        let dest = escaped(self.dest.trim_end_matches('/')).replace('\\', r"\\");
        let line = format!("http-request replace-path {} {}", word(&pattern), word(&format!("{dest}/\\1")));
        wanted.say(label, line);
    }
}
