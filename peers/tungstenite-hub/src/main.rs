//! The rival: a hub as one writes it on tokio-tungstenite today.
//!
//! A task reads each connection, a second one writes it from a channel, and a
//! message is pushed into everybody's channel under one lock. Paths that contain
//! "echo" echo. It is meant to be what a good programmer writes in an afternoon,
//! neither slowed down nor tuned beyond its flags.

use clap::{Parser, ValueEnum};
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{FutureExt, SinkExt, StreamExt};
use slab::Slab;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::runtime;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio_tungstenite::tungstenite::handshake::server::{Callback, ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, accept_hdr_async_with_config};

/// Connections that wait to be accepted.
const BACKLOG: u32 = 4_096;

/// A hub on tokio-tungstenite: every message goes to every connection, its
/// sender included; paths that contain "echo" echo.
#[derive(Parser, Debug)]
struct Arguments {
    /// Port on 127.0.0.1; 0 picks a free one.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// When what waits for a connection is written.
    #[arg(long, value_enum, default_value_t = Flush::Each)]
    flush: Flush,
    /// Which tokio runtime it runs on.
    #[arg(long, value_enum, default_value_t = Runtime::CurrentThread)]
    runtime: Runtime,
    /// The read buffer of each connection, in bytes; the library's own default
    /// if not given.
    #[arg(long)]
    read_buffer_bytes: Option<usize>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Flush {
    /// After each message, as `send` does.
    Each,
    /// When nothing more waits.
    Batched,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Runtime {
    CurrentThread,
    MultiThread,
}

/// The way into every connection.
type Members = Arc<Mutex<Slab<UnboundedSender<Message>>>>;
type Socket = WebSocketStream<TcpStream>;

fn main() -> io::Result<()> {
    let arguments = Arguments::parse();
    let mut builder = match arguments.runtime {
        Runtime::CurrentThread => runtime::Builder::new_current_thread(),
        Runtime::MultiThread => runtime::Builder::new_multi_thread(),
    };
    builder.enable_io().build()?.block_on(serve(&arguments))
}

async fn serve(arguments: &Arguments) -> io::Result<()> {
    let listener = listen(arguments.port)?;
    println!("listening on http://{}", listener.local_addr()?);
    let mut config = WebSocketConfig::default();
    if let Some(bytes) = arguments.read_buffer_bytes {
        config = config.read_buffer_size(bytes);
    }
    let members = Members::default();
    let flush = arguments.flush;
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let members = Arc::clone(&members);
        // How one connection ends is no concern of the others.
        tokio::spawn(async move { attend(stream, config, &members, flush).await });
    }
}

fn listen(port: u16) -> io::Result<TcpListener> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind(SocketAddr::from(([127, 0, 0, 1], port)))?;
    socket.listen(BACKLOG)
}

async fn attend(
    stream: TcpStream,
    config: WebSocketConfig,
    members: &Members,
    flush: Flush,
) -> Result<(), Error> {
    let mut echoes = false;
    let notice = NoticePath { echoes: &mut echoes };
    let socket = accept_hdr_async_with_config(stream, notice, Some(config)).await?;
    if echoes { echo(socket, flush).await } else { join(socket, members, flush).await }
}

/// Answers as asked and notices which path was asked for.
struct NoticePath<'a> {
    echoes: &'a mut bool,
}

impl Callback for NoticePath<'_> {
    fn on_request(self, request: &Request, response: Response) -> Result<Response, ErrorResponse> {
        *self.echoes = request.uri().path().contains("echo");
        Ok(response)
    }
}

async fn echo(mut socket: Socket, flush: Flush) -> Result<(), Error> {
    while let Some(message) = socket.next().await {
        let message = message?;
        if !(message.is_text() || message.is_binary()) {
            continue;
        }
        match flush {
            Flush::Each => socket.send(message).await?,
            Flush::Batched => {
                socket.feed(message).await?;
                // What has already arrived is echoed before the flush.
                while let Some(Some(message)) = socket.next().now_or_never() {
                    let message = message?;
                    if message.is_text() || message.is_binary() {
                        socket.feed(message).await?;
                    }
                }
                socket.flush().await?;
            }
        }
    }
    Ok(())
}

async fn join(socket: Socket, members: &Members, flush: Flush) -> Result<(), Error> {
    let (sink, stream) = socket.split();
    let (sender, receiver) = unbounded_channel();
    let key = lock(members).insert(sender);
    let writer = tokio::spawn(write(sink, receiver, flush));
    let outcome = read(stream, members).await;
    lock(members).remove(key);
    // Its channel has closed with the removal.
    let _ = writer.await;
    outcome
}

async fn read(mut stream: SplitStream<Socket>, members: &Members) -> Result<(), Error> {
    while let Some(message) = stream.next().await {
        let message = message?;
        if message.is_text() || message.is_binary() {
            for (_, member) in lock(members).iter() {
                // A member that is leaving hears nothing more.
                let _ = member.send(message.clone());
            }
        }
    }
    Ok(())
}

async fn write(
    mut sink: SplitSink<Socket, Message>,
    mut receiver: UnboundedReceiver<Message>,
    flush: Flush,
) -> Result<(), Error> {
    while let Some(message) = receiver.recv().await {
        match flush {
            Flush::Each => sink.send(message).await?,
            Flush::Batched => {
                sink.feed(message).await?;
                while let Ok(message) = receiver.try_recv() {
                    sink.feed(message).await?;
                }
                sink.flush().await?;
            }
        }
    }
    Ok(())
}

/// A panic under the lock leaves the slab as sound as before.
fn lock(members: &Members) -> MutexGuard<'_, Slab<UnboundedSender<Message>>> {
    members.lock().unwrap_or_else(PoisonError::into_inner)
}
