//! Tests: an expression, flags, and the patterns that its value is compared with (`path -i -m beg /a /b`).

use bytes::Bytes;
use sluicegate_proto::catalog::ValueType;
use sluicegate_proto::limits::MAX_REGEXES;
use sluicegate_proto::v1::{self, Match};

use super::bounds::unknown;
use super::check::{castable, type_words};
use super::list::{Compared, Use};
use super::patterns::{
    METHODS, compared, is_integer, is_operator, method_name, normalized, takes_none, version_range,
};
use super::sample::{Expression, Lack, constant};
use super::{Place, Problem, Reader, Text, nearest, nth};
use crate::inet;
use crate::raw;

/// What the flags say.
struct Flags {
    method: Match,
    /// Each `-i` after a file starts a new one: it counts for what follows it.
    groups: Vec<Group>,
    /// `-M`: files are maps, whose first column holds the patterns.
    map: bool,
    /// Patterns are versions with a dot.
    dotted: bool,
    /// The method in the fetch's name, until `-m`.
    named: Option<Match>,
    /// The fetch as written.
    name: String,
    patterns: usize,
}

/// Patterns that are compared alike.
#[derive(Default)]
struct Group {
    ignore_case: bool,
    patterns: Vec<Bytes>,
    lists: Vec<v1::ObjectId>,
}

