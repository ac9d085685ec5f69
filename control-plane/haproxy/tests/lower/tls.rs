//! TLS of listeners and to servers.

use super::Out;
use crate::phrase::sample;
use sluicegate_proto::v1;

pub(super) fn server(out: &mut Out, tls: &v1::TlsServer) {
    out.flag("strict_names", tls.strict_names);
    out.value("tls", settings(tls.settings.as_ref().unwrap()));
    for certificate in &tls.certificates {
        let mut text = format!("{} {}", certificate.name, &certificate.pem[..8]);
        if !certificate.ocsp.is_empty() {
            text += &format!(" ocsp {}", &certificate.ocsp[..8]);
        }
        if !certificate.server_names.is_empty() {
            text += &format!(" for {}", certificate.server_names.join(" "));
        }
        if certificate.default {
            text += " by default";
        }
        if let Some(own) = &certificate.settings {
            text += &format!(": {}", settings(own));
        }
        out.value("certificate", text);
    }
}

pub(super) fn endpoint(out: &mut Out, endpoint: &v1::Endpoint) {
    if let Some(tls) = &endpoint.tls {
        out.value("tls", client(tls));
    }
    if let Some(name) = &endpoint.server_name {
        out.value("server_name", sample(name));
    }
}

pub(super) fn check(out: &mut Out, check: &v1::CheckSchedule) {
    if let Some(tls) = &check.tls {
        out.value("tls", client(tls));
    }
    out.flag("over_tls", check.over_tls);
    out.text("server_name", &check.server_name);
}

fn client(tls: &v1::TlsClient) -> String {
    let mut text = settings(tls.settings.as_ref().unwrap());
    match &tls.server_certificates {
        None => text += ", of anybody",
        Some(known) => {
            let revoked = known.revoked.get(..8).unwrap_or("none");
            text += &format!(", known to {} but {revoked}", &known.authorities[..8]);
            if !known.host.is_empty() {
                text += &format!(", host {}", known.host);
            }
        }
    }
    if let Some(own) = &tls.certificate {
        text += &format!(", as {} {}", own.name, &own.pem[..8]);
    }
    if tls.no_resumption {
        text += ", no resumption";
    }
    if tls.unchecked_name {
        text += ", unchecked name";
    }
    text
}

fn settings(wire: &v1::TlsSettings) -> String {
    let numbers =
        |list: &[u32]| list.iter().map(|number| format!("{number:04x}")).collect::<Vec<_>>().join(" ");
    let mut text = format!(
        "{} to {}, ciphers {}",
        wire.min_version().as_str_name(),
        wire.max_version().as_str_name(),
        numbers(&wire.cipher_suites)
    );
    if !wire.groups.is_empty() {
        text += &format!(", groups {}", numbers(&wire.groups));
    }
    for name in &wire.protocols {
        text += &format!(", {}", String::from_utf8_lossy(name));
    }
    if let Some(clients) = &wire.client_certificates {
        let how = if clients.required { "required" } else { "optional" };
        let revoked = clients.revoked.get(..8).unwrap_or("none");
        text += &format!(", clients {how} by {} but {revoked}", &clients.authorities[..8]);
    }
    if wire.no_tickets {
        text += ", no tickets";
    }
    for (what, list) in [("signatures", &wire.signatures), ("of the other end", &wire.peer_signatures)] {
        if !list.is_empty() {
            text += &format!(", {what} {}", numbers(list));
        }
    }
    if wire.client_order {
        text += ", in the client's order";
    }
    if !wire.ticket_keys.is_empty() {
        text += &format!(", tickets by {}", &wire.ticket_keys[..8]);
    }
    text
}
