//! What the fuzz targets share: how an input is read, and a hub with its peers.
//!
//! Inputs are plain bytes that a person can write, so that the seeds have names
//! and meanings.

mod script;
pub mod world;

pub use script::{Script, pieces};
