//! The rival: a hub as one writes it on axum today.
//!
//! One broadcast channel; each connection has a task that reads it and one that
//! writes it from the channel. Paths that contain "echo" echo.

use axum::Router;
use axum::extract::State;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::http::Uri;
use axum::response::Response;
use axum::routing::any;
use axum::serve::ListenerExt as _;
use clap::{Parser, ValueEnum};
use futures_util::{SinkExt, StreamExt};
use std::io;
use std::net::SocketAddr;
use tokio::net::{TcpListener, TcpSocket};
use tokio::runtime;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

/// Connections that wait to be accepted.
const BACKLOG: u32 = 4_096;

/// A hub on axum: every message goes to every connection, its sender included;
/// paths that contain "echo" echo.
#[derive(Parser, Debug)]
struct Arguments {
    /// Port on 127.0.0.1; 0 picks a free one.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Which tokio runtime it runs on.
    #[arg(long, value_enum, default_value_t = Runtime::CurrentThread)]
    runtime: Runtime,
    /// Messages the channel keeps; a connection that falls further behind loses
    /// the oldest.
    #[arg(long, default_value_t = 1_024)]
    channel_messages: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Runtime {
    CurrentThread,
    MultiThread,
}

fn main() -> io::Result<()> {
    let arguments = Arguments::parse();
    let mut builder = match arguments.runtime {
        Runtime::CurrentThread => runtime::Builder::new_current_thread(),
        Runtime::MultiThread => runtime::Builder::new_multi_thread(),
    };
    builder.enable_all().build()?.block_on(serve(&arguments))
}

async fn serve(arguments: &Arguments) -> io::Result<()> {
    let listener = listen(arguments.port)?;
    println!("listening on http://{}", listener.local_addr()?);
    let listener = listener.tap_io(|stream| {
        // Without it a small message may wait for the last one's answer; a
        // connection that refuses it is served all the same.
        let _ = stream.set_nodelay(true);
    });
    let (messages, _) = broadcast::channel::<Message>(arguments.channel_messages);
    let router = Router::new().route("/", any(upgrade)).route("/{*path}", any(upgrade)).with_state(messages);
    axum::serve(listener, router).await
}

fn listen(port: u16) -> io::Result<TcpListener> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind(SocketAddr::from(([127, 0, 0, 1], port)))?;
    socket.listen(BACKLOG)
}

async fn upgrade(
    uri: Uri,
    State(messages): State<broadcast::Sender<Message>>,
    upgrade: WebSocketUpgrade,
) -> Response {
    let echoes = uri.path().contains("echo");
    upgrade.on_upgrade(async move |socket| {
        if echoes {
            // How one connection ends is no concern of the others.
            let _ = echo(socket).await;
        } else {
            join(socket, messages).await;
        }
    })
}

async fn echo(mut socket: WebSocket) -> Result<(), axum::Error> {
    while let Some(message) = socket.recv().await {
        match message? {
            message @ (Message::Text(_) | Message::Binary(_)) => socket.send(message).await?,
            Message::Ping(_) | Message::Pong(_) | Message::Close(_) => {}
        }
    }
    Ok(())
}

/// Two tasks, as in axum's own chat example: one that selects between reading
/// and writing would ask the socket for input again at every message it sends.
async fn join(socket: WebSocket, messages: broadcast::Sender<Message>) {
    let mut subscription = messages.subscribe();
    let (mut sink, mut stream) = socket.split();
    let mut writer = tokio::spawn(async move {
        loop {
            match subscription.recv().await {
                Ok(message) => sink.send(message).await?,
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return Ok::<(), axum::Error>(()),
            }
        }
    });
    let mut reader = tokio::spawn(async move {
        while let Some(Ok(message)) = stream.next().await {
            match message {
                Message::Text(_) | Message::Binary(_) => {
                    // Fails when nobody listens, which is no concern of the sender's.
                    let _ = messages.send(message);
                }
                Message::Ping(_) | Message::Pong(_) | Message::Close(_) => {}
            }
        }
    });
    // Whoever ends first ends the other.
    tokio::select! {
        _ = &mut writer => reader.abort(),
        _ = &mut reader => writer.abort(),
    }
}
