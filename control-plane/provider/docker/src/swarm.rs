//! Services of a swarm, where the engine is a manager of one: each task is a container with the labels of its service.
//!
//! Tasks of this node are containers of the engine, which tells of them. Of those on other nodes it tells nothing: they
//! are listed now and then, while there are services that want to be served.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use bollard::errors::Error;
use bollard::models::{EndpointPortConfigProtocolEnum, Service};
use bollard::query_parameters::{ListNodesOptions, ListServicesOptions};
use serde::Deserialize;

use crate::connection::Engine;
use crate::container::{Addresses, Container, Port, State};
use crate::vocabulary::Vocabularies;

/// How often tasks of other nodes are asked for.
pub(crate) const PACE: Duration = Duration::from_secs(2);
/// What a service's tasks are found by among containers.
pub(crate) const TASK_LABEL: &str = "com.docker.swarm.task.id";
/// A network that serves published ports alone.
const INGRESS: &str = "ingress";
/// Tasks with the network of their host.
const HOST: &str = "host";

/// What a manager says of its swarm.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Swarm {
    /// Those with labels that are read here, by id.
    services: HashMap<String, Offer>,
    /// Their tasks, by id.
    tasks: BTreeMap<String, Place>,
    /// Tasks of other services.
    others: HashSet<String>,
    /// There are other nodes, of whose tasks no event tells.
    spread: bool,
}

/// What a service gives its tasks.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Offer {
    name: String,
    labels: BTreeMap<String, String>,
    ports: Vec<Port>,
}

/// Where a task is.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    service: String,
    /// Of its service: the slot, or the node where there is one on each.
    number: String,
    networks: BTreeMap<String, Addresses>,
    state: State,
}

