//! Metrics in Prometheus' text form, under the names of HAProxy's exporter and a few of our own.

use std::collections::HashMap;

use sluicegate_proto::id::ObjectKey;
use sluicegate_proto::v1::{Health, Report};

use crate::field::Field;
use crate::info::Info;
use crate::rows::{Kind, Row, Table};
use crate::value::Value;

/// How a column becomes samples.
#[derive(Clone, Copy)]
enum Form {
    /// The number.
    Gauge,
    /// The number, which only grows.
    Counter,
    /// Milliseconds, told in seconds.
    Millis,
    /// A sample for each of these words, 1 for the one that it is.
    State(&'static [&'static str]),
    /// A counter with the class of answers for a label.
    Code(&'static str),
}

const PROXY_STATES: &[&str] = &["DOWN", "UP"];
const SERVER_STATES: &[&str] = &["DOWN", "UP", "MAINT", "DRAIN", "NOLB"];
const CHECK_STATES: &[&str] = &[
    "HANA", "SOCKERR", "L4OK", "L4TOUT", "L4CON", "L6OK", "L6TOUT", "L6RSP", "L7TOUT", "L7RSP", "L7OK",
    "L7OKC", "L7STS",
];

/// Columns, what their metrics are called behind the kind of the object, and their form.
const METRICS: &[(Field, &str, Form)] = &[
    (Field::Qcur, "current_queue", Form::Gauge),
    (Field::Qmax, "max_queue", Form::Gauge),
    (Field::Scur, "current_sessions", Form::Gauge),
    (Field::Smax, "max_sessions", Form::Gauge),
    (Field::Slim, "limit_sessions", Form::Gauge),
    (Field::Stot, "sessions_total", Form::Counter),
    (Field::Bin, "bytes_in_total", Form::Counter),
    (Field::Bout, "bytes_out_total", Form::Counter),
    (Field::Dreq, "requests_denied_total", Form::Counter),
    (Field::Dresp, "responses_denied_total", Form::Counter),
    (Field::Ereq, "request_errors_total", Form::Counter),
    (Field::Econ, "connection_errors_total", Form::Counter),
    (Field::Eresp, "response_errors_total", Form::Counter),
    (Field::Wretr, "retry_warnings_total", Form::Counter),
    (Field::Wredis, "redispatch_warnings_total", Form::Counter),
    (Field::Status, "status", Form::State(PROXY_STATES)),
    (Field::Weight, "weight", Form::Gauge),
    (Field::Act, "active_servers", Form::Gauge),
    (Field::Bck, "backup_servers", Form::Gauge),
    (Field::Chkfail, "check_failures_total", Form::Counter),
    (Field::Chkdown, "check_up_down_total", Form::Counter),
    (Field::Lastchg, "check_last_change_seconds", Form::Gauge),
    (Field::Downtime, "downtime_seconds_total", Form::Counter),
    (Field::Qlimit, "queue_limit", Form::Gauge),
    (Field::Lbtot, "loadbalanced_total", Form::Counter),
    (Field::RateMax, "max_session_rate", Form::Gauge),
    (Field::CheckStatus, "check_status", Form::State(CHECK_STATES)),
    (Field::CheckCode, "check_code", Form::Gauge),
    (Field::CheckDuration, "check_duration_seconds", Form::Millis),
    (Field::Hrsp1xx, "http_responses_total", Form::Code("1xx")),
    (Field::Hrsp2xx, "http_responses_total", Form::Code("2xx")),
    (Field::Hrsp3xx, "http_responses_total", Form::Code("3xx")),
    (Field::Hrsp4xx, "http_responses_total", Form::Code("4xx")),
    (Field::Hrsp5xx, "http_responses_total", Form::Code("5xx")),
    (Field::ReqRateMax, "http_requests_rate_max", Form::Gauge),
    (Field::ReqTot, "http_requests_total", Form::Counter),
    (Field::CliAbrt, "client_aborts_total", Form::Counter),
    (Field::SrvAbrt, "server_aborts_total", Form::Counter),
    (Field::Lastsess, "last_session_seconds", Form::Gauge),
    (Field::Qtime, "queue_time_average_seconds", Form::Millis),
    (Field::Ctime, "connect_time_average_seconds", Form::Millis),
    (Field::Rtime, "response_time_average_seconds", Form::Millis),
    (Field::Ttime, "total_time_average_seconds", Form::Millis),
    (Field::ConnRateMax, "connections_rate_max", Form::Gauge),
    (Field::ConnTot, "connections_total", Form::Counter),
    (Field::Intercepted, "intercepted_requests_total", Form::Counter),
    (Field::Connect, "connection_attempts_total", Form::Counter),
    (Field::Reuse, "connection_reuses_total", Form::Counter),
    (Field::QtimeMax, "max_queue_time_seconds", Form::Millis),
    (Field::CtimeMax, "max_connect_time_seconds", Form::Millis),
    (Field::RtimeMax, "max_response_time_seconds", Form::Millis),
    (Field::TtimeMax, "max_total_time_seconds", Form::Millis),
    (Field::Uweight, "uweight", Form::Gauge),
];

