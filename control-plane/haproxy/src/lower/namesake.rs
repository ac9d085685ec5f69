//! `listen` sections of one name: HAProxy took them before 1.6, so old files have them.

use std::collections::HashMap;

use crate::ast::{File, SectionKind};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::source::Span;
use crate::word::Word;

/// Gives every `listen` whose name is taken by a `listen` above it a suffix. They answer for themselves: what refers to
/// the name means the first one.
pub(crate) fn tell_apart(file: &mut File, diagnostics: &mut Diagnostics) {
    let mut taken: HashMap<String, Option<Span>> = HashMap::new();
    for section in file.sections.iter().filter(|section| section.kind.is_proxy()) {
        let Some(name) = &section.name else { continue };
        let listen = (section.kind == SectionKind::Listen).then(|| name.span());
        let entry = taken.entry(name.text().to_owned()).or_insert(listen);
        *entry = (*entry).filter(|_| listen.is_some());
    }
    let mut seen: HashMap<String, u32> = HashMap::new();
    for section in file.sections.iter_mut().filter(|section| section.kind == SectionKind::Listen) {
        let Some(name) = section.name.as_ref().map(Word::text).map(str::to_owned) else { continue };
        let Some(Some(first)) = taken.get(&name).copied() else { continue };
        let count = seen.entry(name.clone()).or_default();
        *count += 1;
        if *count == 1 {
            continue;
        }
        let free = (*count..).map(|number| format!("{name}-{number}")).find(|new| !taken.contains_key(new));
        let (Some(new), Some(word)) = (free, &section.name) else { continue };
        let message = format!("the name `{name}` is taken; this one is `{new}`");
        let finding = Diagnostic::warning(Code::DuplicateName, word.span(), message);
        diagnostics.push(finding.label("again").related(first, "first here"));
        taken.insert(new.clone(), None);
        section.name = Some(word.renamed(new));
    }
}
