mod writing;

use std::cell::RefCell;
use std::net::UdpSocket;
use std::os::unix::net::UnixDatagram;
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::{Offset, TimeZone};
use sluicegate_model::logging::{LogAddress, SyslogFormat};
use sluicegate_proto::v1::{self, Kind};
use sluicegate_rules::{Scratch, Style, render};
use tokio::time::Instant;

use super::ring::{Batch, Record};
use super::syslog::{Framer, Process};
use super::*;
use crate::chance::Chance;
use crate::clock::Clock;
use crate::exchange::Exchange;
use crate::fixture::{ANY_PORT, Site, key, nowhere};
use crate::live::{Active, Live};
use crate::stream::Peer;
use crate::termination::{Cause, Phase, Termination};

/// 22 November 2026, 17:56:49.123 UTC.
const AT: Duration = Duration::from_millis(1_795_370_209_123);

fn calendar() -> Calendar {
    Calendar::new(TimeZone::fixed(Offset::constant(1)))
}

/// The catalogue's format by name, compiled.
fn piece(text: &str) -> v1::FormatPiece {
    let piece = match text.strip_prefix('%') {
        Some(alias) => v1::format_piece::Piece::Alias(alias.trim_start_matches("{+Q}").to_owned()),
        None => v1::format_piece::Piece::Literal(text.as_bytes().to_vec().into()),
    };
    v1::FormatPiece { piece: Some(piece), quote: text.starts_with("%{+Q}"), hexadecimal: false }
}

/// Splits a format without samples into its pieces.
fn format(text: &str) -> v1::Format {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = if first == '%' {
            let name = rest[1..].trim_start_matches("{+Q}");
            let skipped = rest.len() - name.len();
            skipped + name.find(|letter: char| !letter.is_ascii_alphabetic()).unwrap_or(name.len())
        } else {
            rest.find('%').unwrap_or(rest.len())
        };
        pieces.push(piece(&rest[..length]));
        rest = &rest[length..];
    }
    v1::Format { pieces }
}

fn site(mode: v1::Mode, text: &str, targets: Vec<v1::LogTarget>) -> Site {
    Site::default()
        .frontend("main", "app", |frontend| {
            frontend.mode = mode.into();
            frontend.logging =
                Some(v1::Logging { targets, format: Some(format(text)), ..v1::Logging::default() });
        })
        .backend("app", |backend| backend.mode = mode.into())
        .endpoint("app", "a", nowhere(1), |_| {})
}

fn target(address: v1::log_target::Address) -> v1::LogTarget {
    v1::LogTarget {
        address: Some(address),
        format: v1::SyslogFormat::Rfc3164.into(),
        facility: 16,
        max_level: 7,
        tag: "gate".to_owned(),
        ..v1::LogTarget::default()
    }
}

fn line(mode: v1::Mode, text: &str, fill: impl FnOnce(&mut Exchange, Instant, &Active)) -> String {
    let live = Live::new(1);
    let target = target(v1::log_target::Address::Descriptor(1));
    let draft = live.draft(site(mode, text, vec![target]).runtime());
    live.commit(
        Active {
            runtime: draft.runtime,
            frontends: draft.frontends,
            backends: draft.backends,
            ..Active::default()
        },
        1_000,
    );
    let active = live.active();
    let accepted = Instant::now();
    let mut exchange = Exchange::new(accepted, Peer::Ip("192.0.2.7:4711".parse().unwrap()));
    let frontend = Arc::clone(&active.frontends[&key(Kind::Frontend, "main")]);
    exchange.frontend = Some(Arc::clone(&frontend));
    fill(&mut exchange, accepted, &active);
    let line = Line {
        exchange: &exchange,
        calendar: &RefCell::new(calendar()),
        clock: &Clock::anchored(accepted, AT),
        connections: 3,
        node: "node1",
        number: 9,
        host: "host1",
        active: &active,
        chance: &Chance::new(),
    };
    let mut out = Vec::new();
    let format = frontend.settings().logging.format.as_ref().unwrap();
    render(format, &line, Style::Log, &mut Scratch::default(), &mut out);
    String::from_utf8(out).unwrap()
}

fn served(exchange: &mut Exchange, accepted: Instant, active: &Active) {
    let at = |millis| Some(accepted + Duration::from_millis(millis));
    let backend = &active.backends[&key(Kind::Backend, "app")];
    exchange.backend = Some(Arc::clone(backend));
    exchange.endpoint = Some(Arc::clone(&backend.endpoints[0]));
    exchange.times.dispatched = at(21);
    exchange.times.connected = at(24);
    exchange.times.ended = at(100);
    exchange.bytes_out = 2750;
    (exchange.retries, exchange.redispatched) = (1, true);
    (exchange.endpoint_queue, exchange.backend_queue) = (2, 4);
}

