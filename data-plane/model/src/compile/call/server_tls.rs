//! Fetches of connections to endpoints.

use super::Arguments;
use crate::compile::scope::Scope;
use crate::expr::{Fetch, ServerTls, TlsFact, Whose};

/// Whether a fetch is about that.
pub(super) fn is_one(name: &str) -> bool {
    name.starts_with("ssl_bc") || name.starts_with("ssl_s_")
}

impl Arguments<'_> {
    pub(super) fn server_tls(&self, name: &str, scope: &mut Scope<'_>) -> Option<ServerTls> {
        Some(match name {
            "ssl_bc" => ServerTls::Is,
            "ssl_bc_alg_keysize" | "ssl_bc_use_keysize" => ServerTls::Fact(TlsFact::KeyBits),
            "ssl_bc_alpn" => ServerTls::Fact(TlsFact::Protocol),
            "ssl_bc_cipher" => ServerTls::Fact(TlsFact::Cipher),
            "ssl_bc_err_str" => ServerTls::Error,
            "ssl_bc_is_resumed" => ServerTls::Fact(TlsFact::IsResumed),
            "ssl_bc_protocol" => ServerTls::Fact(TlsFact::Version),
            "ssl_bc_sni" => ServerTls::Fact(TlsFact::ServerName),
            // The peer's, as that of a client is.
            name if name.starts_with("ssl_s_") => {
                match self.certificate(Whose::Client, &name["ssl_s_".len()..], scope)? {
                    Fetch::TlsFact(fact) => ServerTls::Fact(fact),
                    Fetch::TlsName(wanted) => ServerTls::Name(wanted),
                    _ => return None,
                }
            }
            _ => return scope.fault(crate::compile::Fault::UnknownFetch(name.to_owned())),
        })
    }
}
