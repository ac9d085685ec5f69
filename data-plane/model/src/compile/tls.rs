//! TLS to the clients of a listener, and what that to endpoints has in common with it.

mod client;

use std::sync::{Arc, Weak};

use bytes::Bytes;
use prost::Message;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{ProducesTickets, ServerSessionMemoryCache, WebPkiClientVerifier};
use rustls::{RootCertStore, ServerConfig, SignatureScheme, SupportedProtocolVersion, version};
use rustls_pki_types::{CertificateDer, CertificateRevocationListDer, pem::PemObject};
use sluicegate_proto::hash::ContentHash;
use sluicegate_proto::v1;

use super::part::optional;
use super::reason::Fault;
use super::scope::Scope;
use crate::tls::{
    Agreement, Certificate, Checking, Names, Pair, Sessions, Shelf, TicketKeys, TlsServer, certificates,
    schemes, signing,
};
pub(super) use client::{of_check, of_endpoint};

/// Certificates of one listener.
const MAX_CERTIFICATES: usize = 100_000;
/// Names that one certificate is shown for.
const MAX_SERVER_NAMES: usize = 4_096;
/// Cipher suites, groups or protocols of one listener.
const MAX_CHOICES: usize = 256;
/// Bytes of a protocol's name (RFC 7301 section 3.1).
const MAX_PROTOCOL_BYTES: usize = 255;
/// Sessions that are kept here for clients that take no tickets (HAProxy: tune.ssl.cachesize).
const KEPT_SESSIONS: usize = 20_000;
const NONE_OF_THOSE: &str = "there is none of those";

pub(super) fn server(wire: &v1::TlsServer, scope: &mut Scope<'_>) -> Option<TlsServer> {
    scope.count("certificates", wire.certificates.len(), MAX_CERTIFICATES)?;
    if wire.certificates.is_empty() {
        return scope.fault(Fault::Empty { what: "certificates" });
    }
    let pairs = scope.each("certificate", &wire.certificates, |scope, wire| pair(wire, scope));
    let own = match &wire.settings {
        None => scope.fault(Fault::Unset("settings")),
        Some(settings) => Some(settings),
    };
    let (pairs, own) = (pairs?, own?);
    let shelf = Arc::new(shelf(wire, own, &pairs));
    // Those who say the same share what is made of it.
    let mut made: Vec<(&v1::TlsSettings, Option<Agreement>)> = Vec::new();
    let agreements = wire.certificates.iter().map(|certificate| {
        let settings = certificate.settings.as_ref().unwrap_or(own);
        if let Some((_, known)) = made.iter().find(|(known, _)| *known == settings) {
            return known.clone();
        }
        let agreement = agreement(settings, &shelf, scope);
        made.push((settings, agreement.clone()));
        agreement
    });
    let agreements = agreements.collect::<Vec<_>>().into_iter().collect::<Option<Box<[_]>>>()?;
    let called = wire.certificates.iter().map(|certificate| certificate.name.as_str().into()).collect();
    Some(TlsServer { shelf, agreements, pairs: pairs.into(), called })
}

fn pair(wire: &v1::TlsCertificate, scope: &mut Scope<'_>) -> Option<Arc<Pair>> {
    scope.count("server_names", wire.server_names.len(), MAX_SERVER_NAMES)?;
    let data = scope.blob(&wire.pem)?;
    let hash = ContentHash::of(&[&data[..], wire.ocsp.as_bytes()].concat());
    if let Some(known) = scope.pools.pairs.get(&hash).and_then(Weak::upgrade) {
        return Some(known);
    }
    let ocsp = match wire.ocsp.as_str() {
        "" => None,
        hex => Some(scope.blob(hex)?.to_vec()),
    };
    match Certificate::read(&data, ocsp, &aws_lc_rs::default_provider()) {
        Ok(pair) => {
            let pair = Arc::new(pair);
            scope.pools.pairs.insert(hash, Arc::downgrade(&pair));
            Some(pair)
        }
        Err(why) => scope.fault(Fault::Certificate { name: wire.name.clone(), why }),
    }
}

fn shelf(wire: &v1::TlsServer, own: &v1::TlsSettings, pairs: &[Arc<Pair>]) -> Shelf {
    let mut names = Names::default();
    for ((place, wire), pair) in (0..).zip(&wire.certificates).zip(pairs) {
        if wire.server_names.iter().all(|name| name.starts_with('!')) {
            pair.certificate.server_names.iter().for_each(|name| names.add(name, place));
        }
        wire.server_names.iter().for_each(|name| names.add(name, place));
    }
    let marked: Vec<u32> =
        (0..).zip(&wire.certificates).filter(|(_, it)| it.default).map(|(place, _)| place).collect();
    let fallback = match (wire.strict_names, marked.is_empty()) {
        (true, _) => Box::default(),
        (false, true) => [0].into(),
        (false, false) => marked.into(),
    };
    let keys = pairs.iter().zip(&wire.certificates).map(|(pair, wire)| {
        match &wire.settings.as_ref().unwrap_or(own).signatures[..] {
            [] => Arc::clone(&pair.key),
            some => Arc::new(signing(&pair.key, schemes(some))),
        }
    });
    let keys = keys.collect();
    Shelf { keys, names, fallback }
}

