//! The checks of one endpoint over time.

use std::num::NonZeroU32;
use std::time::Duration;

use crate::agent::Reply;
use crate::evidence::{Evidence, Status};
use crate::outcome::Outcome;

/// How often to probe, and how much makes a change (HAProxy: inter, fastinter, downinter, rise, fall).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    /// While all is well.
    pub interval: Duration,
    /// Between the first sign of a change and the change.
    pub fast_interval: Duration,
    /// While down.
    pub down_interval: Duration,
    /// Successes in a row until up.
    pub rise: NonZeroU32,
    /// Failures in a row until down.
    pub fall: NonZeroU32,
}

/// How long a probe may take (HAProxy: timeout connect, timeout check).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limits {
    /// The backend's; checks take the interval where that is shorter.
    pub connect: Option<Duration>,
    /// For the answer once the connection stands. `None`: connection and answer together have the interval.
    pub answer: Option<Duration>,
}

/// What the checks make of an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// Takes traffic.
    Up,
    /// Takes nothing new, by its own wish.
    Stopping,
    /// Takes none.
    Down,
}

/// How an endpoint stands before its first probe (HAProxy: init-state).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Initial {
    /// Up; the first failure takes it down, the first success makes it wholly up.
    #[default]
    Up,
    /// Wholly up.
    FullyUp,
    /// Down; the first success takes it up.
    Down,
    /// Wholly down.
    FullyDown,
}

impl Initial {
    /// Whether it takes traffic.
    pub fn is_up(self) -> bool {
        matches!(self, Self::Up | Self::FullyUp)
    }
}

/// What too many bad exchanges in a row come to (HAProxy: on-error); with each of them the next probe comes soon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Suspicion {
    /// Nothing else.
    Probe,
    /// A failed probe.
    Failure,
    /// A failed probe after which there is no more than one to be had.
    LastFailure,
    /// The last failed probe.
    Down,
}

/// What a check is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Waits for its next probe.
    Idle,
    /// A connection is being made.
    Connecting,
    /// The connection stands, the answer is not there.
    Answering,
}

/// What the owner of a check has to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Nothing before [`Check::due`].
    Wait,
    /// Open a connection; then call [`Check::connected`] or [`Check::finish`].
    Probe,
    /// Drop the probe under way, whose time is up; then call [`Check::finish`] with what it was at.
    Abandon,
}

/// What a finished probe means.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// What it saw.
    pub evidence: Evidence,
    /// It counts: a failure of what was not wholly down, or a success of what was not wholly up.
    pub counts: bool,
    /// The new health, where it changed.
    pub change: Option<Health>,
    /// What an agent said.
    pub reply: Option<Box<Reply>>,
}

/// Checks of one endpoint.
///
/// Health is a number as in HAProxy: below `rise` is down, from there on up, `rise + fall - 1` is the top. An endpoint
/// starts at `rise`: up at once, so that a start does not refuse traffic, but the first failure takes it down and the
/// first success makes it wholly up. (HAProxy: init-state up, the default.)
#[derive(Debug, Clone)]
pub struct Check {
    schedule: Schedule,
    limits: Limits,
    health: u32,
    /// The last success asked for nothing new.
    stopping: bool,
    phase: Phase,
    started: Duration,
    /// When the present connection was begun.
    connecting: Duration,
    due: Duration,
    /// It is an agent that is asked: what it does not say changes nothing.
    agent: bool,
}

impl Check {
    /// Checks that begin with a first probe at `first` ([`first_delay`] from now).
    pub fn new(schedule: Schedule, limits: Limits, first: Duration) -> Self {
        let health = schedule.rise.get();
        let phase = Phase::Idle;
        Self {
            schedule,
            limits,
            health,
            stopping: false,
            phase,
            started: first,
            connecting: first,
            due: first,
            agent: false,
        }
    }

    /// The same, not begun yet, from another start.
    pub fn starting(mut self, initial: Initial) -> Self {
        let rise = self.schedule.rise.get();
        self.health = match initial {
            Initial::Up => rise,
            Initial::FullyUp => self.top(),
            Initial::Down => rise - 1,
            Initial::FullyDown => 0,
        };
        self
    }

    /// The same, of an agent: its health is what it says, and an agent that cannot be asked says nothing (HAProxy:
    /// agent-check).
    pub fn of_agent(mut self) -> Self {
        self.agent = true;
        self
    }

    /// As of now.
    pub fn health(&self) -> Health {
        match self.health >= self.schedule.rise.get() {
            true if self.stopping => Health::Stopping,
            true => Health::Up,
            false => Health::Down,
        }
    }