#[test]
fn the_http_line_is_haproxys() {
    let text = line(v1::Mode::Http, sluicegate_proto::catalog::HTTP_LOG, |exchange, accepted, active| {
        served(exchange, accepted, active);
        exchange.times.began = Some(accepted + Duration::from_millis(5));
        exchange.times.requested = Some(accepted + Duration::from_millis(15));
        exchange.times.responded = Some(accepted + Duration::from_millis(64));
        exchange.status = Some(200);
        exchange.request.keep(b"GET", b"/a\"b?c", b"HTTP/1.1");
    });
    assert_eq!(
        text,
        "192.0.2.7:4711 [22/Nov/2026:18:56:49.128] main app/a 10/6/3/40/95 200 2750 - - ---- 3/0/0/0/+1 2/4 \
         \"GET /a#22b?c HTTP/1.1\""
    );
}

#[test]
fn the_http_line_of_a_bad_request_is_haproxys() {
    let text = line(v1::Mode::Http, sluicegate_proto::catalog::HTTP_LOG, |exchange, accepted, _| {
        exchange.times.began = Some(accepted + Duration::from_millis(5));
        exchange.times.ended = Some(accepted + Duration::from_millis(7));
        exchange.status = Some(400);
        exchange.bytes_out = 90;
        exchange.termination = Termination { cause: Cause::Proxy, phase: Phase::Request };
    });
    assert_eq!(
        text,
        "192.0.2.7:4711 [22/Nov/2026:18:56:49.128] main main/<NOSRV> -1/-1/-1/-1/2 400 90 - - PR-- 3/0/0/0/0 0/0 \
         \"<BADREQ>\""
    );
}

#[test]
fn the_tcp_line_is_haproxys() {
    let text = line(v1::Mode::Tcp, sluicegate_proto::catalog::TCP_LOG, served);
    assert_eq!(text, "192.0.2.7:4711 [22/Nov/2026:18:56:49.123] main app/a 21/3/100 2750 -- 3/0/0/0/+1 2/4");
}

#[test]
fn aliases_tell_what_the_catalogue_says() {
    let text = line(
        v1::Mode::Http,
        "%HM %HU %HP %HQ %HV|%Ts %ms %T %Tl|%H %lc %rt %gen|%si:%sp|%fi",
        |exchange, accepted, active| {
            served(exchange, accepted, active);
            exchange.number = 2;
            exchange.request.keep(b"GET", b"/a?b=c", b"HTTP/1.0");
        },
    );
    assert_eq!(
        text,
        "GET /a?b=c /a ?b=c HTTP/1.0|1795370209 123 22/Nov/2026:17:56:49 +0000 22/Nov/2026:18:56:49 +0100|\
         node1 9 2 0-00000000|127.0.0.1:9|-"
    );
}

fn framed(change: impl FnOnce(&mut LogTarget)) -> Option<String> {
    let mut target = LogTarget {
        address: LogAddress::Descriptor(1),
        format: SyslogFormat::Rfc3164,
        facility: 16,
        max_level: 7,
        min_level: 0,
        max_length_bytes: 1024,
        tag: None,
        hostname: None,
        sample: None,
    };
    change(&mut target);
    let process = Process { host: "here".into(), program: "gate".into(), pid: 7 };
    let mut framer = Framer::new(process, calendar());
    let mut out = Vec::new();
    framer.frames(&target, Level::Info)?.append(&Record { at: AT, data: b"", text: b"a line" }, &mut out);
    Some(String::from_utf8(out).unwrap())
}

#[test]
fn frames_are_those_of_the_rfcs() {
    assert_eq!(framed(|_| {}).unwrap(), "<134>Nov 22 18:56:49 here gate[7]: a line");
    let local = framed(|target| target.format = SyslogFormat::Local);
    assert_eq!(local.unwrap(), "<134>Nov 22 18:56:49 gate[7]: a line");
    let named = framed(|target| (target.tag, target.hostname) = (Some("t".into()), Some("h".into())));
    assert_eq!(named.unwrap(), "<134>Nov 22 18:56:49 h t[7]: a line");
    let new = framed(|target| target.format = SyslogFormat::Rfc5424);
    assert_eq!(new.unwrap(), "<134>1 2026-11-22T18:56:49.123000+01:00 here gate 7 - - a line");
    assert_eq!(framed(|target| target.format = SyslogFormat::Priority).unwrap(), "<134>a line");
    assert_eq!(framed(|target| target.format = SyslogFormat::Short).unwrap(), "<6>a line");
    let timed = framed(|target| target.format = SyslogFormat::Timed);
    assert_eq!(timed.unwrap(), "<6>2026-11-22T18:56:49.123000+01:00 a line");
    let iso = framed(|target| target.format = SyslogFormat::Iso);
    assert_eq!(iso.unwrap(), "2026-11-22T18:56:49.123000+01:00 a line");
    assert_eq!(framed(|target| target.format = SyslogFormat::Raw).unwrap(), "a line");
}

