//! Reports in pieces that the control plane takes.

use std::mem;

use prost::Message;
use sluicegate_proto::v1::Report;

/// Bytes of one message; the control plane refuses four times as much.
const PIECE_BYTES: usize = 1 << 20;

/// Cuts a report; each piece stands for itself, since the receiver keeps the newest value of each object.
pub(crate) fn pieces(mut report: Report) -> Vec<Report> {
    let (mut frontends, mut backends, mut endpoints) = (
        mem::take(&mut report.frontends).into_iter().peekable(),
        mem::take(&mut report.backends).into_iter().peekable(),
        mem::take(&mut report.endpoints).into_iter().peekable(),
    );
    let head = Report { process: None, ..report.clone() };
    let mut pieces = Vec::new();
    let mut piece = report;
    let mut bytes = piece.encoded_len();
    loop {
        let added = if let Some(next) = frontends.next() {
            let added = next.encoded_len();
            piece.frontends.push(next);
            added
        } else if let Some(next) = backends.next() {
            let added = next.encoded_len();
            piece.backends.push(next);
            added
        } else if let Some(next) = endpoints.next() {
            let added = next.encoded_len();
            piece.endpoints.push(next);
            added
        } else {
            break;
        };
        // A tag and a length of at most five bytes.
        bytes += added + 6;
        let more = frontends.peek().is_some() || backends.peek().is_some() || endpoints.peek().is_some();
        if bytes >= PIECE_BYTES && more {
            pieces.push(mem::replace(&mut piece, head.clone()));
            bytes = head.encoded_len();
        }
    }
    pieces.push(piece);
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use sluicegate_proto::v1::{EndpointStats, FrontendStats, ProcessStats};

    #[test]
    fn a_long_report_goes_in_pieces() {
        let evidence = "x".repeat(200);
        let endpoint =
            |number| EndpointStats { exchanges: number, evidence: evidence.clone(), ..Default::default() };
        let report = Report {
            boot_epoch: 7,
            process: Some(ProcessStats::default()),
            frontends: vec![FrontendStats::default()],
            endpoints: (0..20_000).map(endpoint).collect(),
            omitted: 3,
            ..Report::default()
        };
        let cut = pieces(report.clone());
        assert_eq!(cut.len(), 5);
        assert!(cut.iter().all(|piece| piece.encoded_len() < 2 * PIECE_BYTES));
        assert!(cut.iter().all(|piece| (piece.boot_epoch, piece.omitted) == (7, 3)));
        assert_eq!(cut.iter().filter(|piece| piece.process.is_some()).count(), 1);
        let together: Vec<_> = cut.into_iter().flat_map(|piece| piece.endpoints).collect();
        assert_eq!(together, report.endpoints);
    }

    #[test]
    fn a_short_one_stays_whole() {
        assert_eq!(pieces(Report::default()), [Report::default()]);
    }
}
