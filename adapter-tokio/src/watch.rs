//! Waiting for a descriptor to become readable, on tokio.
//!
//! Apart because the constructor of [`AsyncFd`] that needs no `unsafe` is
//! deprecated: it would believe any type that claims a descriptor.

use std::io;
use std::os::fd::{AsFd, AsRawFd};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// Puts a descriptor into the current runtime's I/O driver.
///
/// # Errors
/// The system's, when it watches no more descriptors.
#[expect(deprecated, reason = "what implements `AsFd` owns the descriptor that it claims")]
pub(crate) fn watch<T: AsFd + AsRawFd>(descriptor: T) -> io::Result<AsyncFd<T>> {
    AsyncFd::with_interest(descriptor, Interest::READABLE)
}
