//! Where lines of the log go, and what they say.

use sluicegate_proto::v1::{self, log_stream, log_target};

use super::{Out, host, ip, unix};
use crate::phrase::format;

fn log_stream(stream: &v1::LogStream) -> String {
    let address = match stream.address.as_ref().unwrap() {
        log_stream::Address::Ip(address) => ip(address),
        log_stream::Address::Unix(address) => unix(address),
        log_stream::Address::Host(address) => host(address),
    };
    let framing = if stream.octet_counting { "octets" } else { "lines" };
    let ring = if stream.name.is_empty() { String::new() } else { format!(" of {}", stream.name) };
    let times = match (stream.connect_timeout_ms, stream.write_timeout_ms) {
        (None, None) => String::new(),
        (connect, write) => format!(" within {connect:?}, {write:?}"),
    };
    format!("stream{ring} {address}, {framing}, {} bytes{times}", stream.buffer_bytes)
}

pub(super) fn log_targets(out: &mut Out, targets: &[v1::LogTarget]) {
    for target in targets {
        let address = match target.address.as_ref().unwrap() {
            log_target::Address::Ip(address) => format!("udp {}", ip(address)),
            log_target::Address::Unix(address) => unix(address),
            log_target::Address::Descriptor(number) => format!("descriptor {number}"),
            log_target::Address::Host(address) => host(address),
            log_target::Address::Stream(stream) => log_stream(stream),
        };
        out.inside("log", |out| {
            out.value("to", address);
            out.value("format", target.format().as_str_name());
            out.line(&format!(
                "facility: {}, levels: {}-{}",
                target.facility, target.min_level, target.max_level
            ));
            out.number("max_length_bytes", target.max_length_bytes);
            out.text("tag", &target.tag);
            out.text("hostname", &target.hostname);
            if let Some(sample) = &target.sample {
                let ranges: Vec<_> =
                    sample.ranges.iter().map(|range| format!("{}-{}", range.first, range.last)).collect();
                out.value("sample", format!("{} of {}", ranges.join(","), sample.size));
            }
        });
    }
}

pub(super) fn logging(out: &mut Out, logging: &v1::Logging) {
    log_targets(out, &logging.targets);
    if let Some(line) = &logging.format {
        out.value("log_format", format(line));
    }
    if let Some(data) = &logging.structured_data {
        out.value("structured_data", format(data));
    }
    out.flag("separate_errors", logging.separate_errors);
    out.flag("errors_only", logging.errors_only);
    out.flag("skip_null", logging.skip_null);
    out.flag("at_start", logging.at_start);
}
