//! What is served and what was reported, as rows.

mod absent;
mod backend;
mod frontend;
mod http2;
mod server;

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;

use sluicegate_model::{Backend, Frontend, Mode, Runtime};
use sluicegate_proto::id::ObjectKey;
use sluicegate_proto::v1::{
    BackendStats, EndpointStats, FrontendStats, ObjectId, Origin, Rate, Report, origin::Place,
};

use crate::facts::Facts;
use crate::field::{Field, Tags};
use crate::value::Value;

pub use server::weight;

/// Number of the first proxy: HAProxy gives 1 to its own.
const FIRST_PROXY: u32 = 2;

/// All rows: proxies in the order of the configuration, in each the frontend, the servers and the backend.
#[derive(Debug, Clone, Default)]
pub struct Table {
    /// In that order.
    pub rows: Vec<Row>,
}

/// What a row is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The side of a proxy that takes connections.
    Frontend,
    /// The side that has servers.
    Backend,
    /// One server.
    Server,
}

impl Kind {
    /// As `typed` has it.
    pub fn letter(self) -> char {
        match self {
            Self::Frontend => 'F',
            Self::Backend => 'B',
            Self::Server => 'S',
        }
    }

    /// As JSON has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Frontend => "Frontend",
            Self::Backend => "Backend",
            Self::Server => "Server",
        }
    }

    /// The field `type`, and the bit that `show stat <proxy> <type> <server>` asks for it with, by its exponent.
    fn number(self) -> u32 {
        match self {
            Self::Frontend => 0,
            Self::Backend => 1,
            Self::Server => 2,
        }
    }
}

/// One row.
#[derive(Debug, Clone)]
pub struct Row {
    /// What it is about.
    pub kind: Kind,
    /// Which object.
    pub key: ObjectKey,
    /// The field `iid`.
    pub proxy_number: u32,
    /// The field `sid`; 0 for proxies.
    pub number: u32,
    /// What its proxy is, in the words of who configured it.
    pub description: Option<Box<str>>,
    cells: Vec<Option<Value>>,
}

impl Row {
    /// Of those in HTTP mode alone, as with HAProxy.
    fn cache(&mut self, mode: Mode, lookups: u64, hits: u64) {
        if mode == Mode::Http {
            self.count(Field::CacheLookups, lookups);
            self.count(Field::CacheHits, hits);
        }
    }

    fn new(kind: Kind, key: ObjectKey, proxy: &Proxy<'_>, name: &str, number: u32) -> Self {
        let cells = vec![None; Field::COUNT];
        let description = proxy.description().map(Into::into);
        let mut row = Self { kind, key, proxy_number: proxy.number, number, description, cells };
        row.text(Field::ProxyName, proxy.name);
        row.text(Field::ServiceName, name);
        row.set(Field::Pid, Value::U32(1));
        row.set(Field::Iid, Value::U32(proxy.number));
        row.set(Field::Sid, Value::U32(number));
        row.set(Field::Type, Value::U32(kind.number()));
        row
    }

    /// A server that is in maintenance: a person said so, or its name leads nowhere.
    pub fn is_in_maintenance(&self) -> bool {
        self.kind == Kind::Server && self.status().starts_with("MAINT")
    }

    /// A server that is down, or in maintenance.
    pub fn is_down(&self) -> bool {
        self.is_in_maintenance() || self.kind == Kind::Server && self.status().starts_with("DOWN")
    }

    fn status(&self) -> &str {
        match self.cell(Field::Status) {
            Some(Value::Text(status)) => status,
            _ => "",
        }
    }

    /// What stands in a column.
    pub fn cell(&self, field: Field) -> Option<&Value> {
        self.cells.get(field.index())?.as_ref()
    }

    /// The cells that are not empty, in their order.
    pub fn cells(&self) -> impl Iterator<Item = (Field, &Value)> {
        Field::ALL.iter().filter_map(|field| Some((*field, self.cell(*field)?)))
    }

    /// What kind of number stands in a column; HAProxy has four of a backend otherwise.
    pub fn tags(&self, field: Field) -> Tags {
        match (self.kind, field) {
            (Kind::Backend, Field::Act | Field::Bck | Field::Rate | Field::RateMax) => Tags("MGP"),
            _ => field.tags(),
        }
    }

