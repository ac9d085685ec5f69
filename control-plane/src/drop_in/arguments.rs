//! HAProxy's command line (management guide, chapter 3).

use std::path::PathBuf;

/// What a command line under the name `haproxy` asks for.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Arguments {
    /// `-f`, and what follows `--`: files and folders in the order given.
    pub(crate) files: Vec<PathBuf>,
    /// What to do instead of serving.
    pub(crate) action: Action,
    /// `-V`, or `-q` for less.
    pub(crate) volume: Volume,
    /// `-D`, unless `-d` or `-db` came too.
    pub(crate) daemon: bool,
    /// `-d` or `-db`: stay in the foreground whatever the file says.
    pub(crate) foreground: bool,
    /// `-W` or `-Ws`: accepted; reloads need no second process here.
    pub(crate) master_worker: bool,
    /// `-Ws`: tell systemd when ready.
    pub(crate) notify: bool,
    /// `-p`.
    pub(crate) pid_file: Option<PathBuf>,
    /// `-C`: where to stand before anything is read.
    pub(crate) directory: Option<PathBuf>,
    /// `-n`: overrides the global `maxconn`.
    pub(crate) max_connections: Option<u32>,
    /// `-N`: default `maxconn` of a frontend.
    pub(crate) frontend_max_connections: Option<u32>,
    /// `-L`: local peer name.
    pub(crate) peer_name: Option<String>,
    /// `-dW`: warnings are errors.
    pub(crate) zero_warning: bool,
    /// `-dD`: say more about suspicious statements.
    pub(crate) diagnose: bool,
    /// `-dr`: accepted; a name that does not resolve never stops a start here.
    pub(crate) ignore_resolution: bool,
    /// `-sf` and `-st`: processes to relieve, once ready.
    pub(crate) relieve: Option<Relieve>,
    /// Options that are accepted and have no meaning here, each with its reason.
    pub(crate) inert: Vec<(String, &'static str)>,
}

/// What to do instead of serving.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) enum Action {
    /// Nothing: serve.
    #[default]
    Serve,
    /// `-c`.
    Check,
    /// `-cc CONDITION`.
    Evaluate(String),
    /// `-v`.
    Version,
    /// `-vv`.
    BuildInfo,
    /// No argument, or `-h`.
    Usage,
}

/// How much to say.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Volume {
    /// `-q`.
    Quiet,
    /// Neither.
    #[default]
    Normal,
    /// `-V`.
    Verbose,
}

/// The processes that this one takes over from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Relieve {
    /// Process ids, in the order given; may be empty.
    pub(crate) pids: Vec<i32>,
    /// `-st`: end at once; else finish what runs (`-sf`).
    pub(crate) at_once: bool,
}

/// A command line that HAProxy would refuse too.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(crate) enum InvalidArguments {
    /// An option without its value.
    #[error("option '{option}' needs {what}")]
    Missing {
        /// The option.
        option: String,
        /// What should follow it.
        what: &'static str,
    },
    /// A value of the wrong form.
    #[error("option '{option}': '{value}' is not {what}")]
    Malformed {
        /// The option.
        option: String,
        /// What followed it.
        value: String,
        /// What should have.
        what: &'static str,
    },
    /// An option that HAProxy does not have.
    #[error("unknown option '{0}'; run with -h for the list")]
    Unknown(String),
}

/// Debug switches (`-d?`) that set up parts that only HAProxy has, with the reason why they do nothing here.
const INERT_SWITCHES: &[(&str, &str)] = &[
    ("-de", "epoll is the one poller here"),
    ("-dp", "poll(2) is not used here"),
    ("-dk", "kqueue is not used here"),
    ("-dv", "event ports are not used here"),
    ("-dV", "no server is reached by TLS yet"),
    ("-dG", "getaddrinfo is never used here"),
    ("-dS", "splicing is chosen by size here"),
    ("-dR", "one process owns all listening sockets here"),
    ("-dF", "forwarding has no second path here"),
    ("-dZ", "forwarding has no second path here"),
    ("-dA", "core dumps carry no archive here"),
    ("-dL", "nothing is loaded at run time here"),
    ("-dI", "insecure fork is never wanted here"),
];
/// As [`INERT_SWITCHES`], with a value glued to the switch.
const INERT_PREFIXES: &[(&str, &str)] = &[
    ("-dM", "memory is always initialised here"),
    ("-dK", "`sluicegate check` and docs/haproxy.md list the keywords"),
    ("-dC", "`sluicegate check` shows the configuration"),
    ("-dt", "traces are set by RUST_LOG here"),
    ("-ds", "memory statistics are always on here"),
];

