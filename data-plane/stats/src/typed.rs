//! Lines of one value each, as `show stat typed` and `show info typed` print them.

use crate::info::Info;
use crate::rows::Table;

impl Table {
    /// `S.<proxy>.<server>.<position>.<name>.1:<tags>:<type>:<value>`.
    pub fn typed(&self) -> String {
        let mut out = String::new();
        for row in &self.rows {
            for (field, value) in row.cells() {
                let (kind, proxy, number) = (row.kind.letter(), row.proxy_number, row.number);
                let (position, name, tags) = (field.position(), field.name(), row.tags(field));
                let kind_of_value = value.type_name();
                out.push_str(&format!(
                    "{kind}.{proxy}.{number}.{position}.{name}.1:{tags}:{kind_of_value}:{value}\n"
                ));
            }
        }
        out
    }
}

impl Info {
    /// `<position>.<name>.1:<tags>:<type>:<value>`, with what it is in quotes where that is `described`.
    pub fn typed(&self, described: bool) -> String {
        let mut out = String::new();
        for item in &self.items {
            let kind = item.value.type_name();
            out.push_str(&format!("{}.{}.1:{}:{kind}:{}", item.position, item.name, item.tags, item.value));
            if described {
                out.push_str(&format!(":\"{}\"", item.about));
            }
            out.push('\n');
        }
        out
    }

    /// `<name>: <value>`, as `show info` prints them.
    pub fn text(&self, described: bool) -> String {
        let mut out = String::new();
        for item in &self.items {
            out.push_str(&format!("{}: {}", item.name, item.value));
            if described {
                out.push_str(&format!(":\"{}\"", item.about));
            }
            out.push('\n');
        }
        out
    }
}
