//! `stats socket`, `stats timeout` and `stats maxconn`: the console that a file asks for.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use crate::ast::{Directive, File, SectionKind};
use crate::lower::console_address;
use crate::lower::value::clamped;
use crate::source::SourceMap;
use crate::word::Word;

/// The console of the program.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Console {
    /// Each `stats socket`, in their order.
    pub sockets: Vec<ConsoleSocket>,
    /// `stats timeout`, in milliseconds.
    pub idle_ms: Option<u64>,
    /// `stats maxconn`.
    pub max_connections: Option<u32>,
    /// The environment as the file leaves it (`setenv`, `localpeer` and their like), with what HAProxy adds of its own, by
    /// name. Empty where no socket is asked for.
    pub environment: Vec<(String, String)>,
}

/// One `stats socket`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsoleSocket {
    /// Where it listens.
    pub address: ConsoleAddress,
    /// `level`.
    pub level: ConsoleLevel,
    /// `mode`: permission bits; `None`: as umask leaves them.
    pub mode: Option<u32>,
    /// `user` or `uid`; empty: this process's.
    pub user: String,
    /// `group` or `gid`; empty: this process's.
    pub group: String,
    /// Where it is said: `file:line`.
    pub place: String,
}

/// Where a console listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConsoleAddress {
    /// A socket in the file system.
    Unix(PathBuf),
    /// TCP.
    Tcp(SocketAddr),
}

/// As `show cli sockets` has it.
impl fmt::Display for ConsoleAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix@{}", path.display()),
            Self::Tcp(address) if address.is_ipv4() => write!(f, "ipv4@{address}"),
            Self::Tcp(address) => write!(f, "ipv6@{address}"),
        }
    }
}

/// What a connection may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ConsoleLevel {
    /// Read what is no secret.
    User,
    /// Read everything.
    #[default]
    Operator,
    /// Everything.
    Admin,
}

/// What is wrong with a word of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem<'a> {
    pub(crate) word: &'a Word,
    pub(crate) what: String,
    pub(crate) help: &'static str,
}

/// Options that are taken and change nothing here, with how many words follow each: there is one process, and its
/// listeners need no handing over within it.
const INERT: &[(&str, usize)] = &[
    ("accept-netscaler-cip", 1),
    ("accept-proxy", 0),
    ("backlog", 1),
    ("expose-fd", 1),
    ("interface", 1),
    ("maxconn", 1),
    ("name", 1),
    ("nice", 1),
    ("process", 1),
    ("severity-output", 1),
    ("shards", 1),
    ("thread", 1),
    ("v4v6", 0),
    ("v6only", 0),
];

impl Console {
    /// Reads the `global` sections. A line that has a mistake opens nothing; it is told where lines are lowered.
    pub fn of(file: &File, sources: &SourceMap) -> Self {
        let mut console = Self::default();
        let lines = file.of_kind(SectionKind::Global).flat_map(|section| &section.directives);
        for line in lines {
            let first = line.args().first();
            match line.keyword.name {
                "stats socket" => {
                    let place = sources
                        .locate(line.span)
                        .map_or_else(String::new, |(path, position)| format!("{path}:{}", position.line));
                    let socket = socket(line).ok();
                    console.sockets.extend(socket.map(|socket| ConsoleSocket { place, ..socket }));
                }
                "stats timeout" => {
                    console.idle_ms = first.and_then(|word| clamped(word.text()));
                }
                "stats maxconn" => {
                    console.max_connections = first.and_then(|word| word.text().parse().ok());
                }
                _ => {}
            }
        }
        if !console.sockets.is_empty() {
            let mut environment = file.environment.clone();
            let joined = |names: Vec<String>| names.join(";");
            let files = sources.sources().iter().map(|source| source.name().to_owned()).collect();
            environment.set("HAPROXY_CFGFILES", &joined(files));
            let sockets = console.sockets.iter().map(|socket| socket.address.to_string()).collect();
            environment.set("HAPROXY_CLI", &joined(sockets));
            console.environment =
                environment.iter().map(|(name, value)| (name.into(), value.into())).collect();
        }
        console
    }
}

