//! What receivers get. A socket of datagrams tells each write from the next.

use std::io::{self, Read};
use std::os::fd::AsRawFd;
use std::os::unix::net::{UnixDatagram, UnixListener};
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use sluicegate_model::listener::UnixName;
use sluicegate_model::logging::{LogAddress, LogPeer, LogStream, LogTarget, SyslogFormat};

use super::AT;
use crate::log::stream::Stream;
use crate::log::{Level, Ring, Sinks, Writer};

/// A receiver, and the target that is it as long as the second end is open.
fn receiver(format: SyslogFormat) -> (UnixDatagram, UnixDatagram, LogTarget) {
    let (near, far) = UnixDatagram::pair().unwrap();
    far.set_nonblocking(true).unwrap();
    let target = LogTarget {
        address: LogAddress::Descriptor(near.as_raw_fd().try_into().unwrap()),
        format,
        facility: 16,
        max_level: 7,
        min_level: 0,
        max_length_bytes: 1024,
        tag: None,
        hostname: None,
        sample: None,
    };
    (far, near, target)
}

fn sinks(targets: &[LogTarget]) -> Arc<Sinks> {
    Arc::new(Sinks::to(targets.into()))
}

/// Lets a writer take these lines of two workers in one round, and tells how many were lost.
fn write(lines: &[(&Arc<Sinks>, &str)]) -> u64 {
    let rings = [(); 2].map(|()| Arc::new(Ring::new(Arc::default())));
    for ring in &rings {
        for (sinks, line) in lines {
            ring.push(sinks, Level::Info, AT, |out| out.extend_from_slice(line.as_bytes()));
        }
    }
    let writer = Writer::start(rings.to_vec(), Arc::default()).unwrap();
    let lost = writer.lost();
    writer.finish();
    lost.load(SeqCst)
}

/// All writes.
fn received(far: &UnixDatagram) -> Vec<String> {
    let mut buffer = vec![0; 64 << 10];
    let mut texts = Vec::new();
    loop {
        match far.recv(&mut buffer) {
            Ok(length) => texts.push(String::from_utf8(buffer[..length].to_vec()).unwrap()),
            Err(error) => {
                assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
                return texts;
            }
        }
    }
}

#[test]
fn the_lines_of_a_round_are_one_write() {
    let (far, _near, target) = receiver(SyslogFormat::Raw);
    let (one, other) = (sinks(std::slice::from_ref(&target)), sinks(&[target]));
    assert_eq!(write(&[(&one, "a"), (&one, ""), (&other, "bc"), (&one, "d")]), 0);
    assert_eq!(received(&far), ["a\n\nbc\nd\n".repeat(2)]);
}

#[test]
fn each_target_gets_lines_in_its_form() {
    let (raw_far, _raw, raw) = receiver(SyslogFormat::Raw);
    let (cut_far, _cut, mut cut) = receiver(SyslogFormat::Raw);
    cut.max_length_bytes = 2;
    let (short_far, _short, short) = receiver(SyslogFormat::Short);
    let (quiet_far, _quiet, mut quiet) = receiver(SyslogFormat::Raw);
    quiet.max_level = 5;
    let sinks = sinks(&[raw, cut, short, quiet]);
    assert_eq!(write(&[(&sinks, "a"), (&sinks, "bcd")]), 0);
    assert_eq!(received(&raw_far), ["a\nbcd\na\nbcd\n"]);
    assert_eq!(received(&cut_far), ["a\nbc\na\nbc\n"]);
    assert_eq!(received(&short_far), ["<6>a\n<6>bcd\n<6>a\n<6>bcd\n"]);
    assert_eq!(received(&quiet_far), [""; 0]);
}

#[test]
fn a_receiver_that_is_two_targets_gets_line_after_line() {
    let (far, _near, target) = receiver(SyslogFormat::Raw);
    let sinks = sinks(&[target.clone(), LogTarget { format: SyslogFormat::Short, ..target }]);
    assert_eq!(write(&[(&sinks, "a"), (&sinks, "b")]), 0);
    assert_eq!(received(&far), ["a\n<6>a\nb\n<6>b\n".repeat(2)]);
}

#[test]
fn every_line_that_a_receiver_does_not_take_is_counted() {
    let (far, _near, raw) = receiver(SyslogFormat::Raw);
    drop(far);
    let (well_far, _well, well) = receiver(SyslogFormat::Raw);
    let missing = tempfile::tempdir().unwrap();
    let nobody = UnixName::Path(missing.path().join("log"));
    let unix = LogTarget { address: LogAddress::Unix(nobody), ..raw.clone() };
    let sinks = sinks(&[raw, unix, well]);
    assert_eq!(write(&[(&sinks, "a"), (&sinks, "b"), (&sinks, "c")]), 12);
    assert_eq!(received(&well_far), ["a\nb\nc\n".repeat(2)]);
}

#[test]
fn a_stream_to_nobody_holds_its_lines_and_loses_what_is_over() {
    let folder = tempfile::tempdir().unwrap();
    let stream = LogStream {
        peer: LogPeer::Unix(UnixName::Path(folder.path().join("log"))),
        name: None,
        octet_counting: false,
        buffer_bytes: 10,
        connect_timeout: Duration::from_secs(1),
        write_timeout: None,
    };
    let mut waiting = Stream::new(Arc::new(stream), Arc::default());
    waiting.push(b"abcd").unwrap();
    waiting.push(b"efgh").unwrap();
    assert_eq!(waiting.push(b"").unwrap_err().kind(), io::ErrorKind::WouldBlock);
    waiting.pump();
    assert_eq!(waiting.waiting(), 2);
    assert!(waiting.next().is_some());
}

#[test]
fn a_stream_gives_its_lines_to_whom_it_connects_to() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    let listener = UnixListener::bind(&path).unwrap();
    let stream = LogStream {
        peer: LogPeer::Unix(UnixName::Path(path)),
        name: None,
        octet_counting: true,
        buffer_bytes: 1024,
        connect_timeout: Duration::from_secs(1),
        write_timeout: None,
    };
    let (_far, _near, target) = receiver(SyslogFormat::Short);
    let target = LogTarget { address: LogAddress::Stream(Arc::new(stream)), ..target };
    assert_eq!(write(&[(&sinks(&[target]), "a")]), 0);
    let mut got = String::new();
    listener.accept().unwrap().0.read_to_string(&mut got).unwrap();
    assert_eq!(got, "4 <6>a4 <6>a");
}

#[test]
fn a_line_whose_rendering_fails_leaves_nothing_behind() {
    let (far, _near, target) = receiver(SyslogFormat::Raw);
    let sinks = sinks(&[target]);
    let ring = Arc::new(Ring::new(Arc::default()));
    let rendered = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        ring.push(&sinks, Level::Info, AT, |out| {
            out.extend_from_slice(b"half");
            panic!("in the middle of a line");
        });
    }));
    assert!(rendered.is_err());
    ring.push(&sinks, Level::Info, AT, |out| out.extend_from_slice(b"whole"));
    Writer::start(vec![ring], Arc::default()).unwrap().finish();
    assert_eq!(received(&far), ["whole\n"]);
}
