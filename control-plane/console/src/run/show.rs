//! What is told of the process and its parts.

use sluicegate_proto::id::ObjectKey;
use sluicegate_stats::{Field, Info, Kind, Precision, Row, Select};

use crate::answer::{Answer, Outcome};
use crate::ask::{Ask, Filter};
use crate::command::{Form, StatQuery};
use crate::view::View;

pub(super) fn info(view: &View<'_>, form: Form, described: bool, precision: Precision) -> Answer {
    let info = Info::with(view.runtime, view.report, view.facts, precision);
    Answer::of(match form {
        Form::Plain => info.text(described),
        Form::Typed => info.typed(described),
        Form::Json => info.json() + "\n",
    })
}

pub(super) fn stat(view: &View<'_>, query: &StatQuery) -> Result<Answer, Answer> {
    let mut table = view.table();
    if let Some((proxy, kinds, server)) = &query.select {
        let number = match proxy.parse::<i64>() {
            Ok(number) => u32::try_from(number).ok(),
            Err(_) => {
                let named =
                    |row: &&Row| row.cell(Field::ProxyName).is_some_and(|name| name.to_string() == *proxy);
                let row = table.rows.iter().find(named).ok_or_else(|| Answer::error("No such proxy."))?;
                Some(row.proxy_number)
            }
        };
        let (kinds, server) = (u32::try_from(*kinds).ok(), u32::try_from(*server).ok());
        table = table.select(Select { proxy: number, kinds, server });
    }
    table.rows.retain(|row| !(query.no_maint && row.is_in_maintenance() || query.up && row.is_down()));
    Ok(Answer::of(match query.form {
        Form::Plain => table.csv(),
        Form::Typed => table.typed(),
        Form::Json => table.json() + "\n",
    }))
}

pub(super) fn backends(view: &View<'_>) -> Answer {
    let mut out = "# name\n".to_owned();
    for row in view.table().rows.iter().filter(|row| row.kind == Kind::Backend) {
        out.push_str(row.key.name());
        out.push('\n');
    }
    Answer::of(out)
}

pub(super) fn sockets(view: &View<'_>) -> Answer {
    let mut out = "# socket lvl processes\n".to_owned();
    for socket in view.sockets {
        out.push_str(&format!("{} {} all\n", socket.address, socket.level));
    }
    Answer::of(out)
}

pub(super) fn environment(view: &View<'_>, name: Option<&str>) -> Result<Answer, Answer> {
    let lines: String = view
        .environment
        .iter()
        .filter(|(known, _)| name.is_none_or(|name| name == known))
        .map(|(name, value)| format!("{name}={value}\n"))
        .collect();
    if name.is_some() && lines.is_empty() {
        return Err(Answer::error("Variable not found"));
    }
    Ok(Answer::of(lines))
}

pub(super) fn errors(
    view: &View<'_>,
    proxy: Option<&str>,
    responses: Option<bool>,
) -> Result<Outcome, Answer> {
    let objects = proxy.map(|name| proxies(view, name)).transpose()?.flatten();
    Ok(Outcome::Ask(Ask::Errors(Filter { objects, responses })))
}

pub(super) fn resolvers(view: &View<'_>, section: Option<&str>) -> Result<Outcome, Answer> {
    let is_there = |name: &str| view.runtime.resolvers.keys().any(|key| key.name() == name);
    if section.is_some_and(|name| !is_there(name)) {
        return Err(Answer::error("Can't find that resolvers section"));
    }
    Ok(Outcome::Ask(Ask::Resolvers { section: section.map(str::to_owned) }))
}

/// The frontend and the backend of a name, or of a number as `show stat` numbers them; `None`: all, which -1 says too.
fn proxies(view: &View<'_>, name: &str) -> Result<Option<Vec<ObjectKey>>, Answer> {
    let named: Vec<ObjectKey> = view
        .frontend(name)
        .map(|it| it.key().clone())
        .into_iter()
        .chain(view.backend(name).map(|it| it.key().clone()))
        .collect();
    if !named.is_empty() {
        return Ok(Some(named));
    }
    match name.parse::<i64>() {
        Ok(-1) => Ok(None),
        Ok(number) => {
            let of = |row: &Row| row.number == 0 && i64::from(row.proxy_number) == number;
            let rows = view.table().rows.into_iter();
            Ok(Some(rows.filter(of).map(|row| row.key).collect()))
        }
        Err(_) => Err(Answer::error("No such proxy.")),
    }
}
