//! The facts that are known.

use sluicegate_model::Runtime;
use sluicegate_proto::v1::{FrontendStats, ProcessStats, Rate, Report};

use super::{Item, Precision};
use crate::facts::Facts;
use crate::field::Tags;
use crate::sum::saturating;
use crate::value::Value;

/// All of them, in HAProxy's order.
pub(super) fn items(runtime: &Runtime, report: &Report, facts: &Facts, precision: Precision) -> Vec<Item> {
    let process = report.process.clone().unwrap_or_default();
    let teller = Teller { runtime, report, facts, process, precision };
    let mut items = teller.program();
    items.extend(teller.limits());
    items.extend(teller.traffic());
    items.extend(teller.rates());
    items.extend(teller.tls());
    items.extend(teller.compression());
    items.extend(teller.load());
    items.extend(teller.work());
    items
}

fn item(position: usize, name: &'static str, tags: &'static str, value: Value, about: &'static str) -> Item {
    Item { position, name, tags: Tags(tags), value, about }
}

/// There is no such thing here, or no such limit is kept: 0 is the truth.
fn none(position: usize, name: &'static str, tags: &'static str, about: &'static str) -> Item {
    item(position, name, tags, Value::U32(0), about)
}

struct Teller<'a> {
    runtime: &'a Runtime,
    report: &'a Report,
    facts: &'a Facts,
    process: ProcessStats,
    precision: Precision,
}

