//! One session: Hello, then updates and answers.

use std::collections::{HashMap, HashSet};
use std::future::Future;
use std::time::{Duration, Instant};

use sluicegate_proto::SCHEMA;
use sluicegate_proto::ask;
use sluicegate_proto::chunk::{self, Reassembler};
use sluicegate_proto::generation::Generation;
use sluicegate_proto::hash::ContentHash;
use sluicegate_proto::v1::control_client::ControlClient;
use sluicegate_proto::v1::question::Ask;
use sluicegate_proto::v1::{
    Ack, Chunk, ControlMessage, Hello, Nack, Operation, OperationOutcome, OperationResult, ProxyMessage,
    Question, Rejection, Update, Welcome, control_message, proxy_message::Message,
};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Interval, MissedTickBehavior, interval, timeout};
use tokio_stream::wrappers::ReceiverStream;
use tonic::Streaming;
use tracing::{debug, warn};

use crate::apply::{Apply, Refused, Reporter};
use crate::client::{SessionError, Settings};
use crate::connect::Target;
use crate::errand::{Errand, Waiting};
use crate::report::pieces;

/// Longest message of the control plane: one piece of an update, and its frame.
const MAX_MESSAGE_BYTES: usize = 1 << 20;
/// Reports that go before the answer of counters that began anew; what they have no room for follows in its time.
const MOST_REPORTS: usize = 64;
/// Time for an answer to Hello.
const WELCOME_LIMIT: Duration = Duration::from_secs(10);
/// Errands of one session that are told and not answered; others wait.
const MAX_ERRANDS: usize = 16;
/// What the control plane may ask for as interval of reports.
const REPORT_INTERVALS: std::ops::RangeInclusive<u64> = 100..=3_600_000;

/// An open session.
pub(crate) struct Session {
    welcome: Welcome,
    incoming: Streaming<ControlMessage>,
    outgoing: mpsc::Sender<ProxyMessage>,
    reassembler: Reassembler,
    /// What the control plane takes this proxy to serve.
    base: Option<Generation>,
    /// Errands that are told and not answered, by what they are called in this session.
    errands: HashMap<u64, oneshot::Sender<OperationResult>>,
    last_errand: u64,
    /// What this proxy has told that it is able to.
    capabilities: HashSet<&'static str>,
}

impl Session {
    pub(crate) async fn open(
        target: &Target,
        settings: &Settings,
        held: Option<Generation>,
    ) -> Result<Self, SessionError> {
        let channel = target.connect().await?;
        let mut client = ControlClient::new(channel).max_decoding_message_size(MAX_MESSAGE_BYTES);
        let (outgoing, messages) = mpsc::channel(2);
        let hello = Hello {
            proxy_id: settings.proxy_id.clone(),
            boot_epoch: settings.boot_epoch,
            scope: settings.scope.clone(),
            schema: SCHEMA,
            capabilities: settings.capabilities().cloned().collect(),
            version: settings.version.clone(),
            generation: held.map(Into::into),
        };
        say(&outgoing, Message::Hello(hello)).await?;
        let begin = async {
            let mut incoming = client.session(ReceiverStream::new(messages)).await?.into_inner();
            let first = incoming.message().await?.ok_or(SessionError::Ended)?;
            Ok::<_, SessionError>((incoming, first))
        };
        let (incoming, first) =
            timeout(WELCOME_LIMIT, begin).await.map_err(|_| SessionError::NoWelcome)??;
        let Some(control_message::Message::Welcome(welcome)) = first.message else {
            return Err(SessionError::NoWelcome);
        };
        Ok(Self {
            welcome,
            incoming,
            outgoing,
            reassembler: Reassembler::new(),
            base: held,
            errands: HashMap::new(),
            last_errand: 0,
            capabilities: settings.capabilities().map(String::as_str).collect(),
        })
    }

    pub(crate) fn control_id(&self) -> &str {
        &self.welcome.control_id
    }

    /// `Ok` on shutdown.
    pub(crate) async fn converse(
        &mut self,
        apply: &mut impl Apply,
        reporter: &mut impl Reporter,
        errands: &mut Waiting,
        shutdown: &mut (impl Future<Output = ()> + Unpin),
    ) -> Result<(), SessionError> {
        let mut reports = self.report_interval();
        let mut fresh = true;
        loop {
            tokio::select! {
                () = &mut *shutdown => return Ok(()),
                received = self.incoming.message() => {
                    let received = received?.ok_or(SessionError::Ended)?;
                    match received.message {
                        Some(control_message::Message::Chunk(piece)) => self.piece(piece, apply).await?,
                        Some(control_message::Message::Question(question)) => {
                            self.answer(question, reporter, &mut fresh).await?;
                        }
                        Some(control_message::Message::Outcome(outcome)) => self.outcome(outcome)?,
                        Some(control_message::Message::Welcome(_)) | None => return Err(SessionError::Unknown),
                    }
                }
                Some(errand) = errands.0.recv(), if self.errands.len() < MAX_ERRANDS => {
                    self.tell(errand).await?;
                }
                _ = reports.tick() => {
                    self.report(reporter, &mut fresh).await?;
                }
            }
        }
    }

