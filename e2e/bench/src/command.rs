//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::counts::Counter;
use crate::docker::Docker;
use crate::load::Plan;
use crate::process::Cores;

/// Measures Sluicegate beside HAProxy, nginx and a relay that parses nothing, on one machine, in one run.
#[derive(Debug, Parser)]
#[command(name = "sluicegate-bench", version)]
pub(crate) struct Command {
    #[command(subcommand)]
    pub(crate) action: Action,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Action {
    /// Measure
    Run(Run),
    /// Measure what labelled containers cost
    Docker(Docker),
    /// Show workloads and peers
    List,
    /// Be a server behind the proxies
    Origin {
        /// Where to listen on 127.0.0.1
        port: u16,
    },
    /// Be the relay that parses nothing
    Floor {
        /// Where to listen on 127.0.0.1
        port: u16,
        /// The servers' ports
        #[arg(required = true)]
        servers: Vec<u16>,
        /// Relay datagrams
        #[arg(long)]
        udp: bool,
    },
    /// Be a server that sends datagrams back
    Echo {
        /// Where to listen on 127.0.0.1
        port: u16,
    },
    /// Be the acceptor of TLS that answers by itself
    Acceptor {
        /// Where to listen on 127.0.0.1
        port: u16,
        /// The certificate and its key
        certificate: PathBuf,
    },
    /// Be the clients
    Load(Plan),
    /// Become a program, on some cores
    #[command(hide = true)]
    On {
        cores: Cores,
        program: OsString,
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Run {
    /// Workloads and peers to measure, as `list` shows them [default: all]
    #[arg(value_name = "WORKLOAD|PEER")]
    pub(crate) words: Vec<String>,
    /// How often each peer is measured
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub(crate) rounds: u16,
    /// How long a measurement takes; processor time is told in steps of 10 ms, so no less than 2 s
    #[arg(long, default_value_t = 3.0)]
    pub(crate) seconds: f64,
    /// Requests a second of paced workloads [default: 30000, or 70 % of what the slowest peer can do]
    #[arg(long)]
    pub(crate) rate: Option<f64>,
    /// Our binary [default: dist/sluicegate of the target folder, else release/sluicegate]
    #[arg(long, value_name = "PATH", env = "SLUICEGATE_BENCH_BINARY")]
    pub(crate) sluicegate: Option<PathBuf>,
    /// Measure another build of it too
    #[arg(long, value_name = "NAME=PATH", value_parser = named_path)]
    pub(crate) also: Vec<(String, PathBuf)>,
    /// The core of the proxy
    #[arg(long, default_value_t = 0)]
    pub(crate) proxy_core: usize,
    /// The core of clients and servers
    #[arg(long, default_value_t = 1)]
    pub(crate) load_core: usize,
    /// Count the calls of the kernel instead, with strace
    #[arg(long, conflicts_with = "instructions")]
    pub(crate) syscalls: bool,
    /// Count the instructions outside the kernel instead, with valgrind
    #[arg(long)]
    pub(crate) instructions: bool,
    /// Show where the processor time goes instead, with perf: a flame graph in text
    #[arg(long, conflicts_with_all = ["instructions", "syscalls", "output", "markdown"])]
    pub(crate) flame: bool,
    /// How to print
    #[arg(short, long, value_enum, default_value_t = Output::Text)]
    pub(crate) output: Output,
    /// Also write the report into a Markdown file, in place of the one of its kind that is there
    #[arg(long, value_name = "FILE")]
    pub(crate) markdown: Option<PathBuf>,
}

impl Run {
    /// What to count, where something is counted instead of measured.
    pub(crate) fn counter(&self) -> Option<Counter> {
        match (self.syscalls, self.instructions) {
            (true, _) => Some(Counter::Syscalls),
            (_, true) => Some(Counter::Instructions),
            _ => None,
        }
    }

    /// The command that does the same elsewhere: without the paths of this machine.
    pub(crate) fn command(&self) -> String {
        let mut words = vec!["just".to_owned(), "bench".to_owned()];
        words.extend(self.words.iter().cloned());
        match self.counter() {
            Some(Counter::Syscalls) => words.push("--syscalls".to_owned()),
            Some(Counter::Instructions) => words.push("--instructions".to_owned()),
            None => {
                words.extend([format!("--rounds {}", self.rounds), format!("--seconds {}", self.seconds)])
            }
        }
        words.extend(self.rate.map(|rate| format!("--rate {rate}")));
        words.extend(self.also.iter().map(|(name, _)| format!("--also {name}=…")));
        words.join(" ")
    }
}

/// How to print.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    /// For people
    Text,
    /// For programs
    Json,
}

fn named_path(text: &str) -> Result<(String, PathBuf), String> {
    let (name, path) = text.split_once('=').ok_or("expected NAME=PATH")?;
    let path = std::fs::canonicalize(path).map_err(|error| format!("{path}: {error}"))?;
    Ok((name.to_owned(), path))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Command::command().debug_assert();
    }

    #[test]
    fn the_command_that_is_told_has_no_path() {
        let line = "sluicegate-bench run small nginx --rounds 2 --sluicegate /x/y --markdown /z -o json";
        let Action::Run(run) = Command::parse_from(line.split(' ')).action else { panic!() };
        assert_eq!(run.command(), "just bench small nginx --rounds 2 --seconds 3");
        let Action::Run(run) = Command::parse_from(["sluicegate-bench", "run", "--syscalls"]).action else {
            panic!()
        };
        assert_eq!(
            (run.counter(), run.command()),
            (Some(Counter::Syscalls), "just bench --syscalls".to_owned())
        );
    }

    #[test]
    fn arguments_of_a_program_stay_its_own() {
        let parsed = Command::parse_from(["sluicegate-bench", "on", "0,1", "haproxy", "-db", "-f", "x.cfg"]);
        let Action::On { cores, arguments, .. } = parsed.action else { panic!() };
        assert_eq!(cores, Cores(vec![0, 1]));
        assert_eq!(arguments, ["-db", "-f", "x.cfg"]);
    }
}
