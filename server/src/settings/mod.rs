//! Where the settings come from, and which source wins.
//!
//! One table ([`table`]) has a row per setting; flags, environment, file, help
//! and `--print-config` are all made from it. What the settings mean and which of
//! them go together, the core decides.

mod field;
mod file;
mod flags;
mod placement;
mod table;
mod token;
mod units;

#[cfg(test)]
mod tests;

pub(crate) use field::InvalidValue;
pub(crate) use flags::Given;
pub(crate) use placement::Shards;
pub(crate) use token::Token;
pub(crate) use units::parse_time;

use crate::apps::Mounts;
use crate::cli::Arguments;
use crate::failure::Failure;
use fanfare_core::config::{Config, ConfigError, Preset, Settings};
use fanfare_core::handshake::Network;
use placement::{Placement, Runtime};
use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroU16;
use std::path::{Path, PathBuf};
use std::time::Duration;
use table::Setting;
use tracing_subscriber::EnvFilter;

/// What `serve` works with: every value read, every combination checked.
#[derive(Debug)]
pub(crate) struct ServeOptions {
    /// Where to listen; port 0 is any free one.
    pub(crate) addr: SocketAddr,
    /// What to show to peers that speak TLS; `None` = speak plainly.
    pub(crate) tls: Option<TlsFiles>,
    /// What operators who are not on this machine show; `None` = there are none.
    pub(crate) operator_token: Option<Token>,
    /// Whose word on a client's address is taken.
    pub(crate) trusted_proxies: Vec<Network>,
    /// Which application is where.
    pub(crate) mount: Mounts,
    /// What the shards are.
    pub(crate) shards: Shards,
    /// How many there are; `None` = one per core.
    pub(crate) shards_count: Option<NonZeroU16>,
    /// What is logged.
    pub(crate) log: EnvFilter,
    /// How often a line of status is logged; `None` = never.
    pub(crate) status_log_interval: Option<Duration>,
    /// How long a graceful stop may take.
    pub(crate) stop_time_max: Duration,
    /// The hub's own settings.
    pub(crate) config: Config,
}

/// A server's certificate and its key.
#[derive(Debug)]
pub(crate) struct TlsFiles {
    pub(crate) chain: PathBuf,
    pub(crate) key: PathBuf,
}

/// The settings while sources still write into them.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    addr: SocketAddr,
    tls_cert: Option<PathBuf>,
    tls_key: Option<PathBuf>,
    operator_token: Option<Token>,
    operator_token_file: Option<PathBuf>,
    trusted_proxies: Vec<Network>,
    mount: Mounts,
    runtime: Runtime,
    placement: Placement,
    shards: Option<NonZeroU16>,
    log: String,
    status_log_interval: Option<Duration>,
    stop_time_max: Duration,
    hub: Settings,
}

impl Default for Draft {
    fn default() -> Self {
        Draft {
            addr: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            tls_cert: None,
            tls_key: None,
            operator_token: None,
            operator_token_file: None,
            trusted_proxies: Vec::new(),
            mount: Mounts::default(),
            runtime: Runtime::Tokio,
            placement: Placement::Auto,
            shards: None,
            log: "info".to_owned(),
            status_log_interval: Some(Duration::from_secs(60)),
            stop_time_max: Duration::from_secs(10),
            hub: Settings::default(),
        }
    }
}

/// Lays the sources over each other: default, preset, file, environment, flags.
pub(crate) fn gather(arguments: &Arguments) -> Result<Draft, Failure> {
    let file = arguments.config.as_deref().map(file::read).transpose()?;
    let mut draft = Draft::default();
    if let Some(preset) = chosen_preset(arguments, file.as_ref())? {
        draft.hub = Settings::preset(preset);
    }
    if let Some(file) = &file {
        file.apply(&mut draft)?;
    }
    arguments.given.apply(&mut draft)?;
    Ok(draft)
}

/// A preset may be named wherever a setting may; it is laid down first all the same.
fn chosen_preset(arguments: &Arguments, file: Option<&file::File>) -> Result<Option<Preset>, Failure> {
    let (place, name) = match (&arguments.preset, file.and_then(file::File::preset)) {
        (Some(name), _) => ("--preset or FANFARE_PRESET".to_owned(), name.clone()),
        (None, Some((place, name))) => (place, name),
        (None, None) => return Ok(None),
    };
    let preset =
        name.parse().map_err(|unknown| Failure::Value { place, invalid: InvalidValue::from(unknown) });
    preset.map(Some)
}

impl Draft {
    /// Checks what can only be judged when all sources have spoken.
    pub(crate) fn build(self) -> Result<ServeOptions, Failure> {
        let log = EnvFilter::try_new(&self.log).map_err(|_| Failure::Value {
            place: "log".to_owned(),
            invalid: InvalidValue::new(
                "log filter",
                &self.log,
                "a level such as info, or fanfare=debug,warn",
            ),
        })?;
        if self.status_log_interval.is_some_and(|interval| interval.is_zero()) {
            return Err(ConfigError::ZeroInsteadOfOff { setting: "status_log_interval" }.into());
        }
        let tls = match (self.tls_cert, self.tls_key) {
            (Some(chain), Some(key)) => Some(TlsFiles { chain, key }),
            (None, None) => None,
            (Some(_), None) => return Err(Failure::HalfOfTls { given: "tls_cert", missing: "tls_key" }),
            (None, Some(_)) => return Err(Failure::HalfOfTls { given: "tls_key", missing: "tls_cert" }),
        };
        let operator_token = match (self.operator_token, self.operator_token_file) {
            (Some(_), Some(_)) => return Err(Failure::TwoTokens),
            (None, Some(path)) => Some(token::read(path)?),
            (token, None) => token,
        };
        Ok(ServeOptions {
            addr: self.addr,
            tls,
            operator_token,
            trusted_proxies: self.trusted_proxies,
            mount: self.mount,
            shards: Shards::new(self.runtime, self.placement)?,
            shards_count: self.shards,
            log,
            status_log_interval: self.status_log_interval,
            stop_time_max: self.stop_time_max,
            config: self.hub.build()?,
        })
    }

    /// The settings as a file that `--config` reads back to the same, but for a
    /// secret that is set: that one is to be given again.
    pub(crate) fn to_toml(&self) -> String {
        let mut draft = self.clone();
        let groups = table::GROUPS.iter().map(|group| {
            let lines = group.settings.iter().map(|setting| {
                let field = (setting.field)(&mut draft);
                if field.is_hidden() {
                    return format!("# {} is set, and not shown\n", setting.name);
                }
                format!("{} = {}\n", setting.name, field.to_toml())
            });
            format!("# {}\n{}", group.heading, lines.collect::<String>())
        });
        groups.collect::<Vec<_>>().join("\n")
    }

    /// Takes `text` for `setting`; `place` is where it stands, for the error.
    fn set(&mut self, setting: &Setting, text: &str, place: &str) -> Result<(), Failure> {
        let field = (setting.field)(self);
        field.set(text).map_err(|invalid| Failure::Value { place: place.to_owned(), invalid })
    }
}

/// How a key of a file is called in an error.
fn place_in_file(key: &str, path: &Path) -> String {
    format!("{key} in {}", path.display())
}
