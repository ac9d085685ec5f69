//! The lines that count for a proxy: its own, and those of the `defaults` that it stands under.

use std::collections::HashMap;
use std::rc::Rc;

use crate::ast::{Directive, Prefix, Section, SectionKind};

/// The lines of a section by keyword, over those of another.
#[derive(Debug)]
pub(super) struct Lines<'a> {
    by_name: HashMap<&'static str, Vec<&'a Directive>>,
    /// Where each line stands in its section, for keywords that override each other.
    own: Vec<&'a Directive>,
    parent: Option<Rc<Lines<'a>>>,
    section: &'a Section,
}

impl<'a> Lines<'a> {
    pub(super) fn new(section: &'a Section, parent: Option<Rc<Lines<'a>>>) -> Self {
        let mut by_name: HashMap<&'static str, Vec<&'a Directive>> = HashMap::new();
        for directive in &section.directives {
            by_name.entry(directive.name()).or_default().push(directive);
        }
        Self { by_name, own: section.directives.iter().collect(), parent, section }
    }

    /// The section itself.
    pub(super) fn section(&self) -> &'a Section {
        self.section
    }

    /// The lines of the section itself with that keyword.
    pub(super) fn own(&self, name: &str) -> impl Iterator<Item = &'a Directive> {
        self.by_name.get(name).into_iter().flatten().copied()
    }

    /// The `defaults` that it stands under.
    pub(super) fn parent(&self) -> Option<&Lines<'a>> {
        self.parent.as_deref()
    }

    /// All lines of the section itself, in order.
    pub(super) fn own_lines(&self) -> &[&'a Directive] {
        &self.own
    }

    /// The line that counts for a keyword of which the last one wins; `None` where it was taken back.
    pub(super) fn last(&self, name: &str) -> Option<&'a Directive> {
        self.last_of(&[name])
    }

    /// The line that counts for keywords that override each other.
    pub(super) fn last_of(&self, names: &[&str]) -> Option<&'a Directive> {
        let has_one = |lines: &Self| names.iter().any(|name| lines.by_name.contains_key(name));
        self.last_line(has_one, |line| names.contains(&line.name()))
    }

    /// The line that counts of those that override each other.
    pub(super) fn last_where(&self, among: impl Fn(&Directive) -> bool) -> Option<&'a Directive> {
        self.last_line(|_| true, among)
    }

    fn last_line(
        &self,
        has_one: impl Fn(&Self) -> bool,
        among: impl Fn(&Directive) -> bool,
    ) -> Option<&'a Directive> {
        // A `no` takes back its own keyword only: what counted before it counts again unless it is the same.
        let mut taken_back: Vec<&str> = Vec::new();
        let mut level = Some(self);
        while let Some(lines) = level {
            let own = if has_one(lines) { lines.own.as_slice() } else { &[] };
            for directive in own.iter().rev().filter(|line| among(line)) {
                match directive.prefix {
                    Prefix::None if !taken_back.contains(&directive.name()) => return Some(directive),
                    Prefix::None => {}
                    Prefix::No | Prefix::Default => taken_back.push(directive.name()),
                }
            }
            level = lines.parent.as_deref();
        }
        None
    }

    /// Whether an option is on.
    pub(super) fn is_on(&self, name: &str) -> bool {
        self.last(name).is_some()
    }

    /// The lines with that keyword, inherited ones first; `no` forgets what stands above it.
    pub(super) fn all(&self, name: &str) -> Vec<&'a Directive> {
        let mut all = self.parent.as_ref().map(|parent| parent.all(name)).unwrap_or_default();
        for directive in self.own(name) {
            match directive.prefix {
                Prefix::None => all.push(directive),
                Prefix::No | Prefix::Default => all.clear(),
            }
        }
        all
    }
}

/// The lines of every proxy, each over its `defaults`.
pub(super) struct Inherited<'a> {
    /// `defaults` sections.
    pub(super) defaults: Vec<Rc<Lines<'a>>>,
    /// `frontend`, `backend` and `listen` sections.
    pub(super) proxies: Vec<Lines<'a>>,
    /// Sections whose `from` names no `defaults` above them.
    pub(super) unknown_from: Vec<&'a Section>,
    /// Sections whose `from` names two `defaults` above them, and the first of these.
    pub(super) ambiguous_from: Vec<(&'a Section, &'a Section)>,
}

/// Finds for each section the `defaults` that it stands under: the one after `from`, else the last one above it.
pub(super) fn inherit(sections: &[Section]) -> Inherited<'_> {
    let mut inherited = Inherited {
        defaults: Vec::new(),
        proxies: Vec::new(),
        unknown_from: Vec::new(),
        ambiguous_from: Vec::new(),
    };
    let mut named: HashMap<&str, Rc<Lines<'_>>> = HashMap::new();
    // The first section of each name that more than one has.
    let mut doubled: HashMap<&str, &Section> = HashMap::new();
    for section in sections {
        let mut parent = None;
        if let Some(from) = &section.from {
            parent = named.get(from.text()).cloned();
            if parent.is_none() {
                inherited.unknown_from.push(section);
            }
            if let Some(first) = doubled.get(from.text()) {
                inherited.ambiguous_from.push((section, first));
            }
        } else if section.kind.is_proxy() {
            parent = inherited.defaults.last().cloned();
        }
        match section.kind {
            SectionKind::Defaults => {
                let lines = Rc::new(Lines::new(section, parent));
                if let Some(name) = &section.name
                    && let Some(first) = named.insert(name.text(), Rc::clone(&lines))
                {
                    doubled.entry(name.text()).or_insert(first.section());
                }
                inherited.defaults.push(lines);
            }
            kind if kind.is_proxy() => inherited.proxies.push(Lines::new(section, parent)),
            _ => {}
        }
    }
    inherited
}
