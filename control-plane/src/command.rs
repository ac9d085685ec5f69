//! The command line of `sluicegate`.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use sluicegate_control_runtime::entrypoint::{EntryPoint, Kind};

/// Load balancer with a control plane: reads haproxy.cfg, manifests and container labels, serves, and changes without a
/// reload.
#[derive(Debug, Parser)]
#[command(name = "sluicegate", version, propagate_version = true)]
pub(crate) struct Command {
    #[command(subcommand)]
    pub(crate) action: Action,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Action {
    /// Serve: control plane and proxy in one process
    Run(Run),
    /// Say what is wrong with files, without serving them
    Check(Check),
    /// Serve proxies: the control plane alone
    Control(Control),
    /// Show proxies, generations, health and counters
    Status(Status),
    /// Say what became of something that was to be served
    Explain(Explain),
    /// Say by the exit code whether something is served: 0 yes, 1 no (for containers and supervisors)
    Healthcheck(Healthcheck),
    /// Make certificates for `control --tls`
    Pki(Pki),
}

/// Where the configuration comes from.
#[derive(Debug, Args)]
pub(crate) struct Sources {
    /// Files (*.cfg HAProxy, *.yaml manifests; others by their content) and folders of such files
    #[arg(value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// What the files are, whatever their names say
    #[arg(long, value_enum)]
    pub(crate) format: Option<Format>,
    /// Refuse files of which something is not done as written (`sluicegate check` tells: degraded)
    #[arg(long)]
    pub(crate) strict: bool,
    /// Serve labelled containers of this Docker engine
    #[arg(long, value_name = "ENGINE", num_args = 0..=1, require_equals = true, default_missing_value = DOCKER_SOCKET, env = "SLUICEGATE_DOCKER")]
    pub(crate) docker: Option<String>,
    /// The engine is at tcp://HOST:PORT, and speaks TLS: a folder with ca.pem, cert.pem and key.pem, as Docker's own client
    /// has them
    #[arg(long, value_name = "DIR", requires = "docker", env = "SLUICEGATE_DOCKER_TLS")]
    pub(crate) docker_tls: Option<PathBuf>,
    /// Serve containers by the labels of other programs too; a list with commas, or given several times
    #[arg(long, value_enum, value_name = "PROGRAM", requires = "docker", value_delimiter = ',')]
    pub(crate) docker_labels: Vec<Labels>,
    /// A network that the proxies are in, where they do not run on the host; of several the first counts more
    #[arg(long, value_name = "NAME", requires = "docker")]
    pub(crate) docker_network: Vec<String>,
    /// Where proxies reach containers that have the network of the host
    #[arg(long, value_name = "IP", requires = "docker", default_value = "127.0.0.1")]
    pub(crate) docker_host: IpAddr,
    /// How long the routes of containers that have gone stay, so that new ones find them: 90s, 5m, 1h
    #[arg(long, value_name = "TIME", requires = "docker", default_value = "5m", value_parser = parse_time)]
    pub(crate) docker_grace: Duration,
    /// Where it is kept which containers are there, so that those that have gone are known after a restart too
    #[arg(long, value_name = "DIR", env = "SLUICEGATE_STATE_DIR")]
    pub(crate) state: Option<PathBuf>,
    /// A named listener that containers attach to, as NAME=ADDRESS:PORT; with `,tls` at its end HTTP over TLS, with `,tcp`
    /// TCP, with `,sni` TLS that servers end, with `,udp` datagrams [with --docker: web=:80, and websecure=:443,tls where
    /// certificates are given]
    #[arg(long = "entrypoint", value_name = "NAME=ADDR", value_parser = parse_entry_point)]
    pub(crate) entrypoints: Vec<EntryPoint>,
    /// A certificate with its key in PEM, or a folder of them, for entry points of TLS
    #[arg(long = "certificate", value_name = "PATH")]
    pub(crate) certificates: Vec<PathBuf>,
    /// Answer monitoring at this ADDRESS:PORT, without a password: /metrics, /healthz, and at / the statistics page, which
    /// changes nothing there. `control` opens it at every proxy of its scope
    #[arg(long, value_name = "ADDR", env = "SLUICEGATE_ADMIN_HTTP", value_parser = parse_address)]
    pub(crate) admin_http: Option<SocketAddr>,
    /// Where `sluicegate status` finds this process [default: /run/sluicegate/admin.sock, as a user below
    /// $XDG_RUNTIME_DIR]
    #[arg(long, value_name = "SOCKET", env = "SLUICEGATE_ADMIN")]
    pub(crate) admin: Option<PathBuf>,
    /// Whom root becomes once everything is bound, a name or a number; for `run` where no file names a `user`
    #[arg(long, value_name = "NAME", env = "SLUICEGATE_USER")]
    pub(crate) user: Option<String>,
}

/// Where the engine listens on most hosts.
const DOCKER_SOCKET: &str = "/var/run/docker.sock";

/// Whose labels are read beside ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Labels {
    /// traefik.http.*, traefik.tcp.* and traefik.udp.*, as Traefik v3 has them
    Traefik,
    /// VIRTUAL_HOST and the other variables of nginx-proxy; each container is inspected for them
    NginxProxy,
    /// caddy, caddy.* and caddy_N.*, as caddy-docker-proxy has them
    Caddy,
    /// com.df.*, as Docker Flow Proxy has them
    FlowProxy,
}

