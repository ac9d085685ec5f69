//! Options → sources of configuration.

use std::collections::BTreeSet;
use std::path::PathBuf;

use anyhow::bail;
use sluicegate_control_runtime::control::{Docker, Sources};
use sluicegate_control_runtime::entrypoint::{EntryPoint, Kind};
use sluicegate_control_runtime::files::Reload;
use sluicegate_haproxy::Strictness;
use sluicegate_haproxy::environment::Environment;
use sluicegate_provider_docker::connection::Address;
use sluicegate_provider_docker::reach::Reach;
use sluicegate_provider_docker::vocabulary::Vocabulary;
use sluicegate_provider_file::discover::{Language, Once};
use sluicegate_provider_file::load::{Inputs, Limits, Loaded, Told, load};

use crate::command::{self, Format, Labels};
use crate::say;

/// Where containers attach that name no entry point, where the command line has none.
const DEFAULT: (&str, u16, Kind) = ("web", 80, Kind::Http);
/// The same, of TLS, where there are certificates.
const DEFAULT_TLS: (&str, u16, Kind) = ("websecure", 443, Kind::Https);
/// Below the folder of the state.
const KEPT_CONTAINERS: &str = "containers.json";

/// The files of a command line, to be read with this process's environment.
pub(crate) fn inputs(paths: Vec<PathBuf>, format: Option<Format>, strict: bool) -> Inputs {
    let language = format.map(|format| match format {
        Format::Haproxy => Language::Haproxy,
        Format::Manifest => Language::Manifest,
    });
    Inputs {
        paths,
        language,
        environment: environment(),
        style: crate::log::style(),
        limits: Limits::default(),
        strictness: if strict { Strictness::Strict } else { Strictness::Lenient },
        told: Told::People,
        drop_in: false,
        once: Once::default(),
    }
}

/// The environment of this process, as far as it is text.
pub(crate) fn environment() -> Environment {
    let mut environment = Environment::default();
    for (name, value) in std::env::vars_os() {
        if let (Some(name), Some(value)) = (name.to_str(), value.to_str()) {
            environment.set(name, value);
        }
    }
    environment
}

/// What was read, if nothing stands against serving it; findings go to stderr.
pub(crate) fn first(inputs: &Inputs) -> Option<Loaded> {
    let loaded = load(inputs);
    for finding in &loaded.findings {
        say::err(finding);
    }
    loaded.is_good().then_some(loaded)
}

/// All sources of a command line; `None` where the files are refused, which has been told.
pub(crate) fn sources(options: command::Sources, reload: Reload) -> anyhow::Result<Option<Sources>> {
    if options.files.is_empty() && options.docker.is_none() {
        bail!("nothing to serve: name a file or a folder, or give --docker");
    }
    let mut entrypoints = options.entrypoints;
    if entrypoints.is_empty() && options.docker.is_some() {
        let of_tls = (!options.certificates.is_empty()).then_some(DEFAULT_TLS);
        for (name, port, kind) in [DEFAULT].into_iter().chain(of_tls) {
            entrypoints.push(EntryPoint {
                name: name.to_owned(),
                address: ([0, 0, 0, 0], port).into(),
                kind,
            });
        }
    }
    let names: BTreeSet<String> = entrypoints.iter().map(|entrypoint| entrypoint.name.clone()).collect();
    if names.len() < entrypoints.len() {
        bail!("--entrypoint: two of them have one name");
    }
    let networks = options.docker_network;
    let reach = Reach {
        preferred: networks.first().cloned(),
        networks: (!networks.is_empty()).then(|| networks.into_iter().collect()),
        host: options.docker_host,
    };
    let kept = options.state.map(|folder| folder.join(KEPT_CONTAINERS));
    let (tls, grace) = (options.docker_tls, options.docker_grace);
    let way = options.docker.map(|engine| Address { engine, tls }.way()).transpose()?;
    let vocabularies = options.docker_labels.into_iter().map(vocabulary).collect();
    let docker = way.map(|way| Docker { way, reach, vocabularies, grace, kept });
    let files = if options.files.is_empty() {
        None
    } else {
        let inputs = inputs(options.files, options.format, options.strict);
        match first(&inputs) {
            Some(loaded) => {
                if !loaded.listens && entrypoints.is_empty() {
                    tracing::warn!("nothing listens: no file has a listener, and there is no --entrypoint");
                }
                Some((inputs, loaded, reload))
            }
            None => return Ok(None),
        }
    };
    let (certificates, admin_http) = (options.certificates, options.admin_http);
    Ok(Some(Sources { files, docker, entrypoints, certificates, admin_http }))
}

fn vocabulary(labels: Labels) -> Vocabulary {
    match labels {
        Labels::Traefik => Vocabulary::Traefik,
        Labels::NginxProxy => Vocabulary::NginxProxy,
        Labels::Caddy => Vocabulary::Caddy,
        Labels::FlowProxy => Vocabulary::FlowProxy,
    }
}
