//! A WebSocket hub: connections, rooms, namespaces, broadcast and heartbeats.
#[doc(inline)]
pub use fanfare_core as core;
