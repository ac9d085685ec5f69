//! What is compressed.

use sluicegate_proto::v1;

use super::Out;

pub(super) fn compression(out: &mut Out, compression: Option<&v1::Compression>) {
    let Some(compression) = compression else { return };
    out.inside("compression", |out| {
        compression.algorithms.iter().for_each(|it| algorithm(out, it));
        for content_type in &compression.types {
            out.text("type", content_type);
        }
        out.flag("offload", compression.offload);
        if compression.min_bytes > 0 {
            out.value("min_bytes", compression.min_bytes);
        }
        let Some(requests) = &compression.requests else { return };
        out.inside("requests", |out| {
            requests.algorithm.iter().for_each(|it| algorithm(out, it));
            requests.types.iter().for_each(|content_type| out.text("type", content_type));
            if requests.min_bytes > 0 {
                out.value("min_bytes", requests.min_bytes);
            }
        });
    });
}

fn algorithm(out: &mut Out, algorithm: &v1::CompressionAlgorithm) {
    out.inside("algorithm", |out| {
        out.value("coding", algorithm.coding().as_str_name());
        if let Some(level) = algorithm.level {
            out.value("level", level);
        }
    });
}
