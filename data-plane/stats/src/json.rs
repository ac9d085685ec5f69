//! JSON, as `show stat json`, `;json` and `show info json` print it.

use serde::Serialize;

use crate::field::Tags;
use crate::info::Info;
use crate::rows::Table;
use crate::value::Value;

#[derive(Serialize)]
struct Cell<'a> {
    #[serde(rename = "objType")]
    object: &'a str,
    #[serde(rename = "proxyId")]
    proxy: u32,
    id: u32,
    field: Name<'a>,
    #[serde(rename = "processNum")]
    process: u32,
    tags: Words,
    value: &'a Value,
}

#[derive(Serialize)]
struct Item<'a> {
    field: Name<'a>,
    #[serde(rename = "processNum")]
    process: u32,
    tags: Words,
    value: &'a Value,
}

#[derive(Serialize)]
struct Name<'a> {
    pos: usize,
    name: &'a str,
}

#[derive(Serialize)]
struct Words {
    origin: &'static str,
    nature: &'static str,
    scope: &'static str,
}

impl From<Tags> for Words {
    fn from(tags: Tags) -> Self {
        Self { origin: tags.origin(), nature: tags.nature(), scope: tags.scope() }
    }
}

impl Table {
    /// An array of rows, each an array of cells.
    pub fn json(&self) -> String {
        let rows: Vec<Vec<Cell<'_>>> = self
            .rows
            .iter()
            .map(|row| {
                let cell = |(field, value)| cell(row, field, value);
                row.cells().map(cell).collect()
            })
            .collect();
        text(&rows)
    }
}

fn cell<'a>(row: &'a crate::rows::Row, field: crate::field::Field, value: &'a Value) -> Cell<'a> {
    Cell {
        object: row.kind.name(),
        proxy: row.proxy_number,
        id: row.number,
        field: Name { pos: field.position(), name: field.name() },
        process: 1,
        tags: row.tags(field).into(),
        value,
    }
}

impl Info {
    /// An array of items.
    pub fn json(&self) -> String {
        let items: Vec<Item<'_>> = self
            .items
            .iter()
            .map(|item| Item {
                field: Name { pos: item.position, name: item.name },
                process: 1,
                tags: item.tags.into(),
                value: &item.value,
            })
            .collect();
        text(&items)
    }
}

/// Neither maps with keys that are no text nor numbers that JSON lacks are in it.
fn text(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
