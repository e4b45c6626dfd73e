//! Handlers that block: a thread each, as many as there may be, and what becomes
//! of the others.

use crate::world::{start, start_with};
use fanfare_core::config::Settings;
use fanfare_driver::{App, HandleError, Route};
use std::sync::{Arc, Mutex};

fn blocking_echo() -> Route {
    Route::new().on_connection_blocking(|connection| {
        while let Some(message) = connection.recv() {
            connection.send(message)?;
        }
        Ok::<_, HandleError>(())
    })
}

#[test]
fn a_handler_pulls_messages_and_its_return_closes() {
    let route = Route::new().on_connection_blocking(|connection| {
        let name = connection.recv().ok_or("it left without a word")?.as_text().unwrap_or("").to_owned();
        connection.send(format!("hello {name}").as_str())?;
        Ok::<_, fanfare_driver::HandlerError>(())
    });
    let server = start(App::new().route("/", route));
    let mut peer = server.connect();
    peer.say("ann");
    assert_eq!(peer.hear(), "hello ann");
    assert_eq!(u16::from(peer.closed().code), 1000);
}

#[test]
fn many_handlers_block_at_once_and_a_stop_ends_them() {
    let server = start_with(App::new().route("/", blocking_echo()), 1, 1);
    let mut peers: Vec<_> = (0..50).map(|_| server.connect()).collect();
    for (number, peer) in peers.iter_mut().enumerate() {
        peer.say(&number.to_string());
    }
    for (number, peer) in peers.iter_mut().enumerate() {
        assert_eq!(peer.hear(), number.to_string());
    }
}

#[test]
fn without_a_thread_a_connection_is_closed_and_counted_and_room_comes_back() {
    let settings = Settings::default().with(|server| server.blocking_handlers_max = 2);
    let app = App::new().route("/", blocking_echo()).config(settings.build().unwrap());
    let server = start(app);
    let mut first = [server.connect(), server.connect()];
    assert_eq!(u16::from(server.connect().closed().code), 1013);
    crate::world::eventually("it is counted", || server.handle.stats().handlers_refused == 1);
    for peer in &mut first {
        peer.say("!");
        assert_eq!(peer.hear(), "!");
    }
    drop(first);
    // The threads end some time after their connections.
    crate::world::eventually("there is room again", || {
        let mut peer = server.connect();
        peer.say("?");
        peer.try_hear().is_some()
    });
}

#[test]
fn a_panic_and_an_error_harm_only_their_own_connection() {
    let errors = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&errors);
    let route = Route::new()
        .on_connection_blocking(|connection| match connection.recv() {
            Some(message) if message.as_text() == Some("panic") => panic!("as asked"),
            Some(_) => Err("as asked"),
            None => Ok(()),
        })
        .on_error(move |_, error| told.lock().unwrap().push(error.to_string()));
    let server = start(App::new().route("/", route));
    let (mut bad, mut wrong) = (server.connect(), server.connect());
    bad.say("panic");
    assert_eq!(u16::from(bad.closed().code), 1011);
    wrong.say("error");
    assert_eq!(u16::from(wrong.closed().code), 1000);
    assert_eq!(*errors.lock().unwrap(), ["as asked"]);
}
