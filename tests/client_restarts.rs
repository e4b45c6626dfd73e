//! A server that is killed and started again, fifty times under traffic, and what
//! clients leave behind: no thread, no descriptor, no question without an end.
//!
//! Apart from the other scenarios because it counts what the whole process has.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use fanfare::core::close::CloseCode;
use fanfare::std_threads::Server;
use fanfare::{
    App, Client, ClientHandle, Envelope, Handle, HandlerError, Reconnect, Route, StopOptions, Target,
};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

const RESTARTS: usize = 50;
/// What has not happened by then will not.
const DEADLINE: Duration = Duration::from_secs(30);

type Start = Box<dyn Fn(Client) -> ClientHandle>;

#[track_caller]
fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < DEADLINE, "{what} must come true within the deadline");
        thread::park_timeout(Duration::from_millis(1));
    }
}

/// Threads and descriptors of this process.
fn belongings() -> (usize, usize) {
    let count = |folder| std::fs::read_dir(folder).unwrap().count();
    (count("/proc/self/task"), count("/proc/self/fd"))
}

struct Running {
    address: SocketAddr,
    handle: Handle,
    serving: JoinHandle<()>,
}

impl Running {
    fn start(address: SocketAddr) -> Running {
        let route = Route::new().envelope(Envelope::Typed).on("sum", |ctx, event| {
            let (a, b): (usize, usize) = event.data()?;
            ctx.ack(event, &(a + b))?;
            Ok::<_, HandlerError>(())
        });
        let server = Server::new(App::new().route("/", route)).unwrap();
        let listener = TcpListener::bind(address).unwrap();
        let (address, handle) = (listener.local_addr().unwrap(), server.handle());
        Running { address, handle, serving: thread::spawn(|| server.serve(listener).unwrap()) }
    }

    /// Politely, or not.
    fn stop(self, is_polite: bool) {
        let time_max = if is_polite { DEADLINE } else { Duration::ZERO };
        let options = StopOptions { time_max, ..StopOptions::default() };
        self.handle.stop(&options).wait().unwrap();
        self.serving.join().unwrap();
    }
}

/// Asks until it is told to stop; says how many answers there were, of how many.
fn ask(client: &ClientHandle, must_stop: &AtomicBool) -> (usize, usize) {
    let (mut answered, mut asked) = (0, 0);
    while !must_stop.load(Ordering::Acquire) {
        let answer = client.emit_with_ack("sum", &(asked, 1), Duration::from_secs(4));
        if let Ok(answer) = answer.wait() {
            assert_eq!(answer.data::<usize>().unwrap(), asked + 1, "the answer to another question");
            answered += 1;
        }
        asked += 1;
    }
    (answered, asked)
}

fn restart_under_traffic(start: &Start, restarts: usize) {
    let mut server = Running::start(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
    let fate = Arc::new(Mutex::new(Vec::new()));
    let news = Arc::new(AtomicUsize::new(0));
    let (connected, disconnected, heard) = (Arc::clone(&fate), Arc::clone(&fate), Arc::clone(&news));
    let client = Client::new(&format!("ws://{}/", server.address)).unwrap().settings(|client| {
        client.connection.envelope = Envelope::Typed;
        // A server that drains asks for more than this test has.
        client.retry_after_time_max = Duration::from_millis(20);
        client.reconnect =
            Reconnect::Exponential { base: Duration::from_millis(1), cap: Duration::from_millis(20) };
    });
    let client = client
        .on_connected(move |_, _| connected.lock().unwrap().push(true))
        .on_disconnected(move |_, _| disconnected.lock().unwrap().push(false))
        .on_fault(|_, _| {})
        .on("news", move |_, _| _ = heard.fetch_add(1, Ordering::AcqRel));
    let client = start(client);
    client.join("room").wait().unwrap();
    client.connect().wait().unwrap();
    let must_stop = Arc::new(AtomicBool::new(false));
    let traffic = {
        let (client, must_stop) = (client.clone(), Arc::clone(&must_stop));
        thread::spawn(move || ask(&client, &must_stop))
    };
    for round in 0..restarts {
        let (before, handle) = (news.load(Ordering::Acquire), server.handle.clone());
        eventually("the room is rejoined", || {
            drop(handle.emit_to(Target::room("/", "room"), "news", &round).wait());
            news.load(Ordering::Acquire) > before
        });
        let address = server.address;
        server.stop(round % 2 == 0);
        server = Running::start(address);
        let again = u64::try_from(round).unwrap() + 1;
        eventually("the client is back", || client.reconnects() == again);
    }
    must_stop.store(true, Ordering::Release);
    let (answered, asked) = traffic.join().unwrap();
    assert!(answered > 0 && asked >= answered, "{answered} answers to {asked} questions");
    client.close(CloseCode::Normal, "").wait().unwrap();
    server.stop(true);
    let fate = fate.lock().unwrap();
    assert_eq!(fate.len(), 2 * (restarts + 1));
    assert!(fate.chunks(2).all(|pair| pair == [true, false]), "{fate:?}");
}

/// Clients that are dropped wherever they are.
fn drop_everywhere(start: &Start) {
    let silent = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let nobody = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
    let server = Running::start(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
    let client = |address: SocketAddr| {
        let client = Client::new(&format!("ws://{address}/")).unwrap();
        start(client.settings(|client| client.reconnect_first = true).on_fault(|_, _| {}))
    };
    // Before, during and after an attempt, and between two.
    drop(client(server.address));
    let answering = client(silent.local_addr().unwrap());
    let pending = answering.connect();
    let accepted = silent.accept().unwrap();
    drop(answering);
    assert!(pending.wait().is_err());
    drop(accepted);
    let waiting = client(nobody);
    let pending = waiting.connect();
    drop(waiting);
    assert!(pending.wait().is_err());
    let open = client(server.address);
    open.connect().wait().unwrap();
    drop(open);
    server.stop(true);
}

#[test]
fn fifty_restarts_under_traffic_leave_nothing_behind() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let inside = runtime.handle().clone();
    let starts: [(&str, Start); 3] = [
        ("smol", Box::new(|client| fanfare::smol::start(client).unwrap())),
        ("std-threads", Box::new(|client| fanfare::std_threads::start(client).unwrap())),
        (
            "tokio",
            Box::new(move |client| {
                let _inside = inside.enter();
                fanfare::tokio::start(client).unwrap()
            }),
        ),
    ];
    for (name, start) in &starts {
        // What a runtime keeps for ever, it has from then on.
        restart_under_traffic(start, 1);
        drop_everywhere(start);
        let mut before = belongings();
        eventually("the process is quiet", || {
            let now = belongings();
            std::mem::replace(&mut before, now) == now
        });
        restart_under_traffic(start, RESTARTS);
        drop_everywhere(start);
        eventually(&format!("on {name}, all is given back: {before:?}"), || {
            let now = belongings();
            now.0 <= before.0 && now.1 <= before.1
        });
    }
}
