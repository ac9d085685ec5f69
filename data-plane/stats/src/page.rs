//! The statistics page: HTML made here, readable and of use without a script.

use std::collections::HashMap;
use std::time::Duration;

use askama::Template;

use crate::field::Field;
use crate::form::ACTIONS;
use crate::info::Info;
use crate::parameters::Parameters;
use crate::rows::{Kind, Row, Table};

/// What a page shows besides its rows.
#[derive(Debug, Clone, Copy, Default)]
pub struct PageSettings<'a> {
    /// Where the page is: what its links begin with.
    pub uri: &'a str,
    /// Reload it.
    pub refresh: Option<Duration>,
    /// Tell the version.
    pub version: Option<&'a str>,
    /// Tell addresses and algorithms.
    pub legends: bool,
    /// Name of the node.
    pub node: Option<&'a str>,
    /// A text.
    pub description: Option<&'a str>,
    /// What was asked for behind the address.
    pub parameters: Parameters<'a>,
    /// Who sees it may change things: there are forms.
    pub admin: bool,
}

impl PageSettings<'_> {
    /// When to load the page again, as the header `Refresh` has it. What came of a form is told once.
    pub fn refresh(&self) -> Option<String> {
        let seconds = self.refresh.filter(|_| !self.parameters.no_refresh)?.as_secs().max(1);
        let again =
            self.parameters.outcome.map(|_| format!("; url={}{}", self.uri, self.parameters.written()));
        Some(format!("{seconds}{}", again.unwrap_or_default()))
    }
}

#[derive(Template)]
#[template(path = "page.html")]
struct Page<'a> {
    settings: PageSettings<'a>,
    refresh: Option<String>,
    search: Search<'a>,
    /// Behind the address of what shows the same again.
    again: String,
    facts: Vec<(&'static str, String)>,
    proxies: Vec<Proxy<'a>>,
}

/// The form that looks for proxies. A browser puts what is looked for in the place of the query that its address has: what
/// stands there is sent along.
struct Search<'a> {
    action: String,
    query: Vec<(&'a str, &'a str)>,
}

impl<'a> Search<'a> {
    fn new(settings: &PageSettings<'a>) -> Self {
        let Some((path, query)) = settings.uri.split_once('?') else {
            let parameters = Parameters { filter: "", ..settings.parameters };
            return Self { action: format!("{}{}", settings.uri, parameters.written()), query: Vec::new() };
        };
        let query = query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, ""))).collect();
        Self { action: path.to_owned(), query }
    }
}

/// One table of the page.
struct Proxy<'a> {
    name: String,
    description: &'a str,
    algorithm: String,
    rows: Vec<Line<'a>>,
    /// What a form calls the backend, where there is one.
    form: Option<String>,
}

/// One row of a table, its cells as they stand in it.
struct Line<'a> {
    row: &'a Row,
    name: String,
    /// Those of [`GROUPS`], [`MORE`] and [`SERVER`].
    groups: Vec<String>,
    more: Vec<String>,
    server: Vec<String>,
    last: String,
    bytes: [String; 2],
    since: String,
    down_for: String,
    /// The class of its colour: `up`, `down`, `maint`, `drain`, `none`.
    class: &'static str,
    status: String,
    check: String,
    address: String,
}

impl Line<'_> {
    fn is_server(&self) -> bool {
        self.row.kind == Kind::Server
    }
}

/// The columns of a table: a group, and in it headings with their fields.
const GROUPS: &[(&str, &[(&str, Field)])] = &[
    ("Queue", &[("Cur", Field::Qcur), ("Max", Field::Qmax), ("Limit", Field::Qlimit)]),
    ("Session rate", &[("Cur", Field::Rate), ("Max", Field::RateMax), ("Limit", Field::RateLim)]),
    (
        "Sessions",
        &[("Cur", Field::Scur), ("Max", Field::Smax), ("Limit", Field::Slim), ("Total", Field::Stot)],
    ),
];

/// More columns, behind those whose cells are not plain numbers.
const MORE: &[(&str, &[(&str, Field)])] = &[
    ("Denied", &[("Req", Field::Dreq), ("Resp", Field::Dresp)]),
    ("Errors", &[("Req", Field::Ereq), ("Conn", Field::Econ), ("Resp", Field::Eresp)]),
    ("Warnings", &[("Retr", Field::Wretr), ("Redis", Field::Wredis)]),
];

/// Columns of servers and backends.
const SERVER: &[(&str, Field)] = &[
    ("Weight", Field::Weight),
    ("Act", Field::Act),
    ("Bck", Field::Bck),
    ("Chk", Field::Chkfail),
    ("Dwn", Field::Chkdown),
];

