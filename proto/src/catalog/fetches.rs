use super::{ArgumentSpec, ArgumentType, ValueType, integer, named, optional, text};

/// Where a fetch has a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Phases {
    /// In conditions and formats over a request.
    pub request: bool,
    /// In conditions and formats over a response.
    pub response: bool,
    /// In the log line at the end.
    pub log: bool,
    /// In health checks, over the answer.
    pub check: bool,
    /// Only where the frontend or backend is in HTTP mode.
    pub http_only: bool,
    /// It is about the first bytes of a connection, or of what a server says: in HTTP mode it has no value.
    pub first_bytes: bool,
}

const ALWAYS: Phases =
    Phases { request: true, response: true, log: true, check: true, http_only: false, first_bytes: false };
/// Of what passes through a frontend, which a check does not.
const PASSING: Phases = Phases { check: false, ..ALWAYS };
const REQUEST: Phases = Phases { response: false, log: false, http_only: true, ..PASSING };
const RESPONSE: Phases = Phases { request: false, http_only: true, ..ALWAYS };
/// Of responses that passed through.
const PASSED: Phases = Phases { check: false, ..RESPONSE };
const HTTP: Phases = Phases { http_only: true, ..PASSING };
/// Of the connection to a server.
const SENT: Phases = Phases { request: false, ..PASSING };
/// Of the first bytes of a connection.
const FIRST: Phases = Phases { response: false, log: false, first_bytes: true, ..PASSING };
/// Of the first bytes of what a server says.
const SAID: Phases = Phases { request: false, response: true, ..FIRST };

/// A source of values: what an expression starts with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FetchSpec {
    /// As written.
    pub name: &'static str,
    /// The name that means the same and stands for all its synonyms; `name` itself for most.
    pub canonical: &'static str,
    /// In order; optional ones last.
    pub arguments: &'static [ArgumentSpec],
    /// Type of its value.
    pub yields: ValueType,
    /// Bytes that are no text: a test has to say how they are compared.
    pub binary: bool,
    /// Where it may stand.
    pub phases: Phases,
    /// One line for people.
    pub summary: &'static str,
}

const fn fetch(
    name: &'static str,
    arguments: &'static [ArgumentSpec],
    yields: ValueType,
    phases: Phases,
    summary: &'static str,
) -> FetchSpec {
    FetchSpec { name, canonical: name, arguments, yields, binary: false, phases, summary }
}

const fn binary(
    name: &'static str,
    arguments: &'static [ArgumentSpec],
    phases: Phases,
    summary: &'static str,
) -> FetchSpec {
    FetchSpec { binary: true, ..fetch(name, arguments, Str, phases, summary) }
}

const fn synonym(name: &'static str, of: FetchSpec) -> FetchSpec {
    FetchSpec { name, ..of }
}

use ValueType::{Bool, Int, Ip, Str};

const HEADER: &[ArgumentSpec] = &[text("name"), optional(integer("occurrence"))];
const NAME: &[ArgumentSpec] = &[text("name")];
const BACKEND: &[ArgumentSpec] = &[named("backend", ArgumentType::Backend)];
const FRONTEND: &[ArgumentSpec] = &[named("frontend", ArgumentType::Frontend)];
const SERVER: &[ArgumentSpec] = &[named("server", ArgumentType::Server)];

const TLS_NAME: &[ArgumentSpec] = &[optional(text("entry")), optional(integer("occurrence"))];

const BASE: FetchSpec = fetch("base", &[], Str, REQUEST, "first Host value and the path behind it");
const REQ_COOK: FetchSpec = fetch("req.cook", NAME, Str, REQUEST, "value of a request cookie");
const REQ_COOK_CNT: FetchSpec = fetch("req.cook_cnt", NAME, Int, REQUEST, "occurrences of a request cookie");
const REQ_FHDR: FetchSpec = fetch("req.fhdr", HEADER, Str, REQUEST, "whole line of a request header");
const REQ_FHDR_CNT: FetchSpec = fetch("req.fhdr_cnt", NAME, Int, REQUEST, "lines of a request header");
const REQ_HDR: FetchSpec =
    fetch("req.hdr", HEADER, Str, REQUEST, "comma-separated value of a request header");
const REQ_HDR_CNT: FetchSpec =
    fetch("req.hdr_cnt", NAME, Int, REQUEST, "comma-separated values of a request header");