/// A file's language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// HAProxy's configuration language
    Haproxy,
    /// Manifests in YAML
    Manifest,
}

#[derive(Debug, Args)]
pub(crate) struct Run {
    #[command(flatten)]
    pub(crate) sources: Sources,
    /// Threads that move traffic [default: one a CPU]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) workers: Option<u16>,
}

#[derive(Debug, Args)]
#[command(after_help = CHECK_HELP)]
pub(crate) struct Check {
    /// Files and folders, as for `run`
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// What the files are, whatever their names say
    #[arg(long, value_enum)]
    pub(crate) format: Option<Format>,
    /// Refuse what is degraded too
    #[arg(long)]
    pub(crate) strict: bool,
    /// How to tell what was found
    #[arg(short, long, value_enum, default_value_t = Findings::Text)]
    pub(crate) output: Findings,
    /// Print one haproxy.cfg in today's syntax instead, comments kept (docs/old-files.md)
    #[arg(long, conflicts_with_all = ["format", "strict", "output"])]
    pub(crate) modernize: bool,
}

/// What the answers of `check` mean.
const CHECK_HELP: &str = "\
Findings are
  fatal     the files are refused for it
  degraded  served without something that they ask for, on the safe side: what is told happens in its place
  inert     served; this has nothing to act on here
  note      served; good to know (old spellings, missing timeouts, what never matches)

Exit codes
  0  would be served
  1  would be refused
  2  nothing is wrong, and nothing listens: by itself it would serve nothing";

/// How to tell what was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Findings {
    /// For people, drawn on the lines that they are about
    Text,
    /// For programs: one object on standard output (docs/check.md)
    Json,
    /// Workflow commands that GitHub shows beside the lines of a pull request
    Github,
}

