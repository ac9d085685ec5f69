//! The schema of the JSON forms, as `show schema json` and `;json-schema` print it.

use serde_json::{Value, json};

/// Of `show info json` and `show stat json`, in JSON Schema (draft 4).
pub fn json_schema() -> String {
    let reference = |name: &str| json!({ "$ref": format!("#/definitions/{name}") });
    let item = json!({
        "field": reference("field"),
        "processNum": reference("processNum"),
        "tags": reference("tags"),
        "value": reference("typedValue"),
    });
    let mut cell = item.clone();
    cell["objType"] = json!({ "enum": ["Frontend", "Backend", "Server"] });
    cell["proxyId"] = natural(0);
    cell["id"] = natural(0);
    json!({
        "$schema": "http://json-schema.org/draft-04/schema#",
        "oneOf": [
            { "title": "Info", "type": "array", "items": object(&item) },
            { "title": "Stat", "type": "array", "items": { "type": "array", "items": object(&cell) } },
        ],
        "definitions": {
            "field": object(&json!({ "pos": natural(0), "name": { "type": "string" } })),
            "processNum": natural(1),
            "tags": object(&json!({
                "origin": { "enum": ["Metric", "Status", "Key", "Config", "Product"] },
                "nature": {
                    "enum": [
                        "Gauge", "Limit", "Min", "Max", "Rate", "Counter", "Duration", "Age", "Time", "Name",
                        "Output", "Avg",
                    ],
                },
                "scope": { "enum": ["Service", "Process"] },
            })),
            "typedValue": { "oneOf": values() },
        },
    })
    .to_string()
}

fn values() -> Vec<Value> {
    let of = |name: &str, value: Value| object(&json!({ "type": { "enum": [name] }, "value": value }));
    let bits = |least: i64, most: u64| json!({ "type": "integer", "minimum": least, "maximum": most });
    vec![
        of("s32", bits(i32::MIN.into(), i32::MAX.unsigned_abs().into())),
        of("u32", bits(0, u32::MAX.into())),
        of("u64", bits(0, u64::MAX)),
        of("flt", json!({ "type": "number" })),
        of("str", json!({ "type": "string" })),
    ]
}

fn natural(least: u32) -> Value {
    json!({ "type": "integer", "minimum": least })
}

/// With all of these properties.
fn object(properties: &Value) -> Value {
    let names: Vec<&String> = properties.as_object().into_iter().flat_map(|object| object.keys()).collect();
    json!({ "type": "object", "required": names, "properties": properties })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::tests::runtime;
    use crate::{Facts, Info, Precision, Table};
    use sluicegate_proto::v1::Report;

    /// As much of JSON Schema as the one above uses.
    fn fits(schema: &Value, value: &Value, all: &Value) -> bool {
        if let Some(reference) = schema["$ref"].as_str() {
            return fits(all.pointer(reference.trim_start_matches('#')).unwrap(), value, all);
        }
        let is = match schema["type"].as_str() {
            Some("array") => value
                .as_array()
                .is_some_and(|items| items.iter().all(|item| fits(&schema["items"], item, all))),
            Some("object") => {
                let (given, wanted) = (value.as_object(), schema["properties"].as_object().unwrap());
                given.is_some_and(|given| {
                    given.len() == wanted.len()
                        && wanted.iter().all(|(name, schema)| {
                            given.get(name).is_some_and(|value| fits(schema, value, all))
                        })
                })
            }
            Some("integer") => value.is_i64() || value.is_u64(),
            Some("number") => value.is_number(),
            Some("string") => value.is_string(),
            _ => true,
        };
        let listed = schema["enum"].as_array().is_none_or(|words| words.contains(value));
        let one = schema["oneOf"].as_array();
        is && listed
            && one.is_none_or(|kinds| kinds.iter().filter(|kind| fits(kind, value, all)).count() == 1)
    }

    #[test]
    fn what_is_printed_is_what_the_schema_says() {
        let schema: Value = serde_json::from_str(&json_schema()).unwrap();
        let (runtime, report) = (runtime(), Report::default());
        let facts = Facts { version: "1".into(), host: "h".into(), ..Facts::default() };
        let info = Info::with(&runtime, &report, &facts, Precision::Float).json();
        let mut info: Value = serde_json::from_str(&info).unwrap();
        let table: Value = serde_json::from_str(&Table::new(&runtime, &report, &facts).json()).unwrap();
        assert!(fits(&schema, &info, &schema) && fits(&schema, &table, &schema));
        info[0]["tags"]["origin"] = "Nobody".into();
        assert!(!fits(&schema, &info, &schema));
    }
}
