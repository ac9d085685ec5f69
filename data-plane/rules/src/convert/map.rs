use sluicegate_model::expr::{Lookup, Map, Output, Outputs, ValueType};

use crate::rewrite::replaced;
use crate::value::{MAX_VALUE_BYTES, Value};

/// What the map has for a value; its default where it has nothing for it. `None`: it has none.
pub(super) fn look_up<'a>(map: &'a Map, value: Value<'a>, buffer: &mut Vec<u8>) -> Option<Value<'a>> {
    let (found, text) = match map.takes {
        ValueType::Ip => (value.address(buffer).and_then(|ip| map.lookup.find_address(ip)), None),
        ValueType::Int | ValueType::Bool => {
            (value.integer(buffer).and_then(|number| map.lookup.find_number(number)), None)
        }
        ValueType::Str => {
            let text = value.into_text(buffer);
            (text.bytes(buffer).and_then(|bytes| map.lookup.find(bytes)), Some(text))
        }
    };
    let Some(place) = found else { return map.default.as_ref().map(given) };
    match &map.outputs {
        Outputs::Text(texts) => texts.get(place).map(|text| Value::Text(text)),
        Outputs::Int(numbers) => numbers.get(place).copied().map(Value::Int),
        Outputs::Ip(addresses) => addresses.get(place).copied().map(Value::Ip),
        Outputs::Template(templates) => {
            let Lookup::Regex { each, .. } = &map.lookup else { return None };
            let mut made = Vec::new();
            replaced(each.get(place)?, text?.bytes(buffer)?, templates.get(place)?, &mut made);
            made.truncate(MAX_VALUE_BYTES);
            let start = buffer.len();
            buffer.append(&mut made);
            Some(Value::Buffered(start..buffer.len()))
        }
    }
}

fn given(output: &Output) -> Value<'_> {
    match output {
        Output::Text(text) => Value::Text(text),
        Output::Int(number) => Value::Int(*number),
        Output::Ip(address) => Value::Ip(*address),
    }
}
