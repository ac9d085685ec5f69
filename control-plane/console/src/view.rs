//! What a command sees.

use std::sync::Arc;

use sluicegate_core::Overrides;
use sluicegate_core::overrides::Versions;
use sluicegate_model::{Backend, Endpoint, Frontend, Runtime};
use sluicegate_proto::id::ObjectKey;
use sluicegate_proto::v1::Report;
use sluicegate_stats::{Facts, Kind, Table};

use crate::answer::Answer;
use crate::level::Level;

/// All that answers are made of.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    /// What is served, overrides included.
    pub runtime: &'a Runtime,
    /// What the proxies reported, as one.
    pub report: &'a Report,
    /// What operators have set.
    pub overrides: &'a Overrides,
    /// What they have ready.
    pub versions: &'a Versions,
    /// Of the process.
    pub facts: &'a Facts,
    /// The sockets of this console.
    pub sockets: &'a [Socket],
    /// Variables of the process.
    pub environment: &'a [(String, String)],
}

/// A socket of the console, as `show cli sockets` tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Socket {
    /// `unix@/run/haproxy.sock`, `ipv4@127.0.0.1:9999`
    pub address: String,
    /// What its connections may do.
    pub level: Level,
}

/// Of several providers that have an object of one name, the first of these has it in the console.
fn rank(key: &ObjectKey) -> u8 {
    match key.provider() {
        "haproxy" => 0,
        "manifest" => 1,
        "entrypoint" => 2,
        _ => 3,
    }
}

impl<'a> View<'a> {
    /// The rows of `show stat`.
    pub(crate) fn table(&self) -> Table {
        Table::new(self.runtime, self.report, self.facts)
    }

    /// A backend by its name, or by `#number` as `show stat` numbers it.
    pub(crate) fn backend(&self, name: &str) -> Option<&'a Arc<Backend>> {
        if let Some(number) = name.strip_prefix('#') {
            return self.runtime.backends.get(&self.numbered(Kind::Backend, number)?);
        }
        let named = self.runtime.backends.iter().filter(|(key, _)| key.name() == name);
        named.min_by_key(|(key, _)| rank(key)).map(|(_, backend)| backend)
    }

    /// A frontend by its name or number.
    pub(crate) fn frontend(&self, name: &str) -> Option<&'a Arc<Frontend>> {
        if let Some(number) = name.strip_prefix('#') {
            return self.runtime.frontends.get(&self.numbered(Kind::Frontend, number)?);
        }
        let named = self.runtime.frontends.iter().filter(|(key, _)| key.name() == name);
        named.min_by_key(|(key, _)| rank(key)).map(|(_, frontend)| frontend)
    }

    /// `<backend>/<server>`, by names or `#numbers`.
    pub(crate) fn server(&self, name: &str) -> Result<(&'a Arc<Backend>, &'a Arc<Endpoint>), Answer> {
        let Some((backend, server)) = name.split_once('/').filter(|(_, server)| !server.is_empty()) else {
            return Err(Answer::error("Require 'backend/server'."));
        };
        let backend = self.backend(backend).ok_or_else(|| Answer::error("No such backend."))?;
        let number = server.strip_prefix('#').and_then(|number| number.parse::<u32>().ok());
        let endpoint = backend.endpoints.iter().find(|endpoint| match number {
            Some(number) => endpoint.number.get() == number,
            None => *endpoint.name == *server,
        });
        Ok((backend, endpoint.ok_or_else(|| Answer::error("No such server."))?))
    }

    fn numbered(&self, kind: Kind, number: &str) -> Option<ObjectKey> {
        let number: u32 = number.parse().ok()?;
        let rows = self.table().rows;
        rows.into_iter().find(|row| row.kind == kind && row.proxy_number == number).map(|row| row.key)
    }
}
