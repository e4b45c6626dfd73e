//! A client that says hello, then every ten seconds that it is still there, and comes
//! back whenever its server does:
//!
//! ```sh
//! cargo run --features client --example heartbeat_client -- ws://127.0.0.1:8080/ws/echo
//! ```

#![expect(clippy::print_stdout, reason = "whoever starts it wants to see what it hears")]

use fanfare::Client;
use std::env;
use std::time::Duration;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let url = env::args().nth(1).unwrap_or_else(|| "ws://127.0.0.1:8080/ws/echo".into());
    let client = Client::new(&url)?
        .settings(|settings| settings.reconnect_first = true)
        .on_connected(|client, _| {
            println!("connected to {}", client.url());
            client.send("Hello from client!")
        })
        .on_message(|_, message| println!("heard {message:?}"))
        .on_disconnected(|_, over| println!("disconnected: {}", over.reason))
        .on_reconnecting(|_, attempt, delay| println!("attempt {attempt} follows in {delay:?}"))
        .on_fault(|_, fault| println!("{fault}"));

    let client = fanfare::tokio::start(client)?;
    client.connect().await?;
    loop {
        tokio::time::sleep(Duration::from_secs(10)).await;
        // Refused while there is no connection, which is no reason to stop.
        let _ = client.send("Heartbeat message").await;
    }
}
