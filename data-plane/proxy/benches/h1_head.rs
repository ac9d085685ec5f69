//! What parsing a request head costs.
#![allow(missing_docs)]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use sluicegate_engine::h1::{Head, Limits};

const SMALL: &[u8] =
    b"GET /index.html HTTP/1.1\r\nHost: www.example\r\nUser-Agent: curl/8\r\nAccept: */*\r\n\r\n";

fn twenty_headers() -> Vec<u8> {
    let mut head = b"GET /a/b/c?d=e HTTP/1.1\r\nHost: www.example\r\n".to_vec();
    for number in 0..19 {
        head.extend_from_slice(format!("X-Header-{number}: some value of usual length\r\n").as_bytes());
    }
    head.extend_from_slice(b"\r\n");
    head
}

fn parse(c: &mut Criterion) {
    let mut group = c.benchmark_group("h1 request head");
    for (name, bytes) in [("4 lines", SMALL.to_vec()), ("20 headers", twenty_headers())] {
        group.throughput(Throughput::Bytes(bytes.len() as u64));
        let mut head = Head::new();
        group.bench_function(name, |b| {
            b.iter(|| {
                head.clear();
                black_box(head.parse_request(black_box(&bytes), &Limits::default()))
            });
        });
    }
    group.finish();
}

criterion_group!(benches, parse);
criterion_main!(benches);