/// Reads the arguments after the program's name.
///
/// # Errors
/// The first argument that HAProxy would refuse.
pub(crate) fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Arguments, InvalidArguments> {
    let mut words = Words { rest: arguments.into_iter().collect::<Vec<_>>().into_iter().peekable() };
    let mut parsed = Arguments::default();
    let mut any = false;
    while let Some(word) = words.rest.next() {
        any = true;
        if word == "--" {
            parsed.files.extend(words.rest.by_ref().map(PathBuf::from));
        } else if !parsed.flag(&word) {
            parsed.valued(word, &mut words)?;
        }
    }
    if !any {
        parsed.action = Action::Usage;
    }
    parsed.daemon &= !parsed.foreground;
    Ok(parsed)
}

struct Words {
    rest: std::iter::Peekable<std::vec::IntoIter<String>>,
}

impl Words {
    fn value(&mut self, option: &str, what: &'static str) -> Result<String, InvalidArguments> {
        self.rest.next().ok_or_else(|| InvalidArguments::Missing { option: option.to_owned(), what })
    }

    fn number(&mut self, option: &str) -> Result<u32, InvalidArguments> {
        const WHAT: &str = "a number";
        let value = self.value(option, WHAT)?;
        value.parse().map_err(|_| InvalidArguments::Malformed {
            option: option.to_owned(),
            value,
            what: WHAT,
        })
    }

    /// Everything up to the next option.
    fn pids(&mut self, option: &str) -> Result<Vec<i32>, InvalidArguments> {
        let mut pids = Vec::new();
        while let Some(value) = self.rest.next_if(|word| !word.starts_with('-')) {
            // The output of `pidof` in quotes comes as one word.
            for word in value.split_whitespace() {
                match word.parse() {
                    Ok(pid) if pid > 0 => pids.push(pid),
                    _ => {
                        let (option, value) = (option.to_owned(), word.to_owned());
                        return Err(InvalidArguments::Malformed { option, value, what: "a process id" });
                    }
                }
            }
        }
        Ok(pids)
    }
}

impl Arguments {
    /// Takes an option that has no value; false where `word` is none.
    fn flag(&mut self, word: &str) -> bool {
        match word {
            "-c" => self.action = Action::Check,
            "-v" => self.action = Action::Version,
            "-vv" => self.action = Action::BuildInfo,
            "-h" | "--help" => self.action = Action::Usage,
            "-V" => self.volume = Volume::Verbose,
            "-q" => self.volume = Volume::Quiet,
            "-D" => self.daemon = true,
            "-d" | "-db" => self.foreground = true,
            "-dD" => self.diagnose = true,
            "-dW" => self.zero_warning = true,
            "-dr" => self.ignore_resolution = true,
            "-W" => self.master_worker = true,
            "-Ws" => (self.master_worker, self.notify) = (true, true),
            _ => {
                let known = INERT_SWITCHES.iter().find(|(name, _)| *name == word);
                let known = known.or_else(|| INERT_PREFIXES.iter().find(|(name, _)| word.starts_with(name)));
                let Some((_, reason)) = known else { return false };
                self.inert.push((word.to_owned(), reason));
            }
        }
        true
    }

    fn valued(&mut self, word: String, words: &mut Words) -> Result<(), InvalidArguments> {
        match word.as_str() {
            "-f" => self.files.push(words.value(&word, "a file or a folder")?.into()),
            "-cc" => self.action = Action::Evaluate(words.value(&word, "a condition")?),
            "-p" => self.pid_file = Some(words.value(&word, "a file")?.into()),
            "-C" => self.directory = Some(words.value(&word, "a folder")?.into()),
            "-L" => self.peer_name = Some(words.value(&word, "a name")?),
            "-n" => self.max_connections = Some(words.number(&word)?),
            "-N" => self.frontend_max_connections = Some(words.number(&word)?),
            "-m" => {
                words.number(&word)?;
                self.inert.push((word, "every buffer has its own limit here"));
            }
            "-x" => {
                words.value(&word, "a socket")?;
                self.inert.push((
                    word,
                    "processes that -sf and -st name hand their listeners over by themselves; with HAProxy ports are shared",
                ));
            }
            "-S" => {
                words.value(&word, "an address")?;
                self.inert.push((word, "there is no master process here, and no command line of one"));
            }
            "-sf" => self.relieve = Some(Relieve { pids: words.pids(&word)?, at_once: false }),
            "-st" => self.relieve = Some(Relieve { pids: words.pids(&word)?, at_once: true }),
            _ => return Err(InvalidArguments::Unknown(word)),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
