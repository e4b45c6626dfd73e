//! What a run found: one JSON line on standard output, one readable line on
//! standard error.

use crate::histogram::Histogram;
use crate::process::{Cpu, Usage};
use serde::Serialize;
use std::fmt;
use std::io::{self, Write as _};
use std::time::Duration;

/// What one unit (a delivery, an echo, a connection) costs.
#[derive(Serialize, Clone, Copy, Debug)]
pub(crate) struct Cost {
    pub(crate) units: u64,
    pub(crate) units_per_second: f64,
    /// User + system time of the server per unit; unknown without `--server-pid`.
    pub(crate) cpu_us: Option<f64>,
    pub(crate) user_us: Option<f64>,
    pub(crate) system_us: Option<f64>,
    /// Share of the time that the load itself was on a CPU. Near 1 it is the
    /// bottleneck: rates and latencies are then its own, CPU per unit still holds.
    pub(crate) load_busy: f64,
    pub(crate) wall_seconds: f64,
}

/// From sending to receiving.
#[derive(Serialize, Clone, Copy, Debug)]
pub(crate) struct Latency {
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
    pub(crate) max_ms: f64,
}

impl Cost {
    pub(crate) fn new(units: u64, usage: &Usage) -> Cost {
        let wall_seconds = usage.wall.as_secs_f64();
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
            load_busy: rounded(usage.load.total().as_secs_f64() / wall_seconds, 1e2),
            wall_seconds: rounded(wall_seconds, 1e3),
        }
    }
}

impl Latency {
    pub(crate) fn new(histogram: &Histogram) -> Latency {
        let at = |per_mille| rounded(histogram.quantile(per_mille).as_secs_f64() * 1e3, 1e3);
        Latency { p50_ms: at(500), p99_ms: at(990), max_ms: at(1_000) }
    }
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let (Some(cpu), Some(user), Some(system)) = (self.cpu_us, self.user_us, self.system_us) {
            write!(f, "{cpu:.2} µs CPU each ({user:.2} user + {system:.2} system), ")?;
        }
        let Cost { units_per_second, load_busy, .. } = self;
        write!(f, "{units_per_second:.0}/s, load {:.0} % busy", load_busy * 100.0)
    }
}

impl fmt::Display for Latency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "p50 {:.2} ms, p99 {:.2} ms", self.p50_ms, self.p99_ms)
    }
}

/// Prints a report in both forms.
pub(crate) fn print(report: &(impl Serialize + fmt::Display)) -> io::Result<()> {
    writeln!(io::stdout(), "{}", serde_json::to_string(report)?)?;
    writeln!(io::stderr(), "{report}")
}

/// Digits beyond the noise only make a line hard to read.
fn rounded(value: f64, per_unit: f64) -> f64 {
    (value * per_unit).round() / per_unit
}

#[expect(clippy::cast_precision_loss, reason = "no run counts to 2^52")]
pub(crate) fn as_float(count: u64) -> f64 {
    count as f64
}
