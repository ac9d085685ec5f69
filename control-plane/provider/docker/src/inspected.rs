//! What the engine tells of a container only where it is asked for that one: its environment.

use std::collections::{BTreeMap, HashSet};

use bollard::Docker;
use bollard::errors::Error;
use bollard::query_parameters::InspectContainerOptions;
use tokio::task::JoinSet;

use crate::known::Known;
use crate::vocabulary::{Vocabularies, Vocabulary};

/// How many containers are asked for at one time.
const AT_ONCE: usize = 8;

type Environment = BTreeMap<String, String>;

/// Who was asked for: an environment does not change.
#[derive(Debug)]
pub(crate) struct Inspected {
    vocabularies: Vocabularies,
    ids: HashSet<String>,
}

impl Inspected {
    /// None yet.
    pub(crate) fn new(vocabularies: &Vocabularies) -> Self {
        Self { vocabularies: vocabularies.clone(), ids: HashSet::new() }
    }

    /// Gives each container that is known its environment, where a vocabulary reads it.
    pub(crate) async fn complete(&mut self, docker: &Docker, known: &mut Known) -> Result<(), Error> {
        if !self.vocabularies.has(Vocabulary::NginxProxy) {
            return Ok(());
        }
        let before = std::mem::take(&mut self.ids);
        let ids = known.iter().map(|container| container.id.clone());
        let (asked, missing): (HashSet<String>, HashSet<String>) = ids.partition(|id| before.contains(id));
        self.ids = asked;
        let mut asking = JoinSet::new();
        let mut missing = missing.into_iter();
        loop {
            while asking.len() < AT_ONCE
                && let Some(id) = missing.next()
            {
                asking.spawn(environment(docker.clone(), id));
            }
            // It was not given up: whoever asks is this.
            let Some(Ok(answer)) = asking.join_next().await else { break };
            let (id, environment) = answer?;
            known.set_environment(&id, environment);
            self.ids.insert(id);
        }
        Ok(())
    }
}

/// What a vocabulary reads of the environment of a container; nothing where it has gone meanwhile.
async fn environment(docker: Docker, id: String) -> Result<(String, Environment), Error> {
    let inspected = match docker.inspect_container(&id, None::<InspectContainerOptions>).await {
        Ok(inspected) => inspected,
        Err(Error::DockerResponseServerError { status_code: 404, .. }) => {
            return Ok((id, Environment::new()));
        }
        Err(error) => return Err(error),
    };
    let variables = inspected.config.and_then(|config| config.env).unwrap_or_default();
    let said = |variable: String| {
        let (name, value) = variable.split_once('=')?;
        crate::vocabulary::is_variable(name).then(|| (name.to_owned(), value.to_owned()))
    };
    Ok((id, variables.into_iter().filter_map(said).collect()))
}
