//! Fetches whose value is known when the expression is read: they travel as constants.

use sluicegate_proto::catalog::{ArgumentSpec, ArgumentType, FetchSpec, Phases, ValueType};
use sluicegate_proto::limits::MAX_TEXT_BYTES;
use sluicegate_proto::v1::{self, argument::Value};

use super::{Problem, Reader};

const ALWAYS: Phases =
    Phases { request: true, response: true, log: true, check: true, http_only: false, first_bytes: false };

const fn text(name: &'static str) -> ArgumentSpec {
    ArgumentSpec { name, kind: ArgumentType::Text, required: true }
}

/// All of them.
pub(crate) const CONSTANTS: &[FetchSpec] = &[
    FetchSpec {
        name: "bin",
        canonical: "bin",
        arguments: &[text("hexadecimal")],
        yields: ValueType::Str,
        binary: false,
        phases: ALWAYS,
        summary: "a constant, in hexadecimal",
    },
    FetchSpec {
        name: "env",
        canonical: "env",
        arguments: &[text("name")],
        yields: ValueType::Str,
        binary: false,
        phases: ALWAYS,
        summary: "an environment variable, as it is when the file is read",
    },
    FetchSpec {
        name: "nbproc",
        canonical: "nbproc",
        arguments: &[],
        yields: ValueType::Int,
        binary: false,
        phases: ALWAYS,
        summary: "number of processes: 1",
    },
];

/// The constant of this name.
pub(super) fn constant_fetch(name: &str) -> Option<&'static FetchSpec> {
    CONSTANTS.iter().find(|spec| spec.name == name)
}

impl Reader<'_> {
    /// The value that stands for a call of a constant; `None` where `name` is none.
    pub(super) fn constant(
        &self,
        name: &str,
        arguments: &[v1::Argument],
    ) -> Option<Result<v1::Call, Problem>> {
        let argument = match arguments.first().and_then(|argument| argument.value.as_ref()) {
            Some(Value::Text(text)) => &text[..],
            _ => b"",
        };
        Some(match name {
            "bin" => Ok(call("str", Value::Text(bytes(argument).unwrap_or_default().into()))),
            "env" => self.variable(argument),
            "nbproc" => Ok(call("int", Value::Integer(1))),
            _ => return None,
        })
    }

    fn variable(&self, name: &[u8]) -> Result<v1::Call, Problem> {
        let unknown = |why| Err(Problem::FetchUnknown { name: "env".into(), why });
        let Some(environment) = self.surroundings.environment else {
            return unknown("the environment is not known here");
        };
        let name = String::from_utf8_lossy(name);
        match environment.get(&name) {
            Some(value) if value.len() > MAX_TEXT_BYTES => unknown("its value is too long"),
            Some(value) => Ok(call("str", Value::Text(value.to_owned().into()))),
            None => Err(Problem::VariableUnset { name: name.into_owned() }),
        }
    }
}

fn call(name: &str, value: Value) -> v1::Call {
    v1::Call { name: name.to_owned(), arguments: vec![v1::Argument { value: Some(value) }] }
}

/// Pairs of hexadecimal digits.
pub(super) fn bytes(text: &[u8]) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let byte = |pair: &[u8]| match pair {
        [high, low] => u8::try_from(digit(*high)? * 16 + digit(*low)?).ok(),
        _ => None,
    };
    text.chunks(2).map(byte).collect()
}
