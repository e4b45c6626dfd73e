//! A proxy that is asked for a tunnel.

use super::proxy::pass;
use fanfare::Proxy;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::thread;

/// See the module.
pub(crate) struct Tunnel {
    address: SocketAddr,
    asked: Arc<Mutex<String>>,
}

impl Tunnel {
    /// One that leads to `server`, whatever is asked for.
    pub(crate) fn to(server: SocketAddr) -> Tunnel {
        Tunnel::start(Some(server))
    }

    pub(crate) fn that_refuses() -> Tunnel {
        Tunnel::start(None)
    }

    fn start(server: Option<SocketAddr>) -> Tunnel {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let (address, asked) = (listener.local_addr().unwrap(), Arc::<Mutex<String>>::default());
        let question = Arc::clone(&asked);
        thread::spawn(move || {
            let (mut near, _) = listener.accept().unwrap();
            let mut head = Vec::new();
            let mut byte = [0];
            while !head.ends_with(b"\r\n\r\n") && near.read(&mut byte).unwrap() > 0 {
                head.push(byte[0]);
            }
            *question.lock().unwrap() = String::from_utf8(head).unwrap();
            let Some(server) = server else {
                near.write_all(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n").unwrap();
                return;
            };
            let far = TcpStream::connect(server).unwrap();
            near.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").unwrap();
            let (back, forth) = (near.try_clone().unwrap(), far.try_clone().unwrap());
            thread::spawn(move || pass(forth, back, &AtomicBool::new(false)));
            pass(near, far, &AtomicBool::new(false));
        });
        Tunnel { address, asked }
    }

    /// As a client is told of it.
    pub(crate) fn proxy(&self, user: &str, password: &str) -> Proxy {
        Proxy::new(self.address.ip().to_string(), self.address.port()).with_credentials(user, password)
    }

    /// The request that came.
    pub(crate) fn asked(&self) -> String {
        self.asked.lock().unwrap().clone()
    }
}
