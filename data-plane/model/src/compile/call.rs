//! Fetches and converters: names and arguments to enums.

mod certificate;
mod content;
mod server_tls;

use std::num::{NonZeroI64, NonZeroU32};

use sluicegate_proto::catalog::{self, ArgumentSpec, ArgumentType, ValueType};
use sluicegate_proto::limits::MAX_CONVERTERS;
use sluicegate_proto::v1::{self, Kind, argument};

use super::reason::Fault;
use super::scope::Scope;
use crate::expr::{
    Converter, Counted, Direction, Fetch, Figure, HeaderRef, Sample, Selection, TimeUnit, TlsFact, Whose,
};
use crate::rule::HeaderName;

pub(super) fn sample(wire: Option<&v1::Sample>, scope: &mut Scope<'_>) -> Option<Sample> {
    let Some(wire) = wire else { return scope.fault(Fault::Unset("sample")) };
    scope.at("sample", |scope| {
        let fetch = match &wire.fetch {
            None => scope.fault(Fault::Unset("fetch")),
            Some(call) => fetch(call, scope),
        };
        let fetch = fetch?;
        let converters = converters(wire, fetch.yields(), scope)?;
        Some(Sample { fetch, converters })
    })
}

/// The converters of an expression whose fetch gives `gets`.
pub(super) fn converters(
    wire: &v1::Sample,
    mut gets: ValueType,
    scope: &mut Scope<'_>,
) -> Option<Box<[Converter]>> {
    scope.count("converters", wire.converters.len(), MAX_CONVERTERS)?;
    let converters = scope.each("converter", &wire.converters, |scope, call| converter(call, scope))?;
    for (converter, call) in converters.iter().zip(&wire.converters) {
        if !castable(gets, converter.takes()) {
            let (takes, gets) = (type_word(converter.takes()), type_word(gets));
            return scope.fault(Fault::Cast { of: call.name.clone(), takes, gets });
        }
        gets = converter.yields();
    }
    Some(converters.into_boxed_slice())
}

/// Whether a call has the arguments that its specification asks for.
pub(super) fn checked(call: &v1::Call, specs: &'static [ArgumentSpec], scope: &mut Scope<'_>) -> Option<()> {
    Arguments::checked(call, specs, scope).map(drop)
}

/// What HAProxy casts and a value can stand: anything to text and back, truth values to numbers and back.
pub(super) fn castable(from: ValueType, to: ValueType) -> bool {
    use ValueType::{Ip, Str};
    from == to || to == Str || from == Str || (from != Ip && to != Ip)
}

pub(super) fn type_word(value: ValueType) -> &'static str {
    match value {
        ValueType::Bool => "a truth value",
        ValueType::Int => "a number",
        ValueType::Ip => "an address",
        ValueType::Str => "text",
    }
}

/// Text of a sender in a message: cut, and without control characters.
pub(super) fn shown(text: &[u8]) -> String {
    const LONGEST: usize = 200;
    String::from_utf8_lossy(&text[..text.len().min(LONGEST)]).chars().filter(|c| !c.is_control()).collect()
}

/// The map that a converter looks into, where it is one that does.
pub(super) fn map_of(call: &v1::Call) -> Option<&v1::ObjectId> {
    call.arguments.iter().find_map(|argument| match &argument.value {
        Some(argument::Value::List(id)) => Some(id),
        _ => None,
    })
}

/// The arguments of a call, checked against their specification.
struct Arguments<'a> {
    of: String,
    specs: &'static [ArgumentSpec],
    values: &'a [v1::Argument],
}

impl<'a> Arguments<'a> {
    fn checked(call: &'a v1::Call, specs: &'static [ArgumentSpec], scope: &mut Scope<'_>) -> Option<Self> {
        let of = shown(call.name.as_bytes());
        let (values, found) = (&*call.arguments, call.arguments.len());
        if found > specs.len() {
            return scope.fault(Fault::ExtraArgument { of, most: specs.len(), found });
        }
        if let Some(missing) = specs[found..].iter().find(|spec| spec.required) {
            return scope.fault(Fault::MissingArgument { of, argument: missing.name });
        }
        for (spec, value) in specs.iter().zip(values) {
            let wanted = match (spec.kind, &value.value) {
                (_, None) => return scope.fault(Fault::Unset("argument")),
                (
                    ArgumentType::Text
                    | ArgumentType::Backend
                    | ArgumentType::Frontend
                    | ArgumentType::Server,
                    Some(argument::Value::Text(text)),
                ) => {
                    scope.length("argument", text)?;
                    continue;
                }
                (ArgumentType::Integer, Some(argument::Value::Integer(_))) => continue,
                (ArgumentType::Map, Some(argument::Value::List(_))) => continue,
                (ArgumentType::Text, Some(_)) => "text",
                (ArgumentType::Backend, Some(_)) => "the name of a backend",
                (ArgumentType::Frontend, Some(_)) => "the name of a frontend",
                (ArgumentType::Server, Some(_)) => "a backend and a server",
                (ArgumentType::Integer, Some(_)) => "a number",
                (ArgumentType::Map, Some(_)) => "a map",
            };
            let (argument, found) = (spec.name, Self::written(value));
            return scope.fault(Fault::Argument { of, argument, found, wanted });
        }
        Some(Self { of, specs, values })
    }