const REQ_HDR_IP: FetchSpec = fetch("req.hdr_ip", HEADER, Ip, REQUEST, "address in a request header");
const REQ_HDR_VAL: FetchSpec = fetch("req.hdr_val", HEADER, Int, REQUEST, "number in a request header");
const REQ_LEN: FetchSpec = fetch("req.len", &[], Int, FIRST, "first bytes that have come");
const REQ_PROTO_HTTP: FetchSpec =
    fetch("req.proto_http", &[], Bool, Phases { http_only: false, ..REQUEST }, "the request is HTTP");
const COOKIE: &[ArgumentSpec] = &[optional(text("name"))];
const REQ_RDP_COOKIE: FetchSpec =
    fetch("req.rdp_cookie", COOKIE, Str, FIRST, "cookie in the first message of an RDP client");
const REQ_RDP_COOKIE_CNT: FetchSpec =
    fetch("req.rdp_cookie_cnt", COOKIE, Int, FIRST, "1 where an RDP client sends such a cookie, else 0");
const REQ_SSL_HELLO_TYPE: FetchSpec =
    fetch("req.ssl_hello_type", &[], Int, FIRST, "type of the first TLS message: 1, the hello of a client");
const REQ_SSL_SNI: FetchSpec =
    fetch("req.ssl_sni", &[], Str, FIRST, "server name that the hello of a TLS client asks for");
const REQ_SSL_VER: FetchSpec = fetch(
    "req.ssl_ver",
    &[],
    Int,
    FIRST,
    "version in the hello of a TLS client: tests compare it with 3.1 and its like",
);
const REQ_VER: FetchSpec = fetch("req.ver", &[], Str, REQUEST, "version of the request: 1.0, 1.1, 2.0");
const RES_FHDR: FetchSpec = fetch("res.fhdr", HEADER, Str, RESPONSE, "whole line of a response header");
const RES_FHDR_CNT: FetchSpec = fetch("res.fhdr_cnt", NAME, Int, RESPONSE, "lines of a response header");
const RES_HDR: FetchSpec =
    fetch("res.hdr", HEADER, Str, RESPONSE, "comma-separated value of a response header");
const RES_HDR_CNT: FetchSpec =
    fetch("res.hdr_cnt", NAME, Int, RESPONSE, "comma-separated values of a response header");
const RES_HDR_IP: FetchSpec = fetch("res.hdr_ip", HEADER, Ip, RESPONSE, "address in a response header");
const RES_HDR_VAL: FetchSpec = fetch("res.hdr_val", HEADER, Int, RESPONSE, "number in a response header");
const RES_LEN: FetchSpec = fetch("res.len", &[], Int, SAID, "first bytes of the server that have come");
const RES_RDP_COOKIE: FetchSpec =
    fetch("res.rdp_cookie", COOKIE, Str, SAID, "such a cookie in what the server says first");
const RES_RDP_COOKIE_CNT: FetchSpec =
    fetch("res.rdp_cookie_cnt", COOKIE, Int, SAID, "1 where the server sends such a cookie, else 0");
const RES_SSL_HELLO_TYPE: FetchSpec =
    fetch("res.ssl_hello_type", &[], Int, SAID, "type of the first TLS message of the server: 2, its hello");
const RES_VER: FetchSpec = fetch("res.ver", &[], Str, RESPONSE, "version of the response: 1.0, 1.1, 2.0");
const URL_PARAM: FetchSpec = fetch(
    "url_param",
    &[text("name"), optional(text("delimiter"))],
    Str,
    REQUEST,
    "value of a parameter in the query",
);

