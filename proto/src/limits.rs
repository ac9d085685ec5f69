//! Bounds of all that comes over the wire. What is over one is refused, never cut.

/// Longest provider name.
pub const MAX_PROVIDER_BYTES: usize = 64;
/// Longest namespace or name.
pub const MAX_NAME_BYTES: usize = 1024;
/// Resources of one snapshot.
pub const MAX_RESOURCES: usize = 2_000_000;
/// Bytes of an encoded Update.
pub const MAX_UPDATE_BYTES: usize = 256 << 20;
/// Bytes of data in a Chunk.
pub const MAX_CHUNK_BYTES: usize = 512 << 10;
/// Bytes of one blob.
pub const MAX_BLOB_BYTES: usize = 64 << 20;
/// Rules of one list.
pub const MAX_RULES: usize = 16_384;
/// Tests of one condition.
pub const MAX_CONDITION_TESTS: usize = 1_024;
/// Operations of one condition.
pub const MAX_CONDITION_OPS: usize = 4_096;
/// Values on the stack while a condition is evaluated.
pub const MAX_CONDITION_DEPTH: usize = 32;
/// Patterns of one list, and of one test with all its lists.
pub const MAX_PATTERNS: usize = 1_000_000;
/// Entries of one list that are added to its blob, as many that are left out of it, and as many whose value is another.
pub const MAX_PATTERN_EDITS: usize = 16_384;
/// Bytes of one pattern, argument, header value or literal.
pub const MAX_TEXT_BYTES: usize = 16 << 10;
/// Regular expressions of one test.
pub const MAX_REGEXES: usize = 4_096;
/// Bytes of the compiled regular expressions of one test.
pub const MAX_REGEX_BYTES: usize = 16 << 20;
/// Converters of one sample.
pub const MAX_CONVERTERS: usize = 32;
/// Pieces of one format.
pub const MAX_FORMAT_PIECES: usize = 1_024;
/// Log targets of one frontend.
pub const MAX_LOG_TARGETS: usize = 64;
/// Bytes of a body or text that a rule answers with, as far as it is not a blob.
pub const MAX_REPLY_BYTES: usize = 64 << 10;
/// Largest weight of an endpoint.
pub const MAX_WEIGHT: u32 = 256;
/// Longest time span, in milliseconds: 24 days and 20 hours, the longest that HAProxy takes.
pub const MAX_DURATION_MS: u64 = i32::MAX as u64;
/// Endpoints that one operation names.
pub const MAX_OPERATION_ENDPOINTS: usize = 4_096;
/// Bytes of the names of the endpoints that one operation names.
pub const MAX_OPERATION_BYTES: usize = 16 << 10;
/// Longest order key.
pub const MAX_ORDER_BYTES: usize = 1024;
/// Longest host name (RFC 1035, section 2.3.4).
pub const MAX_HOST_BYTES: usize = 253;
/// Longest path of a unix socket: what `sockaddr_un` holds, without the terminating NUL (unix(7)).
pub const MAX_UNIX_PATH_BYTES: usize = 107;
/// Sessions that one proxy tells of in one answer.
pub const MAX_TOLD_SESSIONS: usize = 10_000;
/// Malformed messages that a proxy keeps, and tells of in one answer: the newest of as many frontends and backends.
pub const MAX_TOLD_ERRORS: usize = 256;
/// Name servers that a proxy tells of in one answer.
pub const MAX_TOLD_NAME_SERVERS: usize = 10_000;
/// Bytes that are kept of a malformed message (HAProxy: tune.bufsize).
pub const MAX_CAPTURED_BYTES: usize = 16 << 10;
/// Bytes of one answer of a proxy, all its pieces together.
pub const MAX_ANSWER_BYTES: usize = 16 << 20;
/// Steps of one check (HAProxy has no limit of its own).
pub const MAX_CHECK_STEPS: usize = 256;
/// Bytes that one step of a check sends or looks for: what it has room for when it receives.
pub const MAX_CHECK_BYTES: usize = 16 << 10;
/// Name servers of one section.
pub const MAX_NAME_SERVERS: usize = 64;
/// Networks that an endpoint prefers (HAProxy: 5).
pub const MAX_PREFERRED_NETWORKS: usize = 5;
/// Endpoints from which on they are compared with each other, at most.
pub const MAX_ENDPOINTS_COMPARED: i64 = 10_000;
/// Thousandths of a standard deviation that an endpoint may be below the others, at most.
pub const MAX_STDEV_THOUSANDTHS: i64 = 100_000;
/// The shortest time that an endpoint is ejected for, and between two looks at all of them, in milliseconds.
pub const MIN_EJECTION_MS: u64 = 100;
/// Ways to the first address of an endpoint.
pub const MAX_FIRST_ADDRESSES: usize = 16;
/// Algorithms of one compression.
pub const MAX_ALGORITHMS: usize = 16;
/// Types of content of one compression.
pub const MAX_CONTENT_TYPES: usize = 1_024;
/// Bytes that one cache may have (HAProxy: total-max-size, 4095 MB).
pub const MAX_CACHE_BYTES: u64 = 4_095 << 20;
/// The fewest bytes of a cache (HAProxy: total-max-size, 1 MB).
pub const MIN_CACHE_BYTES: u64 = 1 << 20;
/// Responses that are kept for one URL, at most.
pub const MAX_CACHE_VARIANTS: i64 = 10_000;
/// Caches that a proxy tells of in one answer.
pub const MAX_TOLD_CACHES: usize = 1_000;
/// Responses in caches that a proxy tells of in one answer.
pub const MAX_TOLD_RESPONSES: usize = 100_000;
