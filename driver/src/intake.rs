//! What an accept loop decides: whom it hands on, whom it drops, when it lets
//! others go first, and when it pauses.
//!
//! Apart from the adapters because these decisions are the same on all of them;
//! they only wait. Must never end on an error that a busy machine can give, nor
//! flood the log with it.

use crate::server::Acceptor;
use crate::socket::OsSocket;
use fanfare_core::time::Instant;
use std::fmt::Display;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

/// The first pause after an error that will pass, such as no free descriptor.
const BACK_OFF_MIN: Duration = Duration::from_millis(5);
/// The longest pause.
const BACK_OFF_MAX: Duration = Duration::from_secs(1);
/// Connections that are accepted in a row, if so many wait, before others go on:
/// the shards that they are for, and whoever stops the server.
const ACCEPTED_IN_A_ROW_MAX: usize = 64;
/// From one complaint to the next about the same.
const COMPLAINT_INTERVAL: Duration = Duration::from_secs(1);

/// The decisions of one accept loop, which tells it what each accept came to.
#[derive(Debug)]
pub struct Intake<'a> {
    acceptor: &'a Acceptor,
    in_a_row: usize,
    back_off: Duration,
    dropped: Complaint,
    failed: Complaint,
}

/// What an accept loop does next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[must_use]
pub enum Next {
    /// Accepts the next connection, or waits for it.
    Accept,
    /// The same after whatever else is to be done.
    Yield,
    /// The same after a pause.
    Pause(Duration),
}

impl<'a> Intake<'a> {
    /// For one listener.
    pub fn new(acceptor: &'a Acceptor) -> Intake<'a> {
        Intake {
            acceptor,
            in_a_row: 0,
            back_off: BACK_OFF_MIN,
            dropped: Complaint::default(),
            failed: Complaint::default(),
        }
    }

    /// Takes what [`OsListener::accept`](crate::OsListener::accept) said, other
    /// than that there is nobody.
    pub fn take(&mut self, accepted: io::Result<(OsSocket, Option<SocketAddr>)>) -> Next {
        match accepted {
            Ok((socket, peer)) => {
                self.back_off = BACK_OFF_MIN;
                self.hand_on(socket, peer);
            }
            Err(error) if is_about_one_connection(&error) => {}
            Err(error) => return self.pause(&error),
        }
        self.in_a_row += 1;
        if self.in_a_row < ACCEPTED_IN_A_ROW_MAX {
            return Next::Accept;
        }
        self.in_a_row = 0;
        Next::Yield
    }

    fn hand_on(&mut self, socket: OsSocket, peer: Option<SocketAddr>) {
        if let Err(error) = self.acceptor.accept(Box::new(socket), peer, Vec::new()) {
            let now = self.acceptor.now();
            self.dropped.tell(now, |count| {
                tracing::warn!(%error, count, "connections dropped as soon as they were accepted");
            });
        }
    }

    fn pause(&mut self, error: &dyn Display) -> Next {
        let pause = self.back_off;
        self.in_a_row = 0;
        self.back_off = (pause * 2).min(BACK_OFF_MAX);
        self.failed.tell(self.acceptor.now(), |count| {
            tracing::warn!(%error, count, ?pause, "cannot accept connections for now");
        });
        Next::Pause(pause)
    }
}

/// The peer gave up between its SYN and our accept: nothing to wait for.
fn is_about_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::Interrupted
    )
}

/// Something that can happen thousands of times a second, and is told of once.
#[derive(Debug, Default)]
struct Complaint {
    told_at: Option<Instant>,
    /// How often it has happened since.
    count: u64,
}

impl Complaint {
    /// It has happened; tells how often, unless it has told just now.
    fn tell(&mut self, now: Instant, tell: impl FnOnce(u64)) {
        self.count += 1;
        if self.told_at.is_none_or(|told_at| now >= told_at + COMPLAINT_INTERVAL) {
            tell(self.count);
            *self = Complaint { told_at: Some(now), count: 0 };
        }
    }
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::{App, BoxFuture};
    use crate::server::{Launch, Spawn};
    use std::os::unix::net::UnixStream;
    use std::sync::Arc;

    struct Nowhere;

    impl Spawn for Nowhere {
        fn spawn(&self, _: BoxFuture<()>) {}

        fn spawn_blocking(&self, _: Box<dyn FnOnce() + Send>) -> io::Result<()> {
            Ok(())
        }
    }

    fn launch() -> Launch {
        Launch::new(App::new(), 1, Arc::new(Nowhere)).unwrap()
    }

    fn somebody() -> io::Result<(OsSocket, Option<SocketAddr>)> {
        let (near, _) = UnixStream::pair()?;
        Ok((OsSocket::try_from(near)?, None))
    }

    fn no_descriptor() -> io::Result<(OsSocket, Option<SocketAddr>)> {
        Err(io::Error::other("no free descriptor"))
    }

    #[test]
    fn pauses_grow_up_to_a_second_and_begin_anew_when_somebody_was_accepted() {
        let Launch { acceptor, shards: _shards, .. } = launch();
        let mut intake = Intake::new(&acceptor);
        let pauses = [5, 10, 20, 40, 80, 160, 320, 640, 1_000, 1_000];
        for pause in pauses {
            assert_eq!(intake.take(no_descriptor()), Next::Pause(Duration::from_millis(pause)));
        }
        assert_eq!(intake.take(somebody()), Next::Accept);
        assert_eq!(intake.take(no_descriptor()), Next::Pause(BACK_OFF_MIN));
    }

    #[test]
    fn a_peer_that_gave_up_is_nothing_to_pause_for() {
        let Launch { acceptor, shards: _shards, .. } = launch();
        let aborted = Err(io::Error::from(io::ErrorKind::ConnectionAborted));
        assert_eq!(Intake::new(&acceptor).take(aborted), Next::Accept);
    }

    #[test]
    fn a_crowd_lets_others_go_on_in_between() {
        let Launch { acceptor, shards: _shards, .. } = launch();
        let mut intake = Intake::new(&acceptor);
        let yields = (0..200).filter(|_| intake.take(somebody()) == Next::Yield).count();
        assert_eq!(yields, 200 / ACCEPTED_IN_A_ROW_MAX);
    }

    #[test]
    fn what_happens_all_the_time_is_told_of_once_a_second() {
        let mut complaint = Complaint::default();
        let mut told = Vec::new();
        for millis in (0_u64..2_500).step_by(10) {
            complaint.tell(Instant::from_nanos(millis * 1_000_000), |count| told.push(count));
        }
        assert_eq!(told, [1, 100, 100]);
    }
}
