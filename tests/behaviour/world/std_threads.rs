//! On plain threads: no runtime anywhere.

use super::runtime::{Runtime, Serving, Stream, Voice};
use super::{World, blocking, socket, time};
use fanfare::driver::Tls;
use fanfare::std_threads::{Attacher, ServeError, Server};
use fanfare::{App, Handle};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::thread::{self, JoinHandle};
use tungstenite::Error;
use tungstenite::handshake::client::Request;

struct OnThreads {
    shards: usize,
}

struct Running {
    address: SocketAddr,
    handle: Handle,
    attacher: Attacher,
    serving: Option<JoinHandle<Result<(), ServeError>>>,
}

impl World {
    pub(crate) fn std_threads(shards: usize) -> World {
        World::new(OnThreads { shards }, shards)
    }
}

impl Runtime for OnThreads {
    fn serve(&self, app: App, tls: Option<Tls>) -> Box<dyn Serving + '_> {
        let mut server = Server::with_shards(app, self.shards).unwrap();
        if let Some(tls) = tls {
            server = server.tls(tls);
        }
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        Box::new(Running {
            address: listener.local_addr().unwrap(),
            handle: server.handle(),
            attacher: server.attacher(),
            serving: Some(thread::spawn(|| server.serve(listener))),
        })
    }
}

impl Serving for Running {
    fn handle(&self) -> &Handle {
        &self.handle
    }

    fn address(&self) -> SocketAddr {
        self.address
    }

    fn dial(&self, source: Ipv4Addr) -> Box<dyn Stream> {
        Box::new(socket::dial(source, self.address))
    }

    fn attach(&self, unread: &[u8]) -> Box<dyn Stream> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let stream = socket::dial(Ipv4Addr::LOCALHOST, listener.local_addr().unwrap());
        let (accepted, peer) = listener.accept().unwrap();
        self.attacher.attach(accepted, Some(peer), unread.to_vec()).unwrap();
        Box::new(stream)
    }

    fn open(&self, source: Ipv4Addr, request: Request) -> Result<Box<dyn Voice>, Error> {
        blocking::upgrade(socket::dial(source, self.address), request)
    }

    fn join(&mut self) {
        if let Some(serving) = self.serving.take() {
            time::eventually("the server has returned", || serving.is_finished());
            serving.join().unwrap().unwrap();
        }
    }
}
