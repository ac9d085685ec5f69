//! caddy-docker-proxy's labels: sites, and the directives in them.

mod directive;
mod matcher;
mod proxy;
mod site;
#[cfg(test)]
mod tests;
mod tree;
mod words;

use std::collections::BTreeMap;

use super::text::{self, is_plain, line};
use super::word::{self, Fate};
use super::{Around, Said, Unmet, Vocabulary, forwarded, is_too_large};
use crate::container::Container;
use crate::problem::InvalidLabel;
use crate::wanted::{DEFAULT_PRIORITY, Line, Mode, Wanted};
use matcher::Matcher;
use proxy::Proxy;
use site::Way;
use tree::{Node, Word};
pub(super) use words::WORDS;

/// The network that a container is reached in.
const NETWORK: &str = "caddy_ingress_network";
/// Most routes of one site.
const MOST: usize = 100;
/// Where a site without a container behind it leads: it never does.
const NO_PORT: u16 = 80;

/// One site of a container.
struct Site<'a> {
    root: &'a Node,
    /// Matchers of lines so far, for their names.
    matchers: usize,
    said: &'a mut Said,
}

/// A way through the directives of a site.
#[derive(Debug, Clone, Default)]
struct Branch {
    matcher: Matcher,
    lines: Vec<Line>,
    /// It has an answer of its own.
    answers: bool,
    proxy: Option<Proxy>,
}

/// What a container says.
pub(super) fn read(container: &Container, around: Around) -> Said {
    let mut said = Said::default();
    let labels = || container.labels.iter().filter(|(label, _)| Vocabulary::Caddy.has(label));
    if is_too_large(labels()) {
        said.wrong.push(InvalidLabel::TooLarge.into());
        return said;
    }
    let mut sites: BTreeMap<&str, Node> = BTreeMap::new();
    for (label, value) in labels() {
        let (site, rest) = label.split_once('.').unwrap_or((label, ""));
        let number = site.strip_prefix("caddy_");
        if number.is_some_and(|number| number.parse::<u32>().is_err()) {
            if site != NETWORK {
                said.unmet(Unmet::new((label, value), "nothing is known by this name here"));
            }
            continue;
        }
        if !is_plain(value) {
            said.unmet(Unmet::new((label, value), "is not text of one line"));
            continue;
        }
        let path: Vec<&str> = rest.split('.').filter(|part| !part.is_empty()).collect();
        if !sites.entry(site).or_default().put(&path, (label, value)) {
            said.unmet(Unmet::new((label, value), "it stands too deep"));
        }
    }
    for root in sites.values() {
        let network = container.labels.get(NETWORK).map(|network| network.trim().to_owned());
        let routes = Site { root, matchers: 0, said: &mut said }.routes(container, around);
        said.wanted.extend(routes.into_iter().map(|wanted| Wanted { network: network.clone(), ..wanted }));
    }
    said
}

