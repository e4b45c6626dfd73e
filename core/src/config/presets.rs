//! Sets of values that go together.
//!
//! A preset is nothing but values over the defaults: no code may ask which one
//! was chosen.

use super::text::UnknownChoice;
use super::{ConnectionSettings, KIB, MIB, Settings};
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// A named set of values: those of the systems that fanfare can stand in for,
/// and one for conformance suites.
///
/// Those systems also have sizes for a read and a write buffer of each
/// connection. They have no counterpart here, where one buffer serves a shard.
///
/// ```
/// use fanfare_core::config::{Preset, Settings};
///
/// for preset in Preset::ALL {
///     assert_eq!(preset.to_string().parse(), Ok(preset));
///     assert!(Settings::preset(preset).build().is_ok());
/// }
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Preset {
    /// Ping every 30 s, liveness 60 s; 256 messages wait, of up to 512 KiB.
    Mist,
    /// As [`Preset::Mist`], with messages of up to 1 MiB and room for two of
    /// them; the original has no bound.
    Mtp2,
    /// Ping every 15 s, liveness 30 s; 64 messages wait, of up to 1 MiB each and
    /// 8 MiB together.
    Goutils,
    /// Ping every 30 s, liveness 5 min; 1,000 messages wait, of up to 512 KiB.
    Zlib,
    /// What the Autobahn suite sends: messages of 16 MiB in 131,072 fragments,
    /// bursts of pings. Not for a server that strangers can reach.
    Conformance,
}

impl Preset {
    /// Every preset.
    pub const ALL: [Preset; 5] =
        [Preset::Mist, Preset::Mtp2, Preset::Goutils, Preset::Zlib, Preset::Conformance];

    /// The name, as [`FromStr`] reads it.
    pub const fn name(self) -> &'static str {
        match self {
            Preset::Mist => "mist",
            Preset::Mtp2 => "mtp2",
            Preset::Goutils => "goutils",
            Preset::Zlib => "zlib",
            Preset::Conformance => "conformance",
        }
    }

    pub(super) fn settings(self) -> Settings {
        let edit = match self {
            Preset::Mist => mist,
            Preset::Mtp2 => mtp2,
            Preset::Goutils => goutils,
            Preset::Zlib => zlib,
            Preset::Conformance => conformance,
        };
        Settings { connection: ConnectionSettings::default().with(edit), ..Settings::default() }
    }
}

/// Said in full even where it is the default, which may change.
fn mist(route: &mut ConnectionSettings) {
    route.ping_interval = Some(Duration::from_secs(30));
    route.liveness_time_max = Duration::from_secs(60);
    route.write_time_max = Duration::from_secs(10);
    route.outbox_messages_max = 256;
    route.message_bytes_max = 512 * KIB;
}

fn mtp2(route: &mut ConnectionSettings) {
    route.ping_interval = Some(Duration::from_secs(30));
    route.liveness_time_max = Duration::from_secs(60);
    route.write_time_max = Duration::from_secs(10);
    route.outbox_messages_max = 256;
    route.message_bytes_max = MIB;
    route.inbox_bytes_max = 2 * MIB;
    // Two messages and their headers.
    room_for(route, 2 * MIB + KIB);
}

fn goutils(route: &mut ConnectionSettings) {
    route.ping_interval = Some(Duration::from_secs(15));
    route.liveness_time_max = Duration::from_secs(30);
    route.ack_time_max = Duration::from_secs(5);
    route.write_time_max = Duration::from_secs(10);
    route.outbox_messages_max = 64;
    route.message_bytes_max = MIB;
    route.inbox_bytes_max = 2 * MIB;
    room_for(route, 8 * MIB);
}

fn zlib(route: &mut ConnectionSettings) {
    route.ping_interval = Some(Duration::from_secs(30));
    route.liveness_time_max = Duration::from_secs(5 * 60);
    route.outbox_messages_max = 1_000;
    route.message_bytes_max = 512 * KIB;
}

fn conformance(route: &mut ConnectionSettings) {
    route.message_bytes_max = 16 * MIB;
    route.fragments_max = 131_072;
    // Large messages come in writes of 64 bytes, slower than any real peer's.
    route.message_time_max = Duration::from_secs(5 * 60);
    route.liveness_time_max = Duration::from_secs(5 * 60);
    // The suite compares all that it receives with what it expects: a ping of
    // ours would fail a long case.
    route.ping_interval = None;
    route.control_frames_per_second_max = 100_000;
    // A burst may wait as a whole: each of its pings wants its own pong.
    route.pongs_pending_max = 1_024;
    route.outbox_messages_max = 4_096;
    route.inbox_messages_max = 4_096;
    route.inbox_bytes_max = 64 * MIB;
    room_for(route, 64 * MIB);
}

/// An outbox of `bytes`, with the pressure mark at the half as in the defaults.
fn room_for(route: &mut ConnectionSettings, bytes: usize) {
    route.outbox_bytes_max = bytes;
    route.outbox_pressure_bytes = bytes / 2;
}

impl fmt::Display for Preset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Preset {
    type Err = UnknownChoice;

    fn from_str(text: &str) -> Result<Preset, UnknownChoice> {
        Preset::ALL.into_iter().find(|preset| preset.name() == text).ok_or_else(|| {
            UnknownChoice::new("preset", text, "`mist`, `mtp2`, `goutils`, `zlib` or `conformance`")
        })
    }
}
