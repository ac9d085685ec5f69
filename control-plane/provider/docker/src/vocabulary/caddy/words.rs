//! The directives of caddy-docker-proxy's labels, and what becomes of each.

use crate::vocabulary::word::{Word, idle, served, told};

const CLOSED: &str = "requests are answered 403";

pub(in crate::vocabulary) const WORDS: &[Word] = &[
    served(
        "reverse_proxy",
        "`{{upstreams}}`, `{{upstreams 8080}}`, `{{upstreams https 443}}` behind a matcher; other servers are told. Port 80 where \
         none is said, with `https` 443",
    ),
    served(
        "reverse_proxy.lb_policy",
        "`round_robin`, `least_conn`, `random`, `random_choose`, `first`, `ip_hash`, `client_ip_hash`, `uri_hash`, `cookie`",
    ),
    served("reverse_proxy.lb_retries", ""),
    served("reverse_proxy.health_uri", "2xx is good"),
    served("reverse_proxy.health_interval", ""),
    served("reverse_proxy.health_timeout", ""),
    served("reverse_proxy.health_port", ""),
    served("reverse_proxy.header_up", "Sets, adds with `+`, removes with `-`"),
    served("reverse_proxy.header_down", "The same of answers"),
    served(
        "reverse_proxy.transport",
        "`http` with `tls` (its certificate is not checked, which is told), or with `tls_insecure_skip_verify`",
    ),
    idle("reverse_proxy.flush_interval", "Bodies are passed on as they come"),
    served("handle", "With a matcher of a path, or `@NAME`"),
    served("handle_path", "The same, and takes the path away"),
    served("route", "Its lines in their order"),
    served("redir", "With `{uri}`, `{host}`, `{path}` and `{query}`"),
    served("rewrite", "The same"),
    served("uri", "`strip_prefix`; others are told"),
    served("header", "As `header_down`; a default with `?`"),
    served("request_header", "As `header_up`"),
    served("encode", "`gzip`, `zstd`, `br`"),
    served("respond", "A text and a status"),
    served(
        "@*",
        "`path`, `path_regexp`, `method`, `host`, `header`, `query`, `protocol`, `remote_ip`, `client_ip`, `not`",
    ),
    told("tls", "certificates are not fetched or made", "certificates are given by --certificate"),
    told("basicauth", "there are no users yet", CLOSED),
    told("basic_auth", "there are no users yet", CLOSED),
    told("forward_auth", "no one else is asked", CLOSED),
    told("log", "logs are those of the entry point", ""),
    told("import", "snippets and files are not read", ""),
    told("file_server", "files are not served", ""),
    told("php_fastcgi", "nothing here speaks FastCGI", ""),
    told("handle_errors", "error pages are those of the container", ""),
    told("request_body", "bodies are passed on as they come", ""),
];
