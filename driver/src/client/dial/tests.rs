//! Dialing over a network that does what a script says.

use super::*;
use std::future::{pending, ready};
use std::io::IoSlice;
use std::sync::Mutex;
use std::task::Waker;
use std::time::Duration;

/// What an address does.
#[derive(Clone, Copy)]
enum There {
    Answers,
    Refuses,
    IsSilent,
    IsUnreachable,
}

/// A network on which `many.test` has these addresses.
struct Network {
    there: Vec<There>,
    tried: Mutex<Vec<Address>>,
}

#[derive(Debug)]
struct Nothing;

impl Transport for Nothing {
    fn poll_read(&mut self, _: &mut Context<'_>, _: &mut [u8]) -> Poll<io::Result<usize>> {
        Poll::Pending
    }

    fn poll_write(&mut self, _: &mut Context<'_>, _: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Pending
    }

    fn poll_write_vectored(&mut self, _: &mut Context<'_>, _: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        Poll::Pending
    }

    fn poll_flush(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Pending
    }

    fn poll_shutdown(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Pending
    }

    fn abort(&mut self) {}
}

fn address(number: usize) -> SocketAddr {
    SocketAddr::from(([10, 0, 0, u8::try_from(number).unwrap()], 80))
}

fn at_ms(milliseconds: u64) -> Instant {
    Instant::ZERO + Duration::from_millis(milliseconds)
}

impl Dial for Network {
    fn resolve(&self, host: &str, _: u16) -> BoxFuture<io::Result<Vec<SocketAddr>>> {
        match host {
            "many.test" => Box::pin(ready(Ok((0..self.there.len()).map(address).collect()))),
            "silent.test" => Box::pin(pending()),
            _ => Box::pin(ready(Err(io::Error::other("no such host")))),
        }
    }

    fn connect(&self, to: &Address) -> BoxFuture<io::Result<Box<dyn Transport>>> {
        self.tried.lock().unwrap().push(to.clone());
        let known = (0..self.there.len()).find(|number| *to == Address::Tcp(address(*number)));
        let outcome: io::Result<Box<dyn Transport>> = match known.map(|number| self.there[number]) {
            Some(There::Answers) => Ok(Box::new(Nothing)),
            Some(There::IsSilent) => return Box::pin(pending()),
            Some(There::IsUnreachable) => Err(ErrorKind::HostUnreachable.into()),
            Some(There::Refuses) | None => Err(ErrorKind::ConnectionRefused.into()),
        };
        Box::pin(ready(outcome))
    }
}

/// Dials `host` with a second's time, looking when it asks to be looked at; says
/// what came of it, how many addresses were tried, and how long it took in
/// milliseconds. `None` when it is still at it.
fn dial(there: &[There], host: &str) -> (Option<Result<(), ConnectError>>, usize, u64) {
    let network = Arc::new(Network { there: there.to_vec(), tried: Mutex::default() });
    let dial: Arc<dyn Dial> = network.clone();
    let mut dialing = Dialing::host(&dial, host, 80, at_ms(0), Some(at_ms(1_000)));
    let (mut now, mut cx) = (at_ms(0), Context::from_waker(Waker::noop()));
    let outcome = loop {
        match (dialing.poll(&mut cx, now), dialing.until()) {
            (Poll::Ready(outcome), _) => break Some(outcome.map(drop)),
            (Poll::Pending, Some(until)) => now = until,
            (Poll::Pending, None) => break None,
        }
    };
    let tried = network.tried.lock().unwrap().len();
    (outcome, tried, now.as_nanos() / 1_000_000)
}

#[test]
fn addresses_are_tried_in_turn_until_one_answers() {
    use There::{Answers, IsUnreachable, Refuses};
    assert_eq!(dial(&[Answers, Answers], "many.test"), (Some(Ok(())), 1, 0));
    assert_eq!(dial(&[Refuses, IsUnreachable, Answers, Answers], "many.test"), (Some(Ok(())), 3, 0));
}

#[test]
fn the_last_failure_is_told() {
    use There::{IsUnreachable, Refuses};
    assert_eq!(dial(&[IsUnreachable, Refuses], "many.test"), (Some(Err(ConnectError::Refused)), 2, 0));
    let unreachable = ConnectError::Transport(ErrorKind::HostUnreachable);
    assert_eq!(dial(&[Refuses, IsUnreachable], "many.test"), (Some(Err(unreachable)), 2, 0));
}

#[test]
fn the_time_is_shared_among_the_addresses() {
    use There::{Answers, IsSilent, Refuses};
    assert_eq!(dial(&[IsSilent, Answers], "many.test"), (Some(Ok(())), 2, 500));
    // What one does not use is for the others.
    assert_eq!(dial(&[Refuses, IsSilent, Answers], "many.test"), (Some(Ok(())), 3, 500));
    assert_eq!(dial(&[IsSilent; 4], "many.test"), (None, 4, 750), "the last has the rest");
}

#[test]
fn an_address_needs_no_name_server() {
    assert_eq!(dial(&[There::Answers], "10.0.0.0"), (Some(Ok(())), 1, 0));
    assert_eq!(dial(&[], "::1"), (Some(Err(ConnectError::Refused)), 1, 0));
}

#[test]
fn a_host_without_addresses_is_named() {
    for host in ["nowhere.test", "many.test"] {
        let (Some(Err(ConnectError::Dns(why))), 0, 0) = dial(&[], host) else { panic!("it has no address") };
        assert!(why.contains(host), "{why}");
    }
    assert_eq!(dial(&[], "silent.test"), (None, 0, 0));
}
