//! A client as a task: turns, and sleep until the next.

use crate::dial::Dialer;
use fanfare_driver::{Client, ClientHandle, ClientStartError, ClientStream, ClientTask, Turn};
use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::task::{coop, yield_now};
use tokio::time::{Instant, Sleep, sleep};

/// Starts a client as a task of the current runtime, for its callbacks. It connects
/// when it is [asked](ClientHandle::connect) to, and ends with the last handle.
///
/// ```no_run
/// use fanfare_driver::Client;
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let client = Client::new("ws://127.0.0.1:8080/ws/echo")?
///     .on_message(|_, message| println!("{message:?}"));
/// let client = fanfare_tokio::start(client)?;
/// client.connect().await?;
/// client.send("Hello from client!").await?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// As of [`Client::launch`]; [`ClientStartError::Run`] outside of a runtime.
pub fn start(client: Client) -> Result<ClientHandle, ClientStartError> {
    let runtime = current()?;
    let (task, handle) = client.launch(Arc::new(Dialer))?;
    runtime.spawn(run(task));
    Ok(handle)
}

/// The same for who pulls what the client hears.
///
/// ```no_run
/// use fanfare_driver::Client;
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let mut client = fanfare_tokio::open(Client::new("ws://127.0.0.1:8080/ws/echo")?)?;
/// client.handle().connect().await?;
/// while let Some(message) = client.recv().await {
///     client.handle().send(message).await?;
/// }
/// # Ok(())
/// # }
/// ```
pub fn open(client: Client) -> Result<ClientStream, ClientStartError> {
    let runtime = current()?;
    let (task, stream) = client.launch_stream(Arc::new(Dialer))?;
    runtime.spawn(run(task));
    Ok(stream)
}

fn current() -> Result<Handle, ClientStartError> {
    let outside = |error| io::Error::other(format!("it must be started inside a tokio runtime: {error}"));
    Handle::try_current().map_err(|error| ClientStartError::Run(outside(error)))
}

/// Runs a client to its end.
///
/// Unconstrained: where tokio's own budget ends, a socket that could take more says
/// that it cannot, and what is queued finds no room. A client has budgets of its
/// own, and yields between turns.
async fn run(mut client: ClientTask) {
    let mut timer = pin!(sleep(Duration::ZERO));
    loop {
        let turn = poll_fn(|cx| poll_turn(&mut client, timer.as_mut(), cx));
        if coop::unconstrained(turn).await == Turn::Ended {
            return;
        }
        yield_now().await;
    }
}

/// Takes a turn; ready when another is due at once, or none ever.
fn poll_turn(client: &mut ClientTask, timer: Pin<&mut Sleep>, cx: &mut Context<'_>) -> Poll<Turn> {
    let until = match client.turn(cx) {
        Turn::Idle { until } => until,
        turn @ (Turn::Busy | Turn::Ended) => return Poll::Ready(turn),
    };
    let Some(deadline) = until.and_then(|until| client.deadline(until)) else {
        return Poll::Pending;
    };
    ready!(poll_deadline(timer, Instant::from_std(deadline), cx));
    Poll::Ready(Turn::Busy)
}

fn poll_deadline(mut timer: Pin<&mut Sleep>, deadline: Instant, cx: &mut Context<'_>) -> Poll<()> {
    if timer.deadline() != deadline {
        timer.as_mut().reset(deadline);
    }
    timer.poll(cx)
}
