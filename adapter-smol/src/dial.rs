//! How a client reaches others: names and connections, by smol.

use crate::transport::Stream;
use fanfare_driver::{Address, BoxFuture, Dial, Transport};
#[cfg(unix)]
use smol::net::unix::UnixStream;
use smol::net::{TcpStream, resolve};
use std::io;
use std::net::SocketAddr;

/// See the module.
#[derive(Debug)]
pub(crate) struct Dialer;

impl Dial for Dialer {
    /// In smol's pool for what blocks.
    fn resolve(&self, host: &str, port: u16) -> BoxFuture<io::Result<Vec<SocketAddr>>> {
        let host = host.to_owned();
        Box::pin(async move { resolve((host, port)).await })
    }

    fn connect(&self, address: &Address) -> BoxFuture<io::Result<Box<dyn Transport>>> {
        let address = address.clone();
        Box::pin(async move {
            Ok(match address {
                Address::Tcp(address) => {
                    let stream = TcpStream::connect(address).await?;
                    stream.set_nodelay(true)?;
                    Box::new(Stream::new(stream)) as Box<dyn Transport>
                }
                #[cfg(unix)]
                Address::Unix(path) => Box::new(Stream::new(UnixStream::connect(path).await?)),
            })
        })
    }
}
