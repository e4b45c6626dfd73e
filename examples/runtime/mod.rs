//! A client on a runtime that is chosen by its name: what the programs share that
//! show the same on each.

use fanfare::{Client, ClientHandle, ClientStartError};
use std::error::Error;

/// Starts a client on some runtime.
pub(crate) type Start = Box<dyn Fn(Client) -> Result<ClientHandle, ClientStartError>>;

/// By the names that the server program has for them.
pub(crate) fn by_name(name: &str) -> Result<Start, Box<dyn Error>> {
    match name {
        "tokio" => {
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
            Ok(Box::new(move |client| {
                let _inside = runtime.enter();
                fanfare::tokio::start(client)
            }))
        }
        "smol" => Ok(Box::new(fanfare::smol::start)),
        "std-threads" => Ok(Box::new(fanfare::std_threads::start)),
        other => Err(format!("there is no runtime {other:?}; choose tokio, smol or std-threads").into()),
    }
}
