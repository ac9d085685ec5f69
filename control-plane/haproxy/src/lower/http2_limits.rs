//! `tune.h2`: what connections of HTTP/2 may take.

use sluicegate_proto::v1;

use super::Lowering;
use super::settings::Lines;
use super::value;
use crate::word::Word;

/// The largest window of HTTP/2.
const LARGEST_WINDOW: u32 = i32::MAX as u32;

/// What the lines say so far.
#[derive(Debug, Default)]
pub(super) struct Http2Tuning {
    both: v1::Http2Side,
    clients: v1::Http2Side,
    servers: v1::Http2Side,
}

impl Http2Tuning {
    /// What they come to: a side has what is said of it, else what is said of both. `None`: nothing.
    pub(super) fn limits(&self) -> Option<v1::Http2Limits> {
        let side = |own: &v1::Http2Side| {
            let both = &self.both;
            let side = v1::Http2Side {
                max_streams: own.max_streams.or(both.max_streams),
                stream_window_bytes: own.stream_window_bytes.or(both.stream_window_bytes),
                connection_window_bytes: own.connection_window_bytes,
                header_table_bytes: both.header_table_bytes,
                max_frame_bytes: both.max_frame_bytes,
                max_total_streams: own.max_total_streams,
            };
            Some(side).filter(|side| *side != v1::Http2Side::default())
        };
        let limits = v1::Http2Limits { clients: side(&self.clients), servers: side(&self.servers) };
        Some(limits).filter(|limits| *limits != v1::Http2Limits::default())
    }
}

impl<'a> Lowering<'a> {
    /// Reads the lines of a section over those before. Their grammar has told what is wrong with them; nought is as
    /// without the line.
    pub(super) fn http2_tuning(&mut self, lines: &Lines<'a>) {
        let tuning = &mut self.global.http2;
        let word = |side: &str, name: &str| {
            let line = lines.last(&format!("tune.h2.{side}{name}"));
            line.and_then(|line| line.args().first())
        };
        let set = |field: &mut Option<u32>, word: Option<&Word>, read: fn(&str) -> Option<u32>| {
            if let Some(number) = word.and_then(|word| read(word.text())) {
                *field = Some(number).filter(|number| *number != 0);
            }
        };
        let number = |text: &str| text.parse::<u32>().ok();
        let bytes = |text: &str| {
            value::size(text).map(|bytes| u32::try_from(bytes).unwrap_or(u32::MAX).min(LARGEST_WINDOW))
        };
        let sides = [("", &mut tuning.both), ("fe.", &mut tuning.clients), ("be.", &mut tuning.servers)];
        for (side, limits) in sides {
            set(&mut limits.max_streams, word(side, "max-concurrent-streams"), number);
            set(&mut limits.stream_window_bytes, word(side, "initial-window-size"), number);
            // What is not a keyword has no line.
            set(&mut limits.connection_window_bytes, word(side, "rxbuf"), bytes);
            set(&mut limits.header_table_bytes, word(side, "header-table-size"), number);
            set(&mut limits.max_frame_bytes, word(side, "max-frame-size"), number);
            set(&mut limits.max_total_streams, word(side, "max-total-streams"), number);
        }
    }
}
