//! What a process has used, as the kernel counts it.

use crate::error::LoadError;
use rustix::time::{ClockId, clock_gettime};
use std::fs;
use std::io;
use std::str::FromStr;
use std::time::{Duration, Instant};

/// A process's CPU time so far, all its threads together. The kernel counts in
/// ticks, commonly of 10 ms: measure for seconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Cpu {
    pub(crate) user: Duration,
    pub(crate) system: Duration,
}

/// A process's memory.
#[expect(clippy::struct_field_names, reason = "a unit is the last word of a name")]
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Memory {
    pub(crate) rss_bytes: u64,
    /// Shared pages counted by their share.
    pub(crate) pss_bytes: u64,
    /// Neither file-backed nor shared: heap and stacks.
    pub(crate) anonymous_bytes: u64,
}

/// CPU and wall time between two moments.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Usage {
    pub(crate) wall: Duration,
    /// Unknown unless the server's process was named.
    pub(crate) server: Option<Cpu>,
    /// What we took ourselves.
    pub(crate) load: Duration,
}

/// Reads the clocks at the start and at the end of a measurement.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Meter {
    server: Option<(u32, Cpu)>,
    load: Duration,
    started_at: Instant,
}

impl Meter {
    pub(crate) fn start(server: Option<u32>) -> Result<Meter, LoadError> {
        let server = server.map(|pid| cpu(pid).map(|cpu| (pid, cpu))).transpose()?;
        Ok(Meter { server, load: own_cpu(), started_at: Instant::now() })
    }

    pub(crate) fn stop(&self) -> Result<Usage, LoadError> {
        let server = self.server.map(|(pid, before)| cpu(pid).map(|now| now.since(before))).transpose()?;
        let load = own_cpu().saturating_sub(self.load);
        Ok(Usage { wall: self.started_at.elapsed(), server, load })
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.started_at.elapsed()
    }
}

impl Cpu {
    pub(crate) fn total(self) -> Duration {
        self.user + self.system
    }

    fn since(self, before: Cpu) -> Cpu {
        Cpu { user: self.user.saturating_sub(before.user), system: self.system.saturating_sub(before.system) }
    }
}

/// What this process has taken so far, to the nanosecond.
fn own_cpu() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ProcessCPUTime)).unwrap_or_default()
}

fn cpu(pid: u32) -> Result<Cpu, LoadError> {
    read(format!("/proc/{pid}/stat"), parse_stat)
}

/// Memory of process `pid`.
pub(crate) fn memory(pid: u32) -> Result<Memory, LoadError> {
    read(format!("/proc/{pid}/smaps_rollup"), parse_rollup)
}

fn read<T>(path: String, parse: fn(&str) -> Option<T>) -> Result<T, LoadError> {
    let text = fs::read_to_string(&path);
    let parsed = text.and_then(|text| parse(&text).ok_or_else(|| io::ErrorKind::InvalidData.into()));
    parsed.map_err(|error| LoadError::Process { path, error })
}

/// Fields 14 and 15 of `proc_pid_stat(5)`, in ticks. The second field is a name in
/// parentheses that may itself hold spaces and parentheses.
fn parse_stat(stat: &str) -> Option<Cpu> {
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut fields = after_name.split_ascii_whitespace().skip(11).map(u64::from_str);
    let per_second = rustix::param::clock_ticks_per_second().max(1);
    let duration = |ticks: u64| Duration::from_nanos(ticks.saturating_mul(1_000_000_000 / per_second));
    Some(Cpu { user: duration(fields.next()?.ok()?), system: duration(fields.next()?.ok()?) })
}

fn parse_rollup(rollup: &str) -> Option<Memory> {
    let bytes = |name: &str| {
        let line = rollup.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
        line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kib| kib * 1_024)
    };
    Some(Memory { rss_bytes: bytes("Rss")?, pss_bytes: bytes("Pss")?, anonymous_bytes: bytes("Anonymous")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_hold_spaces_and_parentheses() {
        let ticks = rustix::param::clock_ticks_per_second();
        let stat = format!("7 (a ) b) S 1 1 1 0 -1 0 1 2 3 4 {} {} 0 0", 2 * ticks, 3 * ticks);
        let expected = Cpu { user: Duration::from_secs(2), system: Duration::from_secs(3) };
        assert_eq!(parse_stat(&stat), Some(expected));
        assert_eq!(parse_stat("7 (name"), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_can_be_read() {
        let memory = memory(std::process::id()).unwrap();
        assert!(memory.anonymous_bytes > 0 && memory.rss_bytes >= memory.anonymous_bytes);
        let usage = Meter::start(Some(std::process::id())).unwrap().stop().unwrap();
        assert!(usage.server.is_some() && usage.load > Duration::ZERO);
        assert!(matches!(super::memory(u32::MAX), Err(LoadError::Process { .. })));
    }

    #[test]
    fn pss_is_not_mistaken_for_its_parts() {
        let rollup = "Rss:   10 kB\nPss_Dirty: 1 kB\nPss:   8 kB\nAnonymous:  4 kB\n";
        let expected = Memory { rss_bytes: 10_240, pss_bytes: 8_192, anonymous_bytes: 4_096 };
        assert_eq!(parse_rollup(rollup), Some(expected));
    }
}