    fn set(&mut self, field: Field, value: Value) {
        if let Some(cell) = self.cells.get_mut(field.index()) {
            *cell = Some(value);
        }
    }

    /// A text of one line: what a server says of itself may not look like another row or steer a terminal.
    fn text(&mut self, field: Field, text: &str) {
        self.set(field, text.replace(char::is_control, " ").as_str().into());
    }

    /// A gauge or limit.
    fn short(&mut self, field: Field, number: u64) {
        self.set(field, Value::short(number));
    }

    /// A counter.
    fn count(&mut self, field: Field, number: u64) {
        self.set(field, Value::U64(number));
    }

    fn rate(&mut self, now: Field, most: Field, rate: Option<&Rate>) {
        let rate = rate.copied().unwrap_or_default();
        self.short(now, rate.now);
        self.short(most, rate.most);
    }

    fn responses(&mut self, responses: &[u64]) {
        let classes = [Field::Hrsp1xx, Field::Hrsp2xx, Field::Hrsp3xx, Field::Hrsp4xx, Field::Hrsp5xx];
        for (index, field) in classes.into_iter().enumerate() {
            self.count(field, responses.get(index).copied().unwrap_or_default());
        }
    }
}

/// Which rows (HAProxy: `show stat <proxy> <type> <server>`); `None`: all of them.
#[derive(Debug, Clone, Copy, Default)]
pub struct Select {
    /// Number of the proxy.
    pub proxy: Option<u32>,
    /// Sum of 1 for frontends, 2 for backends, 4 for servers.
    pub kinds: Option<u32>,
    /// Number of the server.
    pub server: Option<u32>,
}

impl Select {
    fn takes(&self, row: &Row) -> bool {
        let kind = 1 << row.kind.number();
        self.proxy.is_none_or(|number| number == row.proxy_number)
            && self.kinds.is_none_or(|kinds| kinds & kind != 0)
            && (row.kind != Kind::Server || self.server.is_none_or(|number| number == row.number))
    }
}

impl Table {
    /// The rows of what is served, with what was reported of it.
    pub fn new(runtime: &Runtime, report: &Report, facts: &Facts) -> Self {
        let scene = Scene::new(runtime, report, facts);
        let mut rows = Vec::new();
        for proxy in proxies(runtime) {
            rows.extend(proxy.frontend.map(|frontend| scene.frontend(&proxy, frontend)));
            if let Some(backend) = proxy.backend {
                let servers = backend.endpoints.iter();
                rows.extend(servers.map(|endpoint| scene.server(&proxy, backend, endpoint)));
                rows.push(scene.backend(&proxy, backend));
            }
        }
        rows.iter_mut().for_each(Row::absent);
        Self { rows }
    }

    /// Keeps the rows of proxies whose name is wanted.
    pub fn retain(&mut self, wanted: impl Fn(&str) -> bool) {
        self.rows.retain(|row| matches!(row.cell(Field::ProxyName), Some(Value::Text(name)) if wanted(name)));
    }

    /// Empties the columns that a page shows with its legends alone (HAProxy: stats show-legends).
    pub fn hide_legends(&mut self) {
        for field in [Field::Addr, Field::Algo, Field::Cookie] {
            for cell in self.rows.iter_mut().filter_map(|row| row.cells.get_mut(field.index())) {
                *cell = None;
            }
        }
    }

    /// A backend by its name, where only one has it, or by `#` and its number.
    pub fn backend(&self, name: &str) -> Option<&ObjectKey> {
        let number = name.strip_prefix('#').and_then(|number| number.parse::<u32>().ok());
        let mut found = self.rows.iter().filter(|row| row.kind == Kind::Backend).filter(|row| match number {
            Some(number) => row.proxy_number == number,
            None => row.key.name() == name,
        });
        let first = found.next()?;
        found.next().is_none().then_some(&first.key)
    }

    /// The rows that were asked for.
    #[must_use]
    pub fn select(mut self, select: Select) -> Self {
        self.rows.retain(|row| select.takes(row));
        self
    }
}

/// A frontend, a backend, or both of a `listen`.
struct Proxy<'a> {
    number: u32,
    name: &'a str,
    frontend: Option<&'a Frontend>,
    backend: Option<&'a Backend>,
}

