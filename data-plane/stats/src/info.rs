//! Facts of the process, as `show info` tells them (HAProxy management guide 9.3).

use sluicegate_model::Runtime;
use sluicegate_proto::v1::Report;

use crate::facts::Facts;
use crate::field::Tags;
use crate::sum::saturating;
use crate::value::Value;

/// The facts that are known, in HAProxy's order. What this program has no notion of is left out.
#[derive(Debug, Clone, Default)]
pub struct Info {
    /// In that order.
    pub items: Vec<Item>,
}

/// One fact.
#[derive(Debug, Clone)]
pub struct Item {
    /// HAProxy's number of it.
    pub position: usize,
    /// Its name.
    pub name: &'static str,
    /// What kind of number it is.
    pub tags: Tags,
    /// The fact.
    pub value: Value,
    /// What it is, in words.
    pub about: &'static str,
}

impl Info {
    /// The facts of what is served, what was reported, and the process.
    pub fn new(runtime: &Runtime, report: &Report, facts: &Facts) -> Self {
        let process = report.process.clone().unwrap_or_default();
        let (connections, requests) =
            (process.connection_rate.unwrap_or_default(), process.request_rate.unwrap_or_default());
        let node = runtime.process.node.as_deref().unwrap_or(&facts.host);
        let configured = runtime.process.max_connections.map_or(u64::MAX, |limit| limit.get().into());
        let bytes_out = saturating(report.frontends.iter().map(|frontend| frontend.bytes_out));
        let started = facts.now_unix_ms.saturating_sub(process.uptime_ms) / 1000;
        let items = [
            item(0, "Name", "POS", "Sluicegate".into(), "Product name"),
            item(1, "Version", "POS", facts.version.as_str().into(), "Product version"),
            item(3, "Nbthread", "CGS", Value::U32(facts.threads), "Threads that move traffic"),
            item(4, "Nbproc", "CGS", Value::U32(1), "Processes, always 1"),
            item(5, "Process_num", "KGP", Value::U32(1), "Number of the process among them, always 1"),
            item(6, "Pid", "SGP", Value::U32(facts.pid), "Number of the process in the system"),
            item(7, "Uptime", "MDP", uptime(process.uptime_ms), "Time since the start"),
            item(8, "Uptime_sec", "MDP", Value::short(process.uptime_ms / 1000), "Seconds since the start"),
            item(13, "Ulimit-n", "CLP", Value::short(facts.descriptors), "File descriptors that may be open"),
            item(
                15,
                "Maxconn",
                "CLP",
                Value::short(configured.min(facts.connection_limit)),
                "Connections of clients at one time",
            ),
            item(
                16,
                "Hard_maxconn",
                "CLP",
                Value::short(facts.connection_limit),
                "The same, as far as the file descriptors reach",
            ),
            item(17, "CurrConns", "MGP", Value::short(process.current_connections), "Connections now"),
            item(18, "CumConns", "MCP", Value::short(process.connections), "Connections since the start"),
            item(19, "CumReq", "MCP", Value::short(process.requests), "Requests since the start"),
            item(26, "ConnRate", "MRP", Value::short(connections.now), "Connections of the last second"),
            item(28, "MaxConnRate", "MMP", Value::short(connections.most), "The most of them in one second"),
            item(29, "SessRate", "MRP", Value::short(requests.now), "Requests of the last second"),
            item(31, "MaxSessRate", "MRP", Value::short(requests.most), "The most of them in one second"),
            item(50, "node", "COS", node.into(), "Name of the node"),
            item(
                51,
                "description",
                "COS",
                runtime.process.description.as_deref().unwrap_or_default().into(),
                "Its description",
            ),
            item(52, "Stopping", "MGP", Value::U32(facts.stopping.into()), "1 once it is told to stop"),
            item(
                53,
                "Jobs",
                "MGP",
                Value::short(process.current_connections),
                "Connections and requests now",
            ),
            item(55, "Listeners", "MGP", Value::short(runtime.listeners.len() as u64), "Listeners"),
            item(
                58,
                "DroppedLogs",
                "MGP",
                Value::short(process.dropped_log_lines),
                "Log lines that were lost",
            ),
            item(61, "TotalBytesOut", "MGP", Value::U64(bytes_out), "Bytes sent to clients"),
            item(66, "Build info", "POS", facts.version.as_str().into(), "Version of the build"),
            item(70, "Start_time_sec", "MDP", Value::short(started), "Start in seconds since 1970"),
        ];
        // As HAProxy: a text that nobody wrote is no fact.
        let empty = |item: &Item| matches!(&item.value, Value::Text(text) if text.is_empty());
        Self { items: items.into_iter().filter(|item| !empty(item)).collect() }
    }
}

fn item(position: usize, name: &'static str, tags: &'static str, value: Value, about: &'static str) -> Item {
    Item { position, name, tags: Tags(tags), value, about }
}

/// `1d 2h03m04s`
fn uptime(ms: u64) -> Value {
    let seconds = ms / 1000;
    let (days, hours) = (seconds / 86_400, seconds / 3600 % 24);
    let text = format!("{days}d {hours}h{:02}m{:02}s", seconds / 60 % 60, seconds % 60);
    text.as_str().into()
}

#[cfg(test)]
mod tests;
