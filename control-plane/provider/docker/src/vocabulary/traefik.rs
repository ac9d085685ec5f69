//! Traefik's labels: routers, services and middlewares, which containers define for each other.

mod condition;
mod middleware;
mod needs;
mod router;
mod rule;
mod service;
#[cfg(test)]
mod tests;
mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::text::{is_plain, truth};
use super::word::{self, Fate};
use super::{Said, Unmet, Vocabulary, is_too_large};
use crate::container::Container;
use crate::problem::{InvalidLabel, Reason};
use crate::wanted::Mode;
pub(super) use needs::Needs;
pub(super) use words::WORDS;

/// What all labels begin with.
const PREFIX: &str = "traefik.";
/// Entry points, routers and the like that Traefik itself has, and names of other providers.
const OWN: &str = "docker";

/// Most routers that lead to one container.
const MOST_ROUTERS: usize = 200;

/// What a router, service or middleware is called.
type Key = (Mode, String);

/// A label and its value.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Setting {
    label: String,
    value: String,
}

/// The settings of one object, by what follows its name, in lower case.
type Block = BTreeMap<String, Setting>;

/// Objects by name.
type Blocks = BTreeMap<Key, Arc<Block>>;

/// What one container's labels define.
#[derive(Debug, Default)]
pub(super) struct Definitions {
    routers: Blocks,
    services: Blocks,
    middlewares: Blocks,
    network: Option<String>,
    /// What Traefik calls the container.
    name: String,
    wrong: Vec<Reason>,
}

/// What all containers define for each other.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Shared {
    /// Those that name their service, by that.
    routers: BTreeMap<Key, BTreeMap<String, Arc<Block>>>,
    services: BTreeSet<Key>,
    middlewares: Blocks,
}

impl Setting {
    fn said(&self) -> (&str, &str) {
        (&self.label, &self.value)
    }

    fn unmet(&self, what: impl Into<String>) -> Unmet {
        Unmet::new(self.said(), what)
    }
}

impl Definitions {
    /// Reads labels; none where there are none, or the container is to be left alone.
    pub(super) fn of(container: &Container) -> Option<Self> {
        let labels = || container.labels.iter().filter(|(label, _)| Vocabulary::Traefik.has(label));
        labels().next()?;
        let mut read = Self { name: name(container), ..Self::default() };
        if is_too_large(labels()) {
            read.wrong.push(InvalidLabel::TooLarge.into());
            return Some(read);
        }
        let mut enabled = None;
        for (label, value) in labels() {
            let rest = label.get(PREFIX.len()..).unwrap_or_default();
            if rest.eq_ignore_ascii_case("enable") {
                enabled = Some((label, value));
            } else {
                read.take(rest, (label, value));
            }
        }
        let enabled = match enabled.map(|said| (said, truth(said.1))) {
            None => None,
            Some((_, Some(false))) => return None,
            Some((_, Some(true))) => Some(true),
            Some(((label, value), None)) => {
                let what = "is not 'true' or 'false'; the container is not looked at";
                let wrong = vec![Reason::Unmet(Unmet::new((label, value), what))];
                return Some(Self { wrong, ..Self::default() });
            }
        };
        let has = |mode: Mode, blocks: &Blocks| blocks.keys().any(|(of, _)| *of == mode);
        let other =
            [Mode::Tcp, Mode::Udp].iter().any(|mode| has(*mode, &read.routers) || has(*mode, &read.services));
        let nothing_else = !other || has(Mode::Http, &read.services) || has(Mode::Http, &read.middlewares);
        if enabled == Some(true) && nothing_else && !has(Mode::Http, &read.routers) {
            read.routers.insert((Mode::Http, read.name.clone()), Arc::default());
        }
        Some(read)
    }

    fn tell(&mut self, unmet: Unmet) {
        self.wrong.push(Reason::Unmet(unmet));
    }

    /// Puts a label where it belongs. `rest`: without the prefix of all.
    fn take(&mut self, rest: &str, said: (&str, &str)) {
        match word::find(WORDS, rest).map(|word| (&word.fate, word.meaning)) {
            None => {
                return self.tell(word::unknown(WORDS, PREFIX, rest, said));
            }
            Some((Fate::Idle, _)) => return,
            Some((Fate::Told(instead), meaning)) => {
                let unmet = Unmet::new(said, meaning);
                let unmet = if instead.is_empty() { unmet } else { unmet.instead(*instead) };
                self.tell(if rest.to_ascii_lowercase().contains("auth.") { unmet.secret() } else { unmet });
            }
            Some((Fate::Served, _)) => {}
        }
        if rest.eq_ignore_ascii_case("docker.network") {
            self.network = Some(said.1.trim().to_owned());
            return;
        }
        let mut parts = rest.splitn(4, '.');
        let (Some(mode), Some(kind), Some(name)) = (parts.next(), parts.next(), parts.next()) else { return };
        let setting = parts.next().unwrap_or_default().to_ascii_lowercase();
        // A rule may have several lines: what counts in it is looked at by itself.
        if !is_plain(said.1) && setting != "rule" {
            return self.tell(Unmet::new(said, "is not text of one line"));
        }
        let Some(mode) = modes().into_iter().find(|known| known.as_str().eq_ignore_ascii_case(mode)) else {
            return;
        };
        let blocks = match &kind.to_ascii_lowercase()[..] {
            "routers" => &mut self.routers,
            "services" => &mut self.services,
            _ => &mut self.middlewares,
        };
        let block = Arc::make_mut(blocks.entry((mode, name.to_owned())).or_default());
        block.insert(setting, Setting { label: said.0.to_owned(), value: said.1.to_owned() });
    }

