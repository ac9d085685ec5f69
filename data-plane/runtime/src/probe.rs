//! One probe of one endpoint: connect, and for HTTP ask and look at the status.
//!
//! Time is kept by who starts the probe: dropping a future here gives the probe up.

use std::future::poll_fn;
use std::io;
use std::pin::pin;

use nix::errno::Errno;
use sluicegate_engine::stream::{Stream, Target};
use sluicegate_engine::upstream::{ConnectError, Connecting};
use sluicegate_health::Status;
use sluicegate_health::http::{MAX_STATUS_LINE_BYTES, Request, verdict};
use sluicegate_model::backend::HttpProbe;

/// Bytes of an answer that are looked at; the status line is far shorter.
const ANSWER_BYTES: usize = 2 * MAX_STATUS_LINE_BYTES;

/// What a probe saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) status: Status,
    /// Status of the answer, where there was one.
    pub(crate) code: Option<u16>,
    /// The system's or the endpoint's own words; may be empty.
    pub(crate) info: String,
}

impl Outcome {
    /// A connection that opened, where nothing more was asked for.
    pub(crate) const OPENED: Self = Self { status: Status::L4Ok, code: None, info: String::new() };

    fn failed(status: Status, error: &io::Error) -> Self {
        Self { status, code: None, info: words(error) }
    }
}

/// Makes connections and asks over them. The seam at which tests put endpoints of their own.
pub(crate) trait Prober: Send + Sync + 'static {
    /// A connection that stands.
    type Connection: Send + 'static;

    /// Connects; fails with what is to be said of the endpoint.
    fn connect(&self, target: &Target) -> impl Future<Output = Result<Self::Connection, Outcome>> + Send;

    /// Sends the request and judges the answer.
    fn ask(&self, connection: Self::Connection, probe: &HttpProbe) -> impl Future<Output = Outcome> + Send;
}

/// Probes over the network.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Network;

impl Prober for Network {
    type Connection = Stream;

    async fn connect(&self, target: &Target) -> Result<Stream, Outcome> {
        let connected = match Connecting::start(target) {
            Ok(connecting) => {
                let mut connecting = pin!(connecting);
                poll_fn(|cx| connecting.poll(cx)).await
            }
            Err(error) => Err(error),
        };
        let stream = connected.map_err(|error| refused(&error))?;
        // Thousands of probes a second would keep as many ports waiting (HAProxy closes its checks this way too).
        stream.reset_on_close();
        Ok(stream)
    }

    async fn ask(&self, mut stream: Stream, probe: &HttpProbe) -> Outcome {
        let sent = send(&mut stream, &request(probe)).await;
        let mut answer = vec![0; ANSWER_BYTES];
        let mut filled = 0;
        loop {
            let read = poll_fn(|cx| stream.poll_read(cx, &mut answer[filled..])).await;
            let (closed, error) = match read {
                Ok(0) => (true, None),
                Ok(count) => {
                    filled += count;
                    (false, None)
                }
                Err(error) => (true, Some(error)),
            };
            // An endpoint may answer and close before it has read the request.
            if let Some(error) = error.or(sent.as_ref().err().filter(|_| closed).map(same))
                && filled == 0
            {
                return Outcome::failed(Status::SocketError, &error);
            }
            let full = filled == answer.len();
            if let Some(verdict) = verdict(&answer[..filled], closed || full, &probe.expected) {
                return Outcome { status: verdict.status, code: verdict.code, info: verdict.info.to_owned() };
            }
        }
    }
}

fn request(probe: &HttpProbe) -> Vec<u8> {
    let HttpProbe { method, uri, version, headers, body, .. } = probe;
    let mut out = Vec::new();
    let headers = headers.iter().map(|(name, value)| (name.as_str(), &value[..]));
    Request { method, uri, version, body }.render(headers, &mut out);
    out
}

async fn send(stream: &mut Stream, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match poll_fn(|cx| stream.poll_write(cx, bytes)).await? {
            0 => return Err(io::ErrorKind::WriteZero.into()),
            written => bytes = &bytes[written..],
        }
    }
    Ok(())
}

fn refused(error: &ConnectError) -> Outcome {
    match error {
        ConnectError::Exhausted(error) => Outcome::failed(Status::SocketError, error),
        ConnectError::Refused(error) if error.kind() == io::ErrorKind::TimedOut => {
            Outcome::failed(Status::L4Timeout, error)
        }
        ConnectError::Refused(error) => Outcome::failed(Status::L4Connection, error),
    }
}

fn same(error: &io::Error) -> io::Error {
    error.raw_os_error().map_or_else(|| error.kind().into(), io::Error::from_raw_os_error)
}

/// As strerror says it: `Connection refused`.
fn words(error: &io::Error) -> String {
    match error.raw_os_error() {
        Some(number) => Errno::from_raw(number).desc().to_owned(),
        None => error.to_string(),
    }
}

#[cfg(test)]
mod tests;