/// All fetches, sorted by name.
pub const FETCHES: &[FetchSpec] = &[
    fetch("always_false", &[], Bool, ALWAYS, "false"),
    fetch("always_true", &[], Bool, ALWAYS, "true"),
    fetch("avg_queue", BACKEND, Int, ALWAYS, "exchanges that wait, for each server that takes traffic"),
    BASE,
    fetch("be_conn", BACKEND, Int, ALWAYS, "exchanges of a backend"),
    fetch("be_name", &[], Str, ALWAYS, "name of the backend"),
    fetch("bool", &[text("value")], Bool, ALWAYS, "a constant: true, false, 0 or 1"),
    fetch("connslots", BACKEND, Int, ALWAYS, "places left at the servers of a backend and in their queues"),
    synonym("cook", REQ_COOK),
    synonym("cook_cnt", REQ_COOK_CNT),
    fetch(
        "date",
        &[optional(integer("offset")), optional(text("unit"))],
        Int,
        ALWAYS,
        "time since 1970, in seconds or in s, ms or us",
    ),
    fetch("dst", &[], Ip, PASSING, "address that the client connected to"),
    fetch("dst_port", &[], Int, PASSING, "port that the client connected to"),
    fetch("fc_pp_authority", &[], Str, PASSING, "host that the client asked for, from its PROXY header"),
    fetch("fc_pp_tlv", &[text("type")], Str, PASSING, "value of that type in the connection's PROXY header"),
    fetch("fc_pp_unique_id", &[], Str, PASSING, "identifier in the connection's PROXY header"),
    fetch("fc_rcvd_proxy", &[], Bool, PASSING, "the connection began with a PROXY header"),
    fetch("fe_conn", FRONTEND, Int, ALWAYS, "connections of a frontend"),
    fetch("fe_name", &[], Str, PASSING, "name of the frontend"),
    synonym("hdr", REQ_HDR),
    synonym("hdr_cnt", REQ_HDR_CNT),
    synonym("hdr_ip", REQ_HDR_IP),
    synonym("hdr_val", REQ_HDR_VAL),
    fetch("hostname", &[], Str, ALWAYS, "name of the host"),
    fetch("int", &[integer("value")], Int, ALWAYS, "a constant"),
    fetch("method", &[], Str, HTTP, "method of the request"),
    fetch("nbsrv", BACKEND, Int, ALWAYS, "servers of a backend that take traffic"),
    fetch("path", &[], Str, REQUEST, "path of the request, up to the question mark"),
    fetch("pathq", &[], Str, REQUEST, "path and query of the request"),
    fetch("query", &[], Str, REQUEST, "what follows the question mark"),
    fetch("queue", BACKEND, Int, ALWAYS, "exchanges of a backend that wait"),
    fetch("rand", &[optional(integer("range"))], Int, ALWAYS, "a number by chance, from 0, below the range"),
    synonym("rdp_cookie", REQ_RDP_COOKIE),
    synonym("rdp_cookie_cnt", REQ_RDP_COOKIE_CNT),
    synonym("rep_ssl_hello_type", RES_SSL_HELLO_TYPE),
    REQ_COOK,
    REQ_COOK_CNT,
    REQ_FHDR,
    REQ_FHDR_CNT,
    REQ_HDR,
    REQ_HDR_CNT,
    REQ_HDR_IP,
    REQ_HDR_VAL,
    REQ_LEN,
    binary("req.payload", &[integer("offset"), integer("length")], FIRST, "some of the first bytes"),
    binary(
        "req.payload_lv",
        &[integer("offset"), integer("length"), optional(text("start"))],
        FIRST,
        "as many of the first bytes as a number among them says",
    ),
    REQ_PROTO_HTTP,
    REQ_RDP_COOKIE,
    REQ_RDP_COOKIE_CNT,
    fetch("req.ssl_alpn", &[], Str, FIRST, "protocols that the hello of a TLS client offers, with commas"),
    binary("req.ssl_cipherlist", &[], FIRST, "cipher suites that the hello of a TLS client offers"),
    fetch("req.ssl_ec_ext", &[], Bool, FIRST, "the hello of a TLS client names groups of key exchanges"),
    REQ_SSL_HELLO_TYPE,
    binary("req.ssl_keyshare_groups", &[], FIRST, "groups that the hello of a TLS client sends keys of"),
    binary("req.ssl_sigalgs", &[], FIRST, "signatures that the hello of a TLS client takes"),
    REQ_SSL_SNI,
    fetch(
        "req.ssl_st_ext",
        &[],
        Int,
        FIRST,
        "session tickets of the hello of a TLS client: 0, it takes none; 1, it takes one; 2, it has one",
    ),
    binary("req.ssl_supported_groups", &[], FIRST, "groups of key exchanges that a TLS client takes"),
    REQ_SSL_VER,
    REQ_VER,
    synonym("req_len", REQ_LEN),
    synonym("req_proto_http", REQ_PROTO_HTTP),
    synonym("req_rdp_cookie", REQ_RDP_COOKIE),
    synonym("req_rdp_cookie_cnt", REQ_RDP_COOKIE_CNT),
    synonym("req_ssl_hello_type", REQ_SSL_HELLO_TYPE),
    synonym("req_ssl_sni", REQ_SSL_SNI),
    synonym("req_ssl_ver", REQ_SSL_VER),
    synonym("req_ver", REQ_VER),
    fetch("res.cache_hit", &[], Bool, PASSED, "the response comes from a cache here"),
    fetch("res.cache_name", &[], Str, PASSED, "the cache that the response comes from"),
    fetch("res.comp", &[], Bool, PASSED, "the response was compressed here"),
    fetch("res.comp_algo", &[], Str, PASSED, "what it was compressed with"),
    RES_FHDR,
    RES_FHDR_CNT,
    RES_HDR,
    RES_HDR_CNT,
    RES_HDR_IP,
    RES_HDR_VAL,
    RES_LEN,
    binary("res.payload", &[integer("offset"), integer("length")], SAID, "some of the server's first bytes"),
    binary(
        "res.payload_lv",
        &[integer("offset"), integer("length"), optional(text("start"))],
        SAID,
        "as many of the server's first bytes as a number among them says",
    ),
    RES_RDP_COOKIE,
    RES_RDP_COOKIE_CNT,
    RES_SSL_HELLO_TYPE,
    RES_VER,
    synonym("resp_ver", RES_VER),
    synonym("shdr", RES_HDR),
    synonym("shdr_cnt", RES_HDR_CNT),
    synonym("shdr_ip", RES_HDR_IP),
    synonym("shdr_val", RES_HDR_VAL),
    fetch("src", &[], Ip, PASSING, "address of the client"),
    fetch("src_port", &[], Int, PASSING, "port of the client"),
    fetch("srv_conn", SERVER, Int, ALWAYS, "exchanges at a server"),
    fetch("srv_is_up", SERVER, Bool, ALWAYS, "the server is neither down nor disabled"),
    fetch("ssl_bc", &[], Bool, SENT, "the server is connected to over TLS"),
    fetch("ssl_bc_alg_keysize", &[], Int, SENT, "bits of the key of the cipher towards the server"),
    fetch("ssl_bc_alpn", &[], Str, SENT, "the protocol that the server chose (ALPN)"),
    fetch("ssl_bc_cipher", &[], Str, SENT, "the cipher suite towards the server, as OpenSSL calls it"),
    fetch("ssl_bc_err_str", &[], Str, SENT, "why the last handshake with a server failed"),
    fetch("ssl_bc_is_resumed", &[], Bool, SENT, "the connection to the server continues an earlier session"),
    fetch("ssl_bc_protocol", &[], Str, SENT, "the version of TLS towards the server, as OpenSSL calls it"),
    fetch("ssl_bc_sni", &[], Str, SENT, "the name that the server was asked for"),
    fetch(
        "ssl_bc_use_keysize",
        &[],
        Int,
        SENT,
        "bits of the key of the cipher towards the server that count",
    ),
    fetch("ssl_c_der", &[], Str, PASSING, "the client's certificate, in DER"),
    fetch(
        "ssl_c_i_dn",
        TLS_NAME,
        Str,
        PASSING,
        "name of the issuer of the client's certificate, or a part of it",
    ),
    fetch(
        "ssl_c_key_alg",
        &[],
        Str,
        PASSING,
        "what the key of the client's certificate is for, as OpenSSL calls it",
    ),
    fetch("ssl_c_notafter", &[], Str, PASSING, "up to when the client's certificate holds, YYMMDDhhmmssZ"),
    fetch("ssl_c_notbefore", &[], Str, PASSING, "from when on the client's certificate holds, YYMMDDhhmmssZ"),
    fetch("ssl_c_s_dn", TLS_NAME, Str, PASSING, "name in the client's certificate, or a part of it"),
    fetch("ssl_c_serial", &[], Str, PASSING, "serial number of the client's certificate"),
    fetch("ssl_c_sha1", &[], Str, PASSING, "SHA-1 of the client's certificate"),
    fetch("ssl_c_sig_alg", &[], Str, PASSING, "how the client's certificate is signed, as OpenSSL calls it"),
    fetch("ssl_c_used", &[], Bool, PASSING, "the client showed a certificate"),
    fetch("ssl_c_verify", &[], Int, PASSING, "0: the client's certificate is good; others come no further"),
    fetch("ssl_c_version", &[], Int, PASSING, "version of the client's certificate"),
    fetch("ssl_f_der", &[], Str, PASSING, "the certificate that the client was shown, in DER"),
    fetch(
        "ssl_f_i_dn",
        TLS_NAME,
        Str,
        PASSING,
        "name of the issuer of the certificate that was shown, or a part of it",
    ),
    fetch("ssl_f_key_alg", &[], Str, PASSING, "what the key of the certificate that was shown is for"),
    fetch(
        "ssl_f_notafter",
        &[],
        Str,
        PASSING,
        "up to when the certificate that was shown holds, YYMMDDhhmmssZ",
    ),
    fetch(
        "ssl_f_notbefore",
        &[],
        Str,
        PASSING,
        "from when on the certificate that was shown holds, YYMMDDhhmmssZ",
    ),
    fetch("ssl_f_s_dn", TLS_NAME, Str, PASSING, "name in the certificate that was shown, or a part of it"),
    fetch("ssl_f_serial", &[], Str, PASSING, "serial number of the certificate that was shown"),
    fetch("ssl_f_sha1", &[], Str, PASSING, "SHA-1 of the certificate that was shown"),
    fetch("ssl_f_sig_alg", &[], Str, PASSING, "how the certificate that was shown is signed"),
    fetch("ssl_f_version", &[], Int, PASSING, "version of the certificate that was shown"),
    fetch("ssl_fc", &[], Bool, PASSING, "the client connected over TLS"),
    fetch("ssl_fc_alg_keysize", &[], Int, PASSING, "bits of the cipher's key"),
    fetch("ssl_fc_alpn", &[], Str, PASSING, "the protocol that was agreed upon (ALPN)"),
    fetch("ssl_fc_cipher", &[], Str, PASSING, "the cipher suite, as OpenSSL calls it"),
    fetch("ssl_fc_has_crt", &[], Bool, PASSING, "the client showed a certificate"),
    fetch("ssl_fc_has_sni", &[], Bool, PASSING, "the client asked for a name"),
    fetch("ssl_fc_is_resumed", &[], Bool, PASSING, "the connection continues an earlier session"),
    fetch("ssl_fc_protocol", &[], Str, PASSING, "the version of TLS, as OpenSSL calls it"),
    fetch("ssl_fc_sni", &[], Str, PASSING, "the name that the client asked for"),
    fetch("ssl_fc_use_keysize", &[], Int, PASSING, "bits of the cipher's key that count"),
    fetch("ssl_s_der", &[], Str, SENT, "the server's certificate, in DER"),
    fetch(
        "ssl_s_i_dn",
        TLS_NAME,
        Str,
        SENT,
        "name of the issuer of the server's certificate, or a part of it",
    ),
    fetch("ssl_s_key_alg", &[], Str, SENT, "kind of the key of the server's certificate"),
    fetch("ssl_s_notafter", &[], Str, SENT, "up to when the server's certificate holds, YYMMDDhhmmssZ"),
    fetch("ssl_s_notbefore", &[], Str, SENT, "from when on the server's certificate holds, YYMMDDhhmmssZ"),
    fetch("ssl_s_s_dn", TLS_NAME, Str, SENT, "name in the server's certificate, or a part of it"),
    fetch("ssl_s_serial", &[], Str, SENT, "serial number of the server's certificate"),
    fetch("ssl_s_sha1", &[], Str, SENT, "SHA-1 of the server's certificate"),
    fetch("ssl_s_sig_alg", &[], Str, SENT, "how the server's certificate was signed"),
    fetch("ssl_s_version", &[], Int, SENT, "version of the server's certificate"),
    fetch("status", &[], Int, RESPONSE, "status of the response"),
    fetch("str", &[text("value")], Str, ALWAYS, "a constant"),
    fetch("url", &[], Str, REQUEST, "target of the request as the client wrote it"),
    URL_PARAM,
    synonym("urlp", URL_PARAM),
    fetch("wait_end", &[], Bool, Phases { response: true, ..FIRST }, "true once nothing more is waited for"),
];

/// Fetches that health checks have and nothing else, sorted by name. Beside these they have those of [`FETCHES`] that are
/// about an answer or about nothing that passes through.
pub const CHECK_FETCHES: &[FetchSpec] = &[
    fetch("be_id", &[], Int, ALWAYS, "number of the backend"),
    PAYLOAD,
    fetch("res.body", &[], Str, ALWAYS, "body of the answer, as far as it has come"),
    fetch("res.len", &[], Int, ALWAYS, "bytes of the answer that have come"),
    synonym("res.payload", PAYLOAD),
    fetch("srv_id", &[], Int, ALWAYS, "number of the server that is checked"),
    fetch("srv_name", &[], Str, ALWAYS, "name of the server that is checked"),
    fetch("var", NAME, Str, ALWAYS, "what a variable of the check holds"),
];

const PAYLOAD: FetchSpec =
    fetch("payload", &[integer("offset"), integer("length")], Str, ALWAYS, "bytes of the answer as it came");
