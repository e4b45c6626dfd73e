//! Many clients lose their server at once, and come back: shows when, and that they
//! do not come all at the same time.
//!
//! ```sh
//! cargo run --release -p fanfare-benches --example comeback -- --clients 10000
//! ```
//!
//! The server is this program, too, in a process of its own. It is killed, and after
//! `--away-ms` (1,000) started again. `--runtime` is the clients' (tokio). Each client
//! takes a descriptor of both processes (`ulimit -n`), on std-threads three.

#![expect(clippy::print_stdout, reason = "what it shows")]

#[path = "../../examples/runtime/mod.rs"]
mod runtime;

use fanfare::{App, Client, ClientHandle, Reconnect, Reply, Route};
use socket2::SockRef;
use std::collections::VecDeque;
use std::env;
use std::error::Error;
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::{Duration, Instant};

/// How many connect at once before the server is killed.
const CONNECTING_MAX: usize = 100;
const WINDOW: Duration = Duration::from_millis(100);
/// Who is not back by then will not be.
const PATIENCE: Duration = Duration::from_secs(30);
const BASE: Duration = Duration::from_millis(250);
const CAP: Duration = Duration::from_secs(3);

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

fn main() -> Outcome {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["serve", address] => serve(address),
        _ => Show::new(&arguments)?.run(),
    }
}

/// What is asked for.
struct Show {
    clients: usize,
    away: Duration,
    start: runtime::Start,
}

impl Show {
    fn new(arguments: &[&str]) -> Outcome<Show> {
        let mut show =
            Show { clients: 1_000, away: Duration::from_secs(1), start: runtime::by_name("tokio")? };
        for pair in arguments.chunks(2) {
            match *pair {
                ["--clients", count] => show.clients = count.parse()?,
                ["--away-ms", time] => show.away = Duration::from_millis(time.parse()?),
                ["--runtime", name] => show.start = runtime::by_name(name)?,
                _ => return Err("usage: comeback [--clients N] [--away-ms N] [--runtime NAME]".into()),
            }
        }
        Ok(show)
    }

    fn run(&self) -> Outcome {
        let server = Server::start("127.0.0.1:0")?;
        let address = server.address;
        let (arrived, arrivals) = mpsc::channel();
        let clients = self.connect(address, &arrived)?;
        for _ in &clients {
            arrivals.recv()?;
        }
        println!("{} clients are connected; the server is killed", clients.len());
        let lost = Instant::now();
        drop(server);
        thread::sleep(self.away);
        let _server = Server::start(&address.to_string())?;
        let away = lost.elapsed();
        let times = self.all_back(lost, &arrivals)?;
        report(&times, away);
        Ok(())
    }

    fn connect(&self, address: SocketAddr, arrived: &Sender<Instant>) -> Outcome<Vec<ClientHandle>> {
        let (mut clients, mut connecting) = (Vec::new(), VecDeque::<Reply<_, _>>::new());
        for _ in 0..self.clients {
            let arrived = arrived.clone();
            let client = Client::new(&format!("ws://{address}/"))?
                .settings(|client| client.reconnect = Reconnect::Exponential { base: BASE, cap: CAP })
                .on_connected(move |_, _| arrived.send(Instant::now()))
                // There is one for each attempt that finds no server.
                .on_fault(|_, _| {});
            let client = (self.start)(client)?;
            if connecting.len() == CONNECTING_MAX
                && let Some(first) = connecting.pop_front()
            {
                first.wait()?;
            }
            connecting.push_back(client.connect());
            clients.push(client);
        }
        for last in connecting {
            last.wait()?;
        }
        Ok(clients)
    }

    /// When each was back, since the loss, in order.
    fn all_back(&self, lost: Instant, arrivals: &Receiver<Instant>) -> Outcome<Vec<Duration>> {
        let mut times = Vec::new();
        while times.len() < self.clients {
            let left = PATIENCE.saturating_sub(lost.elapsed());
            let arrival = arrivals.recv_timeout(left).map_err(|_| {
                format!("only {} of {} were back within {PATIENCE:?}", times.len(), self.clients)
            })?;
            times.push(arrival.duration_since(lost));
        }
        times.sort();
        Ok(times)
    }
}

fn report(times: &[Duration], away: Duration) {
    // In tenths of a percent.
    let share = |count: usize| 1_000 * count / times.len();
    let percent = |share: usize| format!("{}.{} %", share / 10, share % 10);
    let window = |time: &Duration| time.as_millis() / WINDOW.as_millis();
    println!("since the loss   back");
    for chunk in times.chunk_by(|one, other| window(one) == window(other)) {
        let share = share(chunk.len());
        let begin = chunk.first().map(window).unwrap_or_default() * WINDOW.as_millis();
        println!("{begin:>11} ms {:>6} {}", percent(share), "#".repeat(share / 3));
    }
    let within =
        |(first, begin): (usize, &Duration)| times.partition_point(|time| *time < *begin + WINDOW) - first;
    let busiest = times.iter().enumerate().map(within).max().unwrap_or_default();
    let last = times.last().copied().unwrap_or_default();
    println!(
        "all {} are back {:.1} s after the loss, {:.1} s after the server; the busiest {WINDOW:?} had {}",
        times.len(),
        last.as_secs_f64(),
        last.saturating_sub(away).as_secs_f64(),
        percent(share(busiest)),
    );
}

/// The server, as a process. Dropped, it is killed (SIGKILL).
struct Server {
    child: Child,
    address: SocketAddr,
}

impl Server {
    fn start(address: &str) -> Outcome<Server> {
        let mut child =
            Command::new(env::current_exe()?).args(["serve", address]).stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().ok_or("the server has an output")?).read_line(&mut line)?;
        let address = line.trim().parse()?;
        Ok(Server { child, address })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn serve(address: &str) -> Outcome {
    let listener = TcpListener::bind(address)?;
    // As the program `fanfare` does: 128, which std asks for, are too few.
    SockRef::from(&listener).listen(4_096)?;
    println!("{}", listener.local_addr()?);
    Ok(fanfare::std_threads::serve(listener, App::new().route("/", Route::new()))?)
}
