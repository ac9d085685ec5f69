//! Answers of the proxy's own in the words of gRPC: a client of it reads statuses in trailers alone.

/// Whether a request with this content type is a call (gRPC over HTTP2: Requests). gRPC-Web is another protocol.
pub(super) fn is_call(content_type: &[u8]) -> bool {
    const NAME: &[u8] = b"application/grpc";
    let (name, rest) = content_type.split_at(content_type.len().min(NAME.len()));
    name.eq_ignore_ascii_case(NAME) && matches!(rest.first(), None | Some(b'+' | b';' | b' '))
}

/// The status of gRPC for one of HTTP (grpc/doc/http-grpc-status-mapping.md).
pub(super) fn status(status: u16) -> &'static [u8] {
    match status {
        // INTERNAL
        400 => b"13",
        // UNAUTHENTICATED
        401 => b"16",
        // PERMISSION_DENIED
        403 => b"7",
        // UNIMPLEMENTED
        404 => b"12",
        // UNAVAILABLE
        429 | 502..=504 => b"14",
        // UNKNOWN
        _ => b"2",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_known_by_their_content_type() {
        for (content_type, expected) in [
            ("application/grpc", true),
            ("Application/gRPC+proto", true),
            ("application/grpc; charset=utf-8", true),
            ("application/grpc ;x", true),
            ("application/grpc-web", false),
            ("application/grpcx", false),
            ("application/grp", false),
            ("", false),
        ] {
            assert_eq!(is_call(content_type.as_bytes()), expected, "{content_type}");
        }
    }
}
