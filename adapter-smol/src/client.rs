//! A client as a task: turns, and sleep until the next.

use crate::alarm::Alarm;
use crate::dial::Dialer;
use fanfare_driver::{Client, ClientHandle, ClientStartError, ClientStream, ClientTask, Turn};
use smol::future::yield_now;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

/// Starts a client as a task of smol's global executor, for its callbacks. It
/// connects when it is [asked](ClientHandle::connect) to, and ends with the last
/// handle.
///
/// ```no_run
/// use fanfare_driver::Client;
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let client = Client::new("ws://127.0.0.1:8080/ws/echo")?
///     .on_message(|_, message| println!("{message:?}"));
/// let client = fanfare_smol::start(client)?;
/// client.connect().await?;
/// client.send("Hello from client!").await?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// As of [`Client::launch`].
pub fn start(client: Client) -> Result<ClientHandle, ClientStartError> {
    let (task, handle) = client.launch(Arc::new(Dialer))?;
    smol::spawn(run(task)).detach();
    Ok(handle)
}

/// The same for who pulls what the client hears.
///
/// ```no_run
/// use fanfare_driver::Client;
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let mut client = fanfare_smol::open(Client::new("ws://127.0.0.1:8080/ws/echo")?)?;
/// client.handle().connect().await?;
/// while let Some(message) = client.recv().await {
///     client.handle().send(message).await?;
/// }
/// # Ok(())
/// # }
/// ```
pub fn open(client: Client) -> Result<ClientStream, ClientStartError> {
    let (task, stream) = client.launch_stream(Arc::new(Dialer))?;
    smol::spawn(run(task)).detach();
    Ok(stream)
}

/// Runs a client to its end, on any executor.
async fn run(mut client: ClientTask) {
    let mut alarm = Alarm::default();
    loop {
        let turn = poll_fn(|cx| poll_turn(&mut client, &mut alarm, cx));
        if turn.await == Turn::Ended {
            return;
        }
        yield_now().await;
    }
}

/// Takes a turn; ready when another is due at once, or none ever.
fn poll_turn(client: &mut ClientTask, alarm: &mut Alarm, cx: &mut Context<'_>) -> Poll<Turn> {
    let until = match client.turn(cx) {
        Turn::Idle { until } => until,
        turn @ (Turn::Busy | Turn::Ended) => return Poll::Ready(turn),
    };
    let Some(deadline) = until.and_then(|until| client.deadline(until)) else {
        return Poll::Pending;
    };
    ready!(alarm.poll_deadline(deadline, cx));
    Poll::Ready(Turn::Busy)
}