    /// Reports; whether there is more than went into it.
    async fn report(&self, reporter: &mut impl Reporter, fresh: &mut bool) -> Result<bool, SessionError> {
        let report = reporter.report(std::mem::take(fresh));
        let more = report.omitted > 0;
        for piece in pieces(report) {
            say(&self.outgoing, Message::Report(piece)).await?;
        }
        Ok(more)
    }

    /// Answers. Where counters began anew the control plane hears of it before it hears that it is done.
    async fn answer(
        &self,
        question: Question,
        reporter: &mut impl Reporter,
        fresh: &mut bool,
    ) -> Result<(), SessionError> {
        // What this build does not know it was not to be asked.
        let ask = question.ask.ok_or(SessionError::Unknown)?;
        let clears = matches!(ask, Ask::ClearCounters(_));
        let answered = reporter.answer(ask).await;
        if clears {
            for _ in 0..MOST_REPORTS {
                if !self.report(reporter, fresh).await? {
                    break;
                }
            }
        }
        for piece in ask::pieces(question.number, answered) {
            say(&self.outgoing, Message::Answered(piece)).await?;
        }
        Ok(())
    }

    /// Tells the control plane of an errand that was not taken back.
    async fn tell(&mut self, errand: Errand) -> Result<(), SessionError> {
        let Some(operation) = errand.take() else { return Ok(()) };
        self.last_errand += 1;
        let id = self.last_errand;
        self.errands.insert(id, errand.answer);
        say(&self.outgoing, Message::Operation(Operation { id, ..operation })).await
    }

    fn outcome(&mut self, outcome: OperationOutcome) -> Result<(), SessionError> {
        let asked = self.errands.remove(&outcome.id).ok_or(SessionError::Unknown)?;
        // What this build does not know is no answer.
        if let Ok(result) = OperationResult::try_from(outcome.result) {
            let _gone = asked.send(result);
        }
        Ok(())
    }

    fn report_interval(&self) -> Interval {
        let wanted =
            self.welcome.report_interval_ms.clamp(*REPORT_INTERVALS.start(), *REPORT_INTERVALS.end());
        let mut reports = interval(Duration::from_millis(wanted));
        reports.set_missed_tick_behavior(MissedTickBehavior::Delay);
        reports
    }

    async fn piece(&mut self, piece: Chunk, apply: &mut impl Apply) -> Result<(), SessionError> {
        let Some(whole) = self.reassembler.push(piece)? else { return Ok(()) };
        let began = Instant::now();
        let update = chunk::decode(whole)?;
        let generation = update
            .generation
            .as_ref()
            .and_then(|generation| Generation::try_from(generation).ok())
            .ok_or(SessionError::NoGeneration)?;
        let from_nothing = update.base.is_empty();
        let outcome = match self.misfit(&update) {
            Some(refused) => Err(refused),
            None => apply.apply(update).await.map(|applied| applied.generation),
        };
        let answer = match outcome {
            Ok(applied) => {
                self.base = Some(applied);
                let took_us = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
                Message::Ack(Ack { generation: Some(applied.into()), took_us })
            }
            Err(Refused::Rejected(rejections)) => {
                for rejection in rejections.iter().take(10) {
                    let origin = rejection.origin.clone().unwrap_or_default();
                    warn!(%generation, %origin, reason = rejection.reason, "refused; serving on");
                }
                Message::Nack(Nack { generation: Some(generation.into()), rejections })
            }
            // A whole snapshot that does not come out right will not do so the next time either.
            Err(refused @ Refused::Hash { .. }) if from_nothing => nack(generation, refused.to_string()),
            Err(refused) => return Err(SessionError::Astray(refused)),
        };
        if let Message::Ack(ack) = &answer {
            debug!(%generation, took_us = ack.took_us, "applied");
        }
        say(&self.outgoing, answer).await
    }

    /// What can be told before anything is compiled.
    fn misfit(&self, update: &Update) -> Option<Refused> {
        if !update.base.is_empty() {
            let base = ContentHash::try_from(&update.base[..]).unwrap_or_default();
            if self.base.map(|held| held.hash) != Some(base) {
                return Some(Refused::Base { base });
            }
        }
        let unknown = update.capabilities.iter().filter(|name| !self.capabilities.contains(name.as_str()));
        let rejections: Vec<_> = unknown
            .map(|name| Rejection {
                reason: format!("this proxy does not have the capability '{name}'"),
                ..Rejection::default()
            })
            .collect();
        (!rejections.is_empty()).then_some(Refused::Rejected(rejections))
    }
}

fn nack(generation: Generation, reason: String) -> Message {
    warn!(%generation, reason, "refused; serving on");
    let rejections = vec![Rejection { reason, ..Rejection::default() }];
    Message::Nack(Nack { generation: Some(generation.into()), rejections })
}

async fn say(outgoing: &mpsc::Sender<ProxyMessage>, message: Message) -> Result<(), SessionError> {
    outgoing.send(ProxyMessage { message: Some(message) }).await.map_err(|_| SessionError::Ended)
}
