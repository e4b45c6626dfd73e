//! A client of the lobby: joins a room, says something there every five seconds and
//! waits for it to be acknowledged, and prints what others say:
//!
//! ```sh
//! cargo run --features client --example lobby_client -- ws://127.0.0.1:8080/ws
//! ```

#![expect(clippy::print_stdout, reason = "whoever starts it wants to see what it hears")]

use fanfare::{Answer, Client, Envelope, EventName, HandlerError, Reconnect};
use serde::{Deserialize, Serialize};
use std::env;
use std::time::Duration;

#[derive(Serialize, Deserialize)]
struct Chat {
    user: String,
    message: String,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let url = env::args().nth(1).unwrap_or_else(|| "ws://127.0.0.1:8080/ws".into());
    let client = Client::new(&url)?
        .settings(|settings| {
            settings.connection.envelope = Envelope::Typed;
            settings.connection.ping_interval = Some(Duration::from_secs(10));
            settings.reconnect = Reconnect::EXPONENTIAL;
            settings.reconnect_first = true;
        })
        .on_connected(|client, _| println!("connected to {}", client.url()))
        .on("chat", |_, event| {
            let Chat { user, message } = event.data()?;
            println!("{user}: {message}");
            Ok::<_, HandlerError>(())
        })
        .on_fault(|_, fault| println!("{fault}"));

    let client = fanfare::tokio::start(client)?;
    // Now, and on each connection that follows.
    client.join("lobby").await?;
    client.connect().await?;
    for number in 1.. {
        let chat = Chat { user: "ann".into(), message: format!("message {number}") };
        let event = EventName::new("chat").room("lobby");
        match client.emit_with_ack(event, &chat, Duration::from_secs(5)).await {
            Ok(Answer::Data(data)) => println!("message {number} is acknowledged: {}", data.raw()),
            Ok(Answer::Error(why)) => println!("message {number} is refused: {why}"),
            Err(error) => println!("message {number} is lost: {error}"),
        }
        tokio::time::sleep(Duration::from_secs(5)).await;
    }
    Ok(())
}
