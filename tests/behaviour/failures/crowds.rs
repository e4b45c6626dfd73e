//! Failures 1, 2, 3 and 5: much at the same time.

use crate::world::{Log, Said, World, config, eventually, frame};
use fanfare::{Accept, App, CloseCode, HandleError, Route, SendError, Target};
use std::collections::BTreeMap;
use std::iter;
use std::sync::{Arc, Barrier};
use std::thread;

fn hall() -> Target {
    Target::room("/", "hall")
}

/// Called as the query says, and in the hall; what else it does, `receive` adds.
fn member(log: &Log, receive: impl FnOnce(Route) -> Route) -> Route {
    let noted = log.clone();
    receive(Route::new())
        .authorise(|request| Ok(Accept::new().client_id(request.query().unwrap_or_default())))
        .on_open(|ctx| ctx.join("hall").map(drop))
        .on_close(move |_, _| noted.note("closed"))
}

/// They are received from, by futures and by threads, broadcast, close themselves
/// and are closed, and all the while they are gone.
pub(crate) fn fifty_leave_while_they_are_received_from_and_closed(world: &World) {
    let log = Log::default();
    // A clone for each future and each thread that has not ended, and two for the routes.
    let handlers = Arc::new(());
    let (of_future, of_thread) = (Arc::clone(&handlers), Arc::clone(&handlers));
    let pull = member(&log, |route| {
        route.on_connection(move |connection| {
            let handler = Arc::clone(&of_future);
            async move {
                while let Some(message) = connection.recv().await {
                    drop(connection.handle().broadcast(hall(), message).await);
                    drop(connection.close(CloseCode::Normal, "").await);
                }
                drop(handler);
            }
        })
    });
    let blocking = member(&log, |route| {
        route.on_connection_blocking(move |connection| {
            let handler = Arc::clone(&of_thread);
            while let Some(message) = connection.recv() {
                drop(connection.handle().broadcast(hall(), message).wait());
                drop(connection.close(CloseCode::Normal, ""));
            }
            drop(handler);
        })
    });
    let server = world.start(App::new().route("/pull", pull).route("/blocking", blocking));
    let mut stays = server.connect("/pull?stays");
    let paths = ["/pull?crowd", "/blocking?crowd"].into_iter().cycle();
    let crowd: Vec<_> = paths.take(50).map(|path| server.raw_open(path)).collect();
    thread::scope(|scope| {
        let closes =
            || (0..20).for_each(|_| drop(server.handle().close("crowd", CloseCode::Away, "").wait()));
        scope.spawn(closes);
        scope.spawn(closes);
        for (number, mut raw) in crowd.into_iter().enumerate() {
            // It may be closed and gone already.
            raw.try_write(&frame(1, b"farewell"));
            if number % 4 < 2 { raw.reset() } else { drop(raw) }
        }
    });
    log.wait_for(50);
    eventually("one is left", || server.handle().totals().connections == 1);
    eventually("no handler is left but its", || Arc::strong_count(&handlers) == 1 + 2 + 1);
    assert_eq!(server.handle().rooms().wait().unwrap().into_values().collect::<Vec<_>>(), [1]);

    let next = server.handle().broadcast(hall(), "next").wait().unwrap();
    assert_eq!((next.matched(), next.queued()), (1, 1));
    let is_farewell = |said: &Said| *said == Said::Text(String::from("farewell"));
    let after = iter::repeat_with(|| stays.hear()).find(|said| !is_farewell(said));
    assert_eq!(after, Some(Said::Text(String::from("next"))));
    assert_eq!(log.all().len(), 50);
}

