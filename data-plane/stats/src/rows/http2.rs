//! Columns of connections of HTTP/2, of frontends and backends.

use sluicegate_proto::v1::Http2Stats;

use super::Row;
use crate::field::Field;

impl Row {
    /// Fills them; 0 without any such connection.
    pub(super) fn http2(&mut self, stats: Option<&Http2Stats>) {
        let stats = stats.copied().unwrap_or_default();
        let columns = [
            (Field::H2HeadersRcvd, stats.headers_received),
            (Field::H2DataRcvd, stats.data_received),
            (Field::H2SettingsRcvd, stats.settings_received),
            (Field::H2RstStreamRcvd, stats.resets_received),
            (Field::H2GoawayRcvd, stats.goaways_received),
            (Field::H2DetectedConnProtocolErrors, stats.connection_errors),
            (Field::H2DetectedStrmProtocolErrors, stats.stream_errors),
            (Field::H2RstStreamResp, stats.resets_sent),
            (Field::H2GoawayResp, stats.goaways_sent),
            (Field::H2OpenConnections, stats.open_connections),
            (Field::H2BackendOpenStreams, stats.open_streams),
            (Field::H2TotalConnections, stats.connections),
            (Field::H2BackendTotalStreams, stats.streams),
        ];
        for (field, number) in columns {
            self.count(field, number);
        }
    }
}
