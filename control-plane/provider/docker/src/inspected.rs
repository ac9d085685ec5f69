//! What the engine tells of a container only where it is asked for that one: its environment.

use std::collections::{BTreeMap, HashMap};

use bollard::Docker;
use bollard::errors::Error;
use bollard::query_parameters::InspectContainerOptions;
use tokio::task::JoinSet;

use crate::known::Known;
use crate::vocabulary::{Vocabularies, Vocabulary};

/// How many containers are asked for at one time.
const AT_ONCE: usize = 8;

type Environment = BTreeMap<String, String>;

/// The environments of containers, by their ids: they do not change.
#[derive(Debug)]
pub(crate) struct Inspected {
    vocabularies: Vocabularies,
    environments: HashMap<String, Environment>,
}

impl Inspected {
    /// None yet.
    pub(crate) fn new(vocabularies: &Vocabularies) -> Self {
        Self { vocabularies: vocabularies.clone(), environments: HashMap::new() }
    }

    /// Gives each container that is known its environment, where a vocabulary reads it.
    pub(crate) async fn complete(&mut self, docker: &Docker, known: &mut Known) -> Result<(), Error> {
        if !self.vocabularies.has(Vocabulary::NginxProxy) {
            return Ok(());
        }
        let mut before = std::mem::take(&mut self.environments);
        let mut missing = Vec::new();
        for container in known.containers_mut() {
            match before.remove(&container.id) {
                Some(environment) => drop(self.environments.insert(container.id.clone(), environment)),
                None => missing.push(container.id.clone()),
            }
        }
        let mut asked = JoinSet::new();
        let mut missing = missing.into_iter();
        loop {
            while asked.len() < AT_ONCE
                && let Some(id) = missing.next()
            {
                asked.spawn(environment(docker.clone(), id));
            }
            // It was not given up: whoever asks is this.
            let Some(Ok(answer)) = asked.join_next().await else { break };
            let (id, environment) = answer?;
            self.environments.insert(id, environment);
        }
        for container in known.containers_mut() {
            let environment = self.environments.get(&container.id);
            container.environment = environment.cloned().unwrap_or_default();
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
