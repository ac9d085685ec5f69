//! Docker Flow Proxy's labels: a service, and its destinations by number.

mod rules;
#[cfg(test)]
mod tests;
mod words;

use std::collections::{BTreeMap, BTreeSet};

use super::text::{self, is_plain, list, truth};
use super::word::{self, Fate};
use super::{Around, Said, Unmet, Vocabulary, forwarded, is_too_large};
use crate::container::Container;
use crate::labels::{DEFAULT_ENTRYPOINT, DEFAULT_TLS_ENTRYPOINT, is_host};
use crate::problem::InvalidLabel;
use crate::wanted::{DEFAULT_PRIORITY, Mode, Wanted};
pub(super) use words::WORDS;

const PREFIX: &str = "com.df.";
/// What tells destinations apart: what holds of one does not of others.
const PLACES: [&str; 5] = ["port", "srcport", "servicepath", "servicepathexclude", "servicedomain"];
/// Most destinations of one container.
const MOST: usize = 50;
/// Where a destination of `sni` is asked for that does not say it.
const DEFAULT_SNI_PORT: &str = "443";

/// A label and its value.
type Setting<'a> = (&'a str, &'a str);

/// What a container says, by name in lower case and number; 0 where there is none.
type Settings<'a> = BTreeMap<(String, u32), Setting<'a>>;

/// One destination of a service.
struct Destination<'a> {
    settings: &'a Settings<'a>,
    number: u32,
    container: &'a Container,
    around: Around,
    said: &'a mut Said,
}

/// What a container says; nothing where it does not ask to be served.
pub(super) fn read(container: &Container, around: Around) -> Said {
    let mut said = Said::default();
    let labels = || container.labels.iter().filter(|(label, _)| Vocabulary::FlowProxy.has(label));
    if is_too_large(labels()) {
        said.wrong.push(InvalidLabel::TooLarge.into());
        return said;
    }
    let mut settings = Settings::new();
    let mut told = Said::default();
    for (label, value) in labels() {
        let rest = label.get(PREFIX.len()..).unwrap_or_default();
        let number = rest.rsplit_once('.').and_then(|(name, number)| Some((name, number.parse().ok()?)));
        let (name, number) = number.unwrap_or((rest, 0));
        match word::find(WORDS, name).map(|word| (&word.fate, word.meaning)) {
            Some((Fate::Idle, _)) => continue,
            None => {
                told.unmet(word::unknown(WORDS, PREFIX, name, (label, value)));
                continue;
            }
            Some((Fate::Told(instead), meaning)) => {
                let unmet = Unmet::new((label, value), meaning);
                let unmet = if instead.is_empty() { unmet } else { unmet.instead(*instead) };
                told.unmet(if name.starts_with("users") { unmet.secret() } else { unmet });
            }
            Some((Fate::Served, _)) => {}
        }
        // A line each.
        if !is_plain(value) && !name.eq_ignore_ascii_case("backendExtra") {
            told.unmet(Unmet::new((label, value), "is not text of one line"));
            continue;
        }
        settings.insert((name.to_ascii_lowercase(), number), (label, value));
    }
    let notify = settings.get(&("notify".to_owned(), 0)).and_then(|(_, value)| truth(value));
    if notify != Some(true) {
        return said;
    }
    said.wrong.append(&mut told.wrong);
    let mut numbers: BTreeSet<u32> =
        settings.keys().filter(|(name, _)| PLACES.contains(&&name[..])).map(|(_, number)| *number).collect();
    if numbers.is_empty() {
        numbers.insert(0);
    }
    if numbers.len() > MOST {
        let port = settings.get(&("notify".to_owned(), 0)).copied().unwrap_or_default();
        said.unmet(Unmet::new(port, format!("destinations beyond the first {MOST} are not served")));
    }
    for number in numbers.into_iter().take(MOST) {
        let destination = Destination { settings: &settings, number, container, around, said: &mut said };
        let wanted = destination.wanted();
        said.wanted.extend(wanted);
    }
    said
}

