//! A shard's part in a graceful stop: farewell, closes in batches, the cut.

use super::core::Core;
use super::session::Session;
use crate::app::Application;
use crate::stop::StopOptions;
use fanfare_core::id::ConnectionId;
use fanfare_core::time::Instant;
use fanfare_core::wire::Frame;
use std::collections::VecDeque;

/// A stop under way.
#[derive(Debug)]
pub(super) struct Draining {
    options: StopOptions,
    farewell: Option<Frame>,
    cut_at: Instant,
    next_batch_at: Instant,
    /// Not told to go yet.
    waiting: VecDeque<ConnectionId>,
    is_reported: bool,
}

impl Draining {
    /// When something is to be done next.
    pub(super) fn next(&self) -> Option<Instant> {
        if self.is_reported {
            None
        } else if self.waiting.is_empty() {
            Some(self.cut_at)
        } else {
            Some(self.cut_at.min(self.next_batch_at))
        }
    }
}

impl Core {
    /// Starts the stop, or shortens the one under way.
    pub(super) fn drain(&mut self, options: StopOptions) {
        let cut_at = self.now + options.time_max;
        if let Some(draining) = &mut self.draining {
            draining.cut_at = draining.cut_at.min(cut_at);
            return;
        }
        self.draining = Some(Draining {
            farewell: options.farewell.as_ref().map(Frame::from),
            cut_at,
            next_batch_at: self.now,
            waiting: self.hub.connections().collect(),
            is_reported: false,
            options,
        });
    }

    /// Closes the next batch when it is time, and cuts when time is up.
    pub(super) fn continue_draining(&mut self, app: &Application) {
        let Some(mut draining) = self.draining.take() else { return };
        if !draining.is_reported {
            if self.now >= draining.next_batch_at {
                self.close_batch(app, &mut draining);
            }
            if self.now >= draining.cut_at {
                draining.waiting.clear();
                self.abort_all(app);
            }
            self.settle(app);
        }
        self.draining = Some(draining);
    }

    /// Tells once that the stop needs this shard no longer. To be asked at the
    /// end of a turn, when the last words may have been written: nothing wakes
    /// a shard that has no connection left.
    pub(super) fn report_drained(&mut self) {
        let is_to_tell = |draining: &Draining| !draining.is_reported && draining.waiting.is_empty();
        if !self.draining.as_ref().is_some_and(is_to_tell) || self.has_business() {
            return;
        }
        if let Some(draining) = &mut self.draining {
            draining.is_reported = true;
        }
        self.server().shard_drained();
    }

    /// Whether somebody is still to be answered or heard out. Not the silent
    /// who have connected and asked nothing: they could hold up a stop for ever.
    fn has_business(&self) -> bool {
        self.sessions.iter().any(|session| match session {
            Session::Asking(_) | Session::Open(_) | Session::Over => true,
            Session::Free | Session::New { .. } => false,
        })
    }

    fn close_batch(&mut self, app: &Application, draining: &mut Draining) {
        let StopOptions { batch, interval, code, ref reason, .. } = draining.options;
        let count = if batch == 0 { draining.waiting.len() } else { batch.min(draining.waiting.len()) };
        for id in draining.waiting.drain(..count) {
            if let Some(handler) = self.route(app, id).and_then(|route| route.on_stop.as_ref())
                && self.hub.is_open(id)
            {
                self.guard(app, id, |ctx| handler(ctx));
            }
            if let Some(farewell) = &draining.farewell {
                // A full outbox loses the farewell, not the close.
                let _ = self.send(id, farewell);
            }
            self.close(id, code, reason);
        }
        draining.next_batch_at = self.now + interval;
    }

    /// Whether new connections are refused.
    pub(super) fn is_draining(&self) -> bool {
        self.draining.is_some()
    }
}
