//! A client to be tested by the Autobahn suite: it asks the suite's server how many
//! cases there are, and in each says back whatever it hears. See
//! `tests/conformance/run-client.sh`, which runs it.
//!
//! ```sh
//! AUTOBAHN_URL=ws://127.0.0.1:9001 cargo run --features client,smol,std-threads \
//!     --example autobahn_client -- --runtime smol
//! ```
//!
//! The limits are those of the `conformance` preset, as for a server: far above the
//! defaults.

mod runtime;

use fanfare::core::close::CloseCode;
use fanfare::{Client, Compression, Preset, Reconnect, Settings};
use runtime::Start;
use std::env;
use std::error::Error;
use std::sync::mpsc;

fn main() -> Result<(), Box<dyn Error>> {
    let url = env::var("AUTOBAHN_URL").map_err(|_| "AUTOBAHN_URL has to say where the suite listens")?;
    let arguments: Vec<String> = env::args().skip(1).collect();
    let name = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => "tokio",
        ["--runtime", name] => name,
        _ => return Err("usage: autobahn_client [--runtime tokio|smol|std-threads]".into()),
    };
    let start = runtime::by_name(name)?;
    let cases = case_count(&start, &url)?;
    for case in 1..=cases {
        echo(&start, &format!("{url}/runCase?case={case}&agent=fanfare-{name}"))?;
    }
    Ok(())
}

/// What the suite says when it is asked.
fn case_count(start: &Start, url: &str) -> Result<u32, Box<dyn Error>> {
    let (say, said) = mpsc::channel();
    let client = client(&format!("{url}/getCaseCount"))?
        .on_message(move |_, message| say.send(message.as_text().unwrap_or_default().to_owned()));
    run(start, client)?;
    Ok(said.recv()?.parse()?)
}

fn echo(start: &Start, url: &str) -> Result<(), Box<dyn Error>> {
    run(start, client(url)?.on_message(|client, message| client.send(message)))
}

fn client(url: &str) -> Result<Client, Box<dyn Error>> {
    Ok(Client::new(url)?.settings(|client| {
        client.connection = Settings::preset(Preset::Conformance).connection;
        client.connection.compression = Compression::On;
        client.reconnect = Reconnect::Off;
    }))
}

/// Connects, and waits until the suite has had enough and has been answered.
fn run(start: &Start, client: Client) -> Result<(), Box<dyn Error>> {
    let (over, is_over) = mpsc::channel();
    let client = start(client.on_disconnected(move |_, _| over.send(())))?;
    client.connect().wait()?;
    is_over.recv()?;
    // The end is told before the last frame is out, which a dropped client would not send.
    Ok(client.close(CloseCode::Normal, "").wait()?)
}
