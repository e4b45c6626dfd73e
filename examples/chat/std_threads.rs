//! The chat on plain threads, without an async runtime.
//!
//! ```text
//! cargo run --example chat_std_threads --features std-threads
//! ```

mod app;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let listener = app::listen()?;
    fanfare::std_threads::serve(listener, app::chat())?;
    Ok(())
}
