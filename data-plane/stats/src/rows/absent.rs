//! Columns of what is not here: frames of HTTP/2 are not counted one by one, and there is no limit of a rate. 0 is told of
//! them.

use super::{Kind, Row};
use crate::field::Field;
use crate::value::Value;

/// Of frontends.
const LIMITS: &[Field] = &[Field::RateLim];
/// Of frontends and backends.
const HTTP2: &[Field] = &[
    Field::H2HeadersRcvd,
    Field::H2DataRcvd,
    Field::H2SettingsRcvd,
    Field::H2RstStreamRcvd,
    Field::H2GoawayRcvd,
    Field::H2DetectedConnProtocolErrors,
    Field::H2DetectedStrmProtocolErrors,
    Field::H2RstStreamResp,
    Field::H2GoawayResp,
    Field::H2OpenConnections,
    Field::H2BackendOpenStreams,
    Field::H2TotalConnections,
    Field::H2BackendTotalStreams,
];

impl Row {
    /// Fills them.
    pub(super) fn absent(&mut self) {
        let of_proxies = self.kind != Kind::Server;
        let groups = [(LIMITS, self.kind == Kind::Frontend), (HTTP2, of_proxies)];
        for field in groups.into_iter().filter(|(_, here)| *here).flat_map(|(fields, _)| fields) {
            self.set(*field, if *field == Field::RateLim { Value::U32(0) } else { Value::U64(0) });
        }
    }
}
