//! Servers of fanfare without a machine under them: real shards and the real
//! core, on virtual connections and a virtual clock, moved one step at a time.
//!
//! A [`Simulation`] holds the shards of any number of servers and the futures
//! of their handlers. A [`step`](Simulation::step) lets one of those that have
//! something to do go on, chosen by the seed; when none has, time can be
//! [set forward](Simulation::advance) to the next deadline. A [`Wire`] is the
//! far end of a connection, whose bytes arrive in pieces as chance wants it.
//! Same seed and same calls, same outcome; only blocking handlers, which get
//! threads of the machine's, are outside of that.
//!
//! ```
//! use fanfare_driver::{App, Route};
//! use fanfare_simulator::Simulation;
//!
//! let mut simulation = Simulation::new(7);
//! let server = simulation.launch(App::new().route("/echo", Route::new()), 2)?;
//! let mut wire = server.connect(None);
//! wire.try_write(b"GET /nowhere HTTP/1.1\r\nHost: localhost\r\n\r\n")?;
//! simulation.run();
//! let mut answer = [0; 12];
//! wire.try_read(&mut answer)?;
//! assert_eq!(&answer, b"HTTP/1.1 404");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod faults;
mod host;
mod hosting;
mod network;
mod server;
mod simulation;
mod task;
mod timers;
mod trace;
mod wire;

pub use faults::{Faults, Report};
pub use host::Ending;
pub use server::Server;
pub use simulation::Simulation;
pub use timers::{Sleep, Timer};
pub use wire::Wire;
