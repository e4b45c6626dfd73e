//! Every limit and time of the hub, in one place.
//!
//! [`Settings`] is the plain, editable form; [`Settings::build`] checks the
//! combinations and yields a [`Config`], which can only be read. What may differ
//! from route to route is [`ConnectionSettings`] → [`ConnectionConfig`].
//!
//! Units are the last word of a name; times are [`Duration`]s. `0` means
//! "unlimited" only where a field says so, and is refused everywhere else.
//!
//! ```
//! use fanfare_core::config::{OriginRule, Overflow, Preset, Settings};
//!
//! let config = Settings::preset(Preset::Mist)
//!     .with(|server| {
//!         server.connections_max = 50_000;
//!         server.connection.outbox_policy = Overflow::DropOldest;
//!         server.connection.origin = OriginRule::Any;
//!     })
//!     .build()?;
//! assert_eq!(config.connection().outbox_messages_max, 256);
//! # Ok::<(), fanfare_core::config::ConfigError>(())
//! ```
//!
//! [`Duration`]: std::time::Duration

mod checked;
mod error;
mod policies;
mod presets;
mod settings;
mod text;
pub(crate) mod validate;

#[cfg(test)]
mod tests;

pub use checked::{Config, ConnectionConfig};
pub use error::ConfigError;
pub use policies::{ClientIdPolicy, Compression, KeepHeaders, OriginRule, Overflow};
pub use presets::Preset;
pub use settings::{ConnectionSettings, OUTBOX_LEASE_BYTES, Settings};
pub use text::UnknownChoice;

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;