impl Reader<'_> {
    /// The test in `words[from..to]`. It is one message unless `-i` comes between files: then either may match.
    pub(super) fn tests(
        &mut self,
        words: &[&str],
        from: usize,
        to: usize,
        name: &str,
    ) -> Option<Vec<v1::Test>> {
        let words = words.get(..to).unwrap_or(words);
        let text = nth(words, from);
        let mut expression = self.expression(text, 0, true)?;
        if expression.end < text.text.len() {
            self.trailing(text, expression.end);
            return None;
        }
        match expression.lacks {
            None => {}
            Some(Lack::Nothing) => return Some(vec![constant(false, name)]),
            Some(Lack::Unknown) => return Some(vec![unknown(name)]),
            Some(Lack::Zero) => expression.count_nothing(),
        }
        let usual = if expression.binary { Match::Unspecified } else { expression.yields.default_match() };
        let mut flags = Flags {
            method: expression.method.unwrap_or(usual),
            groups: vec![Group::default()],
            map: false,
            dotted: expression.dotted,
            named: expression.method,
            name: text.text.to_owned(),
            patterns: 0,
        };
        let (next, closed) = self.flags(words, from + 1, &mut flags)?;
        self.compares(&flags, text)?;
        self.fits(&expression, flags.method, text)?;
        self.inline_patterns(words, next, &mut flags)?;
        if flags.patterns == 0 && !takes_none(flags.method) {
            let from_files = flags.groups.iter().any(|group| !group.lists.is_empty());
            // What is not counted is 0, which no pattern is asked about.
            if !closed && !from_files && expression.lacks.is_none() {
                self.report(text.whole(), Problem::NoPattern);
            }
            return Some(vec![constant(false, name)]);
        }
        if expression.lacks.is_some()
            && let Some(truth) = flags.holds_for_zero()
        {
            return Some(vec![constant(truth, name)]);
        }
        let sample = expression.sample;
        let used = flags.groups.len();
        if flags.method == Match::Reg && flags.patterns > MAX_REGEXES {
            let problem = Problem::TooMany { what: "regular expressions", limit: MAX_REGEXES };
            self.report(text.whole(), problem);
            return None;
        }
        let groups = flags.groups.into_iter().filter(|group| used == 1 || !group.is_empty());
        Some(
            groups
                .map(|group| v1::Test {
                    sample: Some(sample.clone()),
                    r#match: flags.method.into(),
                    patterns: group.patterns,
                    pattern_lists: group.lists,
                    ignore_case: group.ignore_case,
                    name: name.to_owned(),
                })
                .collect(),
        )
    }

    /// Reads flags from `words[at]` on; gives the index of the first pattern, and whether `--` was there.
    fn flags(&mut self, words: &[&str], mut at: usize, flags: &mut Flags) -> Option<(usize, bool)> {
        while let Some(word) = words.get(at).filter(|word| word.starts_with('-')) {
            match *word {
                "--" => return Some((at + 1, true)),
                "-i" => flags.ignore_case(),
                "-n" => {}
                "-M" => flags.map = true,
                "-m" => {
                    at += 1;
                    self.method_flag(words, at, flags)?;
                }
                "-u" => {
                    let flag = "-u";
                    self.flag_value(words, at + 1, flag, "a number")?;
                    let why = "the runtime API names lists by their file, and numbers them itself";
                    self.report(Place::word(at, word), Problem::FlagInert { flag, why });
                    at += 1;
                }
                "-f" => {
                    self.compares(flags, nth(words, at))?;
                    at += 1;
                    self.pattern_file(words, at, flags)?;
                }
                // A negative number is a pattern, where numbers are compared.
                number
                    if is_integer(flags.method)
                        && number.as_bytes().get(1).is_some_and(u8::is_ascii_digit) =>
                {
                    break;
                }
                flag => {
                    self.report(Place::word(at, flag), Problem::UnknownFlag { flag: flag.to_owned() });
                    return None;
                }
            }
            at += 1;
        }
        Some((at, false))
    }

    /// Bytes that are no text are compared in no way of their own.
    fn compares(&mut self, flags: &Flags, text: Text<'_>) -> Option<()> {
        if flags.method == Match::Unspecified {
            self.report(text.whole(), Problem::MatchMissing { name: text.text.to_owned() });
            return None;
        }
        Some(())
    }

    fn flag_value<'a>(
        &mut self,
        words: &[&'a str],
        at: usize,
        flag: &'static str,
        expected: &'static str,
    ) -> Option<Text<'a>> {
        if at < words.len() {
            return Some(nth(words, at));
        }
        let text = nth(words, at.saturating_sub(1));
        self.report(text.whole(), Problem::FlagValueMissing { flag, expected });
        None
    }

    fn method_flag(&mut self, words: &[&str], at: usize, flags: &mut Flags) -> Option<()> {
        let text = self.flag_value(words, at, "-m", "a matching method")?;
        if flags.groups.iter().any(|group| !group.lists.is_empty()) {
            self.report(nth(words, at - 1).whole(), Problem::MatchAfterFile);
            return None;
        }
        let Some(method) = METHODS.into_iter().find(|method| method_name(*method) == text.text) else {
            let name = text.text.to_owned();
            let near = nearest(&name, METHODS.map(method_name));
            self.report(text.whole(), Problem::UnknownMatch { name, near });
            return None;
        };
        if flags.named.take().is_some_and(|named| named != method) {
            let (name, given) = (flags.name.clone(), method_name(method));
            self.report(text.whole(), Problem::MatchOverridden { name, given });
        }
        flags.method = method;
        Some(())
    }

    /// Refuses a method that cannot look at what the expression gives.
    fn fits(&mut self, expression: &Expression, method: Match, text: Text<'_>) -> Option<()> {
        let yields = expression.yields;
        let takes = match method {
            Match::Found => return Some(()),
            Match::Bool => ValueType::Bool,
            Match::Int => ValueType::Int,
            Match::Ip => ValueType::Ip,
            _ => ValueType::Str,
        };
        if castable(yields, takes) {
            return Some(());
        }
        let output = type_words(yields);
        self.report(text.whole(), Problem::MatchUnfit { method: method_name(method), output });
        None
    }

    /// The patterns from `words[at]` to the end.
    fn inline_patterns(&mut self, words: &[&str], mut at: usize, flags: &mut Flags) -> Option<()> {
        let method = flags.method;
        if takes_none(method) && at < words.len() {
            let (method, text) = (method_name(method), words[at].to_owned());
            self.report(nth(words, at).whole(), Problem::PatternIgnored { method, text });
            return Some(());
        }
        let ignore_case = flags.current().ignore_case;
        let mut failed = false;
        // An operator counts for all numbers after it (HAProxy manual 7.1.2).
        let mut operator = None;
        while let Some(word) = words.get(at) {
            let place = Place::word(at, word);
            at += 1;
            if is_integer(method) && is_operator(word) {
                operator = Some(*word);
                if at == words.len() {
                    self.report(place, Problem::OperandMissing { operator: (*word).to_owned() });
                    return None;
                }
                continue;
            }
            let version = (flags.dotted && method == Match::Int).then(|| version_range(word)).flatten();
            let word = version.as_deref().unwrap_or(word);
            let pattern = operator
                .and_then(|operator| compared(operator, word))
                .unwrap_or_else(|| normalized(method, word, ignore_case));
            let pattern = match pattern {
                Err(Problem::NotAnAddress { .. }) => self.address_of(word, pattern),
                pattern => pattern,
            };
            match pattern {
                Ok(pattern) => flags.current().patterns.push(raw::bytes(&pattern).into_owned().into()),
                Err(problem) => {
                    self.report(place, problem);
                    failed = true;
                }
            }
            flags.patterns += 1;
        }
        (!failed).then_some(())
    }

    /// The address of a name that stands in the place of one, as this host's file of names has it.
    fn address_of(&self, word: &str, unread: Result<String, Problem>) -> Result<String, Problem> {
        let (name, mask) = word.split_once('/').map_or((word, None), |(name, mask)| (name, Some(mask)));
        let found =
            [true, false].into_iter().find_map(|v4| inet::host(self.loader, name, |ip| ip.is_ipv4() == v4));
        let Some(address) = found else { return unread };
        match mask {
            None => Ok(address.to_string()),
            Some(mask) => normalized(Match::Ip, &format!("{address}/{mask}"), false),
        }
    }

    /// `-f`: the patterns of a file.
    fn pattern_file(&mut self, words: &[&str], at: usize, flags: &mut Flags) -> Option<()> {
        let text = self.flag_value(words, at, "-f", "a file")?;
        let used = if flags.map { Use::Map } else { Use::Patterns };
        let compared = Compared { method: flags.method, ignore_case: flags.current().ignore_case };
        let found = self.list(text.text, used, compared);
        let (list, count) = self.report_list(text, found)?;
        flags.patterns += count;
        flags.current().lists.push(list);
        Some(())
    }
}

