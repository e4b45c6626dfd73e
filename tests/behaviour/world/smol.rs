//! On smol: shards as tasks of an executor that has a thread for each, or on
//! threads of their own.

use super::runtime::{Runtime, Serving, Stream, Voice};
use super::{DEADLINE, World, socket};
use async_tungstenite::tungstenite::handshake::client::Request;
use async_tungstenite::tungstenite::{Error, Message};
use async_tungstenite::{WebSocketStream, client_async};
use fanfare::App;
use fanfare::driver::Tls;
use fanfare::smol::{Attacher, Placement, ServeError, Server};
use futures_util::StreamExt;
use smol::channel::{self, Sender};
use smol::future::or;
use smol::net::{TcpListener, TcpStream};
use smol::{Executor, Task, Timer};
use std::convert::Infallible;
use std::future::Future;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::thread;

struct OnSmol {
    executor: Arc<Executor<'static>>,
    shards: usize,
    placement: Placement,
    /// The executor's threads end with it.
    _end: Sender<Infallible>,
}

struct Running {
    address: SocketAddr,
    handle: fanfare::Handle,
    attacher: Attacher,
    serving: Option<Task<Result<(), ServeError>>>,
}

struct Conversation {
    stream: WebSocketStream<TcpStream>,
}

impl World {
    pub(crate) fn smol(shards: usize, placement: Placement) -> World {
        let executor = Arc::new(Executor::new());
        let (end, ended) = channel::bounded::<Infallible>(1);
        for _ in 0..shards {
            let (executor, ended) = (Arc::clone(&executor), ended.clone());
            thread::spawn(move || smol::block_on(executor.run(ended.recv())));
        }
        World::new(OnSmol { executor, shards, placement, _end: end }, shards)
    }
}

/// Waits for a future, within the deadline.
#[track_caller]
fn wait<F: Future>(future: F) -> F::Output {
    let late = async {
        Timer::after(DEADLINE).await;
        None
    };
    smol::block_on(or(async { Some(future.await) }, late)).expect("it must happen within the deadline")
}

impl Runtime for OnSmol {
    fn serve(&self, app: App, tls: Option<Tls>) -> Box<dyn Serving + '_> {
        let mut server = Server::with_executor(app, self.shards, self.placement, &self.executor).unwrap();
        if let Some(tls) = tls {
            server = server.tls(tls);
        }
        let listener = wait(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))).unwrap();
        Box::new(Running {
            address: listener.local_addr().unwrap(),
            handle: server.handle(),
            attacher: server.attacher(),
            serving: Some(self.executor.spawn(server.serve(listener))),
        })
    }
}

impl Serving for Running {
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
        let listener = wait(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))).unwrap();
        let stream = socket::dial(Ipv4Addr::LOCALHOST, listener.local_addr().unwrap());
        let (accepted, peer) = wait(listener.accept()).unwrap();
        self.attacher.attach(accepted, Some(peer), unread.to_vec()).unwrap();
        Box::new(stream)
    }

    fn open(&self, source: Ipv4Addr, request: Request) -> Result<Box<dyn Voice>, Error> {
        let stream = TcpStream::try_from(socket::dial(source, self.address)).unwrap();
        let (stream, _) = wait(client_async(request, stream))?;
        Ok(Box::new(Conversation { stream }))
    }

    fn join(&mut self) {
        if let Some(serving) = self.serving.take() {
            wait(serving).unwrap();
        }
    }
}

impl Voice for Conversation {
    fn say(&mut self, message: Message) -> Result<(), Error> {
        wait(self.stream.send(message))
    }

    fn hear(&mut self) -> Result<Message, Error> {
        wait(self.stream.next()).unwrap_or(Err(Error::ConnectionClosed))
    }
}
