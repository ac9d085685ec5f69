//! What checks work out on the way: formulas over what a probe knows.

use std::hash::{BuildHasher, RandomState};
use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sluicegate_engine::engine::Engine;
use sluicegate_health::formula::{Formula, Formulas, Known, MAX_MADE_BYTES, Value};
use sluicegate_model::backend::BackendSettings;
use sluicegate_model::check::{Given, Piece, Source};
use sluicegate_model::expr::{Direction, Figure};
use sluicegate_rules::bytes::Given as Shown;
use sluicegate_rules::{Message, Scratch, converted, given};

/// The formulas of a backend's checks.
#[derive(Debug)]
pub(crate) struct Worked {
    pub(crate) settings: Arc<BackendSettings>,
    pub(crate) engine: Arc<Engine>,
}

impl Formulas for Worked {
    fn value(&self, formula: &Formula, known: &Known<'_>) -> Option<Value> {
        match self.pieces(formula) {
            [Piece::Value { value, .. }] => self.over(known).value(value),
            _ => None,
        }
    }

    fn text(&self, formula: &Formula, known: &Known<'_>) -> Vec<u8> {
        let over = self.over(known);
        let mut out = Vec::new();
        for piece in self.pieces(formula) {
            if out.len() >= MAX_MADE_BYTES {
                break;
            }
            match piece {
                Piece::Literal(text) => out.extend_from_slice(text),
                Piece::Value { value, quote } => {
                    let mark: &[u8] = if *quote { b"\"" } else { b"" };
                    out.extend_from_slice(mark);
                    if let Some(value) = over.value(value) {
                        write(&value, &mut out);
                    }
                    out.extend_from_slice(mark);
                }
            }
        }
        out
    }
}

impl Worked {
    fn pieces(&self, formula: &Formula) -> &[Piece] {
        self.settings.formulas.0.get(formula.number).map_or(&[], |formula| &formula.pieces)
    }

    fn over<'a>(&'a self, known: &'a Known<'a>) -> Over<'a> {
        Over { worked: self, known }
    }
}

/// A probe as an expression sees it: an answer without a request.
struct Over<'a> {
    worked: &'a Worked,
    known: &'a Known<'a>,
}

impl Over<'_> {
    fn value(&self, value: &Given) -> Option<Value> {
        let mut scratch = Scratch::default();
        match value {
            Given::Sample(sample) => given(sample, self, &mut scratch, keep),
            Given::Own(source, converters) => {
                let particulars = self.known.particulars();
                let shown = match source {
                    Source::Variable(name) => show(self.known.variable(name)?),
                    Source::BackendNumber => Shown::Int(particulars.backend_number.into()),
                    Source::EndpointName => Shown::Text(particulars.name.as_bytes()),
                    Source::EndpointNumber => Shown::Int(particulars.number.into()),
                    Source::Body => Shown::Text(self.known.body()?),
                    Source::Length => Shown::Int(i64::try_from(self.known.answer().len()).ok()?),
                    Source::Payload { offset, length } => {
                        let rest = self.known.answer().get(*offset..)?;
                        Shown::Text(length.map_or(Some(rest), |length| rest.get(..length))?)
                    }
                };
                converted(converters, shown, &mut scratch, keep)
            }
        }
    }
}

fn keep(shown: Shown<'_>) -> Value {
    match shown {
        Shown::Bool(truth) => Value::Bool(truth),
        Shown::Int(number) => Value::Int(number),
        Shown::Ip(ip) => Value::Ip(ip),
        Shown::Text(text) => Value::Text(text.into()),
    }
}

fn show(value: &Value) -> Shown<'_> {
    match value {
        Value::Bool(truth) => Shown::Bool(*truth),
        Value::Int(number) => Shown::Int(*number),
        Value::Ip(ip) => Shown::Ip(*ip),
        Value::Text(text) => Shown::Text(text),
    }
}

fn write(value: &Value, out: &mut Vec<u8>) {
    // Writing to a Vec cannot fail.
    let _infallible = match value {
        Value::Bool(truth) => write!(out, "{}", u8::from(*truth)),
        Value::Int(number) => write!(out, "{number}"),
        Value::Ip(ip) => write!(out, "{ip}"),
        Value::Text(text) => out.write_all(text),
    };
}

impl Message for Over<'_> {
    fn source(&self) -> Option<SocketAddr> {
        None
    }

    fn destination(&self) -> Option<SocketAddr> {
        None
    }

    fn frontend_name(&self) -> &[u8] {
        b""
    }

    fn backend_name(&self) -> Option<&[u8]> {
        Some(self.worked.settings.key.name().as_bytes())
    }

    fn is_http(&self) -> bool {
        false
    }

    fn method(&self) -> Option<&[u8]> {
        None
    }

    fn target(&self) -> Option<&[u8]> {
        None
    }

    fn version(&self, direction: Direction) -> Option<&[u8]> {
        match direction {
            Direction::Request => None,
            Direction::Response => self.known.version(),
        }
    }

    fn status(&self) -> Option<u16> {
        self.known.status()
    }

    fn figure(&self, figure: &Figure) -> Option<i64> {
        self.worked.engine.live().active().figure(figure)
    }

    fn unix_time(&self) -> Duration {
        SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
    }

    fn random(&self) -> u32 {
        RandomState::new().hash_one(()) as u32
    }

    fn host_name(&self) -> &[u8] {
        self.worked.engine.host().as_bytes()
    }

    fn header<'a>(&'a self, direction: Direction, name: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
        let known = (direction == Direction::Response).then_some(self.known);
        known.into_iter().flat_map(move |known| known.header(name))
    }
}
