//! A client on a thread: turns, and sleep until the next.

use crate::bell::Bell;
use crate::dial::Dialer;
use fanfare_driver::{Client, ClientHandle, ClientStartError, ClientStream, ClientTask, Turn};
use mio::{Events, Poll, Token};
use std::io;
use std::sync::Arc;
use std::task::{Context, Waker};
use std::thread;
use std::time::Duration;

const BELL: Token = Token(0);
const LINE: Token = Token(1);

/// Starts a client on a thread of its own, for its callbacks. It connects when it
/// is [asked](ClientHandle::connect) to, and ends with the last handle.
///
/// ```no_run
/// use fanfare_driver::Client;
///
/// # fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let client = Client::new("ws://127.0.0.1:8080/ws/echo")?
///     .on_message(|_, message| println!("{message:?}"));
/// let client = fanfare_std_threads::start(client)?;
/// client.connect().wait()?;
/// client.send("Hello from client!").wait()?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// As of [`Client::launch`]; [`ClientStartError::Run`] when the system has no thread,
/// or no descriptors, left.
pub fn start(client: Client) -> Result<ClientHandle, ClientStartError> {
    let bed = Bed::new().map_err(ClientStartError::Run)?;
    let (task, handle) = client.launch(bed.dialer().map_err(ClientStartError::Run)?)?;
    spawn(task, bed)?;
    Ok(handle)
}

/// The same for who pulls what the client hears.
///
/// ```no_run
/// use fanfare_driver::Client;
///
/// # fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let mut client = fanfare_std_threads::open(Client::new("ws://127.0.0.1:8080/ws/echo")?)?;
/// client.handle().connect().wait()?;
/// while let Some(message) = client.recv().wait() {
///     client.handle().send(message).wait()?;
/// }
/// # Ok(())
/// # }
/// ```
pub fn open(client: Client) -> Result<ClientStream, ClientStartError> {
    let bed = Bed::new().map_err(ClientStartError::Run)?;
    let (task, stream) = client.launch_stream(bed.dialer().map_err(ClientStartError::Run)?)?;
    spawn(task, bed)?;
    Ok(stream)
}

fn spawn(task: ClientTask, bed: Bed) -> Result<(), ClientStartError> {
    let thread = thread::Builder::new().name("fanfare-client".into());
    thread.spawn(move || run(task, bed)).map_err(ClientStartError::Run)?;
    Ok(())
}

/// Runs a client to its end.
fn run(mut client: ClientTask, mut bed: Bed) {
    let waker = bed.waker.clone();
    let mut cx = Context::from_waker(&waker);
    loop {
        let until = match client.turn(&mut cx) {
            Turn::Busy => continue,
            Turn::Idle { until } => until.map(|until| client.time_until(until)),
            Turn::Ended => return,
        };
        if let Err(error) = bed.sleep(until) {
            // None is known to happen. The client ends, and says so.
            tracing::error!(%error, "a client cannot sleep, and ends");
            return;
        }
    }
}

/// What the thread of a client sleeps in: woken by its bell, or by its line.
struct Bed {
    poll: Poll,
    events: Events,
    waker: Waker,
}

impl Bed {
    fn new() -> io::Result<Bed> {
        let poll = Poll::new()?;
        let waker = Waker::from(Arc::new(Bell::new(poll.registry(), BELL)?));
        Ok(Bed { poll, events: Events::with_capacity(4), waker })
    }

    fn dialer(&self) -> io::Result<Arc<Dialer>> {
        Ok(Arc::new(Dialer::new(self.poll.registry().try_clone()?, LINE)))
    }

    fn sleep(&mut self, time_max: Option<Duration>) -> io::Result<()> {
        match self.poll.poll(&mut self.events, time_max) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => Err(error),
            Ok(()) | Err(_) => Ok(()),
        }
    }
}
