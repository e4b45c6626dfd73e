//! The chat inside a program that had a life before it: the program accepts
//! connections by itself, and answers on every other path with async-tungstenite.
//!
//! ```text
//! cargo run --example chat_attach
//! ```

mod app;

use async_tungstenite::tokio::accept_async;
use async_tungstenite::tungstenite::Error;
use fanfare::tokio::{Attacher, Server};
use futures_util::StreamExt;
use std::error::Error as StdError;
use std::io::Cursor;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{self, AsyncRead, AsyncReadExt, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

/// A longer request line is nobody's.
const REQUEST_LINE_BYTES_MAX: usize = 4096;
/// How long a request line may take.
const REQUEST_LINE_TIME_MAX: Duration = Duration::from_secs(10);

#[tokio::main]
async fn main() -> Result<(), Box<dyn StdError>> {
    let server = Server::new(app::chat())?;
    let attacher = server.attacher();
    tokio::spawn(server.run());

    let listener = app::listen()?;
    listener.set_nonblocking(true)?;
    let listener = TcpListener::from_std(listener)?;
    loop {
        let (stream, peer) = listener.accept().await?;
        let attacher = attacher.clone();
        tokio::spawn(async move {
            if let Err(error) = sort(stream, peer, &attacher).await {
                eprintln!("{peer}: {error}");
            }
        });
    }
}

/// Gives a connection to whomever its request is for, with what was read of it.
/// A stream of which nothing was read yet is attached in the same way.
async fn sort(
    mut stream: TcpStream,
    peer: SocketAddr,
    attacher: &Attacher,
) -> Result<(), Box<dyn StdError + Send + Sync>> {
    stream.set_nodelay(true)?;
    let unread = timeout(REQUEST_LINE_TIME_MAX, request_line(&mut stream)).await??;
    if unread.starts_with(b"GET /chat/") {
        attacher.attach(stream, Some(peer), unread)?;
    } else {
        let (rest, writer) = stream.into_split();
        echo(io::join(Cursor::new(unread).chain(rest), writer)).await?;
    }
    Ok(())
}

/// Reads up to the end of the first line, and perhaps more.
async fn request_line(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    while !bytes.contains(&b'\n') && bytes.len() < REQUEST_LINE_BYTES_MAX {
        if stream.read_buf(&mut bytes).await? == 0 {
            break;
        }
    }
    Ok(bytes)
}

/// What the program did before: says everything back.
async fn echo(stream: impl AsyncRead + AsyncWrite + Unpin) -> Result<(), Error> {
    let mut stream = accept_async(stream).await?;
    while let Some(message) = stream.next().await.transpose()? {
        if message.is_text() || message.is_binary() {
            stream.send(message).await?;
        }
    }
    Ok(())
}
