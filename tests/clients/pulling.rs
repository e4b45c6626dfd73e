//! What a client hears, pulled from a stream.

use crate::conversation::echo;
use crate::world::{Server, World, done, eventually, next, outcome};
use fanfare::core::close::CloseCode;
use fanfare::core::wire::ControlPayload;
use fanfare::{Answer, App, Client, ClientFault, Envelope, HandlerError, Heard, Reconnect, Route, Target};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

pub(crate) fn what_is_heard_comes_in_order(world: &World) {
    let server = Server::start(echo());
    let stream = world.open(Client::new(&server.url()).unwrap());
    let client = stream.handle().clone();
    done(client.connect());
    for text in ["one", "two"] {
        done(client.send(text));
    }
    let (heard, stream) = next(stream);
    assert!(matches!(heard, Some(Heard::Connected(_))), "{heard:?}");
    let (heard, stream) = next(stream);
    assert!(matches!(heard, Some(Heard::Message(message)) if message == "one".into()));
    let (heard, stream) = next(stream);
    assert!(matches!(heard, Some(Heard::Message(message)) if message == "two".into()));
    done(client.close(CloseCode::Normal, ""));
    let (heard, stream) = next(stream);
    assert!(matches!(&heard, Some(Heard::Disconnected(over)) if over.is_graceful()), "{heard:?}");
    let (heard, stream) = next(stream);
    assert!(heard.is_none() && next(stream).0.is_none());
}

pub(crate) fn pings_are_heard_by_who_asks(world: &World) {
    let route = Route::new().on_open(|ctx| {
        ctx.ping(&ControlPayload::EMPTY).map(drop)?;
        ctx.send_text("behind it").map_err(HandlerError::from)
    });
    let server = Server::start(App::new().route("/", route));
    for hears in [true, false] {
        let client = Client::new(&server.url()).unwrap();
        let stream = world.open(if hears { client.hear_pings() } else { client });
        let client = stream.handle().clone();
        done(client.connect());
        let (heard, stream) = next(stream);
        assert!(matches!(heard, Some(Heard::Connected(_))), "{heard:?}");
        if !hears {
            let (heard, _stream) = next(stream);
            assert!(matches!(heard, Some(Heard::Message(_))), "{heard:?}");
            continue;
        }
        let (heard, stream) = next(stream);
        assert!(matches!(heard, Some(Heard::Ping(_))), "{heard:?}");
        let (heard, stream) = next(stream);
        assert!(matches!(heard, Some(Heard::Message(_))), "{heard:?}");
        assert!(done(client.ping(ControlPayload::EMPTY)));
        let (heard, _stream) = next(stream);
        assert!(matches!(heard, Some(Heard::Pong(_))), "{heard:?}");
    }
}

/// The server's sends wait for room, which there is none without a reader.
pub(crate) fn who_does_not_pull_is_felt_by_the_server(world: &World) {
    const MESSAGES: usize = 2_000;
    let sent = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&sent);
    let route = Route::new().on_connection(move |connection| {
        let counted = Arc::clone(&counted);
        async move {
            for _ in 0..MESSAGES {
                connection.send_when_room(vec![7; 10_000].as_slice()).await?;
                counted.fetch_add(1, Ordering::AcqRel);
            }
            connection.recv().await;
            Ok::<_, fanfare::HandlerError>(())
        }
    });
    let route = route.settings(|settings| settings.write_time_max = Duration::from_secs(60));
    let server = Server::start(App::new().route("/", route));
    let mut stream = world.open(Client::new(&server.url()).unwrap());
    done(stream.handle().connect());
    // When nothing has moved for a while, nothing will.
    let mut before = 0;
    let mut rounds = 0;
    eventually("the server has stopped", || {
        let now = sent.load(Ordering::Acquire);
        rounds = if now == before && now > 0 { rounds + 1 } else { 0 };
        before = now;
        rounds > 300
    });
    assert!(before < MESSAGES, "the server has sent all, and nobody has heard any of it");
    let mut heard = 0;
    while heard < MESSAGES {
        let (next, rest) = next(stream);
        stream = rest;
        heard += usize::from(matches!(next, Some(Heard::Message(message)) if message.len() == 10_000));
    }
}

pub(crate) fn who_has_no_stream_any_more_is_not_held_up(world: &World) {
    let server = Server::start(App::new().route("/", Route::new().envelope(Envelope::Typed)));
    let client = Client::new(&server.url()).unwrap().settings(|client| {
        client.connection.envelope = Envelope::Typed;
        client.connection.inbox_messages_max = 4;
    });
    let stream = world.open(client);
    let client = stream.handle().clone();
    done(client.connect());
    // More than may wait, and a question behind it.
    let handle = server.handle();
    for number in 0..8 {
        assert_eq!(handle.emit_to(Target::Everyone, "news", &number).wait().unwrap().queued(), 1);
    }
    let asked = handle.broadcast_with_ack(Target::Everyone, "vote", &"yes or no", Duration::from_secs(4));
    drop(stream);
    let answers = asked.wait().unwrap().answers;
    assert!(matches!(&answers[..], [(_, Answer::Error(_))]), "nobody handles it: {answers:?}");
    done(client.close(CloseCode::Normal, ""));
}

pub(crate) fn a_stream_that_nobody_pulls_does_not_grow_with_each_attempt(world: &World) {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut stream = world.open(Client::new(&format!("ws://{nobody}/")).unwrap().settings(|client| {
        client.reconnect_first = true;
        client.reconnect = Reconnect::Fixed { delay: Duration::from_millis(1) };
        client.attempts_max = 100;
        client.connection.inbox_messages_max = 8;
    }));
    assert!(outcome(stream.handle().connect()).is_err());
    done(stream.handle().close(CloseCode::Normal, ""));
    let mut heard = Vec::new();
    while let (Some(event), rest) = next(stream) {
        heard.push(event);
        stream = rest;
    }
    assert!(heard.len() < 16, "{heard:?}");
    let [.., failed, gave_up] = &heard[..] else { panic!("{heard:?}") };
    assert!(matches!(failed, Heard::Fault(ClientFault::Connect { attempt: 100, .. })), "{failed:?}");
    assert!(matches!(gave_up, Heard::Fault(ClientFault::GaveUp { attempts: 100 })), "{gave_up:?}");
}

pub(crate) fn events_can_be_pulled_and_answered(world: &World) {
    let server = Server::start(App::new().route("/", Route::new().envelope(Envelope::Typed)));
    let client = Client::new(&server.url()).unwrap();
    let client = client.settings(|client| client.connection.envelope = Envelope::Typed);
    let stream = world.open(client);
    let client = stream.handle().clone();
    done(client.connect());
    let asked =
        server.handle().broadcast_with_ack(Target::Everyone, "vote", &"yes or no", Duration::from_secs(4));
    let (_, stream) = next(stream);
    let (Some(Heard::Event(event)), _stream) = next(stream) else { panic!("an event is next") };
    assert_eq!((event.name(), event.data::<&str>().unwrap()), ("vote", "yes or no"));
    assert!(event.wants_ack());
    done(client.ack(&event, "yes"));
    let answers = asked.wait().unwrap().answers;
    assert_eq!(answers[0].1.data::<&str>().unwrap(), "yes");
}
