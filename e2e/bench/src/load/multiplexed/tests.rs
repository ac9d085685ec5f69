//! Against a server that is told what to answer.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread;

use super::frame::{self, ACK, END_HEADERS, END_STREAM, Frame, kind};
use super::*;
use crate::load::{Protocol, closed, drive};

/// Appends the frames of an answer on a stream.
type Answer = fn(&mut Vec<u8>, u32);

/// The port of it.
fn server(answer: Answer) -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            thread::spawn(move || serve(client, answer));
        }
    });
    port
}

fn serve(mut client: TcpStream, answer: Answer) {
    let mut preface = [0; 24];
    client.read_exact(&mut preface).unwrap();
    assert_eq!(&preface, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    let (mut input, mut piece, mut output) = (Vec::new(), [0; 4096], Vec::new());
    frame::put(&mut output, kind::SETTINGS, 0, 0, &[]);
    frame::put(&mut output, kind::PING, 0, 0, b"12345678");
    let (mut open, mut acknowledged) = (Vec::new(), 0);
    while client.write_all(&output).is_ok()
        && let Ok(read @ 1..) = client.read(&mut piece)
    {
        input.extend_from_slice(&piece[..read]);
        while let Some(frame) = Frame::first(&input).unwrap() {
            match frame.kind {
                kind::HEADERS => open.push(frame.stream),
                kind::SETTINGS | kind::PING if frame.has(ACK) => acknowledged += 1,
                _ => {}
            }
            let length = frame.length();
            input.drain(..length);
        }
        output.clear();
        if acknowledged == 2 {
            // The last comes first.
            open.drain(..).rev().for_each(|stream| answer(&mut output, stream));
        }
    }
}

/// With a body of so many bytes, in two pieces of which one is padded.
fn frames(output: &mut Vec<u8>, stream: u32, status: u8, body: usize) {
    frame::put(output, kind::HEADERS, END_HEADERS, stream, &[status]);
    frame::put(output, kind::DATA, 0x8, stream, &[3, b'x', 0, 0, 0]);
    frame::put(output, kind::DATA, END_STREAM, stream, &vec![b'x'; body - 1]);
}

fn success(output: &mut Vec<u8>, stream: u32) {
    frames(output, stream, 0x88, 128);
}

#[test]
fn answers_belong_to_their_streams_in_whatever_order() {
    let plan = Plan::new(server(success), 2, 60.0);
    let plan = Plan { protocol: Protocol::Http2, streams: 4, requests: Some(24), ..plan };
    let seen = drive(&mut Multiplexed::new(&plan).unwrap(), &plan, || Ok(())).unwrap();
    assert_eq!((seen.requests, seen.errors, seen.bytes), (24, 0, 24 * 128));
}

/// Requests that are answered and those that fail, of one.
fn one(answer: Answer) -> (u64, u64) {
    let plan = Plan::new(server(answer), 1, 60.0);
    let plan = Plan { protocol: Protocol::Http2, requests: Some(1), ..plan };
    let seen = closed::run(&mut Multiplexed::new(&plan).unwrap(), &plan).unwrap();
    (seen.requests, seen.errors)
}

#[test]
fn what_is_no_success_in_full_is_an_error() {
    assert_eq!(one(success), (1, 0));
    assert_eq!(one(|output, stream| frames(output, stream, 0x8d, 128)), (0, 1), "404");
    assert_eq!(one(|output, stream| frames(output, stream, 0x88, 127)), (0, 1), "a byte is missing");
    let reset: Answer = |output, stream| frame::put(output, kind::RST_STREAM, 0, stream, &[0; 4]);
    assert_eq!(one(reset), (0, 1));
    let away: Answer = |output, _| frame::put(output, kind::GOAWAY, 0, 0, &[0; 8]);
    assert_eq!(one(away), (0, 1));
}
