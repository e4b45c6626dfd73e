//! On tokio: shards as tasks of one runtime, or on threads of their own.

use super::runtime::{Runtime, Serving, Stream, Voice};
use super::{DEADLINE, World, socket};
use async_tungstenite::WebSocketStream;
use async_tungstenite::tokio::{TokioAdapter, client_async};
use async_tungstenite::tungstenite::handshake::client::Request;
use async_tungstenite::tungstenite::{Error, Message};
use fanfare::App;
use fanfare::driver::Tls;
use fanfare::tokio::{Attacher, Placement, ServeError, Server};
use futures_util::StreamExt;
use std::future::Future;
use std::net::{Ipv4Addr, SocketAddr};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{self, Handle, Runtime as Tokio};
use tokio::task::JoinHandle;
use tokio::time::timeout;

struct OnTokio {
    runtime: Tokio,
    shards: usize,
    placement: Placement,
}

struct Running<'w> {
    world: &'w OnTokio,
    address: SocketAddr,
    handle: fanfare::Handle,
    attacher: Attacher,
    serving: Option<JoinHandle<Result<(), ServeError>>>,
}

struct Conversation {
    runtime: Handle,
    stream: WebSocketStream<TokioAdapter<TcpStream>>,
}

impl World {
    pub(crate) fn tokio(shards: usize, placement: Placement) -> World {
        let runtime = runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        World::new(OnTokio { runtime, shards, placement }, shards)
    }
}

/// Waits for a future, within the deadline.
#[track_caller]
fn wait<F: Future>(runtime: &Handle, future: F) -> F::Output {
    let output = runtime.block_on(async { timeout(DEADLINE, future).await });
    output.expect("it must happen within the deadline")
}

impl Runtime for OnTokio {
    fn serve(&self, app: App, tls: Option<Tls>) -> Box<dyn Serving + '_> {
        let _inside = self.runtime.enter();
        let mut server = Server::with_shards(app, self.shards, self.placement).unwrap();
        if let Some(tls) = tls {
            server = server.tls(tls);
        }
        let listener = wait(self.runtime.handle(), TcpListener::bind((Ipv4Addr::LOCALHOST, 0))).unwrap();
        Box::new(Running {
            world: self,
            address: listener.local_addr().unwrap(),
            handle: server.handle(),
            attacher: server.attacher(),
            serving: Some(self.runtime.spawn(server.serve(listener))),
        })
    }
}

impl Serving for Running<'_> {
    fn handle(&self) -> &fanfare::Handle {
        &self.handle
    }

    fn address(&self) -> SocketAddr {
        self.address
    }

    fn dial(&self, source: Ipv4Addr) -> Box<dyn Stream> {
        Box::new(socket::dial(source, self.address))
    }

    fn attach(&self, unread: &[u8]) -> Box<dyn Stream> {
        let listener =
            wait(self.world.runtime.handle(), TcpListener::bind((Ipv4Addr::LOCALHOST, 0))).unwrap();
        let stream = socket::dial(Ipv4Addr::LOCALHOST, listener.local_addr().unwrap());
        let (accepted, peer) = wait(self.world.runtime.handle(), listener.accept()).unwrap();
        self.attacher.attach(accepted, Some(peer), unread.to_vec()).unwrap();
        Box::new(stream)
    }

    fn open(&self, source: Ipv4Addr, request: Request) -> Result<Box<dyn Voice>, Error> {
        let runtime = self.world.runtime.handle();
        let _inside = runtime.enter();
        let stream = socket::dial(source, self.address);
        stream.set_nonblocking(true).unwrap();
        let stream = TcpStream::from_std(stream).unwrap();
        let (stream, _) = wait(runtime, client_async(request, stream))?;
        Ok(Box::new(Conversation { runtime: runtime.clone(), stream }))
    }

    fn join(&mut self) {
        if let Some(serving) = self.serving.take() {
            wait(self.world.runtime.handle(), serving).unwrap().unwrap();
        }
    }
}

impl Voice for Conversation {
    fn say(&mut self, message: Message) -> Result<(), Error> {
        wait(&self.runtime, self.stream.send(message))
    }

    fn hear(&mut self) -> Result<Message, Error> {
        wait(&self.runtime, self.stream.next()).unwrap_or(Err(Error::ConnectionClosed))
    }
}
