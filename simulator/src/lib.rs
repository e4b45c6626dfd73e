//! Applications of fanfare without a machine under them: real servers and real
//! clients, on a virtual network and a virtual clock, moved one step at a time.
//!
//! To test an application of your own, [serve](Simulation::serve) it at a name,
//! [start](Simulation::start) clients that connect there, and let the network
//! [do its worst](Faults): split, delay and stall what is said, fall silent,
//! half-close, reset and refuse, while servers are stopped or killed and come again.
//! A minute of that takes some milliseconds. Then let it heal, and look whether all
//! is well:
//!
//! ```
//! use fanfare_driver::{App, Client, Route};
//! use fanfare_simulator::{Faults, Simulation};
//! use std::time::Duration;
//!
//! let minute = Duration::from_secs(60);
//! for seed in 0..10 {
//!     let mut simulation = Simulation::new(seed);
//!     let app = || App::new().route("/", Route::new().on_open(|ctx| ctx.join("lobby").map(drop)));
//!     simulation.serve("chat.test", 2, app)?;
//!     let client = Client::new("ws://chat.test/")?.settings(|client| client.reconnect_first = true);
//!     let client = simulation.start(client)?;
//!     drop(client.connect());
//!
//!     simulation.set_faults(Faults::STORM);
//!     simulation.run_for(minute);
//!     simulation.set_faults(Faults::NONE);
//!     let is_back = simulation.run_until(2 * minute, |simulation| {
//!         let rooms = simulation.server("chat.test").map(|server| server.totals().rooms);
//!         client.is_connected() && rooms == Some(1)
//!     });
//!     assert!(is_back, "seed {seed}: {:#?}", simulation.report());
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Same seed and same calls, same outcome, down to the [last byte](Simulation::trace);
//! only blocking handlers, which get threads of the machine's, and the secrets of TLS
//! are outside of that. So a test that fails is repeated by its seed.
//!
//! A [`Simulation`] holds the shards of servers, clients, and the futures of both. A
//! [`step`](Simulation::step) lets one of those that have something to do go on,
//! chosen by the seed; when none has, time can be
//! [set forward](Simulation::advance) to the next deadline.
//! [`run_for`](Simulation::run_for), [`run_until`](Simulation::run_until) and
//! [`finish`](Simulation::finish) do both. What bytes a server makes of other bytes,
//! a [`Wire`] shows: the far end of a connection, without a network, a name or a
//! client.
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