fn agreement(wire: &v1::TlsSettings, shelf: &Arc<Shelf>, scope: &mut Scope<'_>) -> Option<Agreement> {
    let provider = provider(wire, scope);
    let versions = versions(wire, scope);
    let protocols = protocols(wire, scope);
    let (provider, versions) = (Arc::new(provider?), versions?);
    signatures(wire, &provider, scope)?;
    let verifier = optional(wire.client_certificates.as_ref(), |clients| {
        scope.at("client_certificates", |scope| verifier(clients, &provider, scope))
    });
    let sessions = sessions(wire, scope);
    let builder = match ServerConfig::builder_with_provider(provider).with_protocol_versions(&versions) {
        Ok(builder) => builder,
        Err(error) => return scope.fault(Fault::Tls { what: "settings", why: error.to_string() }),
    };
    let builder = match verifier? {
        Some(verifier) if wire.peer_signatures.is_empty() => builder.with_client_cert_verifier(verifier),
        Some(verifier) => {
            let schemes = schemes(&wire.peer_signatures);
            builder.with_client_cert_verifier(Arc::new(Checking { verifier, schemes }))
        }
        None => builder.with_no_client_auth(),
    };
    let mut config = builder.with_cert_resolver(Arc::clone(shelf) as _);
    let sessions = sessions?;
    config.alpn_protocols = protocols?;
    config.ignore_client_order = !wire.client_order;
    config.session_storage = Arc::clone(&sessions.kept);
    if let Some(tickets) = &sessions.tickets {
        config.ticketer = Arc::clone(tickets);
    }
    Some(Agreement { config: Arc::new(config), _sessions: sessions })
}

/// Of the ways to sign that either end is limited to there has to be one.
fn signatures(wire: &v1::TlsSettings, provider: &CryptoProvider, scope: &mut Scope<'_>) -> Option<()> {
    let there = provider.signature_verification_algorithms.mapping;
    let is_there = |scheme: &SignatureScheme| there.iter().any(|(known, _)| known == scheme);
    for (what, list) in [("signatures", &wire.signatures), ("peer_signatures", &wire.peer_signatures)] {
        scope.count(what, list.len(), MAX_CHOICES)?;
        if !list.is_empty() && !schemes(list).iter().any(is_there) {
            return scope.fault(Fault::Tls { what, why: NONE_OF_THOSE.to_owned() });
        }
    }
    Some(())
}

/// The cipher suites and groups that there are of those that are asked for.
fn provider(wire: &v1::TlsSettings, scope: &mut Scope<'_>) -> Option<CryptoProvider> {
    scope.count("cipher_suites", wire.cipher_suites.len(), MAX_CHOICES)?;
    scope.count("groups", wire.groups.len(), MAX_CHOICES)?;
    let mut provider = aws_lc_rs::default_provider();
    if !wire.cipher_suites.is_empty() {
        let find = |number: &u32| {
            aws_lc_rs::ALL_CIPHER_SUITES.iter().find(|it| u32::from(u16::from(it.suite())) == *number)
        };
        provider.cipher_suites = wire.cipher_suites.iter().filter_map(find).copied().collect();
    }
    if !wire.groups.is_empty() {
        let find = |number: &u32| {
            aws_lc_rs::ALL_KX_GROUPS.iter().find(|it| u32::from(u16::from(it.name())) == *number)
        };
        provider.kx_groups = wire.groups.iter().filter_map(find).copied().collect();
    }
    for (what, none) in
        [("cipher_suites", provider.cipher_suites.is_empty()), ("groups", provider.kx_groups.is_empty())]
    {
        if none {
            return scope.fault(Fault::Tls { what, why: NONE_OF_THOSE.to_owned() });
        }
    }
    Some(provider)
}

