//! What became of a container: for people who ask why it is not served, or how.

use std::collections::HashMap;
use std::sync::Arc;

use sluicegate_proto::v1::endpoint::Address;
use sluicegate_proto::v1::resource::Body;
use sluicegate_proto::v1::{self, ContainerExplanation, Resource, container_explanation as explained};

use crate::container::Container;
use crate::groups::{Gone, Routes};
use crate::problem::Problem;
use crate::section::placed;
use crate::vocabulary::Said;
use crate::wanted::Wanted;

/// Names that are offered where there is none of the one that was asked for.
const MOST_NEAREST: usize = 3;

/// All that is known of containers at one time.
#[derive(Debug, Clone, Default)]
pub struct Containers {
    /// Those that are there.
    pub containers: Vec<Arc<Container>>,
    /// What each says, by its id.
    pub(crate) said: HashMap<String, Arc<Said>>,
    /// Those that have gone.
    pub(crate) gone: Vec<Past>,
    /// What they come to.
    pub routes: Routes,
    /// Why the engine cannot be asked at present.
    pub away: Option<String>,
}

/// One that has gone, and may come again.
#[derive(Debug, Clone)]
pub(crate) struct Past {
    /// What it was.
    pub(crate) gone: Gone,
    /// When its routes go too, in milliseconds since 1970.
    pub(crate) until_unix_ms: u64,
    /// What it says.
    pub(crate) said: Arc<Said>,
}

impl Containers {
    /// What became of the container of this name, or of this id or beginning of an id.
    pub fn explain(&self, asked: &str) -> ContainerExplanation {
        let asked = asked.trim_start_matches('/');
        let away = self.away.clone().unwrap_or_default();
        let found = find(asked, self.containers.iter().map(|container| &**container))
            .map(|container| self.present(container));
        let found = found.or_else(|| {
            let gone = find(asked, self.gone.iter().map(|past| &*past.gone.container))?;
            let past = self.gone.iter().find(|past| past.gone.container.id == gone.id)?;
            Some(self.past(past))
        });
        let nearest = if found.is_some() { Vec::new() } else { self.nearest(asked) };
        ContainerExplanation { away, container: found, nearest }
    }

    fn present(&self, container: &Container) -> explained::Container {
        let wanted = self.said.get(&container.id).map(|said| said.wanted.as_slice()).unwrap_or_default();
        let problems = self.routes.problems.iter().filter(|problem| problem.id == container.id);
        explained::Container {
            networks: container
                .networks
                .iter()
                .map(|(name, at)| explained::Network {
                    name: name.clone(),
                    addresses: at.all().map(|address| address.to_string()).collect(),
                })
                .collect(),
            ports: container.ports.iter().map(ToString::to_string).collect(),
            routes: wanted.iter().map(|wanted| self.route(container, wanted)).collect(),
            findings: problems.map(|problem| finding(container, problem)).collect(),
            ..about(container, container.state.as_str())
        }
    }

    fn past(&self, Past { gone, until_unix_ms, said }: &Past) -> explained::Container {
        explained::Container {
            since_unix_ms: gone.since_unix_ms,
            until_unix_ms: *until_unix_ms,
            routes: said.wanted.iter().map(|wanted| self.route(&gone.container, wanted)).collect(),
            ..about(&gone.container, "gone")
        }
    }

    fn route(&self, container: &Container, wanted: &Wanted) -> explained::Route {
        let of_it = |resource: &&Resource| {
            placed(resource).is_some_and(|of| of.id == container.id && of.label == wanted.label)
        };
        let mut made = self.routes.resources.iter().map(|resource| &**resource).filter(of_it);
        let served = made.find_map(|resource| Some((resource.id.clone(), endpoint(resource)?)));
        let (id, endpoint) = served.unzip();
        let address = endpoint.and_then(|endpoint| endpoint.address.as_ref());
        explained::Route {
            name: wanted.name.clone(),
            mode: wanted.mode.as_str().to_owned(),
            entrypoints: wanted.entrypoints.clone(),
            hosts: wanted.hosts.clone(),
            path: wanted.path.clone(),
            rule: rule(wanted),
            address: address.and_then(address_text).unwrap_or_default(),
            endpoint: id.flatten(),
            drains: endpoint.is_some_and(|endpoint| endpoint.drain),
        }
    }

    fn nearest(&self, asked: &str) -> Vec<String> {
        let mut near: Vec<(usize, &str)> = self
            .containers
            .iter()
            .map(|container| (strsim::damerau_levenshtein(&container.name, asked), container.name.as_str()))
            .filter(|(distance, name)| *distance <= (name.len() / 3).clamp(1, 3) || name.contains(asked))
            .collect();
        near.sort_unstable();
        near.into_iter().take(MOST_NEAREST).map(|(_, name)| name.to_owned()).collect()
    }
}

/// By its name, else by its id, else by the beginning of that where no other one has it.
fn find<'a>(asked: &str, containers: impl Iterator<Item = &'a Container> + Clone) -> Option<&'a Container> {
    let by_name = containers.clone().find(|container| container.name == asked || container.id == asked);
    let mut by_id = containers.filter(|container| !asked.is_empty() && container.id.starts_with(asked));
    by_name.or_else(|| {
        let first = by_id.next()?;
        by_id.next().is_none().then_some(first)
    })
}

fn about(container: &Container, state: &str) -> explained::Container {
    explained::Container {
        id: container.id.clone(),
        name: container.name.clone(),
        created_unix_s: container.created,
        state: state.to_owned(),
        on_host: container.on_host,
        labels: container
            .labels
            .iter()
            .chain(&container.environment)
            .map(|(name, value)| explained::Label { name: name.clone(), value: value.clone() })
            .collect(),
        ..explained::Container::default()
    }
}

/// The condition, and what the names in it stand for.
fn rule(wanted: &Wanted) -> String {
    let condition = wanted.rule.as_ref().map(|rule| rule.text.clone()).unwrap_or_default();
    let names = wanted.acls.iter().map(|acl| format!("acl {}", acl.text));
    [condition].into_iter().chain(names).filter(|text| !text.is_empty()).collect::<Vec<_>>().join("; ")
}

fn finding(container: &Container, problem: &Problem) -> explained::Finding {
    let label = problem.reason.label().unwrap_or_default();
    let value = container.labels.get(label).or_else(|| container.environment.get(label));
    explained::Finding {
        label: label.to_owned(),
        value: value.cloned().unwrap_or_default(),
        reason: problem.reason.to_string(),
        nearest: problem.reason.nearest().unwrap_or_default().to_owned(),
        warning: problem.reason.is_warning(),
    }
}

fn endpoint(resource: &Resource) -> Option<&v1::Endpoint> {
    match &resource.body {
        Some(Body::Endpoint(endpoint)) => Some(endpoint),
        _ => None,
    }
}

fn address_text(address: &Address) -> Option<String> {
    match address {
        Address::Ip(ip) => ip.socket().map(|address| address.to_string()),
        _ => None,
    }
}
