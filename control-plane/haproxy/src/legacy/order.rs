//! Where the lines that rules made stand: rules run in the order of today's lines, and old ones ran in another.

use std::collections::{BTreeMap, BTreeSet};

use super::rule::{Rank, Step};
use super::section::{Edit, How, Note, Rewritten, Slot};
use crate::source::Span;
use crate::word::Word;

/// Where a slot goes: in front of another one or behind it.
type Moves = BTreeMap<usize, (Vec<usize>, Vec<usize>)>;

/// Puts slots in their order, and says what that and the rules changed.
pub(super) fn place(slots: Vec<Slot>, spans: &[Span], notes: &BTreeMap<usize, Note>, out: &mut Rewritten) {
    let (moves, moved) = moves(&slots);
    let mut words: Vec<_> = slots.iter().map(|slot| Some(slot.words.clone())).collect();
    let mut take = |at: &usize| words.get_mut(*at).and_then(Option::take).unwrap_or_default();
    let mut told = BTreeSet::new();
    let mut stay: BTreeMap<usize, Vec<Vec<Word>>> = BTreeMap::new();
    for at in 0..slots.len() {
        let from = slots[at].from;
        let (before, after) = moves.get(&at).cloned().unwrap_or_default();
        for (others, how) in [(before, How::Before), (after, How::After)] {
            if how == How::After && !moved[at] {
                let line = take(&at);
                out.lines.push(line.clone());
                stay.entry(from).or_default().push(line);
            }
            for other in &others {
                let line = take(other);
                out.lines.push(line.clone());
                let comment = match notes.get(&slots[*other].from) {
                    Some(Note::Changed(why)) if told.insert(slots[*other].from) => why.clone(),
                    _ => None,
                };
                out.edits.push(Edit { at: spans[from], how, lines: vec![line], comment });
            }
        }
    }
    for (at, slot) in slots.iter().enumerate() {
        if moved[at] && !notes.contains_key(&slot.from) {
            out.edits.push(Edit {
                at: spans[slot.from],
                how: How::Replace,
                lines: Vec::new(),
                comment: None,
            });
        }
    }
    for (from, note) in notes {
        let lines = stay.remove(from).unwrap_or_default();
        let (how, comment) = match note {
            Note::Changed(why) => (How::Replace, why.clone().filter(|_| !lines.is_empty())),
            Note::Gone => (How::Replace, None),
            Note::Silenced(why) => (How::Silence, Some(why.clone())),
            Note::Refused => continue,
        };
        out.edits.push(Edit { at: spans[*from], how, lines, comment });
    }
}

/// The moves by the slot that they go to, and which slots move.
fn moves(slots: &[Slot]) -> (Moves, Vec<bool>) {
    let mut moves = Moves::new();
    let mut moved = vec![false; slots.len()];
    let mut late: Vec<(usize, Rank)> = Vec::new();
    let mut firsts: BTreeMap<super::rule::List, usize> = BTreeMap::new();
    for (at, slot) in slots.iter().enumerate() {
        let Some(rank) = slot.rank else { continue };
        if rank.step != Step::First {
            firsts.entry(rank.list).or_insert(at);
        } else if let Some(first) = firsts.get(&rank.list).copied() {
            for acl in acls(slots, slot, first, at) {
                if !std::mem::replace(&mut moved[acl], true) {
                    moves.entry(first).or_default().0.push(acl);
                }
            }
            moves.entry(first).or_default().0.push(at);
            moved[at] = true;
        }
        if slot.made && rank.step > Step::Rules {
            late.push((at, rank));
        }
    }
    late.sort_by_key(|(at, rank)| (rank.step, *at));
    for (at, rank) in late {
        let earlier = |(other, slot): (usize, &Slot)| {
            let lower = slot.rank.is_some_and(|other| other.list == rank.list && other.step < rank.step);
            (lower && !moved[other] && other > at).then_some(other)
        };
        if let Some(last) = slots.iter().enumerate().filter_map(earlier).next_back() {
            moves.entry(last).or_default().1.push(at);
            moved[at] = true;
        }
    }
    (moves, moved)
}

/// The ACLs between `first` and `at` that the line at `at` names: an ACL stands above what uses it.
fn acls(slots: &[Slot], slot: &Slot, first: usize, at: usize) -> Vec<usize> {
    let names: Vec<_> = slot.words.iter().map(|word| word.text().trim_start_matches('!')).collect();
    let is_named = |other: &usize| match slots[*other].words.as_slice() {
        [acl, name, ..] => acl.text() == "acl" && names.contains(&name.text()),
        _ => false,
    };
    (first..at).filter(is_named).collect()
}