/// The whole page, of all rows of the table.
pub fn page(table: &Table, info: &Info, settings: PageSettings<'_>) -> String {
    let mut proxies: Vec<Proxy<'_>> = Vec::new();
    let mut last = None;
    let mut backends: HashMap<&str, usize> = HashMap::new();
    for row in table.rows.iter().filter(|row| row.kind == Kind::Backend) {
        *backends.entry(row.key.name()).or_default() += 1;
    }
    for row in &table.rows {
        if last != Some(row.proxy_number) {
            last = Some(row.proxy_number);
            let name = row.cell(Field::ProxyName).map(ToString::to_string).unwrap_or_default();
            let description = row.description.as_deref().unwrap_or_default();
            proxies.push(Proxy { name, description, algorithm: String::new(), rows: Vec::new(), form: None });
        }
        if let Some(proxy) = proxies.last_mut() {
            if let Some(algorithm) = row.cell(Field::Algo) {
                proxy.algorithm = algorithm.to_string();
            }
            if settings.admin && row.kind == Kind::Server {
                proxy.form.get_or_insert_with(|| called(&backends, row, &proxy.name));
            }
            proxy.rows.push(line(row));
        }
    }
    let (refresh, search) = (settings.refresh(), Search::new(&settings));
    let facts = facts(info);
    let again = settings.parameters.written();
    // Writing to a String cannot fail.
    Page { settings, refresh, search, again, facts, proxies }.render().unwrap_or_default()
}

/// What a form calls the backend of a server: its number alone tells those of one name apart.
fn called(backends: &HashMap<&str, usize>, server: &Row, proxy: &str) -> String {
    match backends.get(proxy) {
        Some(1) => proxy.to_owned(),
        _ => format!("#{}", server.proxy_number),
    }
}

fn line(row: &Row) -> Line<'_> {
    let cell = |field| row.cell(field).map(ToString::to_string).unwrap_or_default();
    let status = cell(Field::Status);
    let class = match status.as_str() {
        "OPEN" | "UP" => "up",
        "no check" => "none",
        "STOP" => "maint",
        "DRAIN" | "NOLB" => "drain",
        other if other.starts_with("MAINT") => "maint",
        _ => "down",
    };
    let (word, code, took) = (cell(Field::CheckStatus), cell(Field::CheckCode), cell(Field::CheckDuration));
    let check = match (word.as_str(), code.as_str()) {
        ("", _) => String::new(),
        (word, "") => format!("{word} in {took} ms"),
        (word, code) => format!("{word}/{code} in {took} ms"),
    };
    let name = match row.kind {
        Kind::Frontend => "Frontend".to_owned(),
        Kind::Backend => "Backend".to_owned(),
        Kind::Server => cell(Field::ServiceName),
    };
    let each = |groups: &[(&str, &[(&str, Field)])]| {
        groups.iter().flat_map(|(_, columns)| columns.iter()).map(|(_, field)| cell(*field)).collect()
    };
    let bytes = |field| cell(field).parse().map(size).unwrap_or_default();
    let time = |field| match cell(field).parse::<i64>() {
        Ok(seconds) if seconds >= 0 => span(seconds),
        _ => String::new(),
    };
    Line {
        row,
        name,
        groups: each(GROUPS),
        more: each(MORE),
        server: SERVER.iter().map(|(_, field)| cell(*field)).collect(),
        last: time(Field::Lastsess),
        bytes: [bytes(Field::Bin), bytes(Field::Bout)],
        since: time(Field::Lastchg),
        down_for: time(Field::Downtime),
        class,
        status,
        check,
        address: cell(Field::Addr),
    }
}

/// What the head of the page tells.
fn facts(info: &Info) -> Vec<(&'static str, String)> {
    let shown = [
        ("Pid", "process"),
        ("Uptime", "uptime"),
        ("Nbthread", "threads"),
        ("CurrConns", "connections"),
        ("Maxconn", "connection limit"),
        ("ConnRate", "connections/s"),
        ("SessRate", "requests/s"),
    ];
    shown
        .into_iter()
        .filter_map(|(name, words)| {
            let item = info.items.iter().find(|item| item.name == name)?;
            Some((words, item.value.to_string()))
        })
        .collect()
}

/// `1.5 MiB`
fn size(bytes: u64) -> String {
    let units = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    let mut scaled = (bytes, 0, "B");
    for unit in units {
        if scaled.0 < 1024 {
            break;
        }
        scaled = (scaled.0 / 1024, scaled.0 % 1024 * 10 / 1024, unit);
    }
    match scaled {
        (bytes, _, "B") => format!("{bytes} B"),
        (whole, tenth, unit) => format!("{whole}.{tenth} {unit}"),
    }
}

/// `2h 3m`: the two largest units.
fn span(seconds: i64) -> String {
    let units = [(86_400, "d"), (3600, "h"), (60, "m"), (1, "s")];
    let first = units.iter().position(|(length, _)| seconds >= *length).unwrap_or(units.len() - 1);
    let (length, unit) = units[first];
    let mut text = format!("{}{unit}", seconds / length);
    if let Some((next, unit)) = units.get(first + 1)
        && seconds % length / next > 0
    {
        text.push_str(&format!(" {}{unit}", seconds % length / next));
    }
    text
}

#[cfg(test)]
mod tests;
