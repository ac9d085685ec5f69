//! What is asked of certificates.

use super::super::reason::Fault;
use super::super::scope::Scope;
use super::Arguments;
use crate::expr::{CertificateFact, Fetch, TlsFact, TlsName, Whose};

impl Arguments<'_> {
    /// `what` stands behind `ssl_c_` or `ssl_f_`.
    pub(super) fn certificate(&self, whose: Whose, what: &str, scope: &mut Scope<'_>) -> Option<Fetch> {
        let fact = match what {
            "der" => CertificateFact::Der,
            "i_dn" => return self.tls_name(whose, true, scope),
            "key_alg" => CertificateFact::KeyAlgorithm,
            "notafter" => CertificateFact::NotAfter,
            "notbefore" => CertificateFact::NotBefore,
            "s_dn" => return self.tls_name(whose, false, scope),
            "serial" => CertificateFact::Serial,
            "sha1" => CertificateFact::Sha1,
            "sig_alg" => CertificateFact::SignatureAlgorithm,
            "version" => CertificateFact::Version,
            _ => return scope.fault(Fault::UnknownFetch(what.to_owned())),
        };
        Some(Fetch::TlsFact(TlsFact::Of(whose, fact)))
    }

    /// A name in a certificate: which part of it, and the how-manieth of several.
    fn tls_name(&self, whose: Whose, of_issuer: bool, scope: &mut Scope<'_>) -> Option<Fetch> {
        let part = match self.text(0) {
            [] => None,
            _ => Some(self.name(0, scope)?.into()),
        };
        let occurrence = self.integer(1).unwrap_or(1);
        Some(Fetch::TlsName(TlsName { whose, of_issuer, part, occurrence }))
    }
}
