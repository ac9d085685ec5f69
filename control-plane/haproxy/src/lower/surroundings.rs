//! What the expressions of a proxy may ask about, and what they cannot know.

use std::collections::{HashMap, HashSet};

use super::Lowering;
use super::server_template::template_names;
use super::settings::Lines;
use crate::ast::{Section, SectionKind};
use crate::expr::{Hidden, Proxies, Reader};
use crate::keywords::Effect;

const ALL: [Hidden; 3] = [Hidden::Source, Hidden::Destination, Hidden::Headers];

impl<'a> Lowering<'a> {
    /// Tells the reader of the environment and of all proxies.
    pub(super) fn surround(&mut self, all: &[Lines<'a>]) {
        let mut proxies = Proxies::default();
        for lines in all {
            let section = lines.section();
            let name = section.name.as_ref().map_or("", |name| name.text());
            if matches!(section.kind, SectionKind::Frontend | SectionKind::Listen) {
                proxies.frontends.insert(name.to_owned());
            }
            if matches!(section.kind, SectionKind::Backend | SectionKind::Listen) {
                proxies.backends.insert(name.to_owned());
                let servers = lines.own("server").filter_map(|line| line.args().first());
                proxies.servers.extend(servers.map(|server| format!("{name}/{}", server.text())));
                let templates = lines.own("server-template").flat_map(template_names);
                proxies.servers.extend(templates.map(|server| format!("{name}/{server}")));
            }
        }
        self.hidden = all.iter().flat_map(hidden_by).collect();
        let counted = counted_variables(&self.file.sections);
        let surroundings = self.reader.surroundings();
        surroundings.counted = counted;
        surroundings.environment = Some(&self.file.environment);
        surroundings.proxies = Some(proxies);
    }

    /// Expressions that are read from now on stand in this proxy.
    pub(super) fn enter(&mut self, lines: &Lines<'a>) {
        let section = lines.section();
        // What a frontend would have changed is changed behind it.
        let behind = section.kind != SectionKind::Frontend;
        let surroundings = self.reader.surroundings();
        surroundings.hidden = if behind { self.hidden.clone() } else { hidden_by(lines).collect() };
        surroundings.own = section.name.as_ref().map_or("", |name| name.text());
    }
}

/// Variables all of whose values come of counting.
fn counted_variables(sections: &[Section]) -> HashSet<String> {
    let mut counted: HashMap<&str, bool> = HashMap::new();
    for line in sections.iter().flat_map(|section| &section.directives) {
        let [action, value, ..] = line.args() else { continue };
        let name = action.text().strip_prefix("set-var(").and_then(|rest| rest.split([',', ')']).next());
        if let Some(name) = name {
            let counts = Reader::is_counting(value.text());
            counted.entry(name.trim()).and_modify(|all| *all &= counts).or_insert(counts);
        }
    }
    counted.into_iter().filter(|(_, counts)| *counts).map(|(name, _)| name.to_owned()).collect()
}

fn hidden_by<'l>(lines: &'l Lines<'_>) -> impl Iterator<Item = (Hidden, &'static str)> + 'l {
    ALL.into_iter().filter_map(|hidden| {
        let effect = Effect::Hides(hidden);
        lines.lines_with(effect).find_map(|line| Some((hidden, line.reason(effect)?)))
    })
}
