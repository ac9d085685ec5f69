//! What `global` asks of the program itself, as opposed to what it serves.

use crate::ast::{Directive, File, Prefix, SectionKind};
use crate::console::Console;

/// Wishes to the program. But for the console the drop-in grants them, and nothing else does: whoever runs the standalone
/// program has a supervisor.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Program {
    /// `daemon`: go to the background.
    pub daemon: bool,
    /// `pidfile`: where to write the process's number.
    pub pid_file: Option<String>,
    /// `quiet`: say less at the start.
    pub quiet: bool,
    /// `zero-warning`: a warning is an error.
    pub zero_warning: bool,
    /// `stats socket` and its kin.
    pub console: Console,
}

impl Program {
    /// Reads the `global` sections; the last line counts.
    pub fn of(file: &File) -> Self {
        let lines = || file.of_kind(SectionKind::Global).flat_map(|section| &section.directives);
        let given =
            |name: &str| -> Option<&Directive> { lines().filter(|line| line.keyword.name == name).last() };
        let on = |name: &str| given(name).is_some_and(|line| line.prefix == Prefix::None);
        let pid_file =
            given("pidfile").and_then(|line| line.args().first()).map(|word| word.text().to_owned());
        Self {
            daemon: on("daemon"),
            pid_file,
            quiet: on("quiet"),
            zero_warning: on("zero-warning"),
            console: Console::of(file),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::Environment;
    use crate::source::SourceMap;

    fn program(text: &str) -> Program {
        Program::of(&crate::parse(&SourceMap::of("a.cfg", text), Environment::default()).file)
    }

    #[test]
    fn the_distribution_example() {
        let program = program("global\n    maxconn 4000\n    pidfile /run/haproxy.pid\n    daemon\n");
        assert!(program.daemon);
        assert_eq!(program.pid_file.as_deref(), Some("/run/haproxy.pid"));
    }

    #[test]
    fn other_sections_and_comments_ask_nothing() {
        assert_eq!(program("global\n    # daemon\ndefaults\n    mode http\n"), Program::default());
    }
}
