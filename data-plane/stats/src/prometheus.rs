//! Metrics in Prometheus' text form, under the names of HAProxy's exporter and a few of our own.

mod aggregate;
mod certificates;
mod metrics;
mod own;
mod untold;

use sluicegate_model::Runtime;
use sluicegate_proto::v1::Report;

use crate::field::Field;
use crate::info::Info;
use crate::rows::{Kind, Row, Table};
use crate::value::Value;
use metrics::{Form, METRICS, PROCESS, PROXY_STATES, SERVER_STATES};
pub use untold::{UntoldMetric, untold_metrics};

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
pub fn prometheus(runtime: &Runtime, table: &Table, info: &Info, report: &Report, scope: Scope) -> String {
    let mut out = String::new();
    if scope.process {
        process(info, &mut out);
        own::process(info, report, &mut out);
    }
    for kind in [Kind::Frontend, Kind::Backend, Kind::Server].into_iter().filter(|kind| scope.takes(*kind)) {
        let of_kind = table.rows.iter().filter(|row| row.kind == kind);
        let rows: Vec<&Row> =
            of_kind.filter(|row| !(scope.no_maintenance && row.is_in_maintenance())).collect();
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
        if kind == Kind::Frontend {
            certificates::certificates(runtime, &mut out);
        }
        if kind == Kind::Backend {
            aggregate::servers(&rows, &table.rows, &mut out);
        }
        if kind == Kind::Server {
            own::health(&rows, report, &mut out);
            own::ejections(&rows, report, &mut out);
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
        Value::S32(_) | Value::Micros(_) | Value::Text(_) => 0,
    };
    format!("{}.{:03}", ms / 1000, ms % 1000)
}

fn process(info: &Info, out: &mut String) {
    for (fact, suffix, form) in PROCESS {
        if let Some(item) = info.items.iter().find(|item| item.name == *fact) {
            let name = format!("haproxy_process_{suffix}");
            head(&name, *form, out);
            out.push_str(&format!("{name} {}\n", item.value));
        }
    }
    if let Some(version) = version(info) {
        let name = "haproxy_process_build_info";
        head(name, Form::Gauge, out);
        out.push_str(&format!("{name}{{version=\"{}\"}} 1\n", escaped(&version)));
    }
}

fn version(info: &Info) -> Option<String> {
    info.items.iter().find(|item| item.name == "Version").map(|item| item.value.to_string())
}

/// As label values need it.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests;