fn versions(wire: &v1::TlsSettings, scope: &mut Scope<'_>) -> Option<Vec<&'static SupportedProtocolVersion>> {
    let least = scope.known::<v1::TlsVersion>("min_version", wire.min_version);
    let most = scope.known::<v1::TlsVersion>("max_version", wire.max_version);
    let (least, most) = (least?, most?);
    let all =
        [(v1::TlsVersion::TlsVersion12, &version::TLS12), (v1::TlsVersion::TlsVersion13, &version::TLS13)];
    let asked = all.into_iter().filter(|(it, _)| (least as i32..=most as i32).contains(&(*it as i32)));
    let asked: Vec<_> = asked.map(|(_, version)| version).collect();
    if asked.is_empty() {
        return scope.fault(Fault::Tls { what: "min_version", why: "it is above max_version".to_owned() });
    }
    Some(asked)
}

fn protocols(wire: &v1::TlsSettings, scope: &mut Scope<'_>) -> Option<Vec<Vec<u8>>> {
    protocol_names(&wire.protocols, scope)
}

pub(super) fn protocol_names(wire: &[Bytes], scope: &mut Scope<'_>) -> Option<Vec<Vec<u8>>> {
    scope.count("protocols", wire.len(), MAX_CHOICES)?;
    scope.each("protocol", wire, |scope, name| match name.len() {
        1..=MAX_PROTOCOL_BYTES => Some(name.to_vec()),
        0 => scope.fault(Fault::Empty { what: "name" }),
        bytes => scope.fault(Fault::TooLong { what: "name", bytes, limit: MAX_PROTOCOL_BYTES }),
    })
}

fn verifier(
    wire: &v1::TlsClientCertificates,
    provider: &Arc<CryptoProvider>,
    scope: &mut Scope<'_>,
) -> Option<Arc<dyn ClientCertVerifier>> {
    let (roots, _) = authorities((&wire.authorities, &wire.authorities_name), scope)?;
    let revoked = revoked((&wire.revoked, &wire.revoked_name), scope)?;
    let mut builder = WebPkiClientVerifier::builder_with_provider(roots, Arc::clone(provider));
    if !revoked.is_empty() {
        builder = builder.with_crls(revoked).enforce_revocation_expiration();
    }
    if !wire.required {
        builder = builder.allow_unauthenticated();
    }
    match builder.build() {
        Ok(verifier) => Some(verifier),
        Err(error) => {
            let name = wire.revoked_name.clone();
            scope.fault(Fault::TlsFile { what: "revoked", name, why: error.to_string() })
        }
    }
}

/// Whom to trust, and all certificates of the file. `name`: what the configuration calls it.
fn authorities(
    (hex, name): (&str, &str),
    scope: &mut Scope<'_>,
) -> Option<(Arc<RootCertStore>, Vec<CertificateDer<'static>>)> {
    let fault = |why| Fault::TlsFile { what: "authorities", name: name.to_owned(), why };
    let authorities = scope.blob(hex)?;
    let mut roots = RootCertStore::empty();
    let found = match certificates(&authorities) {
        Ok(found) => found,
        Err(why) => return scope.fault(fault(why.to_string())),
    };
    // One that this version cannot read does not make the others useless, as with HAProxy.
    let (good, _) = roots.add_parsable_certificates(found.iter().cloned());
    if good == 0 {
        return scope.fault(fault("none of them can be read".to_owned()));
    }
    Some((Arc::new(roots), found))
}

/// Lists of certificates that were revoked; none where there is no blob.
fn revoked(
    (hex, name): (&str, &str),
    scope: &mut Scope<'_>,
) -> Option<Vec<CertificateRevocationListDer<'static>>> {
    if hex.is_empty() {
        return Some(Vec::new());
    }
    let fault = |why: &str| Fault::TlsFile { what: "revoked", name: name.to_owned(), why: why.to_owned() };
    let revoked = scope.blob(hex)?;
    match CertificateRevocationListDer::pem_slice_iter(&revoked).collect::<Result<Vec<_>, _>>() {
        Ok(lists) if !lists.is_empty() => Some(lists),
        Ok(_) => scope.fault(fault("it holds no list")),
        Err(_) => scope.fault(fault("it is no PEM")),
    }
}

/// How sessions are resumed that were agreed upon under such settings.
fn sessions(wire: &v1::TlsSettings, scope: &mut Scope<'_>) -> Option<Arc<Sessions>> {
    let says = wire.client_certificates.as_ref().map(Message::encode_to_vec).unwrap_or_default();
    let hash = ContentHash::of(&[&[u8::from(wire.no_tickets)], wire.ticket_keys.as_bytes(), &says].concat());
    if let Some(known) = scope.pools.sessions.get(&hash).and_then(Weak::upgrade) {
        return Some(known);
    }
    let tickets = if wire.no_tickets { None } else { Some(tickets(wire, scope)?) };
    let sessions = Arc::new(Sessions { tickets, kept: ServerSessionMemoryCache::new(KEPT_SESSIONS) });
    scope.pools.sessions.insert(hash, Arc::downgrade(&sessions));
    Some(sessions)
}

fn tickets(wire: &v1::TlsSettings, scope: &mut Scope<'_>) -> Option<Arc<dyn ProducesTickets>> {
    if wire.ticket_keys.is_empty() {
        return match aws_lc_rs::Ticketer::new() {
            Ok(tickets) => Some(tickets),
            Err(error) => scope.fault(Fault::Tls { what: "tickets", why: error.to_string() }),
        };
    }
    let text = scope.blob(&wire.ticket_keys)?;
    match TicketKeys::read(&text) {
        Ok(keys) => Some(Arc::new(keys)),
        Err(why) => scope.fault(Fault::Tls { what: "ticket_keys", why: why.to_string() }),
    }
}
