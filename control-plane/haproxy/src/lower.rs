//! From the tree of a configuration to resources of the wire schema.
//!
//! Each proxy is read together with the `defaults` that it stands under. A `listen` becomes a frontend and a backend of
//! one name. References between proxies are checked here, because HAProxy refuses a configuration that has loose ones.
//! Every name in the output starts with the provider that the text is of; orders and names follow the order of the text.

mod address;
mod arrival;
mod backend;
mod balance;
mod bind;
mod cache;
mod check;
mod compression;
mod condition;
mod connections;
mod console;
mod contents;
mod datagrams;
mod doubt;
mod effect;
mod error_page;
mod frontend;
mod global;
mod http2_limits;
mod http_options;
mod http_rule;
mod http_version;
mod inspection;
mod listen;
mod logging;
mod monitor;
mod namesake;
mod normalize;
mod persistence;
mod proxy;
mod proxy_header;
mod redirect;
mod reference;
mod reply;
mod report;
mod resolvers;
mod rewrite;
mod route_name;
mod routes;
mod rule;
mod server;
mod server_health;
mod server_name;
mod server_port;
mod server_resolution;
mod server_template;
mod server_tls;
mod settings;
mod stats;
mod surroundings;
mod tcp_rule;
mod timeouts;
mod tls;
mod track;
mod transparent;
mod unix_bind;
pub(crate) mod value;

pub use condition::both;
pub(crate) use console::console_address;

use std::collections::{HashMap, HashSet};

use sluicegate_proto::build::body_kind;
use sluicegate_proto::v1::{self, Kind, origin, resource::Body};

pub(crate) use namesake::tell_apart;

use crate::ast::File;
use crate::diagnostic::{Diagnostic, Diagnostics, MAX_DIAGNOSTICS};
use crate::expr::{Hidden, Reader};
use crate::source::{SourceMap, Span};
use contents::Places;
use global::Global;
use reference::Names;
pub(crate) use report::listed;
pub(crate) use server_name::ServerNames;
use track::Track;

/// The provider of all that comes from `haproxy.cfg`.
pub const PROVIDER: &str = "haproxy";

/// What a configuration means.
#[derive(Debug, Default)]
pub struct Lowered {
    /// Its resources. With errors, those at fault are missing or incomplete.
    pub resources: Vec<v1::Resource>,
    /// What was found beyond what the parser found.
    pub diagnostics: Diagnostics,
}

/// Gives a parsed configuration its meaning. Files that it names come from the reader's loader; the resources are of
/// the reader's provider.
pub fn lower<'a>(file: &'a File, sources: &'a SourceMap, reader: Reader<'a>) -> Lowered {
    let mut lowering = Lowering {
        file,
        sources,
        reader,
        diagnostics: Diagnostics::default(),
        told: HashSet::new(),
        resources: Vec::new(),
        places: Places::default(),
        names: Names::default(),
        global: Global::default(),
        closed: HashSet::new(),
        hidden: Vec::new(),
        numbers: HashMap::new(),
        tracks: Vec::new(),
        addresses: HashMap::new(),
        resolvers: resolvers::Sections::default(),
        caches: cache::Caches::default(),
    };
    lowering.all();
    let Lowering { reader, places, mut resources, diagnostics, .. } = lowering;
    resources.extend(contents::resources(reader, places));
    Lowered { resources, diagnostics }
}

/// A configuration being lowered.
struct Lowering<'a> {
    file: &'a File,
    sources: &'a SourceMap,
    reader: Reader<'a>,
    diagnostics: Diagnostics,
    /// What has been told: a line of `defaults` is read once for each proxy under it.
    told: HashSet<(Option<Span>, String)>,
    resources: Vec<v1::Resource>,
    places: Places,
    names: Names<'a>,
    global: Global<'a>,
    /// `listen` sections that nobody else may send to: their rules would be got around.
    closed: HashSet<&'a str>,
    /// What some proxy hides from those behind it, and why.
    hidden: Vec<(Hidden, &'static str)>,
    /// The `id` of each proxy that has one.
    numbers: HashMap<u32, Span>,
    /// Servers whose health is that of others.
    tracks: Vec<Track>,
    /// Addresses that are bound, and where.
    addresses: HashMap<String, (&'a str, Span)>,
    /// `resolvers` sections.
    resolvers: resolvers::Sections,
    /// `cache` sections.
    caches: cache::Caches,
}

impl<'a> Lowering<'a> {
    fn all(&mut self) {
        let inherited = settings::inherit(&self.file.sections);
        for section in &self.file.sections {
            self.long_words(section);
        }
        self.global();
        self.certificate_stores();
        self.resolvers();
        self.caches();
        self.unknown_defaults(&inherited.unknown_from);
        self.ambiguous_defaults(&inherited.ambiguous_from);
        self.names(&inherited.proxies);
        self.surround(&inherited.proxies);
        for defaults in &inherited.defaults {
            self.defaults(defaults);
        }
        let mut proxies: Vec<_> = inherited.proxies.iter().map(|lines| self.proxy(lines)).collect();
        self.place_rules(&mut proxies);
        for proxy in &proxies {
            self.cache_filters(proxy);
            self.frontend(proxy);
        }
        for proxy in &proxies {
            self.backend(proxy);
        }
        self.implicit_resolvers();
        self.tracked();
        self.wildcards();
    }

    fn origin(&self, span: Span) -> v1::Origin {
        origin(self.sources, span)
    }

    /// The id of an object of this text.
    fn id(&self, kind: Kind, name: impl Into<String>) -> v1::ObjectId {
        owned(self.reader.provider(), kind, name)
    }

    fn emit(&mut self, name: String, span: Span, order: usize, body: Body) {
        let provenance = self.origin(span).into();
        self.emit_from(provenance, name, order, body);
    }

    fn emit_from(&mut self, provenance: v1::Provenance, name: String, order: usize, body: Body) {
        self.resources.push(v1::Resource {
            id: Some(self.id(body_kind(&body), name)),
            order: format!("{order:08}"),
            body: Some(body),
            provenance: Some(provenance),
        });
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        // What is kept is bounded, and so is what is remembered of it.
        let full = self.told.len() >= 2 * MAX_DIAGNOSTICS;
        if full || self.told.insert((diagnostic.span, diagnostic.message.clone())) {
            self.diagnostics.push(diagnostic);
        }
    }
}

/// Where a place is, as it travels with the resource.
fn origin(sources: &SourceMap, span: Span) -> v1::Origin {
    let file = sources.locate(span).map_or_else(origin::File::default, |(path, position)| origin::File {
        path: path.to_owned(),
        line: position.line,
    });
    v1::Origin { place: Some(origin::Place::File(file)) }
}

fn owned(provider: &str, kind: Kind, name: impl Into<String>) -> v1::ObjectId {
    v1::ObjectId {
        provider: provider.to_owned(),
        namespace: String::new(),
        kind: kind.into(),
        name: name.into(),
    }
}