/// Reads a `stats socket` line.
pub(crate) fn socket(line: &Directive) -> Result<ConsoleSocket, Problem<'_>> {
    let mut words = line.args().iter();
    let problem = |word, what: String, help| Problem { word, what, help };
    let Some(first) = words.next() else {
        let what = "an address is missing".to_owned();
        return Err(problem(&line.words[0], what, "write a path or an address with a port"));
    };
    let address = console_address(first.text())
        .map_err(|what| problem(first, what, "write a path, or an address with a port"))?;
    let mut socket = ConsoleSocket {
        address,
        level: ConsoleLevel::default(),
        mode: None,
        user: String::new(),
        group: String::new(),
        place: String::new(),
    };
    while let Some(option) = words.next() {
        if let Some((_, values)) = INERT.iter().find(|(name, _)| *name == option.text()) {
            for _ in 0..*values {
                words.next().ok_or_else(|| missing(option))?;
            }
            continue;
        }
        let known = ["level", "mode", "user", "uid", "group", "gid"].contains(&option.text());
        if !known {
            let what = format!("`{}` is no option of a stats socket", option.text());
            return Err(problem(
                option,
                what,
                "allowed are `level`, `mode`, `user`, `group` and `expose-fd`",
            ));
        }
        let value = words.next().ok_or_else(|| missing(option))?;
        match option.text() {
            "level" => socket.level = level(value)?,
            "mode" => socket.mode = Some(mode(value)?),
            "user" | "uid" => value.text().clone_into(&mut socket.user),
            _ => value.text().clone_into(&mut socket.group),
        }
    }
    Ok(socket)
}

fn missing(option: &Word) -> Problem<'_> {
    let what = format!("`{}` needs a value", option.text());
    Problem { word: option, what, help: "write the value behind it" }
}

fn level(word: &Word) -> Result<ConsoleLevel, Problem<'_>> {
    match word.text() {
        "user" => Ok(ConsoleLevel::User),
        "operator" => Ok(ConsoleLevel::Operator),
        "admin" => Ok(ConsoleLevel::Admin),
        other => {
            let what = format!("`{other}` is no level");
            Err(Problem { word, what, help: "levels are `user`, `operator` and `admin`" })
        }
    }
}

fn mode(word: &Word) -> Result<u32, Problem<'_>> {
    match u32::from_str_radix(word.text(), 8) {
        Ok(mode) if mode <= 0o7777 => Ok(mode),
        _ => {
            let what = format!("`{}` is not a set of permissions in octal", word.text());
            Err(Problem { word, what, help: "write `mode 660`" })
        }
    }
}

/// A wildcard of a family, for addresses without a host.
pub(crate) fn tcp(ip: IpAddr, port: u16) -> ConsoleAddress {
    ConsoleAddress::Tcp(SocketAddr::new(ip, port))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::Environment;

    fn console(lines: &str) -> Console {
        let text = format!("global\n{lines}\n");
        let sources = SourceMap::of("a.cfg", text.as_str());
        let environment = Environment::from_iter([("OLD", "0"), ("GONE", "0")]);
        Console::of(&crate::parse(&sources, environment).file, &sources)
    }

    #[test]
    fn the_distribution_example() {
        let asked = console(
            " stats socket /run/haproxy/admin.sock mode 660 level admin expose-fd listeners\n stats timeout 30s",
        );
        let socket = &asked.sockets[0];
        assert_eq!(socket.address, ConsoleAddress::Unix("/run/haproxy/admin.sock".into()));
        assert_eq!((socket.level, socket.mode), (ConsoleLevel::Admin, Some(0o660)));
        assert_eq!((asked.idle_ms, asked.max_connections), (Some(30_000), None));
    }

    #[test]
    fn the_environment_is_the_one_that_the_file_leaves() {
        let lines = " localpeer lb-1\n setenv NEW 1\n presetenv OLD 1\n unsetenv GONE\n";
        assert!(console(lines).environment.is_empty(), "nobody can ask");
        let asked = console(&format!("{lines} stats socket /s\n stats socket [::1]:9"));
        let known: Vec<_> = asked.environment.iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(
            known,
            [
                "HAPROXY_CFGFILES=a.cfg",
                "HAPROXY_CLI=unix@/s;ipv6@[::1]:9",
                "HAPROXY_LOCALPEER=lb-1",
                "NEW=1",
                "OLD=0"
            ]
        );
    }

    #[test]
    fn addresses_and_owners() {
        let asked = console(
            " stats socket ipv4@127.0.0.1:9999 level user\n stats socket *:99 user haproxy gid 3\n stats maxconn 5",
        );
        assert_eq!(asked.sockets[0].address, ConsoleAddress::Tcp("127.0.0.1:9999".parse().unwrap()));
        assert_eq!(asked.sockets[0].level, ConsoleLevel::User);
        assert_eq!(asked.sockets[1].address, ConsoleAddress::Tcp("0.0.0.0:99".parse().unwrap()));
        assert_eq!((&*asked.sockets[1].user, &*asked.sockets[1].group), ("haproxy", "3"));
        assert_eq!(asked.sockets[1].level, ConsoleLevel::Operator);
        assert_eq!(asked.max_connections, Some(5));
    }

    #[test]
    fn a_line_with_a_mistake_opens_nothing() {
        for line in ["/s level root", "/s mode 999", "/s foo", "/s level", "127.0.0.1", "/s ssl"] {
            assert_eq!(console(&format!(" stats socket {line}")).sockets, [], "{line}");
        }
    }
}
