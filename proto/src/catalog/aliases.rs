/// A log-format variable (`%ci`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AliasSpec {
    /// Without the percent sign.
    pub name: &'static str,
    /// Only where the frontend is in HTTP mode.
    pub http_only: bool,
    /// Has its value only when a response begins or the exchange ends: of no use in request rules.
    pub at_end: bool,
    /// One line for people.
    pub summary: &'static str,
}

const fn early(name: &'static str, summary: &'static str) -> AliasSpec {
    AliasSpec { name, http_only: false, at_end: false, summary }
}

const fn late(name: &'static str, summary: &'static str) -> AliasSpec {
    AliasSpec { name, http_only: false, at_end: true, summary }
}

const fn http(name: &'static str, summary: &'static str) -> AliasSpec {
    AliasSpec { name, http_only: true, at_end: false, summary }
}

const fn http_late(name: &'static str, summary: &'static str) -> AliasSpec {
    AliasSpec { name, http_only: true, at_end: true, summary }
}

/// All aliases, sorted by name. `gen` is Sluicegate's own, the others are HAProxy's.
pub const ALIASES: &[AliasSpec] = &[
    late("B", "bytes sent to the client"),
    http_late("CC", "captured request cookie"),
    http_late("CS", "captured response cookie"),
    early("H", "host name of the proxy"),
    http("HM", "method of the request"),
    http("HP", "path of the request"),
    http("HPO", "path of the request, without scheme and authority"),
    http("HQ", "query of the request, with its question mark"),
    http("HU", "target of the request"),
    http("HV", "version of the request: HTTP/1.1"),
    http_late("ST", "status sent to the client"),
    early("T", "time of accept, UTC"),
    http_late("TR", "milliseconds until the request head was complete"),
    http_late("Ta", "milliseconds of activity, from the first byte of the request to the end"),
    late("Tc", "milliseconds until the connection to the endpoint stood"),
    late("Td", "milliseconds of data, after the response head"),
    late("Th", "milliseconds of handshakes"),
    http_late("Ti", "milliseconds of idleness before the request"),
    early("Tl", "time of accept, local"),
    http_late("Tq", "milliseconds of handshakes, idleness and request together"),
    http_late("Tr", "milliseconds until the response head came"),
    early("Ts", "time of accept, in seconds since 1970"),
    late("Tt", "milliseconds from accept to the end"),
    late("Tu", "milliseconds from the end of idleness to the end"),
    late("Tw", "milliseconds in queues"),
    late("U", "bytes received from the client"),
    early("ac", "connections of the process"),
    early("b", "name of the backend"),
    early("bc", "connections of the backend"),
    late("bi", "address that the connection to the endpoint comes from"),
    late("bp", "port that the connection to the endpoint comes from"),
    late("bq", "place in the queue of the backend"),
    early("ci", "address of the client"),
    early("cp", "port of the client"),
    early("f", "name of the frontend"),
    early("fc", "connections of the frontend"),
    early("fi", "address that the client connected to"),
    early("fp", "port that the client connected to"),
    early("ft", "name of the frontend, with a tilde over TLS"),
    early("gen", "generation that serves: its number, a dash, eight digits of its hash"),
    http_late("hr", "captured request headers, in braces"),
    http_late("hrl", "captured request headers, as a list"),
    http_late("hs", "captured response headers, in braces"),
    http_late("hsl", "captured response headers, as a list"),
    early("lc", "number of the log line of this frontend"),
    early("ms", "milliseconds within the second of accept"),
    early("pid", "process id"),
    http("r", "first line of the request"),
    late("rc", "retries, after a plus sign where the last one changed endpoints"),
    early("rt", "number of requests before it"),
    late("s", "name of the endpoint"),
    late("sc", "connections of the endpoint"),
    late("si", "address of the endpoint"),
    late("sp", "port of the endpoint"),
    late("sq", "place in the queue of the endpoint"),
    early("sslc", "cipher suite of the client's TLS"),
    early("sslv", "version of the client's TLS"),
    early("t", "time of accept, local, with milliseconds"),
    http("tr", "time of the request's first byte, local, with milliseconds"),
    http("trg", "time of the request's first byte, UTC"),
    http("trl", "time of the request's first byte, local, with its zone"),
    late("ts", "termination state, two characters"),
    http_late("tsc", "termination state with cookies, four characters"),
];
