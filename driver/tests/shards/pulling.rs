//! The pull style: a future that receives, and what a peer feels of its pace.

use crate::peer::Heard;
use crate::world::World;
use fanfare_core::close::CloseCode;
use fanfare_driver::{App, Connection, Route};
use std::future::{Future, pending};
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

/// An application that leaves its connections to the test.
fn kept() -> (App, Arc<Mutex<Vec<Connection>>>) {
    let kept = Arc::new(Mutex::new(Vec::new()));
    let keep = Arc::clone(&kept);
    let route =
        Route::new().settings(|settings| settings.inbox_messages_max = 4).on_connection(move |connection| {
            keep.lock().unwrap().push(connection);
            pending::<()>()
        });
    (App::new().route("/", route), kept)
}

/// What the next `recv` yields, in the place of a future of the application's.
fn receive(connection: &Connection) -> Poll<Option<String>> {
    let message = pin!(connection.recv()).poll(&mut Context::from_waker(Waker::noop()));
    message.map(|message| message.map(|message| message.as_text().unwrap().to_owned()))
}

fn text(text: &str) -> Poll<Option<String>> {
    Poll::Ready(Some(text.to_owned()))
}

#[test]
fn messages_are_received_in_order_and_answered() {
    let route = Route::new().on_connection(async |connection| {
        while let Some(message) = connection.recv().await {
            connection.send(message).await?;
        }
        Ok::<_, fanfare_driver::HandleError>(())
    });
    let mut world = World::new(App::new().route("/", route));
    let mut peer = world.connect("/");
    for text in ["one", "two", ""] {
        peer.text(text);
    }
    world.run();
    assert_eq!(peer.texts(), ["one", "two", ""]);
    peer.close(CloseCode::Normal);
    world.run();
    assert_eq!(peer.heard(), [Heard::Close(1000)]);
    assert_eq!(world.tasks_len(), 0, "the future ends with its connection");
}

#[test]
fn a_future_that_returns_closes_its_connection() {
    let mut world = World::new(App::new().route("/", Route::new().on_connection(async |_| {})));
    assert_eq!(world.connect("/").heard(), [Heard::Close(1000)]);
}

#[test]
fn a_full_inbox_stops_the_reading_until_half_is_taken() {
    let (app, connections) = kept();
    let mut world = World::new(app);
    let peer = world.connect("/");
    for number in 0..4 {
        world.say(&peer, &number.to_string());
    }
    world.say(&peer, "waits outside");
    assert!(peer.socket.unread_len() > 0, "the peer feels it");

    let connection = connections.lock().unwrap()[0].clone();
    assert_eq!(receive(&connection), text("0"));
    world.run();
    assert!(peer.socket.unread_len() > 0, "more than half still waits");
    assert_eq!(receive(&connection), text("1"));
    world.run();
    assert_eq!(peer.socket.unread_len(), 0, "read on");
    for waiting in ["2", "3", "waits outside"] {
        assert_eq!(receive(&connection), text(waiting));
    }
    assert_eq!(receive(&connection), Poll::Pending);
}

/// All in one read: what the hub did not take waits in the shard.
#[test]
fn what_was_read_before_a_pause_is_not_lost() {
    let (app, connections) = kept();
    let mut world = World::new(app);
    let peer = world.connect("/");
    (0..40).for_each(|number| peer.text(&number.to_string()));
    world.run();
    let connection = connections.lock().unwrap()[0].clone();
    let received = std::iter::from_fn(|| {
        let received = receive(&connection);
        world.run();
        match received {
            Poll::Ready(text) => text,
            Poll::Pending => None,
        }
    });
    assert!(received.eq((0..40).map(|number| number.to_string())));
}

#[test]
fn what_arrived_before_the_end_is_received_then_nothing() {
    let (app, connections) = kept();
    let mut world = World::new(app);
    let peer = world.connect("/");
    peer.text("last words");
    peer.socket.end();
    world.run();
    let connection = connections.lock().unwrap()[0].clone();
    assert!(!connection.is_open());
    assert_eq!(receive(&connection), text("last words"));
    assert_eq!(receive(&connection), Poll::Ready(None));
}

#[test]
fn one_message_at_a_time_is_handled_asynchronously() {
    let log = Arc::new(Mutex::new(Vec::new()));
    let logged = Arc::clone(&log);
    let route = Route::new().on_message_async(move |connection, message| {
        let log = Arc::clone(&logged);
        async move {
            let text = message.as_text().unwrap().to_owned();
            log.lock().unwrap().push(format!("{text} begins"));
            connection.send(message).await?;
            log.lock().unwrap().push(format!("{text} ends"));
            Ok::<_, fanfare_driver::HandleError>(())
        }
    });
    let mut world = World::new(App::new().route("/", route));
    let peer = world.connect("/");
    peer.text("first");
    peer.text("second");
    world.run();
    assert_eq!(*log.lock().unwrap(), ["first begins", "first ends", "second begins", "second ends"]);
}
