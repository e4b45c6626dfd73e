//! A server in a simulation, moved from the outside: steps, time, and that
//! both repeat.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use fanfare_core::time::Instant;
use fanfare_driver::{App, Route, StopOptions};
use fanfare_simulator::{Server, Simulation, Wire};
use std::io::ErrorKind;
use std::sync::{Arc, Mutex};
use std::time::Duration;

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
    Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

/// Text frames of a client, under a mask of zeros.
fn texts(texts: impl Iterator<Item = String>) -> Vec<u8> {
    let frame = |text: String| {
        [&[0x81, 0x80 | u8::try_from(text.len()).unwrap(), 0, 0, 0, 0], text.as_bytes()].concat()
    };
    texts.flat_map(frame).collect()
}

/// All that has arrived.
fn heard(wire: &mut Wire) -> Vec<u8> {
    let (mut heard, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        match wire.try_read(&mut buffer) {
            Ok(0) => return heard,
            Ok(count) => heard.extend(&buffer[..count]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return heard,
            Err(error) => panic!("{error}"),
        }
    }
}

fn is_cut(wire: &mut Wire) -> bool {
    wire.try_read(&mut [0]).is_err_and(|error| error.kind() == ErrorKind::ConnectionReset)
}

fn connect(server: &Server, said: &[u8]) -> Wire {
    let mut wire = server.connect(None);
    assert_eq!(wire.try_write(said).unwrap(), said.len());
    wire
}

/// What four connections say, in the order in which an application hears it.
fn order_heard(seed: u64) -> Vec<String> {
    let notes = Arc::new(Mutex::new(Vec::new()));
    let order = Arc::clone(&notes);
    let route = Route::new().on_message_async(move |connection, message| {
        order.lock().unwrap().push(message.as_text().unwrap().to_owned());
        async move { connection.send(message).await }
    });
    let mut simulation = Simulation::new(seed);
    let server = simulation.launch(App::new().route("/", route), 2).unwrap();
    let say = |name| [REQUEST, &texts((0..20).map(|number| format!("{name} {number}")))].concat();
    let mut wires: Vec<_> = (0..4).map(|name| connect(&server, &say(name))).collect();
    simulation.run();
    for (name, wire) in wires.iter_mut().enumerate() {
        assert!(heard(wire).ends_with(format!("{name} 19").as_bytes()));
    }
    std::mem::take(&mut *notes.lock().unwrap())
}

#[test]
fn the_seed_decides_and_nothing_else() {
    assert_eq!(order_heard(1), order_heard(1));
    assert_ne!(order_heard(1), order_heard(2));
}

#[test]
fn time_goes_only_when_it_is_set_forward() {
    let mut simulation = Simulation::new(1);
    let server = simulation.launch(App::new().route("/", Route::new()), 1).unwrap();
    let mut silent = connect(&server, b"GET / HTTP/1.1\r\n");
    simulation.run();
    assert_eq!(simulation.now(), Instant::ZERO);
    assert_eq!(heard(&mut silent), b"");

    let an_hour_later = Instant::ZERO + Duration::from_secs(3_600);
    while !is_cut(&mut silent) {
        assert!(simulation.advance(an_hour_later), "there is a deadline");
        simulation.run();
    }
    let took = simulation.now().since(Instant::ZERO);
    assert!((10..11).contains(&took.as_secs()), "a handshake may take 10 s, not {took:?}");
    while simulation.advance(an_hour_later) {
        simulation.run();
    }
    assert_eq!(simulation.now(), an_hour_later);
    assert_eq!(server.handle().totals().connections, 0);
}

#[test]
fn a_server_that_is_stopped_ends_and_others_go_on() {
    let mut simulation = Simulation::new(1);
    let echo = || App::new().route("/", Route::new().on_message(|ctx, message| ctx.send(&message)));
    let (first, second) = (simulation.launch(echo(), 2).unwrap(), simulation.launch(echo(), 1).unwrap());
    let (mut here, mut there) = (connect(&first, REQUEST), connect(&second, REQUEST));
    simulation.run();
    let at_once = StopOptions { time_max: Duration::ZERO, ..StopOptions::default() };
    let stopped = first.handle().stop(&at_once);
    simulation.run();
    assert_eq!(stopped.wait(), Ok(()));
    assert!(here.try_write(b"anyone?").is_err());
    assert_eq!(first.connect(None).try_read(&mut [0]).unwrap(), 0, "nobody takes it");

    heard(&mut there);
    there.try_write(&texts(std::iter::once("still here".into()))).unwrap();
    simulation.run();
    assert!(heard(&mut there).ends_with(b"still here"));
}
