/// A log-format variable. The names are those of `sluicegate_proto::catalog::ALIASES`, which tells what each means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Alias {
    /// `%B`: bytes sent to the client.
    BytesToClient,
    /// `%CC`: captured request cookie.
    RequestCookie,
    /// `%CS`: captured response cookie.
    ResponseCookie,
    /// `%H`: host name of the proxy.
    HostName,
    /// `%HM`: method of the request.
    Method,
    /// `%HP`: path of the request.
    Path,
    /// `%HPO`: path of the request, without scheme and authority.
    PathOnly,
    /// `%HQ`: query of the request, with its question mark.
    Query,
    /// `%HU`: target of the request.
    Url,
    /// `%HV`: version of the request: HTTP/1.1.
    Version,
    /// `%ST`: status sent to the client.
    Status,
    /// `%T`: time of accept, UTC.
    AcceptUtc,
    /// `%TR`: milliseconds until the request head was complete.
    RequestTime,
    /// `%Ta`: milliseconds of activity, from the first byte of the request to the end.
    ActiveTime,
    /// `%Tc`: milliseconds until the connection to the endpoint stood.
    ConnectTime,
    /// `%Td`: milliseconds of data, after the response head.
    DataTime,
    /// `%Th`: milliseconds of handshakes.
    HandshakeTime,
    /// `%Ti`: milliseconds of idleness before the request.
    IdleTime,
    /// `%Tl`: time of accept, local.
    AcceptLocal,
    /// `%Tq`: milliseconds of handshakes, idleness and request together.
    QueryTime,
    /// `%Tr`: milliseconds until the response head came.
    ResponseTime,
    /// `%Ts`: time of accept, in seconds since 1970.
    AcceptUnix,
    /// `%Tt`: milliseconds from accept to the end.
    TotalTime,
    /// `%Tu`: milliseconds from the end of idleness to the end.
    UserTime,
    /// `%Tw`: milliseconds in queues.
    WaitTime,
    /// `%U`: bytes received from the client.
    BytesFromClient,
    /// `%ac`: connections of the process.
    ProcessConnections,
    /// `%b`: name of the backend.
    BackendName,
    /// `%bc`: connections of the backend.
    BackendConnections,
    /// `%bi`: address that the connection to the endpoint comes from.
    BackendSourceIp,
    /// `%bp`: port that the connection to the endpoint comes from.
    BackendSourcePort,
    /// `%bq`: place in the queue of the backend.
    BackendQueue,
    /// `%ci`: address of the client.
    ClientIp,
    /// `%cp`: port of the client.
    ClientPort,
    /// `%f`: name of the frontend.
    FrontendName,
    /// `%fc`: connections of the frontend.
    FrontendConnections,
    /// `%fi`: address that the client connected to.
    FrontendIp,
    /// `%fp`: port that the client connected to.
    FrontendPort,
    /// `%ft`: name of the frontend, with a tilde over TLS.
    FrontendTransport,
    /// `%gen`: generation that serves: its number, a dash, eight digits of its hash.
    Generation,
    /// `%hr`: captured request headers, in braces.
    RequestHeaders,
    /// `%hrl`: captured request headers, as a list.
    RequestHeaderList,
    /// `%hs`: captured response headers, in braces.
    ResponseHeaders,
    /// `%hsl`: captured response headers, as a list.
    ResponseHeaderList,
    /// `%lc`: number of the log line of this frontend.
    LogCounter,
    /// `%ms`: milliseconds within the second of accept.
    AcceptMillis,
    /// `%pid`: process id.
    ProcessId,
    /// `%r`: first line of the request.
    RequestLine,
    /// `%rc`: retries, after a plus sign where the last one changed endpoints.
    Retries,
    /// `%rt`: number of requests before it.
    RequestCounter,
    /// `%s`: name of the endpoint.
    EndpointName,
    /// `%sc`: connections of the endpoint.
    EndpointConnections,
    /// `%si`: address of the endpoint.
    EndpointIp,
    /// `%sp`: port of the endpoint.
    EndpointPort,
    /// `%sq`: place in the queue of the endpoint.
    EndpointQueue,
    /// `%sslc`: cipher suite of the client's TLS.
    TlsCipher,
    /// `%sslv`: version of the client's TLS.
    TlsVersion,
    /// `%t`: time of accept, local, with milliseconds.
    AcceptDate,
    /// `%tr`: time of the request's first byte, local, with milliseconds.
    RequestDate,
    /// `%trg`: time of the request's first byte, UTC.
    RequestDateUtc,
    /// `%trl`: time of the request's first byte, local, with its zone.
    RequestDateLocal,
    /// `%ts`: termination state, two characters.
    Termination,
    /// `%tsc`: termination state with cookies, four characters.
    TerminationCookies,
}

