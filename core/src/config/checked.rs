//! Settings that were checked: what the machines are given.
//!
//! Apart from the editable form so that nothing unchecked can reach a machine;
//! there must never be a way to change a value in here.

use super::{ConfigError, ConnectionSettings, Settings, validate};
use std::ops::Deref;

/// Settings that were checked. Read like [`Settings`]; made by [`Settings::build`].
#[derive(Clone, PartialEq, Debug)]
pub struct Config(pub(super) Settings);

/// Connection settings that were checked. Read like [`ConnectionSettings`]; made
/// by [`ConnectionSettings::build`] or [`Config::route`].
#[derive(Clone, PartialEq, Debug)]
pub struct ConnectionConfig(pub(super) ConnectionSettings);

impl Config {
    /// What holds for a route that says nothing else: a copy, to be kept and
    /// shared by whoever needs it.
    pub fn connection(&self) -> ConnectionConfig {
        ConnectionConfig(self.0.connection.clone())
    }

    /// Checks a route's own settings, alone and against this server.
    ///
    /// ```
    /// use fanfare_core::config::Settings;
    ///
    /// let config = Settings::default().build()?;
    /// let uploads = config.connection.clone().with(|route| route.messages_per_second_max = 5);
    /// assert_eq!(config.route(uploads)?.messages_per_second_max, 5);
    /// # Ok::<(), fanfare_core::config::ConfigError>(())
    /// ```
    pub fn route(&self, settings: ConnectionSettings) -> Result<ConnectionConfig, ConfigError> {
        validate::route(&self.0, &settings)?;
        Ok(ConnectionConfig(settings))
    }
}

impl Deref for Config {
    type Target = Settings;

    fn deref(&self) -> &Settings {
        &self.0
    }
}

impl Deref for ConnectionConfig {
    type Target = ConnectionSettings;

    fn deref(&self) -> &ConnectionSettings {
        &self.0
    }
}
