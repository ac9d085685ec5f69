//! What `global` asks of the program itself, as opposed to what it serves.

use std::num::NonZeroUsize;
use std::time::Duration;

use crate::ast::{Directive, File, Prefix, SectionKind};
use crate::console::Console;
use crate::diagnostic::{Code, Diagnostic};
use crate::lower::value::clamped;
use crate::source::SourceMap;
use crate::word::Word;

/// Wishes of a file to the process that serves it. What is no value of its kind is told by the lowering, and missing here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Program {
    /// `daemon`: go to the background. Granted under the name `haproxy` alone, as all else has a supervisor.
    pub daemon: bool,
    /// `pidfile`: where to write the process's number.
    pub pid_file: Option<String>,
    /// `quiet`: say less at the start.
    pub quiet: bool,
    /// `zero-warning`: a warning is an error.
    pub zero_warning: bool,
    /// `stats socket` and its kin.
    pub console: Console,
    /// `user`, `uid`: whom to run as once everything is bound.
    pub user: Option<Account>,
    /// `group`, `gid`: the same of the group.
    pub group: Option<Account>,
    /// `nbthread`: threads that move traffic.
    pub workers: Option<NonZeroUsize>,
    /// `ulimit-n`: the limit of open files.
    pub files: Option<u64>,
    /// `fd-hard-limit`: the most that the limit of open files is raised to.
    pub most_files: Option<u64>,
    /// `grace`: how long listeners stay after the signal for a soft stop.
    pub grace: Option<Duration>,
    /// `set-dumpable`: the kernel may write a core file although rights were let go of.
    pub dumpable: bool,
    /// `insecure-setuid-wanted`: programs that this one starts may gain rights.
    pub may_gain_rights: bool,
    /// `usesrc`: connections leave from addresses that are not this host's, which takes a right.
    pub foreign_sources: bool,
}

/// A user or group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Which.
    pub id: AccountId,
    /// Where it is said: `file:line`.
    pub place: String,
}

/// How a user or group is said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountId {
    /// `user`, `group`
    Name(String),
    /// `uid`, `gid`
    Number(u32),
}

impl Program {
    /// Reads the `global` sections; the last line counts, but for users and groups, of which the first does.
    pub fn of(file: &File, sources: &SourceMap) -> Self {
        let lines = || file.of_kind(SectionKind::Global).flat_map(|section| &section.directives);
        let given =
            |name: &str| -> Option<&Directive> { lines().filter(|line| line.keyword.name == name).last() };
        let on = |name: &str| given(name).is_some_and(|line| line.prefix == Prefix::None);
        let word = |name: &str| given(name).and_then(|line| line.args().first()).map(Word::text);
        let number =
            |name: &str| word(name).and_then(|word| word.parse::<u64>().ok()).filter(|number| *number > 0);
        let account = |name: &str, id: &str| {
            let line = lines().find(|line| [name, id].contains(&line.keyword.name))?;
            let text = line.args().first()?.text();
            let id = match line.keyword.name == name {
                true => AccountId::Name(text.to_owned()),
                false => AccountId::Number(text.parse().ok()?),
            };
            let place = sources
                .locate(line.span)
                .map_or_else(String::new, |(path, position)| format!("{path}:{}", position.line));
            Some(Account { id, place })
        };
        Self {
            daemon: on("daemon"),
            pid_file: word("pidfile").map(str::to_owned),
            quiet: on("quiet"),
            zero_warning: on("zero-warning"),
            user: account("user", "uid"),
            group: account("group", "gid"),
            workers: number("nbthread").and_then(|number| NonZeroUsize::new(usize::try_from(number).ok()?)),
            files: number("ulimit-n"),
            most_files: number("fd-hard-limit"),
            grace: word("grace").and_then(clamped).map(Duration::from_millis),
            dumpable: on("set-dumpable"),
            may_gain_rights: on("insecure-setuid-wanted"),
            foreign_sources: file
                .sections
                .iter()
                .flat_map(|section| &section.directives)
                .any(|line| line.option("usesrc").is_some()),
            console: Console::of(file, sources),
        }
    }
}

/// What only a program under the name `haproxy` heeds, and how.
const HEEDED: [(&str, &str); 3] = [
    ("daemon", "only the program under the name `haproxy` goes to the background"),
    ("quiet", "only the program under the name `haproxy` says less for it"),
    ("zero-warning", "only the program under the name `haproxy` takes a warning for an error"),
];

/// Notices for the lines that a program under another name does not heed.
pub(crate) fn unheeded(file: &File) -> impl Iterator<Item = Diagnostic> {
    let lines = file.of_kind(SectionKind::Global).flat_map(|section| &section.directives);
    lines.filter_map(|line| {
        let (name, why) = HEEDED.iter().find(|(name, _)| *name == line.name())?;
        let message = format!("`{name}` has no effect: {why}");
        Some(Diagnostic::notice(Code::InertKeyword, line.span, message))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::Environment;

    fn program(text: &str) -> Program {
        let sources = SourceMap::of("a.cfg", text);
        Program::of(&crate::parse(&sources, Environment::default()).file, &sources)
    }

    #[test]
    fn the_distribution_example() {
        let program = program("global\n    maxconn 4000\n    pidfile /run/haproxy.pid\n    daemon\n");
        assert!(program.daemon);
        assert_eq!(program.pid_file.as_deref(), Some("/run/haproxy.pid"));
    }

    #[test]
    fn what_only_the_drop_in_heeds_is_told_of_others() {
        let text = "global\n    daemon\n    quiet\n    zero-warning\n    maxconn 5\n";
        let input = [crate::Input { path: "a.cfg", text: text.as_bytes() }];
        let told = |drop_in| {
            let reading = crate::Reading { drop_in, ..crate::Reading::default() };
            let outcome = crate::load_as(&input, Environment::default(), &crate::expr::NoFiles, reading);
            outcome.diagnostics.iter().map(|found| found.message.clone()).collect::<Vec<_>>()
        };
        assert_eq!(told(true), [""; 0]);
        assert!(
            told(false).len() == 3 && told(false)[0].starts_with("`daemon` has no effect"),
            "{:?}",
            told(false)
        );
    }

    #[test]
    fn other_sections_and_comments_ask_nothing() {
        assert_eq!(program("global\n    # daemon\ndefaults\n    mode http\n"), Program::default());
    }

    #[test]
    fn the_first_user_counts_and_the_last_of_all_else() {
        let program = program(
            "global\n    user a\n    uid 3\n    gid 4\n    nbthread 2\n    nbthread 3\n    grace 5s\n",
        );
        assert_eq!(program.user, Some(Account { id: AccountId::Name("a".into()), place: "a.cfg:2".into() }));
        assert_eq!(program.group, Some(Account { id: AccountId::Number(4), place: "a.cfg:4".into() }));
        assert_eq!(program.workers, NonZeroUsize::new(3));
        assert_eq!(program.grace, Some(Duration::from_secs(5)));
    }
}
