//! The program killed without a word and started again, fifty times under traffic,
//! and what the clients of it live through: callbacks in order, rooms rejoined, each
//! question ended once, nothing left behind.
//!
//! Apart from the other tests because it counts what the whole process has. That a
//! server stops politely, or within one process, is shown by the client's own tests.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]

use fanfare::core::close::CloseCode;
use fanfare::{
    Client, ClientError, ClientFault, ClientHandle, Envelope, EventName, HandlerError, Missing, Reconnect,
};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

const RESTARTS: usize = 50;
/// How many questions wait for their answers at once.
const ASKED_AT_ONCE: usize = 16;
/// What has not happened by then will not.
const DEADLINE: Duration = Duration::from_secs(30);

#[track_caller]
fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < DEADLINE, "{what} must come true within the deadline");
        thread::park_timeout(Duration::from_millis(1));
    }
}

/// The program. Dropped, it is killed by SIGKILL.
struct Program {
    child: Child,
    address: String,
}

impl Program {
    fn start(address: &str) -> Program {
        let mut child = Command::new(env!("CARGO_BIN_EXE_fanfare"))
            .args(["serve", "--log", "error", "--addr", address])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on http://").unwrap().to_owned();
        Program { child, address }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Told {
    Connected,
    Heard(usize),
    Disconnected,
    Reconnecting,
    ConnectFailed,
}

/// What may follow what: connected and disconnected alternate, messages come in
/// between and in order, attempts outside, each announced.
fn assert_in_order(told: &[Told]) {
    use Told::{ConnectFailed, Connected, Disconnected, Heard, Reconnecting};
    assert_eq!(told.first(), Some(&Connected));
    for pair in told.windows(2) {
        let is_fine = match pair[0] {
            Connected => matches!(pair[1], Heard(_) | Disconnected),
            Heard(before) => match pair[1] {
                Heard(next) => next > before,
                Disconnected => true,
                Connected | Reconnecting | ConnectFailed => false,
            },
            Disconnected | ConnectFailed => pair[1] == Reconnecting,
            Reconnecting => matches!(pair[1], Connected | ConnectFailed),
        };
        assert!(is_fine, "{:?} is followed by {:?}", pair[0], pair[1]);
    }
    assert_eq!(told.last(), Some(&Disconnected));
}

type Start<'s> = dyn Fn(Client) -> ClientHandle + 's;
type Log = Arc<Mutex<Vec<Told>>>;

/// A client of the lobby, which notes what it is told.
fn client(address: &str, log: &Log) -> Client {
    let [connected, disconnected, reconnecting, failed, heard] = [(); 5].map(|()| Arc::clone(log));
    let note = |log: &Log, told| log.lock().unwrap().push(told);
    Client::new(&format!("ws://{address}/ws"))
        .unwrap()
        .settings(|client| {
            client.connection.envelope = Envelope::Typed;
            client.reconnect =
                Reconnect::Exponential { base: Duration::from_millis(1), cap: Duration::from_millis(20) };
        })
        .on_connected(move |_, _| note(&connected, Told::Connected))
        .on_disconnected(move |_, _| note(&disconnected, Told::Disconnected))
        .on_reconnecting(move |_, _, _| note(&reconnecting, Told::Reconnecting))
        .on_fault(move |_, fault| {
            assert!(matches!(fault, ClientFault::Connect { .. }), "nothing else goes wrong: {fault}");
            note(&failed, Told::ConnectFailed);
        })
        .on("news", move |_, event| {
            note(&heard, Told::Heard(event.data()?));
            Ok::<_, HandlerError>(())
        })
}

/// Asks until it is told to stop, each question with data of its own, for the room
/// to hear; says how many were answered, and how many were not.
fn ask(client: &ClientHandle, must_stop: &AtomicBool) -> (usize, usize) {
    let (mut answered, mut unanswered) = (0, 0);
    while !must_stop.load(Ordering::Acquire) {
        let asked = answered + unanswered;
        let question = |number| {
            client.emit_with_ack(EventName::new("news").room("hall"), &(asked + number), DEADLINE / 2)
        };
        let replies: Vec<_> = (0..ASKED_AT_ONCE).map(question).collect();
        for reply in replies {
            match reply.wait() {
                Ok(_) => answered += 1,
                // Lost with the connection, or there was none.
                Err(ClientError::Unanswered(Missing::Disconnected) | ClientError::Send(_)) => unanswered += 1,
                Err(other) => panic!("a question ends in no other way: {other}"),
            }
        }
    }
    (answered, unanswered)
}

/// One client asks and talks to a room, another listens there; under both the
/// program is killed.
fn restart_under_traffic(start: &Start, restarts: usize) {
    let mut program = Program::start("127.0.0.1:0");
    let address = program.address.clone();
    let (listening, talking) = (Log::default(), Log::default());
    let [listener, talker] = [&listening, &talking].map(|log| start(client(&address, log)));
    listener.join("hall").wait().unwrap();
    for client in [&listener, &talker] {
        client.connect().wait().unwrap();
    }
    let must_stop = Arc::new(AtomicBool::new(false));
    let (traffic, has_ended) = mpsc::channel();
    {
        let (talker, must_stop) = (talker.clone(), Arc::clone(&must_stop));
        thread::spawn(move || traffic.send(ask(&talker, &must_stop)));
    }
    let heard = || listening.lock().unwrap().iter().filter(|told| matches!(told, Told::Heard(_))).count();
    for round in 1..=restarts {
        // Only members of the room hear it.
        let before = heard();
        eventually("the room is rejoined", || heard() > before);
        drop(program);
        program = Program::start(&address);
        let again = u64::try_from(round).unwrap();
        for client in [&listener, &talker] {
            eventually("the client is back", || client.reconnects() == again);
        }
    }
    must_stop.store(true, Ordering::Release);
    let (answered, unanswered) = has_ended.recv_timeout(DEADLINE).expect("every question ends");
    assert!(answered > restarts && unanswered > 0, "{answered} answered, {unanswered} not");
    for (client, log) in [(listener, listening), (talker, talking)] {
        client.close(CloseCode::Normal, "").wait().unwrap();
        let told = log.lock().unwrap();
        assert_in_order(&told);
        let times = |what| told.iter().filter(|told| **told == what).count();
        assert_eq!((times(Told::Connected), times(Told::Disconnected)), (restarts + 1, restarts + 1));
    }
}

/// Threads and descriptors of this process, and tasks of the runtime, where it tells.
fn belongings(runtime: Option<&Runtime>) -> [usize; 3] {
    let count = |folder| std::fs::read_dir(folder).unwrap().count();
    let tasks = runtime.map_or(0, |runtime| runtime.metrics().num_alive_tasks());
    [count("/proc/self/task"), count("/proc/self/fd"), tasks]
}

fn killed_and_nothing_is_left(start: &Start, runtime: Option<&Runtime>) {
    // What a runtime keeps for ever, it has from then on.
    restart_under_traffic(start, 2);
    let mut before = belongings(runtime);
    eventually("the process is quiet", || {
        let now = belongings(runtime);
        std::mem::replace(&mut before, now) == now
    });
    restart_under_traffic(start, RESTARTS);
    eventually(&format!("threads, descriptors, tasks are as before: {before:?}"), || {
        belongings(runtime).iter().zip(before).all(|(now, before)| *now <= before)
    });
}

/// One test, since it counts what the whole process has.
#[test]
fn killed_fifty_times_under_traffic() {
    killed_and_nothing_is_left(&|client| fanfare::smol::start(client).unwrap(), None);
    killed_and_nothing_is_left(&|client| fanfare::std_threads::start(client).unwrap(), None);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let start = |client| {
        let _inside = runtime.enter();
        fanfare::tokio::start(client).unwrap()
    };
    killed_and_nothing_is_left(&start, Some(&runtime));
}