/// A row of `/tasks`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Task {
    #[serde(rename = "ID")]
    id: String,
    #[serde(rename = "ServiceID", default)]
    service: String,
    #[serde(rename = "NodeID", default)]
    node: String,
    #[serde(default)]
    slot: u64,
    #[serde(default)]
    status: TaskStatus,
    #[serde(default)]
    desired_state: String,
    #[serde(default)]
    networks_attachments: Option<Vec<Attachment>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TaskStatus {
    #[serde(default)]
    state: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Attachment {
    network: AttachedNetwork,
    /// `10.0.1.5/24`
    #[serde(default)]
    addresses: Option<Vec<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AttachedNetwork {
    spec: NetworkSpec,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct NetworkSpec {
    name: String,
}

impl Swarm {
    /// Asks for all of it; nothing where the engine is no manager.
    pub(crate) async fn ask(engine: &Engine, vocabularies: &Vocabularies) -> Result<Self, Error> {
        let services = match engine.docker.list_services(None::<ListServicesOptions>).await {
            Ok(services) => services,
            // Of no swarm, not a manager, or an engine that knows no swarms.
            Err(Error::DockerResponseServerError { status_code: 404 | 406 | 503, .. }) => {
                return Ok(Self::default());
            }
            Err(error) => return Err(error),
        };
        let services: HashMap<String, Offer> =
            services.into_iter().filter_map(|service| offer(service, vocabularies)).collect();
        if services.is_empty() {
            return Ok(Self::default());
        }
        let nodes = engine.docker.list_nodes(None::<ListNodesOptions>).await?;
        let addresses: HashMap<String, IpAddr> = nodes
            .iter()
            .filter_map(|node| Some((node.id.clone()?, node.status.as_ref()?.addr.as_ref()?.parse().ok()?)))
            .collect();
        let tasks: Vec<Task> = engine.get("/tasks").await?;
        let (tasks, others): (Vec<Task>, Vec<Task>) =
            tasks.into_iter().partition(|task| services.contains_key(&task.service));
        Ok(Self {
            tasks: tasks.iter().map(|task| (task.id.clone(), place(task, &addresses))).collect(),
            others: others.into_iter().map(|task| task.id).collect(),
            services,
            spread: nodes.len() > 1,
        })
    }

    /// Whether it has to be asked again, though no event told of a change.
    pub(crate) fn is_silent(&self) -> bool {
        self.spread && !self.services.is_empty()
    }

    /// Whether a container is a task of which this does not know yet.
    pub(crate) fn is_behind<'a>(&self, mut containers: impl Iterator<Item = &'a Container>) -> bool {
        let unknown = |container: &Container| {
            let known = |task: &String| self.tasks.contains_key(task) || self.others.contains(task);
            container.task.as_ref().is_some_and(|task| !known(task))
        };
        !self.services.is_empty() && containers.any(unknown)
    }

    /// Containers of this node with what their services say, and tasks of other nodes as containers.
    pub(crate) fn join(&self, mut containers: Vec<Arc<Container>>) -> Vec<Arc<Container>> {
        if self.services.is_empty() {
            return containers;
        }
        let mut elsewhere = self.tasks.clone();
        for container in &mut containers {
            let place = container.task.as_ref().and_then(|task| elsewhere.remove(task));
            if let Some((place, offer)) = place.and_then(|place| self.offer(place)) {
                let container = Arc::make_mut(container);
                container.name = format!("{}.{}", offer.name, place.number);
                container.labels.extend(offer.labels.clone());
                container.networks.remove(INGRESS);
                if container.ports.is_empty() {
                    container.ports.clone_from(&offer.ports);
                }
            }
        }
        for (id, place) in elsewhere {
            let Some((place, offer)) = self.offer(place) else { continue };
            if place.state != State::Stopped {
                containers.push(Arc::new(Container {
                    name: format!("{}.{}", offer.name, place.number),
                    labels: offer.labels.clone(),
                    ports: offer.ports.clone(),
                    networks: place.networks,
                    state: place.state,
                    task: Some(id.clone()),
                    id,
                    ..Container::default()
                }));
            }
        }
        containers
    }

    fn offer(&self, place: Place) -> Option<(Place, &Offer)> {
        let offer = self.services.get(&place.service)?;
        Some((place, offer))
    }
}

/// What a service gives its tasks, where it has labels that are read here.
fn offer(service: Service, vocabularies: &Vocabularies) -> Option<(String, Offer)> {
    let (id, spec) = (service.id?, service.spec?);
    let labels: BTreeMap<String, String> =
        spec.labels.unwrap_or_default().into_iter().filter(|(label, _)| vocabularies.keeps(label)).collect();
    if labels.is_empty() {
        return None;
    }
    let ports = spec.endpoint_spec.and_then(|endpoint| endpoint.ports).unwrap_or_default();
    let port = |port: bollard::models::EndpointPortConfig| {
        let number = u16::try_from(port.target_port?).ok()?;
        Some(Port { number, udp: port.protocol == Some(EndpointPortConfigProtocolEnum::UDP) })
    };
    let mut ports: Vec<Port> = ports.into_iter().filter_map(port).collect();
    ports.sort_unstable();
    ports.dedup();
    Some((id, Offer { name: spec.name.unwrap_or_default(), labels, ports }))
}

fn place(task: &Task, nodes: &HashMap<String, IpAddr>) -> Place {
    let mut networks = BTreeMap::new();
    for attachment in task.networks_attachments.iter().flatten() {
        let name = &attachment.network.spec.name;
        let mut at = Addresses::default();
        let given =
            attachment.addresses.iter().flatten().filter_map(|text| text.split('/').next()?.parse().ok());
        let host = nodes.get(&task.node).copied().filter(|_| name == HOST);
        given.chain(host).for_each(|address: IpAddr| at.put(address));
        if name != INGRESS && at.any().is_some() {
            networks.insert(name.clone(), at);
        }
    }
    let state = match (task.status.state.as_str(), task.desired_state.as_str()) {
        ("running", "running") => State::Running,
        ("running", _) => State::Stopping,
        ("starting", "running") => State::Starting,
        _ => State::Stopped,
    };
    let number = if task.slot == 0 { task.node.clone() } else { task.slot.to_string() };
    Place { service: task.service.clone(), number, networks, state }
}

#[cfg(test)]
mod tests;
