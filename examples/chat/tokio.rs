//! The chat on tokio.
//!
//! ```text
//! cargo run --example chat
//! ```

mod app;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let listener = app::listen()?;
    fanfare::tokio::serve(listener, app::chat()).await?;
    Ok(())
}