    /// What an endpoint is told of itself in its checks: `UP 2/3`, `DOWN` (HAProxy: http-check send-state).
    pub fn state_words(&self) -> String {
        let word = match self.health() {
            Health::Up => "UP",
            Health::Stopping => "NOLB",
            Health::Down => "DOWN",
        };
        let (rise, fall) = (self.schedule.rise.get(), self.schedule.fall.get());
        match self.health() {
            Health::Down if self.health > 0 => format!("{word} {}/{rise}", self.health),
            Health::Up | Health::Stopping if self.health < self.top() => {
                format!("{word} {}/{fall}", self.health - rise + 1)
            }
            _ => word.to_owned(),
        }
    }

    /// Where it stands between the changes of its health, as HAProxy logs it: `2/3 UP`, `0/2 DOWN`.
    pub fn standing(&self) -> String {
        let (rise, fall) = (self.schedule.rise.get(), self.schedule.fall.get());
        if self.health >= rise {
            format!("{}/{fall} UP", self.health - rise + 1)
        } else {
            format!("{}/{rise} DOWN", self.health)
        }
    }

    /// Successes or failures counted towards the next change, and how many it takes; `None` where none are.
    pub fn progress(&self) -> Option<(u32, u32)> {
        let (rise, fall, top) = (self.schedule.rise.get(), self.schedule.fall.get(), self.top());
        match self.health() {
            Health::Up | Health::Stopping if self.health < top => Some(((top - self.health).min(fall), fall)),
            Health::Down if self.health > 0 => Some((self.health, rise)),
            Health::Up | Health::Stopping | Health::Down => None,
        }
    }

    /// What it is at.
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// When [`Self::tick`] has something to do: the next probe, or the end of a probe's time.
    pub fn due(&self) -> Duration {
        self.due
    }

    /// What to do now.
    pub fn tick(&mut self, now: Duration) -> Command {
        if now < self.due {
            return Command::Wait;
        }
        match self.phase {
            Phase::Idle => {
                self.phase = Phase::Connecting;
                self.started = now;
                self.connecting = now;
                self.due = now.saturating_add(self.connect_limit());
                Command::Probe
            }
            Phase::Connecting | Phase::Answering => Command::Abandon,
        }
    }

    /// Takes part in a probe of another check of the same, which begins now: as [`Self::tick`], but that it may not have been
    /// due. False: it has a probe of its own under way.
    pub fn join(&mut self, now: Duration) -> bool {
        if self.phase != Phase::Idle {
            return false;
        }
        self.due = now;
        self.tick(now) == Command::Probe
    }

    /// Another connection of the same probe is being made: it has its own time.
    pub fn reconnecting(&mut self, now: Duration) {
        if self.phase == Phase::Idle {
            return;
        }
        self.phase = Phase::Connecting;
        self.connecting = now;
        self.due = now.saturating_add(self.connect_limit());
    }

    /// The connection stands and an answer is waited for.
    pub fn connected(&mut self, now: Duration) {
        if self.phase != Phase::Connecting {
            return;
        }
        self.phase = Phase::Answering;
        self.due = match self.limits.answer {
            Some(limit) => now.saturating_add(limit),
            None => self.connecting.saturating_add(self.schedule.interval),
        };
    }

    /// The probe is over: counts it, and sets the time of the next one. Control characters of `info` are left out.
    pub fn finish(&mut self, now: Duration, outcome: &Outcome) -> Finding {
        let Outcome { status, code, ref info, ref reply } = *outcome;
        let took = now.saturating_sub(self.started);
        let info = info.chars().filter(|c| !c.is_control()).collect::<String>().into_boxed_str();
        let evidence = Evidence { status, code, info, took };
        self.phase = Phase::Idle;
        let heard = !self.agent || matches!(status, Status::L7Ok | Status::L7Status);
        let (counts, change) = if heard { self.count(status) } else { (false, None) };
        self.due = now.saturating_add(self.pause());
        Finding { evidence, counts, change, reply: reply.clone() }
    }

    /// Exchanges went wrong too often in a row (HAProxy: observe); `words` say so.
    pub fn suspect(&mut self, now: Duration, suspicion: Suspicion, words: &str) -> Option<Finding> {
        let rise = self.schedule.rise.get();
        match suspicion {
            Suspicion::Probe | Suspicion::Failure => {}
            Suspicion::LastFailure if self.health > rise => self.health = rise + 1,
            Suspicion::LastFailure => {}
            Suspicion::Down => self.health = self.health.min(rise),
        }
        let status = Status::Observed;
        let finding = (suspicion != Suspicion::Probe).then(|| {
            let (counts, change) = self.count(status);
            let evidence = Evidence { status, code: None, info: words.into(), took: Duration::ZERO };
            Finding { evidence, counts, change, reply: None }
        });
        if self.phase == Phase::Idle {
            self.due = self.due.min(now.saturating_add(self.schedule.fast_interval));
        }
        finding
    }

