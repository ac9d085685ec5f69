//! Options of `bind` lines.

use super::super::form::{Form, ID, TIME, TLS_VERSION};
use super::super::{Effect, Place, Places};
use super::Keyword;

pub(super) const GROUPS: &[&[Keyword]] = &[
    &[
        Keyword::works("name", BIND, TEST).takes(1, 1, "<name>").does("Its name in logs."),
        Keyword::works("maxconn", BIND, TEST).takes(1, 1, "<number>").does("Connections at one time."),
        Keyword::works("backlog", BIND, TEST).takes(1, 1, "<number>").does("Length of the kernel's queue."),
        Keyword::works("interface", BIND, TEST)
            .takes(1, 1, "<name>")
            .does("Takes connections of one interface."),
        Keyword::works("transparent", BIND, TEST)
            .takes(0, 0, "")
            .does("Binds an address that the host does not have."),
        Keyword::works("v4v6", BIND, TEST).takes(0, 0, "").does("An IPv6 wildcard takes IPv4 too."),
        Keyword::works("v6only", BIND, TEST).takes(0, 0, "").does("An IPv6 wildcard takes IPv6 alone."),
        Keyword::works("mode", BIND, TEST)
            .takes(1, 1, "<mode>")
            .does("Permissions of a unix socket, in octal."),
        Keyword::works("user", BIND, TEST).takes(1, 1, "<name>").does("Owner of a unix socket."),
        Keyword::works("uid", BIND, TEST).takes(1, 1, "<number>").does("Owner of a unix socket."),
        Keyword::works("group", BIND, TEST).takes(1, 1, "<name>").does("Group of a unix socket."),
        Keyword::works("tcp-ut", BIND, "lower/connections")
            .takes(1, 1, "<time>")
            .of(TIME)
            .does("How long what was sent may stay without an acknowledgement."),
        Keyword::works("accept-proxy", BIND, "lower/proxy_protocol")
            .takes(0, 0, "")
            .does("Its connections begin with a PROXY header, which tells whose they are."),
        Keyword::works("gid", BIND, TEST).takes(1, 1, "<number>").does("Group of a unix socket."),
        Keyword::works("ssl", BIND, LOWER_TLS).takes(0, 0, "").does("Clients speak TLS."),
        Keyword::works("verify", BIND, LOWER_TLS)
            .takes(1, 1, "{ none | optional | required }")
            .of(&[Form::OneOf(&["none", "optional", "required"])])
            .does("Whether clients show a certificate."),
        Keyword::works("ssl-min-ver", BIND, LOWER_TLS)
            .takes(1, 1, "<version>")
            .of(TLS_VERSION)
            .does("The lowest version of TLS."),
        Keyword::works("ssl-max-ver", BIND, LOWER_TLS)
            .takes(1, 1, "<version>")
            .of(TLS_VERSION)
            .does("The highest version of TLS."),
        Keyword::works("alpn", BIND, LOWER_TLS)
            .takes(1, 1, "<protocol>[,...]")
            .does("Protocols that clients may choose from."),
        Keyword::works("proto", BIND, "lower/http_version")
            .takes(1, 1, "{ h1 | h2 | none }")
            .of(&[Form::OneOf(&["h1", "h2", "none"])])
            .does("The version of HTTP that clients speak, whatever they say themselves."),
        Keyword::works("ca-file", BIND, LOWER_TLS).takes(1, 1, "<path>").does(
            "Authorities of clients' certificates: a file, a folder, or `@system-ca`, those of this host.",
        ),
        Keyword::works("crl-file", BIND, LOWER_TLS)
            .takes(1, 1, "<path>")
            .does("Certificates of clients that were revoked."),
    ],
    &[
        closed("accept-netscaler-cip", "the address of the client is not read yet").takes(
            1,
            1,
            "<magic number>",
        ),
        closed("namespace", "other network namespaces are not entered yet").takes(1, 1, "<name>"),
        closed("tcp-md5sig", "connections are not signed yet").takes(1, 1, "<password>"),
        closed("nbconn", "connections are not reversed yet").takes(1, 1, "<number>"),
    ],
    &[
        Keyword::degraded("idle-ping", BIND, "idle connections are not pinged")
            .takes(1, 1, "<time>")
            .of(TIME),
        Keyword::degraded("mss", BIND, KERNEL).takes(1, 1, "<bytes>").of(&[Form::Number(-65_535, 65_535)]),
        Keyword::degraded("cc", BIND, KERNEL).takes(1, 1, "<algorithm>"),
        Keyword::degraded("tcp-ss", BIND, KERNEL).takes(1, 1, "<mode>"),
        Keyword::degraded("tfo", BIND, KERNEL).takes(0, 0, ""),
        Keyword::degraded("defer-accept", BIND, "a connection is taken when it opens").takes(0, 0, ""),
        Keyword::inert("nice", BIND, "all connections are worth the same").takes(1, 1, "<number>"),
        Keyword::inert("id", BIND, "listeners are known by their addresses").takes(1, 1, "<number>").of(ID),
        Keyword::inert("guid-prefix", BIND, "listeners are known by their addresses").takes(1, 1, "<text>"),
        Keyword::inert("label", BIND, "listeners are known by their addresses").takes(1, 1, "<text>"),
        Keyword::inert("level", BIND, API)
            .takes(1, 1, "{ user | operator | admin }")
            .of(&[Form::OneOf(&["user", "operator", "admin"])]),
        Keyword::inert("severity-output", BIND, API)
            .takes(1, 1, "{ none | number | string }")
            .of(&[Form::OneOf(&["none", "number", "string"])]),
        Keyword::inert("expose-fd", BIND, API).takes(1, 1, "listeners").of(&[Form::OneOf(&["listeners"])]),
        Keyword::inert("process", BIND, EVERY).takes(1, 1, "<set>").of(&[Form::Threads]),
        Keyword::inert("thread", BIND, EVERY).takes(1, 1, "<set>").of(&[Form::Threads]),
        Keyword::inert("shards", BIND, EVERY)
            .takes(1, 1, "{ <number> | by-thread | by-group }")
            .of(&[Form::NumberOr(1, 4096, &["by-thread", "by-group"])]),
        Keyword::inert("quic-cc-algo", BIND, QUIC).takes(1, 1, "<algorithm>"),
        Keyword::inert("quic-force-retry", BIND, QUIC).takes(0, 0, ""),
        Keyword::inert("quic-socket", BIND, QUIC).takes(1, 1, "{ connection | listener }"),
    ],
    &Keyword::each(
        [
            "ca-ignore-err",
            "ca-sign-file",
            "ca-sign-pass",
            "ca-verify-file",
            "crt-ignore-err",
            "ech",
            "ktls",
            "npn",
        ],
        Keyword::degraded("", BIND, "TLS goes on without it").takes(1, 1, "<value>"),
    ),
    &[Keyword::works("tls-ticket-keys", BIND, LOWER_TLS)
        .takes(1, 1, "<file>")
        .does("Keys of session tickets, for several processes.")],
    &Keyword::each(
        ["crt", "crt-list", "default-crt"],
        Keyword::works("", BIND, LOWER_TLS).takes(1, 1, "<path>").adds().does("Certificates to show."),
    ),
    &Keyword::each(
        ["ciphers", "ciphersuites", "client-sigalgs", "curves", "ecdhe", "sigalgs"],
        Keyword::works("", BIND, LOWER_TLS).takes(1, 1, "<list>").does("What there is of these is offered."),
    ),
    &Keyword::each(
        [
            "force-tlsv12",
            "force-tlsv13",
            "no-alpn",
            "no-strict-sni",
            "no-tls-tickets",
            "no-tlsv12",
            "no-tlsv13",
            "prefer-client-ciphers",
            "strict-sni",
            "tls-tickets",
        ],
        Keyword::works("", BIND, LOWER_TLS).takes(0, 0, "").does("What is agreed upon with clients."),
    ),
    &Keyword::each(
        ["force-sslv3", "force-tlsv10", "force-tlsv11", "generate-certificates", "no-ca-names"],
        Keyword::degraded("", BIND, "TLS goes on without it").takes(0, 0, ""),
    ),
    &Keyword::each(
        ["no-sslv3", "no-tlsv10", "no-tlsv11", "prefer-server-ciphers"],
        Keyword::inert("", BIND, "it is so anyway").takes(0, 0, ""),
    ),
    &[Keyword::inert("allow-0rtt", BIND, "clients send nothing before the handshake is over")
        .takes(0, 0, "")],
];

const fn closed(name: &'static str, why: &'static str) -> Keyword {
    Keyword::degraded(name, BIND, why).instead(Effect::NoListener)
}

const BIND: Places = Places::of(&[Place::BindOption]);
const TEST: &str = "lower/binds";
const LOWER_TLS: &str = "lower/tls";
const EVERY: &str = "every worker has the listener";
const API: &str = "it acts on the runtime API alone";
const KERNEL: &str = "the kernel's setting stays";
const QUIC: &str = "it acts on QUIC alone, which is not supported yet";
