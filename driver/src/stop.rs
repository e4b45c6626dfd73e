//! The graceful stop: what is said, and how long it may take.

use fanfare_core::close::CloseCode;
use fanfare_core::wire::Message;
use std::time::Duration;

/// How a server stops. Connections are told and closed; whoever has not left
/// by `time_max` is cut.
#[derive(Clone, Debug)]
pub struct StopOptions {
    /// From the start of the stop to the cut.
    pub time_max: Duration,
    /// A last message for everyone. What a route says of its own, it says in
    /// [`Route::on_stop`](crate::Route::on_stop), before.
    pub farewell: Option<Message<'static>>,
    /// The close code; 1001, going away, by default.
    pub code: CloseCode,
    /// The close reason.
    pub reason: String,
    /// How many connections of a shard are closed at a time. 0 = all at once.
    pub batch: usize,
    /// The pause between batches.
    pub interval: Duration,
}

impl Default for StopOptions {
    fn default() -> Self {
        StopOptions {
            time_max: Duration::from_secs(10),
            farewell: None,
            code: CloseCode::Away,
            reason: String::from("server is stopping"),
            batch: 0,
            interval: Duration::from_millis(100),
        }
    }
}