impl Proxy<'_> {
    /// The number that somebody wrote.
    fn written(&self) -> Option<u32> {
        let of_frontend = self.frontend.and_then(|frontend| frontend.settings.number);
        let of_backend = || self.backend.and_then(|backend| backend.settings.number);
        of_frontend.or_else(of_backend).map(NonZeroU32::get)
    }

    fn description(&self) -> Option<&str> {
        let frontend = self.frontend.and_then(|frontend| frontend.settings.description.as_deref());
        frontend.or_else(|| self.backend.and_then(|backend| backend.settings.description.as_deref()))
    }
}

/// What rows are made of.
struct Scene<'a> {
    runtime: &'a Runtime,
    facts: &'a Facts,
    frontends: BTreeMap<ObjectKey, &'a FrontendStats>,
    backends: BTreeMap<ObjectKey, &'a BackendStats>,
    endpoints: BTreeMap<ObjectKey, &'a EndpointStats>,
}

impl<'a> Scene<'a> {
    fn new(runtime: &'a Runtime, report: &'a Report, facts: &'a Facts) -> Self {
        Self {
            runtime,
            facts,
            frontends: by_key(&report.frontends, |stats| stats.id.as_ref()),
            backends: by_key(&report.backends, |stats| stats.id.as_ref()),
            endpoints: by_key(&report.endpoints, |stats| stats.id.as_ref()),
        }
    }

    /// Whole seconds since a moment of which a report says.
    fn seconds_since(&self, unix_ms: u64) -> u64 {
        self.facts.now_unix_ms.saturating_sub(unix_ms) / 1000
    }

    /// The field `lastsess`.
    fn last_session(&self, unix_ms: u64) -> Value {
        match unix_ms {
            0 => Value::S32(-1),
            at => Value::S32(i32::try_from(self.seconds_since(at)).unwrap_or(i32::MAX)),
        }
    }
}

/// The number of a backend's proxy, the field `iid`; `None`: there is no such backend.
pub fn proxy_number(runtime: &Runtime, backend: &ObjectKey) -> Option<u32> {
    let all = proxies(runtime);
    let found = all.iter().find(|proxy| proxy.backend.is_some_and(|it| it.key() == backend));
    found.map(|proxy| proxy.number)
}

/// In the order in which they were written, files by their names; then what other sources have.
fn proxies<'a>(runtime: &'a Runtime) -> Vec<Proxy<'a>> {
    let mut proxies: BTreeMap<_, Proxy<'a>> = BTreeMap::new();
    let empty = |name| Proxy { number: 0, name, frontend: None, backend: None };
    for (key, frontend) in &runtime.frontends {
        let place = place(key, &frontend.settings.origin);
        proxies.entry(place).or_insert_with(|| empty(key.name())).frontend = Some(&**frontend);
    }
    for (key, backend) in &runtime.backends {
        let place = place(key, &backend.settings.origin);
        proxies.entry(place).or_insert_with(|| empty(key.name())).backend = Some(&**backend);
    }
    let written: BTreeSet<u32> = proxies.values().filter_map(Proxy::written).collect();
    let mut next = FIRST_PROXY;
    let number = |proxy: Proxy<'a>| {
        let number = proxy.written().unwrap_or_else(|| {
            next = (next..).find(|number| !written.contains(number)).unwrap_or_default();
            next
        });
        next = next.saturating_add(1);
        Proxy { number, ..proxy }
    };
    proxies.into_values().map(number).collect()
}

/// What proxies are sorted by: both sides of a `listen` have the same. What no file says stands behind what files say: the
/// numbers of those are as if it were not there.
fn place<'a>(key: &'a ObjectKey, origin: &'a Origin) -> (bool, &'a str, u32, &'a str, &'a str, &'a str) {
    let (elsewhere, file, line) = match &origin.place {
        Some(Place::File(file)) => (false, file.path.as_str(), file.line),
        _ => (true, "", 0),
    };
    (elsewhere, file, line, key.provider(), key.namespace(), key.name())
}

fn by_key<T>(rows: &[T], id: impl Fn(&T) -> Option<&ObjectId>) -> BTreeMap<ObjectKey, &T> {
    rows.iter().filter_map(|row| Some((ObjectKey::try_from(id(row)?).ok()?, row))).collect()
}

#[cfg(test)]
pub(crate) mod tests;