impl Flags {
    /// The group that what follows belongs to.
    fn current(&mut self) -> &mut Group {
        if self.groups.is_empty() {
            self.groups.push(Group::default());
        }
        let last = self.groups.len() - 1;
        &mut self.groups[last]
    }

    /// Whether they hold for the number 0; `None` where its text is compared, or a file.
    fn holds_for_zero(&self) -> Option<bool> {
        let mut groups = self.groups.iter();
        match self.method {
            Match::Found => Some(true),
            Match::Bool => Some(false),
            Match::Int if groups.all(|group| group.lists.is_empty()) => {
                let patterns = self.groups.iter().flat_map(|group| &group.patterns);
                Some(patterns.into_iter().any(|pattern| includes_zero(pattern)))
            }
            _ => None,
        }
    }

    fn ignore_case(&mut self) {
        let current = self.current();
        if !current.ignore_case && !current.lists.is_empty() {
            self.groups.push(Group::default());
        }
        self.current().ignore_case = true;
    }
}

/// Whether 0 is the number, or in the range, of a pattern as it travels: `7`, `1:5`, `3:`, `:9`.
fn includes_zero(pattern: &[u8]) -> bool {
    let number = |text: &str, open: i64| if text.is_empty() { open } else { text.parse().unwrap_or(open) };
    let pattern = String::from_utf8_lossy(pattern);
    match pattern.split_once(':') {
        Some((low, high)) => number(low, i64::MIN) <= 0 && number(high, i64::MAX) >= 0,
        None => number(&pattern, 1) == 0,
    }
}

impl Group {
    fn is_empty(&self) -> bool {
        self.patterns.is_empty() && self.lists.is_empty()
    }
}
