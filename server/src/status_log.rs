//! A line in the log every now and then: that the server lives, and for how many.
//!
//! Apart from the applications because it needs a timer, and only what runs the
//! server has time to wait: a thread of its own.

use crate::failure::Failure;
use fanfare::Handle;
use std::convert::Infallible;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

/// Logs until the other end of `ended` is dropped.
pub(crate) fn start(handle: Handle, interval: Duration, ended: Receiver<Infallible>) -> Result<(), Failure> {
    let log = move || {
        while let Err(RecvTimeoutError::Timeout) = ended.recv_timeout(interval) {
            tell(&handle);
        }
    };
    thread::Builder::new().name("status".into()).spawn(log).map(drop).map_err(Failure::Start)
}

fn tell(handle: &Handle) {
    let (totals, stats) = (handle.totals(), handle.stats());
    tracing::info!(
        connections = totals.connections,
        connections_total = totals.admitted,
        messages_received = stats.messages_received,
        deliveries_dropped = stats.deliveries_dropped(),
        "status"
    );
}