/// Each message is of one letter, and more than a socket takes at once.
pub(crate) fn broadcasts_at_once_never_mix_their_bytes(world: &World) {
    const PUBLISHERS: u8 = 4;
    const EACH: usize = 20;
    const MESSAGE_BYTES: usize = 40_000;
    let roomy = config(|settings| settings.connection.outbox_bytes_max = 8 * 1024 * 1024);
    let server = world.start(App::new().config(roomy).route("/", Route::new()));
    let mut peers: Vec<_> = (0..3).map(|_| server.connect("/")).collect();
    let together = Barrier::new(PUBLISHERS.into());
    thread::scope(|scope| {
        for publisher in 0..PUBLISHERS {
            let (handle, together) = (server.handle(), &together);
            scope.spawn(move || {
                let message = vec![b'a' + publisher; MESSAGE_BYTES];
                together.wait();
                for _ in 0..EACH {
                    let report = handle.broadcast(Target::Everyone, message.as_slice()).wait().unwrap();
                    assert_eq!(report.queued(), 3, "{report:?}");
                }
            });
        }
    });
    for peer in &mut peers {
        let mut heard = BTreeMap::new();
        for _ in 0..usize::from(PUBLISHERS) * EACH {
            let Said::Binary(bytes) = peer.hear() else { panic!("a message of a publisher must come") };
            assert!(bytes.len() == MESSAGE_BYTES && bytes.iter().all(|byte| *byte == bytes[0]));
            *heard.entry(bytes[0]).or_insert(0) += 1;
        }
        assert!(
            heard.len() == usize::from(PUBLISHERS) && heard.values().all(|count| *count == EACH),
            "{heard:?}"
        );
    }
}

/// Threads send while the connection is closed: each is told whether its message
/// was taken, none is taken after one was refused for the close, and nothing
/// breaks.
pub(crate) fn sending_to_who_is_closing_is_an_answer(world: &World) {
    const SENDERS: usize = 3;
    let log = Log::default();
    let noted = log.clone();
    let route = Route::new()
        .on_message(|ctx, message| ctx.send(&message))
        .on_close(move |_, closed| noted.note(closed.reason.to_string()));
    let server = world.start(App::new().route("/", route));
    let mut bystander = server.connect("/");
    let own = server.handle().connections().wait().unwrap()[0].id;
    for round in 1..=8 {
        let mut peer = server.connect("/");
        let connections = server.handle().connections().wait().unwrap();
        let id = connections.iter().map(|info| info.id).find(|id| *id != own).unwrap();
        let together = Barrier::new(SENDERS + 1);
        thread::scope(|scope| {
            for _ in 0..SENDERS {
                scope.spawn(|| {
                    together.wait();
                    while is_taken(&server.handle().send(id, "still open?").wait()) {}
                    let late = server.handle().send(id, "and now?").wait();
                    assert!(!is_taken(&late), "taken by a connection that is closed");
                });
            }
            together.wait();
            server.handle().close(id, CloseCode::from(4000), "enough").wait().unwrap();
            let after = iter::repeat_with(|| peer.hear()).find(|said| !matches!(said, Said::Text(_)));
            assert_eq!(after, Some(Said::Close(4000, String::from("enough"))));
            assert_eq!(peer.hear(), Said::End);
        });
        assert_eq!(log.wait_for(round).last().unwrap(), "closed by us with 4000");
        eventually("it is gone", || server.handle().totals().connections == 1);
    }
    bystander.expect_echo("as ever");
}

/// Whether the message was taken, or only had no room: not whether it came too late.
#[track_caller]
fn is_taken(sent: &Result<(), HandleError>) -> bool {
    match sent {
        Ok(()) | Err(HandleError::Send(SendError::QueueFull { .. })) => true,
        Err(HandleError::UnknownRecipient(_) | HandleError::Send(SendError::Closed(_))) => false,
        Err(other) => panic!("a send must be answered with what became of it: {other:?}"),
    }
}

pub(crate) fn a_burst_is_handled_in_the_order_it_was_sent(world: &World) {
    const BURST: usize = 500;
    let roomy = config(|settings| settings.connection.outbox_messages_max = BURST);
    let now = Route::new().on_message(|ctx, message| ctx.send(&message));
    let later = Route::new().on_message_async(|connection, message| async move {
        tokio::task::yield_now().await;
        connection.send(message).await
    });
    let pull = Route::new().on_connection(|connection| async move {
        while let Some(message) = connection.recv().await {
            drop(connection.send(message).await);
        }
    });
    let app = App::new().config(roomy).route("/now", now).route("/later", later).route("/pull", pull);
    let server = world.start(app);
    let number = |number: usize| number.to_string().into_bytes();
    let burst: Vec<u8> = (0..BURST).flat_map(|n| frame(1, &number(n))).collect();
    for path in ["/now", "/later", "/pull"] {
        let mut raw = server.raw_open(path);
        raw.write(&burst);
        for n in 0..BURST {
            assert_eq!(raw.hear(), (1, number(n)), "{path}");
        }
    }
}
