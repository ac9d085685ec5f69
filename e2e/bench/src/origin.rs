//! The servers behind the proxies: one thread, answers made once, request bodies thrown away in the kernel.
//!
//! `/16k`, `/64k`, `/256k` and `/1m` have bodies of that size, `/headers` has twenty header lines, all else has 128
//! bytes.

use std::io;
use std::os::fd::{AsFd as _, OwnedFd};

use crate::net::{self, Happened, Interest, Poll, slot};
use crate::wire;

/// No head of the bench is longer.
const HEAD_LIMIT: usize = 16 * 1024;

/// Connections taken before others get their turn.
const ACCEPTS: usize = 64;

struct Connection {
    socket: OwnedFd,
    /// Bytes read that are not used yet.
    input: Vec<u8>,
    /// Bytes of a request body still to come.
    body_left: u64,
    /// The answer to send once the body is there, and what of it is sent.
    answer: Option<Answer>,
    interest: Interest,
}

#[derive(Clone, Copy)]
struct Answer {
    kind: usize,
    close: bool,
    sent: usize,
}

enum Next {
    Keep,
    Close,
}

/// Answers until the process is ended.
pub(crate) fn run(listener: &OwnedFd) -> io::Result<()> {
    let poll = Poll::new()?;
    poll.add(listener, slot(listener), Interest::IN)?;
    let mut origin =
        Origin { answers: answers(), scratch: vec![0; 256 * 1024], connections: Vec::new(), poll };
    let mut happened = Vec::new();
    loop {
        origin.poll.wait(None, &mut happened)?;
        for &event in &happened {
            if event.token == slot(listener) {
                origin.accept(listener)?;
            } else {
                origin.event(event);
            }
        }
    }
}

struct Origin {
    /// By kind; for each the one that keeps the connection and the one that does not.
    answers: Vec<[Vec<u8>; 2]>,
    scratch: Vec<u8>,
    connections: Vec<Option<Connection>>,
    poll: Poll,
}

impl Origin {
    fn accept(&mut self, listener: &OwnedFd) -> io::Result<()> {
        for _ in 0..ACCEPTS {
            let Some(socket) = net::accept(listener)? else { break };
            let at = slot(&socket);
            self.poll.add(&socket, at, Interest::IN)?;
            if self.connections.len() <= at {
                self.connections.resize_with(at + 1, || None);
            }
            let (input, interest) = (Vec::new(), Interest::IN);
            self.connections[at] = Some(Connection { socket, input, body_left: 0, answer: None, interest });
        }
        Ok(())
    }

    fn event(&mut self, event: Happened) {
        let Some(mut connection) = self.connections.get_mut(event.token).and_then(Option::take) else {
            return;
        };
        let next = if connection.interest == Interest::OUT {
            connection.advance(&self.answers)
        } else {
            connection.read(&mut self.scratch, &self.answers)
        };
        let blocked = connection.answer.is_some() && connection.body_left == 0;
        let interest = if blocked { Interest::OUT } else { Interest::IN };
        let watched = interest == connection.interest
            || self.poll.modify(connection.socket.as_fd(), event.token, interest).is_ok();
        connection.interest = interest;
        // Dropping it closes it.
        if let (Ok(Next::Keep), true) = (next, watched) {
            self.connections[event.token] = Some(connection);
        }
    }
}

impl Connection {
    fn read(&mut self, scratch: &mut [u8], answers: &[[Vec<u8>; 2]]) -> io::Result<Next> {
        if self.body_left > 0 {
            let most = scratch.len().min(usize::try_from(self.body_left).unwrap_or(usize::MAX));
            match net::discard(&self.socket, &mut scratch[..most])? {
                None => return Ok(Next::Keep),
                Some(0) => return Ok(Next::Close),
                Some(read) => self.body_left -= read as u64,
            }
            return self.advance(answers);
        }
        match net::receive(&self.socket, &mut scratch[..HEAD_LIMIT])? {
            None => Ok(Next::Keep),
            Some(0) => Ok(Next::Close),
            Some(read) => {
                self.input.extend_from_slice(&scratch[..read]);
                self.advance(answers)
            }
        }
    }

