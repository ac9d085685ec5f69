//! TLS to an endpoint.

use std::sync::{Arc, Weak};

use prost::Message;
use rustls::ClientConfig;
use rustls::client::danger::ServerCertVerifier;
use rustls::client::{ClientSessionMemoryCache, Resumption, Tls12Resumption, WebPkiServerVerifier};
use rustls::crypto::CryptoProvider;
use rustls::sign::SingleCertAndKey;
use rustls_pki_types::ServerName;
use sluicegate_proto::hash::ContentHash;
use sluicegate_proto::v1;

use super::super::call;
use super::super::part::optional;
use super::super::reason::Fault;
use super::super::scope::Scope;
use super::{authorities, pair, protocols, provider, revoked, signatures, versions};
use crate::tls::{Anybody, Checking, TlsClient, Verifier, schemes, signing};

/// Names of an endpoint whose sessions are kept; of each there may be eight.
const KEPT_SESSIONS: usize = 64 * 8;

/// `Some(None)`: its connections are in clear.
pub(in crate::compile) fn of_endpoint(
    wire: &v1::Endpoint,
    scope: &mut Scope<'_>,
) -> Option<Option<Arc<TlsClient>>> {
    let Some(tls) = &wire.tls else {
        return match &wire.server_name {
            None => Some(None),
            Some(_) => scope.fault(Fault::Meaningless { what: "server_name without tls" }),
        };
    };
    let name = wire.server_name.as_ref();
    scope.at("tls", |scope| client(tls, name, wire.address.as_ref(), scope)).map(Some)
}

/// The same of its probes.
pub(in crate::compile) fn of_check(
    wire: &v1::CheckSchedule,
    endpoint: &v1::Endpoint,
    scope: &mut Scope<'_>,
) -> Option<Option<Arc<TlsClient>>> {
    if wire.tls.is_none() && (wire.over_tls || !wire.server_name.is_empty()) {
        return scope.fault(Fault::Meaningless { what: "over_tls or server_name without tls" });
    }
    let address = endpoint.address.as_ref();
    optional(wire.tls.as_ref(), |tls| scope.at("tls", |scope| client(tls, None, address, scope)))
}

fn client(
    wire: &v1::TlsClient,
    name: Option<&v1::Sample>,
    address: Option<&v1::endpoint::Address>,
    scope: &mut Scope<'_>,
) -> Option<Arc<TlsClient>> {
    let mut says = wire.encode_length_delimited_to_vec();
    if let Some(address) = address {
        address.encode(&mut says);
    }
    let id = ContentHash::of(&says);
    // What is used of blobs is noted in any case.
    let config = config(wire, scope);
    let server_name = optional(name, |name| scope.at("server_name", |scope| call::sample(Some(name), scope)));
    let (config, server_name) = (config?, server_name?);
    let known = scope.pools.clients.get(&id).and_then(Weak::upgrade);
    let config = known.unwrap_or_else(|| {
        let config = Arc::new(config);
        scope.pools.clients.insert(id, Arc::downgrade(&config));
        config
    });
    let checks_name = wire.server_certificates.is_some() && !wire.unchecked_name;
    Some(Arc::new(TlsClient { id, config, server_name, checks_name }))
}

fn config(wire: &v1::TlsClient, scope: &mut Scope<'_>) -> Option<ClientConfig> {
    let Some(settings) = &wire.settings else { return scope.fault(Fault::Unset("settings")) };
    if settings.client_certificates.is_some() {
        return scope.fault(Fault::Meaningless { what: "client_certificates" });
    }
    let provider = provider(settings, scope);
    let versions = versions(settings, scope);
    let protocols = protocols(settings, scope);
    let certificate = optional(wire.certificate.as_ref(), |wire| pair(wire, scope));
    let provider = Arc::new(provider?);
    signatures(settings, &provider, scope)?;
    let mut verifier: Arc<dyn ServerCertVerifier> = match &wire.server_certificates {
        None => Arc::new(Anybody(provider.signature_verification_algorithms)),
        Some(known) => {
            let checks_name = !wire.unchecked_name;
            scope.at("server_certificates", |scope| verifier(known, checks_name, &provider, scope))?
        }
    };
    if !settings.peer_signatures.is_empty() {
        verifier = Arc::new(Checking { verifier, schemes: schemes(&settings.peer_signatures) });
    }
    let builder = match ClientConfig::builder_with_provider(provider).with_protocol_versions(&versions?) {
        Ok(builder) => builder.dangerous().with_custom_certificate_verifier(verifier),
        Err(error) => return scope.fault(Fault::Tls { what: "settings", why: error.to_string() }),
    };
    let mut config = match certificate? {
        Some(pair) => {
            let key = match &settings.signatures[..] {
                [] => (*pair.key).clone(),
                some => signing(&pair.key, schemes(some)),
            };
            builder.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(key)))
        }
        None => builder.with_no_client_auth(),
    };
    config.alpn_protocols = protocols?;
    config.resumption = match (wire.no_resumption, settings.no_tickets) {
        (true, _) => Resumption::disabled(),
        (false, no_tickets) => {
            let kept = Resumption::store(Arc::new(ClientSessionMemoryCache::new(KEPT_SESSIONS)));
            if no_tickets { kept.tls12_resumption(Tls12Resumption::SessionIdOnly) } else { kept }
        }
    };
    Some(config)
}

fn verifier(
    wire: &v1::TlsServerCertificates,
    checks_name: bool,
    provider: &Arc<CryptoProvider>,
    scope: &mut Scope<'_>,
) -> Option<Arc<Verifier>> {
    // Those who trust the same share it: of authorities there may be hundreds.
    let says = [&[u8::from(checks_name)], &wire.encode_to_vec()[..]].concat();
    let hash = ContentHash::of(&says);
    let known = scope.pools.verifiers.get(&hash).and_then(Weak::upgrade);
    if let Some(known) = known {
        scope.blob(&wire.authorities)?;
        optional(Some(&wire.revoked).filter(|hex| !hex.is_empty()), |hex| scope.blob(hex))?;
        return Some(known);
    }
    let authorities = authorities((&wire.authorities, &wire.authorities_name), scope);
    let revoked = revoked((&wire.revoked, &wire.revoked_name), scope);
    let host = match ServerName::try_from(wire.host.as_str()) {
        _ if wire.host.is_empty() => Some(None),
        Ok(host) => Some(Some(host.to_owned())),
        Err(_) => scope.fault(Fault::Tls { what: "host", why: format!("`{}` is no name", wire.host) }),
    };
    let ((roots, all), revoked) = (authorities?, revoked?);
    let own = if revoked.is_empty() { all.into() } else { Box::default() };
    let mut builder = WebPkiServerVerifier::builder_with_provider(roots, Arc::clone(provider));
    if !revoked.is_empty() {
        builder = builder.with_crls(revoked).enforce_revocation_expiration();
    }
    match builder.build() {
        Ok(chains) => {
            let verifier = Arc::new(Verifier { chains, own, host: host?, checks_name });
            scope.pools.verifiers.insert(hash, Arc::downgrade(&verifier));
            Some(verifier)
        }
        Err(error) => scope.fault(Fault::TlsFile {
            what: "revoked",
            name: wire.revoked_name.clone(),
            why: error.to_string(),
        }),
    }
}
