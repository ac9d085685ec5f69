//! The engine's events, taken whatever else is being done.

use std::collections::HashMap;
use std::pin::Pin;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bollard::Docker;
use bollard::errors::Error;
use bollard::models::EventMessage;
use bollard::query_parameters::EventsOptions;
use tokio::time::{Instant, timeout_at};
use tokio_stream::{Stream, StreamExt as _};

use crate::happening::Happenings;

/// Events are gathered until none has come for so long: starting one container brings several.
const QUIET: Duration = Duration::from_millis(5);
/// They are gathered for no longer than that, unless there is a rest to be had.
const LONGEST: Duration = Duration::from_millis(100);
/// Events of so long before are asked for once more: between the question and the engine's attention to it some happen,
/// and its clock may be another. What was seen already changes nothing.
const OVERLAP: Duration = Duration::from_secs(10);

/// Events that were taken, and that nothing was made of yet.
pub(crate) struct Events {
    stream: Pin<Box<dyn Stream<Item = Result<EventMessage, Error>> + Send>>,
    happened: Happenings,
    /// When the first of them came, and the last.
    came: Option<(Instant, Instant)>,
}

impl Events {
    /// Those from now on. Nothing is asked before they are taken the first time.
    pub(crate) fn of(docker: &Docker) -> Self {
        let types = ["container", "network", "service", "node"].map(str::to_owned);
        let filters = HashMap::from([("type".to_owned(), types.into())]);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let since = now.saturating_sub(OVERLAP).as_secs().to_string();
        let options = EventsOptions { since: Some(since), filters: Some(filters), ..Default::default() };
        Self { stream: Box::pin(docker.events(Some(options))), happened: Happenings::default(), came: None }
    }

    /// Waits for an event that matters, then takes what follows it closely, and all until `rested`. What was taken stays where
    /// this is given up.
    pub(crate) async fn gather(&mut self, rested: Instant) -> Result<Happenings, Error> {
        loop {
            let Some((first, last)) = self.came else {
                self.take().await?;
                continue;
            };
            let until = rested.max((last + QUIET).min(first + LONGEST));
            // Looked at even where one comes right behind the other.
            let taken = if Instant::now() < until { timeout_at(until, self.take()).await.ok() } else { None };
            match taken {
                Some(taken) => taken?,
                None => {
                    self.came = None;
                    return Ok(std::mem::take(&mut self.happened));
                }
            }
        }
    }

    /// Does something else, and takes events meanwhile: an engine waits for nobody who does not listen.
    pub(crate) async fn beside<T>(
        &mut self,
        work: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let listen = async {
            loop {
                self.take().await?;
            }
        };
        tokio::select! {
            done = work => done,
            ended = listen => ended,
        }
    }

    async fn take(&mut self) -> Result<(), Error> {
        let ended = || Error::from(std::io::Error::from(std::io::ErrorKind::UnexpectedEof));
        let event = self.stream.next().await.ok_or_else(ended)??;
        if self.happened.take(event) {
            let now = Instant::now();
            self.came = Some((self.came.map_or(now, |(first, _)| first), now));
        }
        Ok(())
    }
}
