//! The chat on smol.
//!
//! ```text
//! cargo run --example chat_smol --features smol
//! ```

mod app;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let listener = app::listen()?;
    smol::block_on(fanfare::smol::serve(listener, app::chat()))?;
    Ok(())
}