/// Facts of the process, by their names in `show info`.
const PROCESS: &[(&str, &str, Form)] = &[
    ("Nbthread", "nbthread", Form::Gauge),
    ("Nbproc", "nbproc", Form::Gauge),
    ("Process_num", "relative_process_id", Form::Gauge),
    ("Uptime_sec", "uptime_seconds", Form::Gauge),
    ("Ulimit-n", "max_fds", Form::Gauge),
    ("Maxconn", "max_connections", Form::Gauge),
    ("Hard_maxconn", "hard_max_connections", Form::Gauge),
    ("CurrConns", "current_connections", Form::Gauge),
    ("CumConns", "connections_total", Form::Counter),
    ("CumReq", "requests_total", Form::Counter),
    ("ConnRate", "current_connection_rate", Form::Gauge),
    ("MaxConnRate", "max_connection_rate", Form::Gauge),
    ("SessRate", "current_session_rate", Form::Gauge),
    ("MaxSessRate", "max_session_rate", Form::Gauge),
    ("Stopping", "stopping", Form::Gauge),
    ("Jobs", "jobs", Form::Gauge),
    ("Listeners", "listeners", Form::Gauge),
    ("DroppedLogs", "dropped_logs_total", Form::Counter),
    ("TotalBytesOut", "bytes_out_total", Form::Counter),
    ("Start_time_sec", "start_time_seconds", Form::Gauge),
];

/// What an exporter is asked for (HAProxy: the parameters `scope` and `no-maint` of its exporter).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scope {
    /// The process.
    pub process: bool,
    /// Frontends.
    pub frontends: bool,
    /// Backends.
    pub backends: bool,
    /// Servers.
    pub servers: bool,
    /// Servers in maintenance are left out.
    pub no_maintenance: bool,
}

impl Scope {
    /// Everything.
    pub const ALL: Self =
        Self { process: true, frontends: true, backends: true, servers: true, no_maintenance: false };

    /// Of the query of a request; parameters that are not known are passed over.
    pub fn of_query(query: &str) -> Self {
        let none = Self { process: false, frontends: false, backends: false, servers: false, ..Self::ALL };
        let scoped = query.split('&').any(|parameter| parameter.starts_with("scope="));
        let start = if scoped { none } else { Self::ALL };
        query.split('&').fold(start, |scope, parameter| match parameter {
            "scope=*" | "scope=%2A" | "scope=%2a" => {
                Self { no_maintenance: scope.no_maintenance, ..Self::ALL }
            }
            "scope=global" => Self { process: true, ..scope },
            "scope=frontend" => Self { frontends: true, ..scope },
            "scope=backend" => Self { backends: true, ..scope },
            "scope=server" => Self { servers: true, ..scope },
            "no-maint" => Self { no_maintenance: true, ..scope },
            _ => scope,
        })
    }

    fn takes(self, kind: Kind) -> bool {
        match kind {
            Kind::Frontend => self.frontends,
            Kind::Backend => self.backends,
            Kind::Server => self.servers,
        }
    }
}

/// The metrics of everything in scope; samples of one metric stand together.
pub fn prometheus(table: &Table, info: &Info, report: &Report, scope: Scope) -> String {
    let mut out = String::new();
    if scope.process {
        process(info, report, &mut out);
    }
    for kind in [Kind::Frontend, Kind::Backend, Kind::Server].into_iter().filter(|kind| scope.takes(*kind)) {
        let of_kind = table.rows.iter().filter(|row| row.kind == kind);
        let rows: Vec<&Row> = of_kind.filter(|row| !(scope.no_maintenance && in_maintenance(row))).collect();
        let prefix = format!("haproxy_{}", kind.name().to_lowercase());
        let mut last = "";
        for (field, suffix, form) in METRICS.iter().filter(|(field, ..)| fits(kind, *field)) {
            let samples = rows.iter().filter_map(|row| Some((*row, row.cell(*field)?)));
            let mut samples = samples.peekable();
            if samples.peek().is_none() {
                continue;
            }
            let name = format!("{prefix}_{suffix}");
            if last != *suffix {
                head(&name, *form, &mut out);
                last = suffix;
            }
            samples.for_each(|(row, value)| sample(&name, row, value, *form, &mut out));
        }
        if kind == Kind::Server {
            health(&rows, report, &mut out);
        }
    }
    out
}

/// What HAProxy has a column for and no metric.
fn fits(kind: Kind, field: Field) -> bool {
    match field {
        Field::Act | Field::Bck => kind == Kind::Backend,
        Field::ReqTot => kind != Kind::Server,
        _ => true,
    }
}

fn in_maintenance(row: &Row) -> bool {
    matches!(row.cell(Field::Status), Some(Value::Text(status)) if status.starts_with("MAINT"))
}

fn head(name: &str, form: Form, out: &mut String) {
    let kind = if matches!(form, Form::Counter | Form::Code(_)) { "counter" } else { "gauge" };
    out.push_str(&format!("# TYPE {name} {kind}\n"));
}

