//! A way to a server that can go silent: nothing passes, in one direction or both, and
//! nothing is closed.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

/// See the module.
pub(crate) struct Proxy {
    address: SocketAddr,
    silence: Arc<Silence>,
}

/// In which directions nothing passes.
#[derive(Default)]
struct Silence {
    up: AtomicBool,
    down: AtomicBool,
}

impl Proxy {
    pub(crate) fn to(server: SocketAddr) -> Proxy {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let silence = Arc::new(Silence::default());
        let shared = Arc::clone(&silence);
        thread::spawn(move || {
            for near in listener.incoming() {
                let (near, far) = (near.unwrap(), TcpStream::connect(server).unwrap());
                // Whoever comes after the silence is served again.
                shared.set(false, false);
                let (from, to) = (near.try_clone().unwrap(), far.try_clone().unwrap());
                let silence = Arc::clone(&shared);
                thread::spawn(move || pass(from, to, &silence.up));
                let silence = Arc::clone(&shared);
                thread::spawn(move || pass(far, near, &silence.down));
            }
        });
        Proxy { address, silence }
    }

    pub(crate) fn url(&self) -> String {
        format!("ws://{}/", self.address)
    }

    pub(crate) fn go_silent(&self) {
        self.silence.set(true, true);
    }

    /// The server hears nothing more; the client hears it on.
    pub(crate) fn go_silent_upwards(&self) {
        self.silence.set(true, false);
    }

    /// The client hears nothing more; the server hears it on.
    pub(crate) fn go_silent_downwards(&self) {
        self.silence.set(false, true);
    }
}

impl Silence {
    fn set(&self, up: bool, down: bool) {
        self.up.store(up, Ordering::Release);
        self.down.store(down, Ordering::Release);
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
