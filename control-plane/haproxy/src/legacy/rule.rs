//! What a rule is, and what it gives.

use super::condition::Alternatives;
use crate::keywords::Place;
use crate::source::Span;
use crate::word::Word;

/// One old form.
pub(super) struct Rule {
    /// The keywords that begin it, of one or two words each.
    pub(super) names: &'static [&'static str],
    /// The form, as the documentation shows it.
    pub(super) form: &'static str,
    /// What it becomes, as the documentation shows it; empty where the line goes.
    pub(super) becomes: &'static str,
    /// What is different afterwards; empty where nothing is.
    pub(super) differs: &'static str,
    /// Rewrites a line that begins so; `None` where it is not of this form, which leaves it to the keyword table.
    pub(super) rewrite: fn(&Old<'_>) -> Option<Modern>,
}

/// A line that begins with a name of a rule.
pub(super) struct Old<'l> {
    /// All its words.
    pub(super) words: &'l [Word],
    /// What is known of the section that it stands in.
    pub(super) facts: &'l Facts,
    /// What the `reqallow` lines above it let in.
    pub(super) allowed: &'l [Alternatives],
}

/// What rules ask about the section of a line.
#[derive(Clone, Debug)]
pub(super) struct Facts {
    /// Where the line stands.
    pub(super) place: Place,
    /// The proxy speaks HTTP.
    pub(super) http: bool,
    /// It has a `dispatch` line.
    pub(super) dispatch: bool,
    /// It has lines that the verdict of a `reqallow` is for.
    pub(super) denies: bool,
    /// It has `option http_proxy`, so that no server of its own is asked.
    pub(super) proxies: bool,
    /// It has `option lb-agent-chk`.
    pub(super) agent: bool,
    /// What `timeout appsession` says.
    pub(super) session_timeout: Option<Word>,
}

/// What a line becomes.
pub(super) struct Modern {
    pub(super) lines: Vec<Vec<Word>>,
    /// Lines that `global` gets in its place.
    pub(super) global: Vec<Vec<Word>>,
    pub(super) rank: Option<Rank>,
    pub(super) verdict: Verdict,
    /// Where the form stands in the old text.
    pub(super) span: Span,
}

/// How far the modern lines do what the old one did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// All of it.
    Exact,
    /// All that matters in most files; this is different.
    Approximate(String),
    /// Other lines say it now, and where they are.
    Moved(&'static str),
    /// Nothing does it, and nothing has to.
    Needless(&'static str),
    /// Nothing does it yet; the line is left out.
    LeftOut(String),
    /// Without it something would pass, or go elsewhere: the file is refused.
    Refused(String),
}

/// When the rules of lines run, where the order of lines is not that of the old ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank {
    pub(super) list: List,
    pub(super) step: Step,
}

/// Lists of rules that are apart from each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum List {
    Request,
    Response,
    Switch,
}

/// The order in which HAProxy up to 2.0 took the rules of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    /// `block`, `monitor-net`, `reqsetbe`: before all others.
    First,
    /// Those that are rules today.
    Rules,
    /// `reqrep` and its like.
    Lines,
    /// `reqadd` and `rspadd`.
    Added,
}

impl Rank {
    pub(super) const FIRST: Self = Self { list: List::Request, step: Step::First };
    pub(super) const SWITCH_FIRST: Self = Self { list: List::Switch, step: Step::First };

    /// Of the rules that rewrite lines.
    pub(super) fn lines(response: bool) -> Self {
        Self { list: List::of(response), step: Step::Lines }
    }

    /// Of the lines that are added.
    pub(super) fn added(response: bool) -> Self {
        Self { list: List::of(response), step: Step::Added }
    }

    /// Of a line of today.
    pub(super) fn of(words: &[Word]) -> Option<Self> {
        let list = match words.first()?.text() {
            "http-request" => List::Request,
            "http-response" => List::Response,
            "use_backend" => List::Switch,
            _ => return None,
        };
        Some(Self { list, step: Step::Rules })
    }
}

impl List {
    fn of(response: bool) -> Self {
        if response { Self::Response } else { Self::Request }
    }
}

impl<'l> Old<'l> {
    /// The words after the first `skip`.
    pub(super) fn args(&self, skip: usize) -> &'l [Word] {
        self.words.get(skip..).unwrap_or_default()
    }

    /// From the first word to the last of the first `count`.
    pub(super) fn span(&self, count: usize) -> Span {
        let first = self.words[0].span();
        self.words.get(..count).and_then(<[Word]>::last).map_or(first, |last| first.to(last.span()))
    }

    /// Words that stand where the keyword of the line stood.
    pub(super) fn new_words(&self, texts: &[&str]) -> Vec<Word> {
        let span = self.words[0].span();
        texts.iter().map(|text| Word::made(text, span)).collect()
    }

    /// A modern form that does all that the old one did.
    pub(super) fn exact(&self, lines: Vec<Vec<Word>>) -> Modern {
        self.modern(lines, Verdict::Exact)
    }

    /// A modern form that differs.
    pub(super) fn approximate(&self, lines: Vec<Vec<Word>>, why: impl Into<String>) -> Modern {
        self.modern(lines, Verdict::Approximate(why.into()))
    }

    /// A line that nothing is done for.
    pub(super) fn without(&self, verdict: Verdict) -> Modern {
        self.modern(Vec::new(), verdict)
    }

    fn modern(&self, lines: Vec<Vec<Word>>, verdict: Verdict) -> Modern {
        Modern { lines, global: Vec::new(), rank: None, verdict, span: self.span(1) }
    }

    /// The condition that stands after `skip` words, if there is one; what does not begin with `if` or `unless` was
    /// never looked at.
    pub(super) fn condition(&self, skip: usize) -> &'l [Word] {
        match self.args(skip) {
            rest @ [first, ..] if matches!(first.text(), "if" | "unless") => rest,
            _ => &[],
        }
    }
}

impl Modern {
    pub(super) fn ranked(mut self, rank: Rank) -> Self {
        self.rank = Some(rank);
        self
    }

    /// Points at the first `count` words of the line.
    pub(super) fn of_words(mut self, old: &Old<'_>, count: usize) -> Self {
        self.span = old.span(count);
        self
    }
}

/// The new words, then those of the old line.
pub(super) fn join(mut new: Vec<Word>, old: &[Word]) -> Vec<Word> {
    new.extend(old.iter().cloned());
    new
}
