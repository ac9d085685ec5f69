//! All variables and labels of nginx-proxy for containers, and what becomes of each.

use crate::vocabulary::word::{Word, idle, served, told};

const CERTIFICATES: &str = "certificates are given by --certificate";

pub(in crate::vocabulary) const WORDS: &[Word] = &[
    served(
        "VIRTUAL_HOST",
        "Names with commas, each with a port if need be; `*.example.com`, `www.example.*`, `~^a pattern`. Containers of one \
         host and path form one backend",
    ),
    served("VIRTUAL_PORT", "The only exposed port where it is not said, else 80"),
    served(
        "VIRTUAL_PATH",
        "What the path is, or is below: `/api` is not `/apiary`; `~` a pattern, `=` one path",
    ),
    served("VIRTUAL_DEST", "What takes the place of the path"),
    served(
        "VIRTUAL_PROTO",
        "`http`, `https`, `grpc`, `grpcs`; others are told, and the container is not served",
    ),
    served("VIRTUAL_HOST_MULTIPORTS", "YAML or JSON; it stands for the four"),
    told("VIRTUAL_ROOT", "nothing here speaks FastCGI", ""),
    served(
        "HTTPS_METHOD",
        "`redirect`, `noredirect`, `nohttp`, `nohttps`; with `redirect` and `noredirect` at `web`, and at `websecure` where there is one",
    ),
    served("HSTS", "The header, over TLS; it is not sent where it is not said"),
    served("NETWORK_ACCESS", "`internal`: from private networks alone"),
    told("CERT_NAME", "certificates are chosen by the names in them", CERTIFICATES),
    told("SSL_POLICY", "TLS is as the entry point has it", ""),
    told("EXTERNAL_HTTPS_PORT", "clients are sent to the usual port", ""),
    told("ENABLE_HTTP_ON_MISSING_CERT", "whether there is a certificate changes nothing", ""),
    told("LETSENCRYPT_*", "certificates are not fetched", CERTIFICATES),
    told("ACME_*", "certificates are not fetched", CERTIFICATES),
    idle("SERVER_TOKENS", "Answers do not tell who sent them"),
    served(
        "com.github.nginx-proxy.nginx-proxy.loadbalance",
        "`round_robin`, `least_conn`, `ip_hash`, `random`, and `hash` of `$remote_addr` or `$request_uri`",
    ),
    idle("com.github.nginx-proxy.nginx-proxy.keepalive", "Connections to servers are kept"),
    idle("com.github.nginx-proxy.nginx-proxy.http2.enable", "HTTP/2 is offered at entry points of TLS"),
    told("com.github.nginx-proxy.nginx-proxy.http3.enable", "HTTP/3 is not spoken yet", ""),
    told(
        "com.github.nginx-proxy.nginx-proxy.ssl_verify_client",
        "certificates of clients are asked for by `bind` lines",
        "",
    ),
];
