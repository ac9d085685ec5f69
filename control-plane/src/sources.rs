//! Options → sources of configuration.

use std::collections::BTreeSet;
use std::path::PathBuf;

use anyhow::bail;
use sluicegate_control_runtime::control::Sources;
use sluicegate_control_runtime::entrypoint::EntryPoint;
use sluicegate_control_runtime::files::Reload;
use sluicegate_haproxy::Strictness;
use sluicegate_haproxy::environment::Environment;
use sluicegate_provider_docker::engine;
use sluicegate_provider_file::discover::{Language, Once};
use sluicegate_provider_file::load::{Inputs, Limits, Loaded, Told, load};

use crate::command::{self, Format};
use crate::say;

/// Where containers attach that name no entry point, where the command line has none.
const DEFAULT_ENTRYPOINT: &str = "web";
const DEFAULT_PORT: u16 = 80;

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
    let mut entrypoints: Vec<EntryPoint> = options
        .entrypoints
        .into_iter()
        .map(|given| EntryPoint { name: given.name, address: given.address })
        .collect();
    if entrypoints.is_empty() && options.docker.is_some() {
        let address = ([0, 0, 0, 0], DEFAULT_PORT).into();
        entrypoints.push(EntryPoint { name: DEFAULT_ENTRYPOINT.to_owned(), address });
    }
    let names: BTreeSet<String> = entrypoints.iter().map(|entrypoint| entrypoint.name.clone()).collect();
    if names.len() < entrypoints.len() {
        bail!("--entrypoint: two of them have one name");
    }
    let docker = options.docker.map(|engine| engine::Settings { engine, entrypoints: names });
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
    Ok(Some(Sources { files, docker, entrypoints, admin_http: options.admin_http }))
}