    fn written(value: &v1::Argument) -> String {
        match &value.value {
            Some(argument::Value::Text(text)) => format!("{:?}", shown(text)),
            Some(argument::Value::Integer(number)) => number.to_string(),
            Some(argument::Value::List(id)) => format!("{:?}", shown(id.name.as_bytes())),
            None => "nothing".to_owned(),
        }
    }

    /// Empty where it was left out.
    fn text(&self, at: usize) -> &'a [u8] {
        match self.values.get(at).map(|argument| &argument.value) {
            Some(Some(argument::Value::Text(text))) => text,
            _ => b"",
        }
    }

    fn integer(&self, at: usize) -> Option<i64> {
        match self.values.get(at).map(|argument| &argument.value) {
            Some(Some(argument::Value::Integer(number))) => Some(*number),
            _ => None,
        }
    }

    fn wrong<T>(&self, at: usize, wanted: &'static str, scope: &mut Scope<'_>) -> Option<T> {
        let found = self.values.get(at).map_or_else(|| "nothing".to_owned(), Self::written);
        let of = self.of.clone();
        scope.fault(Fault::Argument { of, argument: self.specs[at].name, found, wanted })
    }

    fn not_empty(&self, at: usize, scope: &mut Scope<'_>) -> Option<Box<[u8]>> {
        let text = self.text(at);
        if text.is_empty() { self.wrong(at, "some text", scope) } else { Some(text.into()) }
    }

    /// A number of bytes or pieces.
    fn size(&self, at: usize, least: usize, scope: &mut Scope<'_>) -> Option<Option<usize>> {
        match self.integer(at).map(usize::try_from) {
            None => Some(None),
            Some(Ok(size)) if size >= least => Some(Some(size)),
            Some(_) if least == 0 => self.wrong(at, "0 or more", scope),
            Some(_) => self.wrong(at, "1 or more", scope),
        }
    }

    /// What is counted at the proxy that an argument names.
    fn figure(&self, what: Counted, kind: Kind, scope: &mut Scope<'_>) -> Option<Fetch> {
        let name = self.name(0, scope)?;
        Some(Fetch::Figure(Box::new(Figure { what, of: scope.neighbour(kind, name)? })))
    }

    /// What is counted at the endpoint that an argument names: `backend/server`.
    fn figure_of_server(&self, what: fn(Box<str>) -> Counted, scope: &mut Scope<'_>) -> Option<Fetch> {
        let Some((backend, server)) = self.name(0, scope)?.split_once('/') else {
            return self.wrong(0, "a backend and a server", scope);
        };
        let of = scope.neighbour(Kind::Backend, backend)?;
        Some(Fetch::Figure(Box::new(Figure { what: what(server.into()), of })))
    }

    fn name(&self, at: usize, scope: &mut Scope<'_>) -> Option<&'a str> {
        match std::str::from_utf8(self.text(at)) {
            Ok(name) if !name.is_empty() => Some(name),
            _ => self.wrong(at, "a name", scope),
        }
    }

    /// How far from now, and in which unit.
    fn date(&self, scope: &mut Scope<'_>) -> Option<Fetch> {
        let unit = match self.text(1) {
            b"" | b"s" => TimeUnit::Seconds,
            b"ms" => TimeUnit::Millis,
            b"us" => TimeUnit::Micros,
            _ => return self.wrong(1, "s, ms or us", scope),
        };
        Some(Fetch::Date { offset: self.integer(0).unwrap_or_default(), unit })
    }

    /// What a chance is below.
    fn random(&self, scope: &mut Scope<'_>) -> Option<Fetch> {
        match self.integer(0) {
            None => Some(Fetch::Random(None)),
            Some(below) => match u32::try_from(below).ok().and_then(NonZeroU32::new) {
                None => self.wrong(0, "1 to 4294967295", scope),
                below => Some(Fetch::Random(below)),
            },
        }
    }

    /// Which value of a PROXY header: a number, or HAProxy's word for it.
    fn proxy_value(&self, scope: &mut Scope<'_>) -> Option<Fetch> {
        let text = std::str::from_utf8(self.text(0)).unwrap_or_default();
        let number = match text.strip_prefix("0x") {
            Some(digits) => u8::from_str_radix(digits, 16).ok(),
            None => text.parse().ok(),
        };
        let named = PROXY_VALUES.iter().find(|(name, _)| name.eq_ignore_ascii_case(text));
        match number.or(named.map(|(_, number)| *number)) {
            Some(number) => Some(Fetch::ProxyValue(number)),
            None => self.wrong(0, "a number from 0 to 255, or a name such as AUTHORITY", scope),
        }
    }

    /// The name and occurrence of a header.
    fn header(&self, direction: Direction, whole: bool, scope: &mut Scope<'_>) -> Option<HeaderRef> {
        let name = String::from_utf8_lossy(self.text(0));
        let name = HeaderName::new(&name).map_or_else(|invalid| scope.fault(invalid), Some)?;
        Some(HeaderRef { direction, name, whole, occurrence: NonZeroI64::new(self.integer(1).unwrap_or(0)) })
    }

    fn part(&self, scope: &mut Scope<'_>) -> Option<Selection> {
        let index = self.integer(0).and_then(NonZeroI64::new).or_else(|| self.wrong(0, "not 0", scope));
        let delimiters = self.not_empty(1, scope);
        // HAProxy: 0 stands for all.
        let count = self.size(2, 0, scope).map(|count| match count {
            None => Some(1),
            Some(0) => None,
            count => count,
        });
        Some(Selection { index: index?, delimiters: delimiters?, count: count? })
    }
}