impl Teller<'_> {
    fn program(&self) -> Vec<Item> {
        let Self { facts, process, .. } = self;
        vec![
            item(0, "Name", "POS", "Sluicegate".into(), "Product name"),
            item(1, "Version", "POS", facts.version.as_str().into(), "Product version"),
            item(3, "Nbthread", "CGS", Value::U32(facts.threads), "Threads that move traffic"),
            item(4, "Nbproc", "CGS", Value::U32(1), "Processes, always 1"),
            item(5, "Process_num", "KGP", Value::U32(1), "Number of the process among them, always 1"),
            item(6, "Pid", "SGP", Value::U32(facts.pid), "Number of the process in the system"),
            item(7, "Uptime", "MDP", uptime(process.uptime_ms), "Time since the start"),
            item(8, "Uptime_sec", "MDP", self.seconds(process.uptime_ms), "Seconds since the start"),
        ]
    }

    fn limits(&self) -> Vec<Item> {
        let Self { facts, runtime, .. } = self;
        let connections = Value::short(facts.connections_of(runtime));
        let most = Value::short(facts.connection_limit);
        let descriptors = Value::short(facts.descriptors);
        vec![
            none(9, "Memmax_MB", "CLP", "Limit of memory in MiB; there is none"),
            item(13, "Ulimit-n", "CLP", descriptors.clone(), "File descriptors that may be open"),
            item(14, "Maxsock", "CLP", descriptors, "Sockets that may be open: as many"),
            item(15, "Maxconn", "CLP", connections, "Connections of clients at one time"),
            item(16, "Hard_maxconn", "CLP", most, "The same, as far as the file descriptors reach"),
        ]
    }

    fn traffic(&self) -> Vec<Item> {
        let process = &self.process;
        let now = Value::short(process.current_connections);
        vec![
            item(17, "CurrConns", "MGP", now, "Connections now"),
            item(18, "CumConns", "MCP", Value::short(process.connections), "Connections since the start"),
            item(19, "CumReq", "MCP", Value::short(process.requests), "Requests since the start"),
            none(20, "MaxSslConns", "MMP", "Limit of TLS connections; there is none"),
            none(21, "CurrSslConns", "MGP", "TLS connections now"),
            none(22, "CumSslConns", "MCP", "TLS connections since the start"),
            none(23, "Maxpipes", "CLP", "Limit of pipes that bodies pass through; there is none"),
        ]
    }

    fn rates(&self) -> Vec<Item> {
        let connections = self.process.connection_rate.unwrap_or_default();
        let requests = self.process.request_rate.unwrap_or_default();
        vec![
            item(26, "ConnRate", "MRP", self.rate(connections), "Connections of the last second"),
            none(27, "ConnRateLimit", "CLP", "Limit of it; none is kept"),
            item(28, "MaxConnRate", "MMP", Value::short(connections.most), "The most of them in one second"),
            item(29, "SessRate", "MRP", self.rate(requests), "Requests of the last second"),
            none(30, "SessRateLimit", "CLP", "Limit of it; none is kept"),
            item(31, "MaxSessRate", "MRP", Value::short(requests.most), "The most of them in one second"),
        ]
    }

    fn compression(&self) -> Vec<Item> {
        let sum = |rate: fn(&FrontendStats) -> Option<Rate>| {
            let rates = self.report.frontends.iter().filter_map(rate);
            self.rate(Rate { now: saturating(rates.map(|rate| rate.now)), most: 0 })
        };
        let content = sum(|frontend| frontend.compressed_in_rate);
        let coded = sum(|frontend| frontend.compressed_out_rate);
        vec![
            item(42, "CompressBpsIn", "MRP", content, "Bytes to compress in the last second"),
            item(43, "CompressBpsOut", "MRP", coded, "What they were compressed to"),
            none(44, "CompressBpsRateLim", "CLP", "Limit of it; there is none"),
        ]
    }

    /// There is no TLS.
    fn tls(&self) -> Vec<Item> {
        let nothing = || self.rate(Rate::default());
        let key_rate = if self.precision == Precision::Float { "MRP" } else { "MGP" };
        let reuse = "Percentage of TLS connections of clients that resumed a session";
        vec![
            item(32, "SslRate", "MRP", nothing(), "TLS connections of the last second"),
            none(33, "SslRateLimit", "CLP", "Limit of it; none is kept"),
            none(34, "MaxSslRate", "MMP", "The most of them in one second"),
            item(35, "SslFrontendKeyRate", key_rate, nothing(), "Keys for clients of the last second"),
            none(36, "SslFrontendMaxKeyRate", "MMP", "The most of them in one second"),
            item(37, "SslFrontendSessionReuse_pct", key_rate, nothing(), reuse),
            item(38, "SslBackendKeyRate", "MRP", nothing(), "Keys for servers of the last second"),
            none(39, "SslBackendMaxKeyRate", "MMP", "The most of them in one second"),
            none(40, "SslCacheLookups", "MCP", "TLS sessions that were looked for"),
            none(41, "SslCacheMisses", "MCP", "Those of them that were not found"),
        ]
    }

    fn load(&self) -> Vec<Item> {
        let idle = self.process.idle_percent.map(Value::U32);
        let idle = idle.map(|idle| {
            item(49, "Idle_pct", "MaP", idle, "Percentage of the last second that workers waited in")
        });
        let tasks = Value::short(self.process.tasks);
        [item(47, "Tasks", "MGP", tasks, "Tasks of the workers")].into_iter().chain(idle).collect()
    }

    fn work(&self) -> Vec<Item> {
        let Self { runtime, report, facts, process, .. } = self;
        let node = runtime.process.node.as_deref().unwrap_or(&facts.host);
        let description = runtime.process.description.as_deref().unwrap_or_default();
        let listeners = runtime.listeners.len() as u64;
        let jobs = Value::short(process.current_connections.saturating_add(listeners));
        let dropped = Value::short(process.dropped_log_lines);
        let bytes_out = Value::U64(saturating(report.frontends.iter().map(|frontend| frontend.bytes_out)));
        let failed = Value::short(process.failed_resolutions);
        let rates = report.frontends.iter().filter_map(|frontend| frontend.bytes_out_rate);
        let bytes_out_rate = Value::U64(saturating(rates.map(|rate| rate.now)));
        let started = self.seconds(facts.now_unix_ms.saturating_sub(process.uptime_ms));
        vec![
            item(50, "node", "COS", node.into(), "Name of the node"),
            item(51, "description", "COS", description.into(), "Its description"),
            item(52, "Stopping", "MGP", Value::U32(facts.stopping.into()), "1 once it is told to stop"),
            item(53, "Jobs", "MGP", jobs, "Connections of clients and listeners now"),
            none(54, "Unstoppable Jobs", "MGP", "Those of them that no stop ends"),
            item(55, "Listeners", "MGP", Value::short(listeners), "Listeners"),
            none(56, "ActivePeers", "MGP", "Peers that tables are shared with"),
            none(57, "ConnectedPeers", "MGP", "Peers that are connected"),
            item(58, "DroppedLogs", "MGP", dropped, "Log lines that were lost"),
            none(59, "BusyPolling", "MGP", "1 where threads never sleep; they do"),
            item(60, "FailedResolutions", "MGP", failed, "Names that were asked for and did not resolve"),
            item(61, "TotalBytesOut", "MGP", bytes_out, "Bytes sent to clients"),
            item(63, "BytesOutRate", "MRP", bytes_out_rate, "Those of the last second"),
            none(64, "DebugCommandsIssued", "MGP", "Commands for debugging; there are none"),
            none(65, "CumRecvLogs", "MCP", "Log messages received; none are"),
            item(66, "Build info", "POS", facts.version.as_str().into(), "Version of the build"),
            none(67, "Memmax_bytes", "CLP", "Limit of memory in bytes; there is none"),
            item(70, "Start_time_sec", "MDP", started, "Start in seconds since 1970"),
            item(71, "Tainted", "SGP", "0".into(), "Experimental things in use; there are none"),
        ]
    }

    fn seconds(&self, ms: u64) -> Value {
        match self.precision {
            Precision::Whole => Value::short(ms / 1000),
            Precision::Float => Value::Micros(ms.saturating_mul(1000)),
        }
    }

    fn rate(&self, rate: Rate) -> Value {
        match self.precision {
            Precision::Whole => Value::short(rate.now),
            Precision::Float => Value::Micros(rate.now.saturating_mul(1_000_000)),
        }
    }
}

/// `1d 2h03m04s`
fn uptime(ms: u64) -> Value {
    let seconds = ms / 1000;
    let (days, hours) = (seconds / 86_400, seconds / 3600 % 24);
    let text = format!("{days}d {hours}h{:02}m{:02}s", seconds / 60 % 60, seconds % 60);
    text.as_str().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uptimes() {
        for (ms, text) in [(0, "0d 0h00m00s"), (61_999, "0d 0h01m01s"), (93_784_000, "1d 2h03m04s")] {
            assert_eq!(uptime(ms).to_string(), text);
        }
    }
}
