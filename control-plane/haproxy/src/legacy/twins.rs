//! Names that two things have: one of them is printed with another, as newer versions of HAProxy want it.
//!
//! A second server or `listen` of a name gets the name that it is served by. Of a frontend and a backend of one name it is
//! the frontend: what refers to the name means the backend almost everywhere, also in maps and in what is put together at
//! run time.

use std::collections::{BTreeMap, HashSet};

use crate::ast::{File, SectionKind};
use crate::diagnostic::Diagnostics;
use crate::lower::{ServerNames, tell_apart};
use crate::source::Span;
use crate::word::Word;

/// Words that are printed as others.
#[derive(Debug, Default)]
pub(super) struct Renames(BTreeMap<Span, (String, String)>);

impl Renames {
    /// Those of a file, whose sections have their names afterwards.
    pub(super) fn of(file: &mut File) -> Self {
        let mut renames = Self::default();
        let before: Vec<Option<Word>> = file.sections.iter().map(|section| section.name.clone()).collect();
        tell_apart(file, &mut Diagnostics::default());
        for (before, section) in before.iter().zip(&file.sections) {
            if let (Some(before), Some(after)) = (before, &section.name)
                && before.text() != after.text()
            {
                renames.add(before, after.text().to_owned());
            }
        }
        for section in file.sections.iter().filter(|section| section.kind.is_proxy()) {
            let lines = section.directives.iter().filter(|line| line.name() == "server");
            let names: Vec<&Word> = lines.filter_map(|line| line.args().first()).collect();
            let mut known = ServerNames::of(names.iter().map(|name| name.text()));
            for name in names {
                if let Some((own, _)) = known.next(name.text(), name.span()) {
                    renames.add(name, own);
                }
            }
        }
        renames.frontends(file);
        renames
    }

    /// Frontends whose name is that of a backend, and the expressions that ask for them.
    fn frontends(&mut self, file: &File) {
        let name = |kind| file.of_kind(kind).filter_map(|section| section.name.as_ref());
        let backends: HashSet<&str> = name(SectionKind::Backend).map(Word::text).collect();
        let mut taken: HashSet<String> = file
            .sections
            .iter()
            .filter_map(|section| Some(section.name.as_ref()?.text().to_owned()))
            .collect();
        for word in name(SectionKind::Frontend).filter(|word| backends.contains(word.text())) {
            let old = word.text();
            let first = format!("{old}-frontend");
            let mut names =
                std::iter::once(first).chain((2..).map(|number| format!("{old}-frontend-{number}")));
            let Some(new) = names.find(|name| taken.insert(name.clone())) else { continue };
            self.asked(file, old, &new);
            self.add(word, new);
        }
    }

    fn asked(&mut self, file: &File, old: &str, new: &str) {
        let lines = file.sections.iter().flat_map(|section| &section.directives);
        for word in lines.flat_map(|line| &line.words).filter(|word| word.text().contains("fe_")) {
            let mut text = word.text().to_owned();
            for fetch in ["fe_conn", "fe_id", "fe_name", "fe_req_rate", "fe_sess_rate"] {
                text = text.replace(&format!("{fetch}({old})"), &format!("{fetch}({new})"));
            }
            if text != word.text() {
                self.add(word, text);
            }
        }
    }

    fn add(&mut self, word: &Word, new: String) {
        self.0.insert(word.span(), (word.text().to_owned(), new));
    }

    /// What a word is printed as, if it is another.
    pub(super) fn word(&self, word: &Word) -> Option<&str> {
        self.0.get(&word.span()).filter(|(old, _)| old == word.text()).map(|(_, new)| new.as_str())
    }

    /// Those within a part of the file that `place` spans, in their order.
    pub(super) fn within(&self, place: Span) -> impl Iterator<Item = (Span, &str)> {
        let from = Span { end: place.start, ..place };
        let inside = self
            .0
            .range(from..)
            .take_while(move |(span, _)| span.source == place.source && span.start < place.end);
        inside.map(|(span, (_, new))| (*span, new.as_str()))
    }
}