    /// Counts a result: whether it counts, and the new health where it changed.
    fn count(&mut self, status: Status) -> (bool, Option<Health>) {
        let before = self.health();
        let counts = if status.passed() { self.health < self.top() } else { self.health > 0 };
        self.health = if status.passed() { self.after_success() } else { self.after_failure() };
        if self.health < self.schedule.rise.get() {
            self.stopping = false;
        } else if status.passed() {
            self.stopping = status == Status::L7OkConditional;
        }
        (counts, Some(self.health()).filter(|&health| health != before))
    }

    /// Moves the next probe by up to so much of the pause before it, sooner or later as `chance` says: any number, spread or
    /// not (HAProxy: spread-checks). To be called once after each probe.
    pub fn shift(&mut self, percent: u32, chance: u64) {
        if self.phase != Phase::Idle || percent == 0 {
            return;
        }
        let most_us = self.pause().as_micros().min(u64::MAX.into()) * u128::from(percent.min(100)) / 100;
        let part = u128::from(scramble(chance) >> 32);
        let later = Duration::from_micros(u64::try_from((2 * most_us * part) >> 32).unwrap_or(u64::MAX));
        let sooner = Duration::from_micros(u64::try_from(most_us).unwrap_or(u64::MAX));
        self.due = self.due.saturating_sub(sooner).saturating_add(later);
    }

    /// Takes a new schedule on. The health stays; counts towards a change begin anew, save that an endpoint that the next
    /// failure would take down stays there; a probe under way goes on.
    pub fn reschedule(&mut self, schedule: Schedule, limits: Limits, now: Duration) {
        let on_the_brink = self.health == self.schedule.rise.get() && self.top() > self.health;
        let health = self.health();
        self.schedule = schedule;
        self.limits = limits;
        self.health = match health {
            Health::Down => 0,
            Health::Up | Health::Stopping if on_the_brink => schedule.rise.get(),
            Health::Up | Health::Stopping => self.top(),
        };
        if self.phase == Phase::Idle {
            self.due = self.due.min(now.saturating_add(self.pause()));
        }
    }

    /// Takes a health for granted that a person set: as far from the next change as it can be. A probe under way goes on.
    pub fn force(&mut self, health: Health, now: Duration) {
        self.health = match health {
            Health::Up | Health::Stopping => self.top(),
            Health::Down => 0,
        };
        self.stopping = health == Health::Stopping;
        if self.phase == Phase::Idle {
            self.due = self.due.min(now.saturating_add(self.pause()));
        }
    }

    /// Forgets a probe under way. The health stays, the next probe is due after the usual time.
    pub fn rest(&mut self, now: Duration) {
        self.phase = Phase::Idle;
        self.due = now.saturating_add(self.pause());
    }

    fn top(&self) -> u32 {
        self.schedule.rise.get().saturating_add(self.schedule.fall.get() - 1)
    }

    fn after_success(&self) -> u32 {
        let risen = self.health.saturating_add(1).min(self.top());
        if risen >= self.schedule.rise.get() { self.top() } else { risen }
    }

    fn after_failure(&self) -> u32 {
        if self.health > self.schedule.rise.get() { self.health - 1 } else { 0 }
    }

    fn pause(&self) -> Duration {
        match self.health {
            0 => self.schedule.down_interval,
            health if health == self.top() => self.schedule.interval,
            _ => self.schedule.fast_interval,
        }
    }

    /// With a limit for the answer, the connection has the shorter of its own and the interval; without one, connection
    /// and answer together have the interval.
    fn connect_limit(&self) -> Duration {
        let interval = self.schedule.interval;
        match (self.limits.answer, self.limits.connect) {
            (Some(_), Some(connect)) => connect.min(interval),
            _ => interval,
        }
    }
}

/// When to probe first the endpoint at `position` (from 0) of `total`: evenly over the interval, so that a start does not
/// probe all at once. `seed` shifts the whole row, so that a fleet of proxies does not probe in step; 0 shifts nothing.
pub fn first_delay(interval: Duration, position: usize, total: usize, seed: u64) -> Duration {
    let total = u128::try_from(total.max(1)).unwrap_or(1);
    let position = u128::try_from(position).unwrap_or(0) % total;
    let interval_us = interval.as_micros().min(u64::MAX.into());
    let shift = (interval_us * u128::from(scramble(seed) >> 32)) >> 32;
    let delay = (interval_us * position / total + shift) % interval_us.max(1);
    Duration::from_micros(u64::try_from(delay).unwrap_or(u64::MAX))
}

/// Spreads the bits of neighbouring seeds (the finaliser of MurmurHash3); 0 stays 0.
fn scramble(mut bits: u64) -> u64 {
    for factor in [0xff51_afd7_ed55_8ccd, 0xc4ce_b9fe_1a85_ec53_u64] {
        bits = (bits ^ (bits >> 33)).wrapping_mul(factor);
    }
    bits ^ (bits >> 33)
}

#[cfg(test)]
mod tests;
