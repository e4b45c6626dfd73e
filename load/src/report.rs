//! What a run found: for machines by `Serialize`, for people by `Display`.
//!
//! Apart because the experiments share most of it. A field that is published keeps
//! its name: scripts read them.

use crate::histogram::Histogram;
use crate::process::{Cpu, Usage};
use crate::{connect, echo, fanout, idle};
use serde::Serialize;
use std::fmt;
use std::time::Duration;

/// What an experiment found. Serialized, it is one flat object.
#[derive(Serialize, Debug)]
#[serde(untagged)]
#[non_exhaustive]
pub enum Report {
    /// Of [`Experiment::Fanout`](crate::Experiment::Fanout).
    Fanout(fanout::Report),
    /// Of [`Experiment::Echo`](crate::Experiment::Echo).
    Echo(echo::Report),
    /// Of [`Experiment::Idle`](crate::Experiment::Idle).
    Idle(idle::Report),
    /// Of [`Experiment::Connect`](crate::Experiment::Connect).
    Connect(connect::Report),
}

impl Report {
    /// Whether everything arrived that was to, and nothing else; of experiments
    /// without messages, whether every connection opened and closed properly.
    pub fn is_clean(&self) -> bool {
        match self {
            Report::Fanout(report) => report.account.is_clean(),
            Report::Echo(report) => report.account.is_clean(),
            Report::Idle(report) => report.faults.failures == 0,
            Report::Connect(report) => report.faults.failures == 0,
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Report::Fanout(report) => report.fmt(f),
            Report::Echo(report) => report.fmt(f),
            Report::Idle(report) => report.fmt(f),
            Report::Connect(report) => report.fmt(f),
        }
    }
}

/// What one unit (a delivery, an echo, a connection) costs.
#[derive(Serialize, Clone, Copy, Debug)]
pub(crate) struct Cost {
    pub(crate) units: u64,
    pub(crate) units_per_second: f64,
    /// User + system time of the server per unit; unknown without its process.
    cpu_us: Option<f64>,
    user_us: Option<f64>,
    system_us: Option<f64>,
    /// Share of the time that the load itself was on a CPU. Near 1 it is the
    /// bottleneck: rates and latencies are then its own, CPU per unit still holds.
    load_busy: f64,
    pub(crate) wall_seconds: f64,
}

/// From sending to receiving.
#[expect(clippy::struct_field_names, reason = "a unit is the last word of a name")]
#[derive(Serialize, Clone, Copy, Debug)]
pub(crate) struct Latency {
    p50_ms: f64,
    p90_ms: f64,
    p99_ms: f64,
    p999_ms: f64,
    max_ms: f64,
}

/// What became of the messages, over the whole run, its warm-up included: what was
/// due is received or lost.
#[derive(Serialize, Clone, Copy, Debug)]
pub(crate) struct Account {
    pub(crate) messages_sent: u64,
    /// Deliveries, where one message goes to many.
    pub(crate) messages_received: u64,
    pub(crate) lost: u64,
    /// Received twice, late, or not ours.
    pub(crate) strays: u64,
}

/// Connections that did not open, were lost, or did not close properly.
#[derive(Serialize, Clone, Debug)]
pub(crate) struct Faults {
    pub(crate) failures: usize,
    pub(crate) first_failure: Option<String>,
}

impl Cost {
    pub(crate) fn new(units: u64, usage: &Usage) -> Cost {
        let wall_seconds = usage.wall.as_secs_f64().max(1e-9);
        let each = |part: fn(Cpu) -> Duration| {
            let server = usage.server.filter(|_| units > 0)?;
            Some(rounded(part(server).as_secs_f64() * 1e6 / as_float(units), 1e4))
        };
        Cost {
            units,
            units_per_second: rounded(as_float(units) / wall_seconds, 1.0),
            cpu_us: each(Cpu::total),
            user_us: each(|cpu| cpu.user),
            system_us: each(|cpu| cpu.system),
            load_busy: rounded(usage.load.as_secs_f64() / wall_seconds, 1e2),
            wall_seconds: rounded(wall_seconds, 1e3),
        }
    }
}

impl Latency {
    /// `None` when nothing has come within the measured time.
    pub(crate) fn new(histogram: &Histogram) -> Option<Latency> {
        if histogram.count() == 0 {
            return None;
        }
        let at = |per_mille| rounded(histogram.quantile(per_mille).as_secs_f64() * 1e3, 1e3);
        Some(Latency {
            p50_ms: at(500),
            p90_ms: at(900),
            p99_ms: at(990),
            p999_ms: at(999),
            max_ms: at(1_000),
        })
    }
}

impl Account {
    fn is_clean(&self) -> bool {
        self.lost == 0 && self.strays == 0
    }
}

/// The lines of one report begin alike, each with a line break before it.
pub(crate) fn line(f: &mut fmt::Formatter<'_>, name: &str, value: impl fmt::Display) -> fmt::Result {
    write!(f, "\n  {name:<11} {value}")
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Cost { units, units_per_second, load_busy, wall_seconds, .. } = self;
        let rate = format_args!("{units_per_second:.0} a second, {units} in {wall_seconds:.1} s").to_string();
        line(f, "rate", rate)?;
        if let (Some(cpu), Some(user), Some(system)) = (self.cpu_us, self.user_us, self.system_us) {
            let cost = format!("{cpu:.2} µs each ({user:.2} user + {system:.2} system)");
            line(f, "server CPU", cost)?;
        }
        let hint = if *load_busy < 0.9 { "" } else { ": rates and latencies may be its own" };
        line(f, "load", format!("{:.0} % busy{hint}", load_busy * 100.0))
    }
}

impl fmt::Display for Latency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Latency { p50_ms, p90_ms, p99_ms, p999_ms, max_ms } = self;
        let quantiles = format!("p50 {p50_ms:.2}, p90 {p90_ms:.2}, p99 {p99_ms:.2}, p99.9 {p999_ms:.2}");
        line(f, "latency", format!("{quantiles}, max {max_ms:.2} ms"))
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Account { messages_sent, messages_received, lost, strays } = self;
        let in_all = format!("{messages_sent} sent, {messages_received} received (warm-up included)");
        line(f, "messages", in_all)?;
        line(f, "lost", format!("{lost}, and {strays} that were late, twice or foreign"))
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.first_failure {
            Some(first) => line(f, "failures", format!("{}, the first: {first}", self.failures)),
            None => line(f, "failures", self.failures),
        }
    }
}

/// Digits beyond the noise only make a line hard to read.
pub(crate) fn rounded(value: f64, per_unit: f64) -> f64 {
    (value * per_unit).round() / per_unit
}

#[expect(clippy::cast_precision_loss, reason = "no run counts to 2^52")]
pub(crate) fn as_float(count: u64) -> f64 {
    count as f64
}