    /// Answers all that is complete, until the socket is full.
    fn advance(&mut self, answers: &[[Vec<u8>; 2]]) -> io::Result<Next> {
        loop {
            if self.body_left > 0 {
                let here = self.input.len().min(usize::try_from(self.body_left).unwrap_or(usize::MAX));
                self.input.drain(..here);
                self.body_left -= here as u64;
                if self.body_left > 0 {
                    return Ok(Next::Keep);
                }
            }
            if let Some(answer) = &mut self.answer {
                let bytes = &answers[answer.kind][usize::from(answer.close)];
                let Some(written) = net::send(&self.socket, &bytes[answer.sent..])? else {
                    return Ok(Next::Keep);
                };
                answer.sent += written;
                if answer.sent < bytes.len() {
                    return Ok(Next::Keep);
                }
                if answer.close {
                    return Ok(Next::Close);
                }
                self.answer = None;
            }
            let head = wire::head(&self.input).map_err(io::Error::other)?;
            let Some(head) = head else {
                return Ok(if self.input.len() < HEAD_LIMIT { Next::Keep } else { Next::Close });
            };
            self.answer = Some(Answer { kind: kind(&self.input), close: head.close, sent: 0 });
            self.body_left = head.content_length;
            self.input.drain(..head.length);
        }
    }
}

/// Paths that have answers of their own, with the length of the body and the lines of the head that are added to the
/// three of every answer. All else gets the first.
const ANSWERS: [(&[u8], usize, usize); 6] = [
    (b"/", 128, 0),
    (b"/16k", 16 << 10, 0),
    (b"/64k", 64 << 10, 0),
    (b"/256k", 256 << 10, 0),
    (b"/1m", 1 << 20, 0),
    (b"/headers", 128, 17),
];

/// Which of [`ANSWERS`] a request gets.
fn kind(request: &[u8]) -> usize {
    let path = request.splitn(3, |&byte| byte == b' ').nth(1).unwrap_or_default();
    ANSWERS.iter().position(|(own, ..)| *own == path).unwrap_or_default()
}

/// Bytes of the body that a path is answered with.
pub(crate) fn body(path: &str) -> u64 {
    let own = ANSWERS.iter().find(|(own, ..)| *own == path.as_bytes());
    own.unwrap_or(&ANSWERS[0]).1 as u64
}

fn answers() -> Vec<[Vec<u8>; 2]> {
    let both = |&(_, body, added): &(_, _, usize)| {
        let lines: String =
            (1..=added).map(|number| format!("X-Answer-{number}: the value of line {number}\r\n")).collect();
        [answer(body, &lines), answer(body, &format!("{lines}Connection: close\r\n"))]
    };
    ANSWERS.iter().map(both).collect()
}

/// A whole answer, with more lines in its head.
pub(crate) fn answer(body: usize, lines: &str) -> Vec<u8> {
    let date = "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n";
    let head = format!("HTTP/1.1 200 OK\r\nServer: bench\r\n{date}{lines}Content-Length: {body}\r\n\r\n");
    let mut answer = head.into_bytes();
    answer.resize(answer.len() + body, b'x');
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_chooses_the_answer() {
        assert_eq!(ANSWERS[kind(b"GET /1m HTTP/1.1\r\n")].1, 1 << 20);
        assert_eq!(kind(b"POST /other HTTP/1.1\r\n"), 0);
        assert_eq!(kind(b"GET"), 0);
        assert_eq!((body("/16k"), body("/other")), (16 << 10, 128));
    }

    #[test]
    fn answers_are_as_long_as_they_say() {
        for (answer, (_, body, _)) in answers().iter().zip(ANSWERS) {
            for (close, bytes) in answer.iter().enumerate() {
                let head = wire::head(bytes).unwrap().unwrap();
                assert_eq!(head.content_length, body as u64);
                assert_eq!(bytes.len(), head.length + body);
                assert_eq!(head.close, close == 1);
            }
        }
        let headers = &answers()[kind(b"GET /headers HTTP/1.1\r\n")][0];
        let lines = String::from_utf8_lossy(headers).lines().take_while(|line| !line.is_empty()).count();
        assert_eq!(lines, 21, "the status line and twenty header lines");
    }
}
