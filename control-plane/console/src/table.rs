//! The commands: one table yields what is understood, who may give it, `help` and docs/runtime.md.

mod change;
mod missing;
mod session;
mod show;

use crate::answer::Answer;
use crate::command::Verb;
use crate::level::Level;
use crate::words::Words;

/// A command.
pub(crate) struct Spec {
    /// `show servers state`
    pub(crate) name: &'static str,
    /// What follows, for `help`.
    pub(crate) arguments: &'static str,
    pub(crate) level: Level,
    /// For `help`.
    pub(crate) about: &'static str,
    pub(crate) act: Act,
}

/// What is done with the words of a command.
pub(crate) enum Act {
    /// They are read; whatever is wrong with their number is said here.
    Read(fn(&Words) -> Result<Verb, Answer>),
    /// They are about the connection itself.
    Session(SessionVerb),
    /// HAProxy has it, and this program does not: why.
    Missing(&'static str),
}

/// What a connection does to itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SessionVerb {
    Help,
    Prompt,
    Quit,
    Lower(Level),
    ShowLevel,
    Timeout,
    Severity,
    Expert,
    Experimental,
}

const fn read(
    name: &'static str,
    arguments: &'static str,
    level: Level,
    about: &'static str,
    read: fn(&Words) -> Result<Verb, Answer>,
) -> Spec {
    Spec { name, arguments, level, about, act: Act::Read(read) }
}

/// All commands, in the order of `help`.
pub(crate) fn all() -> impl Iterator<Item = &'static Spec> {
    [show::SPECS, change::SPECS, missing::SPECS, session::SPECS].into_iter().flatten()
}

/// The command that the first words name: the one with the most words where several do.
pub(crate) fn find(words: &[String]) -> Option<&'static Spec> {
    let named = |spec: &&Spec| {
        let name = spec.name.split(' ');
        name.clone().count() <= words.len() && name.zip(words).all(|(name, word)| name == word)
    };
    all().filter(named).max_by_key(|spec| spec.name.split(' ').count())
}

/// What `help` says of the commands that a connection of this level may give and whose names begin with these words; of
/// all where there is none.
pub(crate) fn help(words: &[String], level: Level, unknown: bool) -> String {
    let allowed = || all().filter(move |spec| spec.level <= level);
    let shared =
        |spec: &Spec| spec.name.split(' ').zip(words).take_while(|(name, word)| name == word).count();
    let closest = allowed().map(shared).max().unwrap_or(0);
    let narrowed = closest > 0 && (unknown || closest == words.len());
    let mut out = match (unknown, narrowed) {
        (true, true) => "Unknown command, but maybe one of the following ones is a better match:\n",
        (true, false) => "Unknown command. Please enter one of the following commands only:\n",
        (false, _) => "The following commands are valid at this level:\n",
    }
    .to_owned();
    for spec in allowed() {
        let always =
            matches!(spec.act, Act::Session(SessionVerb::Help | SessionVerb::Prompt | SessionVerb::Quit));
        if always || !narrowed || shared(spec) == closest {
            out.push_str(&spec.line());
        }
    }
    out
}

impl Spec {
    /// Name and arguments.
    pub(crate) fn usage(&self) -> String {
        format!("{} {}", self.name, self.arguments).trim_end().to_owned()
    }

    fn line(&self) -> String {
        let about = match self.act {
            Act::Missing(why) => format!("{} (not here: {why})", self.about),
            Act::Read(_) | Act::Session(_) => self.about.to_owned(),
        };
        format!("  {:<40}: {about}\n", self.usage())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(line: &str) -> Option<&'static str> {
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        super::find(&words).map(|spec| spec.name)
    }

    #[test]
    fn names_are_taken_whole_and_the_longest_wins() {
        assert_eq!(find("show servers state app"), Some("show servers state"));
        assert_eq!(find("shutdown sessions server a/b"), Some("shutdown sessions server"));
        assert_eq!(find("show servers"), None);
        assert_eq!(find("sh info"), None);
    }

    #[test]
    fn each_command_stands_once() {
        let mut names: Vec<_> = all().map(|spec| spec.name).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }

    #[test]
    fn help_narrows_to_what_was_begun() {
        let words = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let set = help(&words("set server"), Level::Admin, false);
        assert!(set.contains("  set server <bk>/<srv> [opts]            : "), "{set}");
        assert!(!set.contains("show info") && set.contains("  quit  "), "{set}");
        let unknown = help(&words("show foo"), Level::User, true);
        assert!(unknown.starts_with("Unknown command, but maybe"), "{unknown}");
        assert!(unknown.contains("show info") && !unknown.contains("show env"), "{unknown}");
        assert!(help(&[], Level::Admin, true).starts_with("Unknown command. Please enter"));
    }
}