/// Of which proxy, and which server.
fn labels(row: &Row) -> String {
    let mut labels = String::new();
    if let Some(proxy) = row.cell(Field::ProxyName) {
        labels.push_str(&format!("proxy=\"{}\"", escaped(&proxy.to_string())));
    }
    if row.kind == Kind::Server
        && let Some(server) = row.cell(Field::ServiceName)
    {
        labels.push_str(&format!(",server=\"{}\"", escaped(&server.to_string())));
    }
    labels
}

fn sample(name: &str, row: &Row, value: &Value, form: Form, out: &mut String) {
    let labels = labels(row);
    match form {
        Form::Gauge | Form::Counter => out.push_str(&format!("{name}{{{labels}}} {value}\n")),
        Form::Millis => out.push_str(&format!("{name}{{{labels}}} {}\n", seconds(value))),
        Form::Code(code) => out.push_str(&format!("{name}{{{labels},code=\"{code}\"}} {value}\n")),
        Form::State(states) => {
            let text = value.to_string();
            let states =
                if row.kind == Kind::Server && states == PROXY_STATES { SERVER_STATES } else { states };
            for state in states {
                let is = u8::from(state_of(&text) == *state);
                out.push_str(&format!("{name}{{{labels},state=\"{state}\"}} {is}\n"));
            }
        }
    }
}

/// The state that a status stands for: frontends that are open and servers without checks are up.
fn state_of(status: &str) -> &str {
    match status {
        "OPEN" | "no check" => "UP",
        "STOP" => "DOWN",
        status => status.split(' ').next().unwrap_or(status),
    }
}

fn seconds(value: &Value) -> String {
    let ms = match value {
        Value::U32(ms) => u64::from(*ms),
        Value::U64(ms) => *ms,
        Value::S32(_) | Value::Text(_) => 0,
    };
    format!("{}.{:03}", ms / 1000, ms % 1000)
}

fn process(info: &Info, report: &Report, out: &mut String) {
    for (fact, suffix, form) in PROCESS {
        if let Some(item) = info.items.iter().find(|item| item.name == *fact) {
            let name = format!("haproxy_process_{suffix}");
            head(&name, *form, out);
            out.push_str(&format!("{name} {}\n", item.value));
        }
    }
    let version = info.items.iter().find(|item| item.name == "Version").map(|item| item.value.to_string());
    if let Some(version) = &version {
        let name = "haproxy_process_build_info";
        head(name, Form::Gauge, out);
        out.push_str(&format!("{name}{{version=\"{}\"}} 1\n", escaped(version)));
    }
    if let Some(version) = &version {
        one("build_info", Form::Gauge, format!("{{version=\"{}\"}}", escaped(version)), 1, out);
    }
    if let Some(generation) = &report.generation {
        plain("generation", Form::Gauge, generation.number, out);
    }
    let Some(process) = &report.process else { return };
    plain("retained_generations", Form::Gauge, process.retained_generations, out);
    plain("uptime_seconds", Form::Gauge, process.uptime_ms / 1000, out);
    plain("connections_total", Form::Counter, process.connections, out);
    plain("current_connections", Form::Gauge, process.current_connections, out);
    plain("requests_total", Form::Counter, process.requests, out);
    plain("dropped_log_lines_total", Form::Counter, process.dropped_log_lines, out);
    head("sluicegate_connections_closed_total", Form::Counter, out);
    for count in &process.closes {
        let (cause, number) = (escaped(&count.name), count.count);
        out.push_str(&format!("sluicegate_connections_closed_total{{cause=\"{cause}\"}} {number}\n"));
    }
}

/// A metric of our own with one sample.
fn one(name: &str, form: Form, labels: String, value: u64, out: &mut String) {
    let name = format!("sluicegate_{name}");
    head(&name, form, out);
    out.push_str(&format!("{name}{labels} {value}\n"));
}

fn plain(name: &str, form: Form, value: u64, out: &mut String) {
    one(name, form, String::new(), value, out);
}

/// Healths, as the report tells them apart: more than HAProxy's states of servers.
const HEALTHS: &[(Health, &str)] = &[
    (Health::Up, "up"),
    (Health::Down, "down"),
    (Health::Disabled, "disabled"),
    (Health::Unchecked, "unchecked"),
    (Health::Unresolved, "unresolved"),
    (Health::Stopping, "stopping"),
];

/// A sample for each health of each server, 1 for the one that it is.
fn health(rows: &[&Row], report: &Report, out: &mut String) {
    let keyed = report.endpoints.iter().filter_map(|stats| Some((stats.id.as_ref()?, stats.health())));
    let known: HashMap<ObjectKey, Health> =
        keyed.filter_map(|(id, health)| Some((ObjectKey::try_from(id).ok()?, health))).collect();
    let name = "sluicegate_server_health";
    let mut headed = false;
    for (row, health) in rows.iter().filter_map(|row| Some((row, *known.get(&row.key)?))) {
        if !std::mem::replace(&mut headed, true) {
            head(name, Form::Gauge, out);
        }
        let labels = labels(row);
        for (each, word) in HEALTHS {
            let is = u8::from(*each == health);
            out.push_str(&format!("{name}{{{labels},health=\"{word}\"}} {is}\n"));
        }
    }
}

/// As label values need it.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests;