    /// Whether a service is one of this container, or the one that it has without a label.
    fn serves(&self, service: &Key) -> bool {
        let (mode, name) = service;
        let has_none = !self.services.keys().any(|(of, _)| of == mode);
        self.services.contains_key(service) || (has_none && self.name == *name)
    }

    /// The service of a router of this container: named, the only one, or the one that is there without a label.
    fn service(&self, mode: Mode, router: &Block) -> Result<String, String> {
        if let Some((name, provider)) = named(router) {
            return if provider == OWN {
                Ok(name.to_owned())
            } else {
                Err("it is not defined by labels; write it into a file".to_owned())
            };
        }
        let of_mode: Vec<&String> =
            self.services.keys().filter(|(of, _)| *of == mode).map(|(_, name)| name).collect();
        match &of_mode[..] {
            [] => Ok(self.name.clone()),
            [only] => Ok((*only).clone()),
            _ => Err("the container has several services, and its router names none".to_owned()),
        }
    }
}

impl Shared {
    /// Of all containers, those that were there first before others.
    pub(super) fn of<'a>(all: impl Iterator<Item = &'a Definitions>) -> Self {
        let mut shared = Self::default();
        for one in all {
            for (key, block) in &one.middlewares {
                shared.middlewares.entry(key.clone()).or_insert_with(|| Arc::clone(block));
            }
            for (key, block) in &one.routers {
                if let Some((service, OWN)) = named(block) {
                    let routers = shared.routers.entry((key.0, service.to_owned())).or_default();
                    routers.entry(key.1.clone()).or_insert_with(|| Arc::clone(block));
                }
            }
            shared.services.extend(one.services.keys().cloned());
        }
        shared
    }
}

/// The service that a router names, and by whom that is defined.
fn named(router: &Block) -> Option<(&str, &str)> {
    let named = router.get("service")?.value.trim();
    Some(named.split_once('@').unwrap_or((named, OWN)))
}

/// What a container says, with what others define for it.
pub(super) fn read(own: &Definitions, shared: &Shared, container: &Container) -> Said {
    let mut said = Said { wanted: Vec::new(), wrong: own.wrong.clone() };
    for (key, block) in &own.middlewares {
        if shared.middlewares.get(key).is_some_and(|first| first != block) {
            let setting = block.values().next();
            let what = "another container defines this middleware otherwise, and was there first";
            said.wrong.extend(setting.map(|setting| Reason::Unmet(setting.unmet(what).secret())));
        }
    }
    let implied = modes().into_iter().map(|mode| (mode, own.name.clone()));
    let services: BTreeSet<Key> = own.services.keys().cloned().chain(implied).collect();
    let mut routers: Vec<(Key, &Arc<Block>)> =
        own.routers.iter().map(|(key, block)| (key.clone(), block)).collect();
    for service in services.iter().filter(|service| own.serves(service)) {
        let others = shared.routers.get(service).into_iter().flatten();
        let others = others.map(|(name, block)| ((service.0, name.clone()), block));
        routers.extend(others.filter(|(key, _)| !own.routers.contains_key(key)));
    }
    if let Some((_, block)) = routers.get(MOST_ROUTERS) {
        let what = format!("routers beyond the first {MOST_ROUTERS} of a container are not served");
        said.wrong.extend(block.values().next().map(|setting| Reason::Unmet(setting.unmet(what))));
    }
    for (key, block) in routers.into_iter().take(MOST_ROUTERS) {
        let router = router::Router { key: &key, block, own, shared, container };
        said.wanted.extend(router.wanted(&mut said.wrong));
    }
    said
}

fn modes() -> [Mode; 3] {
    [Mode::Http, Mode::Tcp, Mode::Udp]
}

/// What Traefik calls a container: by Compose's names where it has them, with dashes for all but letters and digits.
fn name(container: &Container) -> String {
    let [project, service] = super::COMPOSE.map(|label| container.labels.get(label));
    let name = match (project, service) {
        (Some(project), Some(service)) => format!("{service}-{project}"),
        _ => container.name.clone(),
    };
    let parts = name.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join("-")
}