/// By name, sorted.
const NAMES: [(&str, Alias); 63] = [
    ("B", Alias::BytesToClient),
    ("CC", Alias::RequestCookie),
    ("CS", Alias::ResponseCookie),
    ("H", Alias::HostName),
    ("HM", Alias::Method),
    ("HP", Alias::Path),
    ("HPO", Alias::PathOnly),
    ("HQ", Alias::Query),
    ("HU", Alias::Url),
    ("HV", Alias::Version),
    ("ST", Alias::Status),
    ("T", Alias::AcceptUtc),
    ("TR", Alias::RequestTime),
    ("Ta", Alias::ActiveTime),
    ("Tc", Alias::ConnectTime),
    ("Td", Alias::DataTime),
    ("Th", Alias::HandshakeTime),
    ("Ti", Alias::IdleTime),
    ("Tl", Alias::AcceptLocal),
    ("Tq", Alias::QueryTime),
    ("Tr", Alias::ResponseTime),
    ("Ts", Alias::AcceptUnix),
    ("Tt", Alias::TotalTime),
    ("Tu", Alias::UserTime),
    ("Tw", Alias::WaitTime),
    ("U", Alias::BytesFromClient),
    ("ac", Alias::ProcessConnections),
    ("b", Alias::BackendName),
    ("bc", Alias::BackendConnections),
    ("bi", Alias::BackendSourceIp),
    ("bp", Alias::BackendSourcePort),
    ("bq", Alias::BackendQueue),
    ("ci", Alias::ClientIp),
    ("cp", Alias::ClientPort),
    ("f", Alias::FrontendName),
    ("fc", Alias::FrontendConnections),
    ("fi", Alias::FrontendIp),
    ("fp", Alias::FrontendPort),
    ("ft", Alias::FrontendTransport),
    ("gen", Alias::Generation),
    ("hr", Alias::RequestHeaders),
    ("hrl", Alias::RequestHeaderList),
    ("hs", Alias::ResponseHeaders),
    ("hsl", Alias::ResponseHeaderList),
    ("lc", Alias::LogCounter),
    ("ms", Alias::AcceptMillis),
    ("pid", Alias::ProcessId),
    ("r", Alias::RequestLine),
    ("rc", Alias::Retries),
    ("rt", Alias::RequestCounter),
    ("s", Alias::EndpointName),
    ("sc", Alias::EndpointConnections),
    ("si", Alias::EndpointIp),
    ("sp", Alias::EndpointPort),
    ("sq", Alias::EndpointQueue),
    ("sslc", Alias::TlsCipher),
    ("sslv", Alias::TlsVersion),
    ("t", Alias::AcceptDate),
    ("tr", Alias::RequestDate),
    ("trg", Alias::RequestDateUtc),
    ("trl", Alias::RequestDateLocal),
    ("ts", Alias::Termination),
    ("tsc", Alias::TerminationCookies),
];

impl Alias {
    /// The alias of this name (without the percent sign).
    pub fn named(name: &str) -> Option<Self> {
        NAMES.binary_search_by_key(&name, |(name, _)| name).ok().map(|at| NAMES[at].1)
    }
}

#[cfg(test)]
mod tests {
    use sluicegate_proto::catalog::ALIASES;

    use super::*;

    #[test]
    fn knows_the_catalogue_and_nothing_else() {
        assert_eq!(
            NAMES.map(|(name, _)| name).to_vec(),
            ALIASES.iter().map(|spec| spec.name).collect::<Vec<_>>()
        );
        for spec in ALIASES {
            assert!(Alias::named(spec.name).is_some());
        }
        assert_eq!(Alias::named("Ci"), None);
    }
}