/// HAProxy's words for values of PROXY headers (manual 7.3.3, fc_pp_tlv).
const PROXY_VALUES: [(&str, u8); 10] = [
    ("ALPN", 0x01),
    ("AUTHORITY", 0x02),
    ("CRC32C", 0x03),
    ("NOOP", 0x04),
    ("UNIQUE_ID", 0x05),
    ("SSL", 0x20),
    ("NETNS", 0x30),
    ("GCP", 0xe0),
    ("AWS", 0xea),
    ("AZURE", 0xee),
];

fn fetch(call: &v1::Call, scope: &mut Scope<'_>) -> Option<Fetch> {
    let Some(spec) = catalog::fetch(&call.name) else {
        return scope.fault(Fault::UnknownFetch(shown(call.name.as_bytes())));
    };
    let arguments = Arguments::checked(call, spec.arguments, scope)?;
    let (request, response) = (Direction::Request, Direction::Response);
    Some(match spec.canonical {
        "always_false" => Fetch::Bool(false),
        "always_true" => Fetch::Bool(true),
        "avg_queue" => arguments.figure(Counted::AverageQueue, Kind::Backend, scope)?,
        "base" => Fetch::Base,
        "be_conn" => arguments.figure(Counted::BackendConnections, Kind::Backend, scope)?,
        "be_name" => Fetch::BackendName,
        "bool" => match arguments.text(0) {
            b"true" | b"1" => Fetch::Bool(true),
            b"false" | b"0" => Fetch::Bool(false),
            _ => return arguments.wrong(0, "true, false, 0 or 1", scope),
        },
        "connslots" => arguments.figure(Counted::Slots, Kind::Backend, scope)?,
        "date" => arguments.date(scope)?,
        "dst" => Fetch::Destination,
        "dst_port" => Fetch::DestinationPort,
        "fc_pp_authority" => Fetch::ProxyValue(0x02),
        "fc_pp_tlv" => arguments.proxy_value(scope)?,
        "fc_pp_unique_id" => Fetch::ProxyValue(0x05),
        "fc_rcvd_proxy" => Fetch::HasProxyHeader,
        "fe_conn" => arguments.figure(Counted::FrontendConnections, Kind::Frontend, scope)?,
        "fe_name" => Fetch::FrontendName,
        "hostname" => Fetch::HostName,
        "int" => Fetch::Int(arguments.integer(0).unwrap_or_default()),
        "method" => Fetch::Method,
        "nbsrv" => arguments.figure(Counted::Usable, Kind::Backend, scope)?,
        "path" => Fetch::Path,
        "pathq" => Fetch::PathAndQuery,
        "query" => Fetch::Query,
        "queue" => arguments.figure(Counted::Queue, Kind::Backend, scope)?,
        "rand" => arguments.random(scope)?,
        "req.cook" => Fetch::Cookie(arguments.not_empty(0, scope)?),
        "req.cook_cnt" => Fetch::CookieCount(arguments.not_empty(0, scope)?),
        "req.fhdr" => Fetch::Header(arguments.header(request, true, scope)?),
        "req.fhdr_cnt" => Fetch::HeaderCount(arguments.header(request, true, scope)?),
        "req.hdr" => Fetch::Header(arguments.header(request, false, scope)?),
        "req.hdr_cnt" => Fetch::HeaderCount(arguments.header(request, false, scope)?),
        "req.hdr_ip" => Fetch::HeaderIp(arguments.header(request, false, scope)?),
        "req.hdr_val" => Fetch::HeaderInt(arguments.header(request, false, scope)?),
        "req.proto_http" => Fetch::IsHttp,
        "req.ver" => Fetch::Version(request),
        "res.cache_hit" => Fetch::CacheHit,
        "res.cache_name" => Fetch::CacheName,
        "res.comp" => Fetch::Compressed,
        "res.comp_algo" => Fetch::CompressedWith,
        "res.fhdr" => Fetch::Header(arguments.header(response, true, scope)?),
        "res.fhdr_cnt" => Fetch::HeaderCount(arguments.header(response, true, scope)?),
        "res.hdr" => Fetch::Header(arguments.header(response, false, scope)?),
        "res.hdr_cnt" => Fetch::HeaderCount(arguments.header(response, false, scope)?),
        "res.hdr_ip" => Fetch::HeaderIp(arguments.header(response, false, scope)?),
        "res.hdr_val" => Fetch::HeaderInt(arguments.header(response, false, scope)?),
        "res.ver" => Fetch::Version(response),
        "src" => Fetch::Source,
        "src_port" => Fetch::SourcePort,
        "srv_conn" => arguments.figure_of_server(Counted::EndpointConnections, scope)?,
        "srv_is_up" => arguments.figure_of_server(Counted::IsUp, scope)?,
        "ssl_c_used" | "ssl_fc_has_crt" => Fetch::TlsFact(TlsFact::HasCertificate),
        "ssl_c_verify" => Fetch::TlsFact(TlsFact::Verified),
        name if name.starts_with("ssl_c_") => arguments.certificate(Whose::Client, &name[6..], scope)?,
        name if name.starts_with("ssl_f_") => arguments.certificate(Whose::Own, &name[6..], scope)?,
        "ssl_fc" => Fetch::Tls,
        "ssl_fc_alg_keysize" | "ssl_fc_use_keysize" => Fetch::TlsFact(TlsFact::KeyBits),
        "ssl_fc_alpn" => Fetch::TlsFact(TlsFact::Protocol),
        "ssl_fc_cipher" => Fetch::TlsFact(TlsFact::Cipher),
        "ssl_fc_has_sni" => Fetch::TlsFact(TlsFact::HasServerName),
        "ssl_fc_is_resumed" => Fetch::TlsFact(TlsFact::IsResumed),
        "ssl_fc_protocol" => Fetch::TlsFact(TlsFact::Version),
        "ssl_fc_sni" => Fetch::TlsFact(TlsFact::ServerName),
        "status" => Fetch::Status,
        "str" => Fetch::Str(arguments.text(0).into()),
        "url" => Fetch::Url,
        "url_param" => {
            let name = arguments.not_empty(0, scope)?;
            let delimiter = match arguments.text(1) {
                [] => b'?',
                [delimiter] => *delimiter,
                _ => return arguments.wrong(1, "one character", scope),
            };
            Fetch::UrlParam { name, delimiter }
        }
        name if server_tls::is_one(name) => Fetch::ServerTls(arguments.server_tls(name, scope)?),
        _ => match arguments.content(spec.canonical, scope)? {
            Some((direction, content)) => Fetch::Content(direction, content),
            None => return scope.fault(Fault::UnknownFetch(shown(call.name.as_bytes()))),
        },
    })
}

