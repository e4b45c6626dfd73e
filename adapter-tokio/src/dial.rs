//! How a client reaches others: names and connections, by the current runtime.

use crate::transport::Stream;
use fanfare_driver::{Address, BoxFuture, Dial, Transport};
use std::io;
use std::net::SocketAddr;
use tokio::net::{TcpStream, UnixStream, lookup_host};

/// See the module.
#[derive(Debug)]
pub(crate) struct Dialer;

impl Dial for Dialer {
    /// In tokio's pool for what blocks.
    fn resolve(&self, host: &str, port: u16) -> BoxFuture<io::Result<Vec<SocketAddr>>> {
        let host = host.to_owned();
        Box::pin(async move { Ok(lookup_host((host, port)).await?.collect()) })
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
                Address::Unix(path) => Box::new(Stream::new(UnixStream::connect(path).await?)),
            })
        })
    }
}