impl<'a> Destination<'a> {
    /// Of this destination, or of all where it is nothing that tells them apart.
    fn get(&self, name: &str) -> Option<Setting<'a>> {
        let name = name.to_ascii_lowercase();
        let shared = !PLACES.contains(&&name[..]);
        let own = self.settings.get(&(name.clone(), self.number));
        let (label, value) = own.or_else(|| self.settings.get(&(name, 0)).filter(|_| shared))?;
        let value = value.trim();
        (!value.is_empty()).then_some((label, value))
    }

    fn flag(&self, name: &str) -> Option<&'a str> {
        self.get(name).filter(|(_, value)| truth(value) == Some(true)).map(|(label, _)| label)
    }

    fn tell(&mut self, setting: Setting<'_>, what: &str) {
        self.said.unmet(Unmet::new(setting, what));
    }

    fn wanted(mut self) -> Option<Wanted> {
        let mode = match self.get("reqMode") {
            None | Some((_, "http")) => Mode::Http,
            Some((_, "tcp" | "sni")) => Mode::Tcp,
            Some(setting) => {
                self.tell(setting, "is not 'http', 'tcp' or 'sni'; it is not served");
                return None;
            }
        };
        let number = if self.number == 0 { String::new() } else { format!(".{}", self.number) };
        let label = format!("{PREFIX}port{number}");
        let mut wanted = Wanted::new(&label, text::name(&format!("{}{number}", self.name())), mode);
        wanted.port = Some(self.port(&label, mode)?);
        if mode == Mode::Http {
            self.http(&mut wanted)?;
        } else {
            self.tcp(&mut wanted)?;
        }
        self.backend(&mut wanted);
        Some(wanted)
    }

    fn name(&self) -> String {
        if let Some((_, name)) = self.get("serviceName") {
            return name.to_owned();
        }
        let [project, service] = super::COMPOSE.map(|label| self.container.labels.get(label));
        match (project, service) {
            (Some(project), Some(service)) => format!("{project}_{service}"),
            _ => self.container.name.clone(),
        }
    }

    fn port(&mut self, label: &str, mode: Mode) -> Option<u16> {
        if let Some(setting) = self.get("port") {
            let port = setting.1.parse().ok().filter(|port| *port > 0);
            if port.is_none() {
                self.tell(setting, "is not a port from 1 to 65535; it is not served");
            }
            return port;
        }
        if let [only] = self.container.exposed(mode)[..] {
            return Some(only);
        }
        self.said.unmet(
            Unmet::new((label, ""), "it is wanted: the container exposes no port, or several").secret(),
        );
        None
    }

    fn tcp(&mut self, wanted: &mut Wanted) -> Option<()> {
        let sni = self.get("reqMode").is_some_and(|(_, mode)| mode == "sni");
        let port = self.get("srcPort").map(|(_, port)| port).or(sni.then_some(DEFAULT_SNI_PORT));
        let Some(port) = port else {
            let mode = self.get("reqMode").unwrap_or_default();
            self.tell(mode, "it needs srcPort, the name of an entry point; it is not served");
            return None;
        };
        wanted.entrypoints = vec![port.to_owned()];
        if sni {
            wanted.hosts = self.hosts()?;
        }
        Some(())
    }

    fn http(&mut self, wanted: &mut Wanted) -> Option<()> {
        let both = self.around.tls || self.flag("httpsOnly").is_some();
        let names = [DEFAULT_ENTRYPOINT, DEFAULT_TLS_ENTRYPOINT];
        wanted.entrypoints = names.into_iter().take(if both { 2 } else { 1 }).map(str::to_owned).collect();
        let is_default = self.flag("isDefaultBackend").is_some();
        let named = ["servicePath", "serviceDomain", "serviceHeader", "userAgent"];
        if is_default {
            wanted.priority = 0;
        } else if named.iter().all(|name| self.get(name).is_none()) {
            let label = wanted.label.replace("port", "servicePath");
            let what =
                "it is wanted, or serviceDomain: what is for the service is not said; it is not served";
            self.said.unmet(Unmet::new((&label, ""), what).secret());
            return None;
        } else {
            self.domain(wanted)?;
            self.path(wanted)?;
            self.others(wanted)?;
        }
        forwarded(wanted);
        Some(())
    }

    /// Names of `serviceDomain`.
    fn hosts(&mut self) -> Option<Vec<String>> {
        let Some(setting) = self.get("serviceDomain") else { return Some(Vec::new()) };
        let hosts: Vec<String> = list(setting.1).map(str::to_ascii_lowercase).collect();
        if hosts.iter().all(|host| is_host(host.strip_prefix("*.").unwrap_or(host))) {
            return Some(hosts);
        }
        self.tell(setting, "is no list of host names; it is not served");
        None
    }

    fn domain(&mut self, wanted: &mut Wanted) -> Option<()> {
        let Some((label, domains)) = self.get("serviceDomain") else { return Some(()) };
        let all = self.flag("serviceDomainMatchAll").map(|label| (label, "hdr_dom(host)"));
        let kind = match self.get("serviceDomainAlgo").or(all) {
            None | Some((_, "hdr(host)")) => "",
            Some((_, "hdr_beg(host)")) => "beg",
            Some((_, "hdr_dom(host)")) => "dom",
            Some((_, "hdr_end(host)")) => "end",
            Some((_, "hdr_sub(host)")) => "sub",
            Some((_, "hdr_reg(host)")) => "reg",
            Some(setting) => {
                self.tell(setting, "is no such comparison; it is not served");
                return None;
            }
        };
        // `*` in front stands for anything, not for a part alone.
        let any: Vec<&str> = list(domains).filter_map(|host| host.strip_prefix('*')).collect();
        if kind.is_empty() && any.iter().all(|rest| rest.starts_with('.')) {
            wanted.hosts = self.hosts()?;
            return Some(());
        }
        const HOST: &str = "req.hdr(host),host_only,lower";
        let (some, whole): (Vec<String>, Vec<String>) = list(domains)
            .map(str::to_ascii_lowercase)
            .partition(|host| kind.is_empty() && host.starts_with('*'));
        let some: Vec<String> = some.iter().map(|host| host.trim_start_matches('*').to_owned()).collect();
        for (kind, hosts) in [(if kind.is_empty() { "str" } else { kind }, whole), ("end", some)] {
            if !hosts.is_empty() {
                wanted.acls.extend(text::acl(label, "domain", &format!("{HOST} -m {kind}"), &hosts));
            }
        }
        wanted.and(label, "domain");
        Some(())
    }

    fn path(&mut self, wanted: &mut Wanted) -> Option<()> {
        let kind = match self.get("pathType") {
            None | Some((_, "path_beg")) => "beg",
            Some((_, "path")) => "str",
            Some((_, "path_dir")) => "dir",
            Some((_, "path_dom")) => "dom",
            Some((_, "path_end")) => "end",
            Some((_, "path_reg")) => "reg",
            Some((_, "path_sub")) => "sub",
            Some(setting) => {
                self.tell(setting, "is no such comparison; it is not served");
                return None;
            }
        };
        let sample = format!("path -m {kind}");
        if let Some((label, paths)) = self.get("servicePath") {
            let paths: Vec<String> = list(paths).map(str::to_owned).collect();
            let longest = paths.iter().map(String::len).max().unwrap_or_default().min(200);
            wanted.priority = DEFAULT_PRIORITY + u32::try_from(longest).unwrap_or_default();
            wanted.acls.extend(text::acl(label, "place", &sample, &paths));
            wanted.and(label, "place");
        }
        if let Some((label, paths)) = self.get("servicePathExclude") {
            let paths: Vec<String> = list(paths).map(str::to_owned).collect();
            wanted.acls.extend(text::acl(label, "excluded", &sample, &paths));
            wanted.and(label, "!excluded");
        }
        Some(())
    }

    /// Headers and the port that was asked.
    fn others(&mut self, wanted: &mut Wanted) -> Option<()> {
        if let Some(setting) = self.get("srcPort") {
            if setting.1.parse::<u16>().is_err() {
                self.tell(setting, "is not a port; it is not served");
                return None;
            }
            wanted.acls.extend(text::acl(setting.0, "asked", "dst_port", &[setting.1.to_owned()]));
            wanted.and(setting.0, "asked");
        }
        if let Some((label, agents)) = self.get("userAgent") {
            let agents: Vec<String> = list(agents).map(str::to_owned).collect();
            wanted.acls.extend(text::acl(label, "agent", "req.fhdr(user-agent) -i -m sub", &agents));
            wanted.and(label, "agent");
        }
        let Some(setting) = self.get("serviceHeader") else { return Some(()) };
        for (at, pair) in list(setting.1).enumerate() {
            let Some((name, value)) =
                pair.split_once(':').filter(|(name, _)| crate::labels::is_name(name.trim()))
            else {
                self.tell(setting, "is no list of NAME:VALUE; it is not served");
                return None;
            };
            let (name, sample) = (format!("header{at}"), format!("req.fhdr({}) -m str", name.trim()));
            wanted.acls.extend(text::acl(setting.0, &name, &sample, &[value.trim().to_owned()]));
            wanted.and(setting.0, &name);
        }
        Some(())
    }
}