fn converter(call: &v1::Call, scope: &mut Scope<'_>) -> Option<Converter> {
    let Some(spec) = catalog::converter(&call.name) else {
        return scope.fault(Fault::UnknownConverter(shown(call.name.as_bytes())));
    };
    let arguments = Arguments::checked(call, spec.arguments, scope)?;
    Some(match spec.name {
        "bool" => Converter::Bool,
        "bytes" => {
            let (offset, length) = (arguments.size(0, 0, scope), arguments.size(1, 0, scope));
            Converter::Bytes { offset: offset?.unwrap_or_default(), length: length? }
        }
        "field" => Converter::Field(arguments.part(scope)?),
        "hex" => Converter::Hex,
        "host_only" => Converter::HostOnly,
        "length" => Converter::Length,
        "lower" => Converter::Lower,
        name if name.starts_with("map") => Converter::Map(super::map::map(call, spec, scope)?),
        "ltrim" => Converter::TrimStart(arguments.not_empty(0, scope)?),
        "not" => Converter::Not,
        "port_only" => Converter::PortOnly,
        "rtrim" => Converter::TrimEnd(arguments.not_empty(0, scope)?),
        "upper" => Converter::Upper,
        "url_dec" => Converter::UrlDecode { plus: arguments.integer(0).is_some_and(|in_form| in_form != 0) },
        "word" => Converter::Word(arguments.part(scope)?),
        _ => return scope.fault(Fault::UnknownConverter(shown(call.name.as_bytes()))),
    })
}

#[cfg(test)]
mod tests;