impl Site<'_> {
    fn tell(&mut self, node: &Node, what: &str) {
        self.said.unmet(Unmet::new(node.said(), what));
    }

    /// Tells what the table says of a directive.
    fn tell_word(&mut self, name: &str, node: &Node) {
        let unmet = match word::find(WORDS, name).map(|word| (&word.fate, word.meaning)) {
            Some((Fate::Told(""), meaning)) => Unmet::new(node.said(), meaning),
            Some((Fate::Told(instead), meaning)) => Unmet::new(node.said(), meaning).instead(*instead),
            Some((Fate::Served | Fate::Idle, _)) => return,
            None => word::unknown(WORDS, "caddy.", name, node.said()),
        };
        self.said.unmet(if name.contains("auth") { unmet.secret() } else { unmet });
    }

    fn routes(mut self, container: &Container, around: Around) -> Vec<Wanted> {
        let root = self.root;
        let Some(addresses) = root.texts() else {
            self.tell(root, "templates are not worked out, but for upstreams; the site is not served");
            return Vec::new();
        };
        let addresses = addresses.iter().flat_map(|words| text::list(words));
        let mut ways: BTreeMap<Way, Vec<String>> = BTreeMap::new();
        for address in addresses {
            if address.starts_with('(') {
                self.tell(root, "snippets are not read");
                return Vec::new();
            }
            match site::address(address) {
                Ok((way, host)) => ways.entry(way).or_default().extend(host),
                Err(what) => self.tell(root, &format!("'{address}' {what}; it is not served")),
            }
        }
        if root.value.trim().is_empty() {
            self.tell(root, "options of the program and sites without an address are not read");
            return Vec::new();
        }
        let mut branches = Vec::new();
        self.walk(root, &Branch::default(), false, &mut branches);
        if branches.len() > MOST {
            self.tell(root, &format!("routes beyond the first {MOST} are not served"));
            branches.truncate(MOST);
        }
        let label = &root.label;
        let label = label.split('.').next().unwrap_or(label);
        let wanted = |branch: &Branch| {
            let of =
                |(way, hosts): (&Way, &Vec<String>)| route(label, (way, hosts), branch, (container, around));
            ways.iter().map(of).collect::<Vec<_>>()
        };
        branches.iter().flat_map(wanted).collect()
    }

    /// All ways through a block. `ordered`: its lines are run as they stand.
    fn walk(&mut self, block: &Node, before: &Branch, ordered: bool, out: &mut Vec<Branch>) {
        let rank =
            |name: &str| directive::ORDER.iter().position(|known| *known == name).unwrap_or(usize::MAX);
        let mut lines: Vec<(&str, &Node)> =
            block.inner.iter().map(|(slot, node)| (&slot.name[..], node)).collect();
        lines.retain(|(name, _)| !name.starts_with('@'));
        if !ordered {
            lines.sort_by_key(|(name, _)| rank(name));
        }
        let mut branch = Branch { answers: false, ..before.clone() };
        let known = out.len();
        for (name, node) in lines {
            match name {
                "reverse_proxy" | "handle" | "handle_path" | "route" => {
                    let Some((inner, words)) = self.inner(node, &branch) else { continue };
                    self.enter((name, node), inner, &words, out);
                }
                _ if self.line(name, node, &mut branch) => {}
                _ => self.tell_word(name, node),
            }
        }
        // What answers does so where nothing else is asked for the same.
        let taken = out.iter().skip(known).any(|other| other.matcher == branch.matcher);
        if branch.answers && !taken {
            out.push(branch);
        }
    }

    fn enter(
        &mut self,
        (name, node): (&str, &Node),
        mut inner: Branch,
        words: &[Word],
        out: &mut Vec<Branch>,
    ) {
        if out.len() > MOST {
            return;
        }
        match name {
            "reverse_proxy" => {
                let proxy = self.proxy(node, words, &mut inner);
                if proxy.is_some() {
                    out.push(Branch { proxy, ..inner });
                }
            }
            "handle_path" => {
                if inner.matcher.path.starts_with('/') {
                    inner.lines.push(directive::strip(&node.label, &inner.matcher.path, ""));
                }
                self.walk(node, &inner, false, out);
            }
            _ => self.walk(node, &inner, name == "route", out),
        }
    }

    /// A branch with the matcher of a directive, and the words behind that.
    fn inner(&mut self, node: &Node, branch: &Branch) -> Option<(Branch, Vec<Word>)> {
        let mut words = node.words();
        let first = words.first().cloned();
        let Some(Word::Text(first)) = first else { return Some((branch.clone(), words)) };
        match Matcher::of(&first, self.root) {
            Ok(None) => Some((branch.clone(), words)),
            Ok(Some(matcher)) => {
                words.remove(0);
                Some((Branch { matcher: branch.matcher.and(&matcher), ..branch.clone() }, words))
            }
            Err(what) => {
                self.tell(node, &format!("{what}; it is not served"));
                None
            }
        }
    }
}

/// One way through a site as a route.
fn route(
    label: &str,
    (way, hosts): (&Way, &[String]),
    branch: &Branch,
    (container, around): (&Container, Around),
) -> Wanted {
    let place = format!("{}{}", hosts.join(","), branch.matcher.path);
    let mut wanted =
        Wanted::new(label, text::name(if place.is_empty() { label } else { &place }), Mode::Http);
    let (entrypoints, redirect) = way.entrypoints(around.tls);
    wanted.hosts = hosts.to_vec();
    wanted.entrypoints = entrypoints;
    // The longer a path the earlier it is asked for.
    wanted.priority =
        DEFAULT_PRIORITY + u32::try_from(branch.matcher.path.len().min(200)).unwrap_or_default();
    let (acls, terms) = matcher::named(&branch.matcher, "r");
    wanted.acls = acls.into_iter().map(|text| line(label, text)).collect();
    if !terms.is_empty() {
        wanted.rule = Some(line(label, terms));
    }
    if redirect {
        wanted.say(label, "http-request redirect scheme https code 308 unless { ssl_fc }");
    }
    forwarded(&mut wanted);
    wanted.backend.extend(branch.lines.iter().cloned());
    if branch.proxy.is_none() {
        // What no line answers is answered without a word there.
        wanted.say(label, "http-request return status 200");
    }
    let exposed = container.exposed(Mode::Http).first().copied().unwrap_or(NO_PORT);
    wanted.port = Some(branch.proxy.as_ref().map_or(exposed, |proxy| proxy.port));
    wanted.server.extend(branch.proxy.iter().flat_map(|proxy| proxy.server.clone()));
    wanted
}
