//! Handlers that take messages when they want to.

use crate::world::{Log, World, config, frame};
use fanfare::core::close::CloseReason;
use fanfare::core::hub::SendError;
use fanfare::{App, HandleError, Route};
use futures_util::future::join3;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// Writes that got nowhere for this long are blocked.
const PATIENCE: Duration = Duration::from_millis(300);

pub(crate) fn a_handler_that_does_not_read_blocks_its_peer(world: &World) {
    const MESSAGES: usize = 800;
    let (gate, log) = (Arc::new(Semaphore::new(0)), Log::default());
    let (entrance, noted) = (Arc::clone(&gate), log.clone());
    let route = Route::new().on_connection(move |connection| {
        let (gate, log) = (Arc::clone(&entrance), noted.clone());
        async move {
            drop(gate.acquire().await);
            let mut next: u32 = 0;
            while let Some(message) = connection.recv().await {
                assert_eq!(message.as_bytes()[..4], next.to_be_bytes(), "in order, none lost");
                next += 1;
                if next as usize == MESSAGES {
                    log.note("all");
                }
            }
        }
    });
    let server = world.start(App::new().route("/", route));
    let mut raw = server.raw_open("/");
    let mut bytes = Vec::new();
    for number in 0..u32::try_from(MESSAGES).unwrap() {
        let mut payload = number.to_be_bytes().to_vec();
        payload.resize(32 * 1024, 0);
        bytes.extend(frame(2, &payload));
    }

    let written = raw.write_for(&bytes, PATIENCE);
    assert!(written < bytes.len(), "the peer must block: {written} bytes were taken");
    let received = server.handle().stats().messages_received;
    assert!(
        received <= 65,
        "{received} messages were taken for a handler that takes none; the inbox holds 64"
    );

    gate.add_permits(1);
    raw.write(&bytes[written..]);
    assert_eq!(log.wait_for(1), ["all"]);
}

pub(crate) fn a_handler_that_returns_closes(world: &World) {
    let route = Route::new().on_connection(|connection| async move {
        let first = connection.recv().await;
        drop(connection.send(first.unwrap_or("nothing".into())).await);
    });
    let server = world.start(App::new().route("/", route));
    let mut peer = server.connect("/");
    peer.expect_echo("first");
    peer.expect_close(1000);
}

pub(crate) fn a_handler_that_returns_while_its_peer_is_blocked_closes(world: &World) {
    let gate = Arc::new(Semaphore::new(0));
    let entrance = Arc::clone(&gate);
    let small = config(|settings| settings.connection.inbox_messages_max = 2);
    let (log, started) = (Log::default(), Log::default());
    let (closed, starting) = (log.clone(), started.clone());
    let route = Route::new()
        .on_connection(move |_| {
            let (gate, starting) = (Arc::clone(&entrance), starting.clone());
            async move {
                starting.note("started");
                drop(gate.acquire().await);
            }
        })
        .on_close(move |_, reason| closed.note(reason.reason.to_string()));
    let server = world.start(App::new().config(small).route("/", route));
    let mut raw = server.raw_open("/");
    started.wait_for(1);
    // More than the inbox holds, and the answer to the close behind it: both
    // must be read although reading has paused.
    for _ in 0..10 {
        raw.write(&frame(1, b"unread"));
    }
    crate::world::eventually("reading has paused", || server.handle().stats().messages_received == 2);
    gate.add_permits(1);
    assert_eq!(raw.hear_close(), 1000);
    raw.write(&frame(8, &[3, 232]));
    assert_eq!(log.wait_for(1), ["closed by us with 1000"]);
    raw.hear_end();
}

pub(crate) fn a_send_that_waits_goes_no_faster_than_its_peer_reads(world: &World) {
    const MESSAGES: u32 = 600;
    let log = Log::default();
    let noted = log.clone();
    let small = config(|settings| settings.connection.outbox_messages_max = 4);
    let route = Route::new().on_connection(move |connection| {
        let log = noted.clone();
        async move {
            for number in 0..MESSAGES {
                let mut bytes = number.to_be_bytes().to_vec();
                bytes.resize(32 * 1024, 0);
                connection.send_when_room(bytes.as_slice()).await.unwrap();
                if number == 0 {
                    log.note("the first");
                }
            }
            log.note("the last");
        }
    });
    let server = world.start(App::new().config(small).route("/", route));
    let mut raw = server.raw_open("/");
    log.wait_for(1);
    for number in 0..MESSAGES {
        let (opcode, payload) = raw.hear();
        assert_eq!((opcode, &payload[..4]), (2, &number.to_be_bytes()[..]), "in order, none lost");
        if number == 0 {
            assert_eq!(log.all(), ["the first"], "the sender waits");
        }
    }
    assert_eq!(raw.hear_close(), 1000);
    assert_eq!(server.handle().stats().deliveries_dropped(), 0);
}

pub(crate) fn a_send_that_waits_hears_when_its_peer_is_gone(world: &World) {
    let log = Log::default();
    let noted = log.clone();
    let small = config(|settings| settings.connection.outbox_messages_max = 4);
    let route = Route::new().on_connection(move |connection| {
        let log = noted.clone();
        async move {
            let error = loop {
                if let Err(error) = connection.send_when_room(vec![0; 64 * 1024].as_slice()).await {
                    break error;
                }
                if log.all().is_empty() {
                    log.note("sending");
                }
            };
            let is_gone = matches!(error, HandleError::Send(SendError::Closed(_)));
            assert!(is_gone || matches!(error, HandleError::UnknownRecipient(_)), "{error}");
            assert!(connection.recv().await.is_none());
            log.note("gone");
        }
    });
    let server = world.start(App::new().config(small).route("/", route));
    let raw = server.raw_open("/");
    let id = server.handle().connections().wait().unwrap()[0].id;
    let closed = server.handle().closed(id);
    // Answered behind the question.
    server.handle().connections().wait().unwrap();
    log.wait_for(1);
    raw.reset();
    assert_eq!(log.wait_for(2), ["sending", "gone"]);
    let reason = closed.wait().unwrap().unwrap();
    assert!(matches!(reason, CloseReason::Transport(_) | CloseReason::EndOfInput), "{reason}");
    assert_eq!(server.handle().closed(id).wait(), Ok(None), "it is over already");
}

pub(crate) fn every_receiver_hears_of_the_end(world: &World) {
    let log = Log::default();
    let noted = log.clone();
    let route = Route::new().on_connection(move |connection| {
        let log = noted.clone();
        async move {
            let receive = |connection: fanfare::Connection| {
                let log = log.clone();
                async move {
                    while connection.recv().await.is_some() {
                        log.note("a message");
                    }
                    log.note("the end");
                }
            };
            join3(receive(connection.clone()), receive(connection.clone()), receive(connection)).await;
        }
    });
    let server = world.start(App::new().route("/", route));
    let mut peer = server.connect("/");
    for number in 0..9 {
        peer.send("one of you");
        log.wait_for(number + 1);
    }
    peer.close(1000, "");
    peer.expect_close(1000);
    let heard = log.wait_for(12);
    assert_eq!(heard.iter().filter(|note| *note == "the end").count(), 3, "{heard:?}");
}