#[test]
fn levels_and_lengths_are_the_targets() {
    assert_eq!(framed(|target| target.max_level = 5), None);
    let quiet = |target: &mut LogTarget| (target.format, target.min_level) = (SyslogFormat::Priority, 7);
    assert_eq!(framed(quiet).unwrap(), "<135>a line");
    let short = |target: &mut LogTarget| (target.format, target.max_length_bytes) = (SyslogFormat::Raw, 3);
    assert_eq!(framed(short).unwrap(), "a l");
}

#[test]
fn a_day_of_one_digit_is_filled_with_a_space() {
    let mut out = Vec::new();
    calendar().rfc3164(Duration::from_secs(1_772_409_600), &mut out);
    assert_eq!(String::from_utf8(out).unwrap(), "Mar  2 01:00:00");
}

#[test]
fn a_full_ring_drops_and_counts() {
    let ring = Ring::new(Arc::default());
    let sinks = Arc::new(Sinks::default());
    let long = vec![b'x'; 400 << 10];
    for _ in 0..4 {
        ring.push(&sinks, Level::Info, AT, |out| out.extend_from_slice(&long));
    }
    assert_eq!(ring.dropped(), 2);
    let mut batch = Batch::default();
    ring.swap(&mut batch);
    assert_eq!(texts(&batch).len(), 2);
    assert!(ring.is_empty());
    ring.push(&sinks, Level::Info, AT, |out| out.extend_from_slice(b"again"));
    ring.swap(&mut batch);
    assert_eq!(texts(&batch), [b"again"]);
}

fn texts(batch: &Batch) -> Vec<Vec<u8>> {
    let records = batch.runs().flat_map(|records| records.iter().collect::<Vec<_>>());
    records.map(|record| record.text.to_vec()).collect()
}

/// A connection through an engine whose frontend logs to `target`.
fn log_one(target: v1::LogTarget) -> crate::engine::Engine {
    let settings = crate::engine::Settings { workers: 1, ..Default::default() };
    let engine = crate::engine::Engine::start(settings).unwrap();
    let site = Site::default().listener("web", ANY_PORT, "main").frontend("main", "none", |frontend| {
        frontend.logging = Some(v1::Logging {
            targets: vec![target],
            format: Some(format("%f %s %ts")),
            ..Default::default()
        });
    });
    engine.commit(engine.prepare(site.runtime()).unwrap());
    drop(std::net::TcpStream::connect(engine.address(&key(Kind::Listener, "web")).unwrap()).unwrap());
    engine
}

#[test]
fn lines_reach_a_receiver_over_udp() {
    let receiver = UdpSocket::bind(ANY_PORT).unwrap();
    receiver.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let address = sluicegate_proto::build::ip_address(receiver.local_addr().unwrap());
    let _engine = log_one(target(v1::log_target::Address::Ip(address)));
    let mut buffer = [0; 1024];
    let length = receiver.recv(&mut buffer).unwrap();
    let text = std::str::from_utf8(&buffer[..length]).unwrap();
    assert!(text.starts_with("<134>"), "{text}");
    assert!(text.ends_with(&format!(" gate[{}]: main <NOSRV> SC\n", std::process::id())), "{text}");
}

#[test]
fn lines_reach_a_unix_receiver_that_starts_late() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    let address = sluicegate_proto::build::unix_address(&path).unwrap();
    let target = target(v1::log_target::Address::Unix(address));
    let engine = log_one(target.clone());
    while engine.report().dropped_log_lines == 0 {
        std::thread::yield_now();
    }
    let receiver = UnixDatagram::bind(&path).unwrap();
    receiver.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let engine = log_one(target);
    let mut buffer = [0; 1024];
    let length = receiver.recv(&mut buffer).unwrap();
    assert!(std::str::from_utf8(&buffer[..length]).unwrap().ends_with(": main <NOSRV> SC\n"));
    assert_eq!(engine.report().dropped_log_lines, 0);
}
