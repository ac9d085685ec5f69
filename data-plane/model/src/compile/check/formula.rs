//! What checks work out on the way.

use prost::Message;
use sluicegate_health::formula::{Formula as Number, When};
use sluicegate_proto::catalog;
use sluicegate_proto::limits::MAX_FORMAT_PIECES;
use sluicegate_proto::v1::{self, VariableCondition, argument, format_piece};

use super::super::call;
use super::super::reason::Fault;
use super::super::scope::Scope;
use crate::check::{Formula, Formulas, Given, Piece, Source};

/// Longest name of a variable, in bytes.
const MAX_NAME_BYTES: usize = 64;

/// The formulas of one script so far.
#[derive(Default)]
pub(super) struct Made(Vec<Formula>);

impl Made {
    pub(super) fn formulas(self) -> Formulas {
        Formulas(self.0.into())
    }

    /// An expression.
    pub(super) fn value(&mut self, wire: &v1::Sample, scope: &mut Scope<'_>) -> Option<Number> {
        let value = given(wire, scope)?;
        Some(self.add(vec![Piece::Value { value, quote: false }], wire.encode_to_vec()))
    }

    /// A format.
    pub(super) fn format(&mut self, wire: &v1::Format, scope: &mut Scope<'_>) -> Option<Number> {
        scope.count("pieces", wire.pieces.len(), MAX_FORMAT_PIECES)?;
        let pieces = scope.each("piece", &wire.pieces, |scope, wire| piece(wire, scope))?;
        Some(self.add(pieces, wire.encode_to_vec()))
    }

    fn add(&mut self, pieces: Vec<Piece>, identity: Vec<u8>) -> Number {
        let number = self.0.len();
        self.0.push(Formula { pieces: pieces.into() });
        Number { number, identity: identity.into() }
    }
}

fn piece(wire: &v1::FormatPiece, scope: &mut Scope<'_>) -> Option<Piece> {
    match &wire.piece {
        None => scope.fault(Fault::Unset("piece")),
        Some(format_piece::Piece::Literal(text)) => {
            scope.length("literal", text)?;
            Some(Piece::Literal(text[..].into()))
        }
        Some(format_piece::Piece::Alias(_)) => {
            scope.fault(Fault::Meaningless { what: "a variable of logs in a check" })
        }
        Some(format_piece::Piece::Sample(sample)) => {
            Some(Piece::Value { value: given(sample, scope)?, quote: wire.quote })
        }
    }
}

fn given(wire: &v1::Sample, scope: &mut Scope<'_>) -> Option<Given> {
    let own = wire.fetch.as_ref().and_then(|call| Some((call, catalog::check_fetch(&call.name)?)));
    let Some((call, spec)) = own else { return call::sample(Some(wire), scope).map(Given::Sample) };
    let source = source(call, spec, scope)?;
    let converters = call::converters(wire, spec.yields, scope)?;
    Some(Given::Own(source, converters))
}

fn source(call: &v1::Call, spec: &'static catalog::FetchSpec, scope: &mut Scope<'_>) -> Option<Source> {
    call::checked(call, spec.arguments, scope)?;
    let number = |at: usize| match call.arguments.get(at).and_then(|argument| argument.value.as_ref()) {
        Some(argument::Value::Integer(number)) => *number,
        _ => 0,
    };
    match spec.canonical {
        "be_id" => Some(Source::BackendNumber),
        "res.body" => Some(Source::Body),
        "res.len" => Some(Source::Length),
        "srv_id" => Some(Source::EndpointNumber),
        "srv_name" => Some(Source::EndpointName),
        "payload" => {
            scope.range("offset", number(0), 0, i32::MAX.into())?;
            scope.range("length", number(1), 0, i32::MAX.into())?;
            let length = usize::try_from(number(1)).ok().filter(|&length| length > 0);
            Some(Source::Payload { offset: usize::try_from(number(0)).ok()?, length })
        }
        "var" => match call.arguments.first().and_then(|argument| argument.value.as_ref()) {
            Some(argument::Value::Text(name)) => {
                let name = String::from_utf8_lossy(name);
                variable(&name, scope).map(Source::Variable)
            }
            _ => scope.fault(Fault::Unset("argument")),
        },
        _ => scope.fault(Fault::Meaningless { what: "this fetch in a check" }),
    }
}

/// The name of a variable.
pub(super) fn variable(name: &str, scope: &mut Scope<'_>) -> Option<Box<str>> {
    let what = "name of a variable";
    if name.is_empty() {
        return scope.fault(Fault::Empty { what });
    }
    if name.len() > MAX_NAME_BYTES {
        return scope.fault(Fault::TooLong { what, bytes: name.len(), limit: MAX_NAME_BYTES });
    }
    if name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._".contains(&byte)) {
        return Some(name.into());
    }
    scope.fault(Fault::Character { what, value: call::shown(name.as_bytes()) })
}

pub(super) fn when(number: i32, scope: &mut Scope<'_>) -> Option<When> {
    match scope.known::<VariableCondition>("when", number)? {
        VariableCondition::Exists => Some(When::Exists),
        VariableCondition::Missing => Some(When::Missing),
        VariableCondition::Set => Some(When::Set),
        VariableCondition::Unset => Some(When::Unset),
        VariableCondition::Empty => Some(When::Empty),
        VariableCondition::Filled => Some(When::Filled),
        VariableCondition::Greater => Some(When::Greater),
        VariableCondition::Less => Some(When::Less),
        VariableCondition::Unspecified => scope.fault(Fault::Unset("when")),
    }
}
