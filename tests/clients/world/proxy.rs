//! A way to a server that can go silent: nothing passes, and nothing is closed.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

/// See the module.
pub(crate) struct Proxy {
    address: SocketAddr,
    is_silent: Arc<AtomicBool>,
}

impl Proxy {
    pub(crate) fn to(server: SocketAddr) -> Proxy {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let is_silent = Arc::new(AtomicBool::new(false));
        let silent = Arc::clone(&is_silent);
        thread::spawn(move || {
            for near in listener.incoming() {
                let (near, far) = (near.unwrap(), TcpStream::connect(server).unwrap());
                // Whoever comes after the silence is served again.
                silent.store(false, Ordering::Release);
                for (from, to) in [(&near, &far), (&far, &near)] {
                    let (from, to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
                    let silent = Arc::clone(&silent);
                    thread::spawn(move || pass(from, to, &silent));
                }
            }
        });
        Proxy { address, is_silent }
    }

    pub(crate) fn url(&self) -> String {
        format!("ws://{}/", self.address)
    }

    pub(crate) fn go_silent(&self) {
        self.is_silent.store(true, Ordering::Release);
    }
}

/// Passes bytes on in one direction, until its end.
pub(super) fn pass(mut from: TcpStream, mut to: TcpStream, is_silent: &AtomicBool) {
    let (mut buffer, mut has_been_silent) = ([0; 4_096], false);
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        has_been_silent |= is_silent.load(Ordering::Acquire);
        if !has_been_silent && to.write_all(&buffer[..count]).is_err() {
            return;
        }
    }
    if !has_been_silent {
        let _ = to.shutdown(Shutdown::Write);
    }
}