#[derive(Debug, Args)]
pub(crate) struct Control {
    #[command(flatten)]
    pub(crate) sources: Sources,
    /// Where proxies connect: ADDRESS:PORT, or unix:PATH
    #[arg(long, value_name = "ADDR")]
    pub(crate) listen: String,
    /// Folder made by `sluicegate pki init`, for mutual TLS
    #[arg(long, value_name = "DIR", conflicts_with = "insecure")]
    pub(crate) tls: Option<PathBuf>,
    /// Speak plain TCP: everyone who reaches the port can read the configuration
    #[arg(long)]
    pub(crate) insecure: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Status {
    #[command(flatten)]
    pub(crate) asked: Asked,
}

/// Whom to ask, and how to print what it says.
#[derive(Debug, Args)]
pub(crate) struct Asked {
    /// The socket given to `run` or `control`
    #[arg(long, value_name = "SOCKET", env = "SLUICEGATE_ADMIN")]
    pub(crate) admin: Option<PathBuf>,
    /// How to print
    #[arg(short, long, value_enum, default_value_t = Output::Text)]
    pub(crate) output: Output,
}

#[derive(Debug, Args)]
pub(crate) struct Explain {
    #[command(subcommand)]
    pub(crate) what: Explained,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Explained {
    /// Why a container is served, or is not: its labels, what they come to, and what is wrong with them
    Container {
        /// Its name, its id, or the beginning of that
        #[arg(value_name = "NAME")]
        container: String,
        #[command(flatten)]
        asked: Asked,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Healthcheck {
    /// The socket given to `run` or `control`
    #[arg(long, value_name = "SOCKET", env = "SLUICEGATE_ADMIN")]
    pub(crate) admin: Option<PathBuf>,
}

/// How to print.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    /// For people
    Text,
    /// For programs
    Json,
}

#[derive(Debug, Args)]
pub(crate) struct Pki {
    #[command(subcommand)]
    pub(crate) action: PkiAction,
}

#[derive(Debug, Subcommand)]
pub(crate) enum PkiAction {
    /// Make a CA and certificates for a control plane and its proxies
    Init {
        /// A folder that does not exist yet, or is empty
        #[arg(value_name = "DIR")]
        folder: PathBuf,
        /// Names and addresses by which proxies reach the control plane
        #[arg(long = "name", value_name = "NAME", default_values_t = [String::from("localhost"), String::from("127.0.0.1"), String::from("::1")])]
        names: Vec<String>,
    },
}

fn parse_entry_point(text: &str) -> Result<EntryPoint, String> {
    let (name, address) = text.split_once('=').ok_or("expected NAME=ADDRESS:PORT, such as web=:8080")?;
    if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)) {
        return Err(format!("'{name}' is no name: letters, digits, '-', '_' and '.' are allowed"));
    }
    let (address, word) = address.split_once(',').map_or((address, None), |(at, word)| (at, Some(word)));
    let known = |word: &str| Kind::WORDS.iter().find(|(known, _)| *known == word).map(|(_, kind)| *kind);
    let kind = match word {
        None => Kind::Http,
        Some(word) => known(word)
            .ok_or_else(|| format!("',{word}' is not known; there are ',tls', ',tcp', ',sni' and ',udp'"))?,
    };
    Ok(EntryPoint { name: name.to_owned(), address: parse_address(address)?, kind })
}

fn parse_time(text: &str) -> Result<Duration, String> {
    let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let unit = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        _ => 0,
    };
    let seconds = number.parse::<u64>().ok().and_then(|number| number.checked_mul(unit)).filter(|_| unit > 0);
    seconds.map(Duration::from_secs).ok_or_else(|| format!("'{text}' is no time; write 90s, 5m or 1h"))
}

fn parse_address(address: &str) -> Result<SocketAddr, String> {
    let full = match address.strip_prefix(':').or_else(|| address.strip_prefix("*:")) {
        Some(port) => format!("0.0.0.0:{port}"),
        None => address.to_owned(),
    };
    let address: SocketAddr =
        full.parse().map_err(|_| format!("'{address}' is no ADDRESS:PORT; ':8080' means every address"))?;
    if address.port() == 0 {
        return Err("port 0 is no port that clients can know".to_owned());
    }
    Ok(address)
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
    fn entry_points() {
        assert_eq!(parse_entry_point("web=:8080").unwrap().address, "0.0.0.0:8080".parse().unwrap());
        assert_eq!(parse_entry_point("a-b=[::1]:80").unwrap().name, "a-b");
        assert_eq!(parse_entry_point("db=:5432,tcp").unwrap().kind, Kind::Tcp);
        for wrong in
            ["web", "=:80", "web=", "web=:0", "web=:99999", "w b=:80", "web=localhost:80", "web=:80,http"]
        {
            assert!(parse_entry_point(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn addresses_to_listen_on() {
        assert_eq!(parse_address(":8404").unwrap(), "0.0.0.0:8404".parse().unwrap());
        assert_eq!(parse_address("*:8404").unwrap(), "0.0.0.0:8404".parse().unwrap());
        for wrong in ["", "8404", "localhost:8404", ":0"] {
            assert!(parse_address(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn labels_of_others_are_a_list() {
        let given = ["sluicegate", "run", "--docker", "--docker-labels", "traefik,nginx-proxy"];
        let parsed = Command::parse_from(given.into_iter().chain(["--docker-labels", "caddy"]));
        let Action::Run(run) = parsed.action else { panic!() };
        assert_eq!(run.sources.docker_labels, [Labels::Traefik, Labels::NginxProxy, Labels::Caddy]);
        assert!(Command::try_parse_from(["sluicegate", "run", "--docker-labels", "caddy"]).is_err());
    }

    #[test]
    fn docker_takes_its_engine_only_with_an_equals_sign() {
        let parsed = Command::parse_from(["sluicegate", "run", "--docker", "a.cfg"]);
        let Action::Run(run) = parsed.action else { panic!() };
        assert_eq!(run.sources.docker.as_deref(), Some(DOCKER_SOCKET));
        assert_eq!(run.sources.files, [PathBuf::from("a.cfg")]);
    }
}
