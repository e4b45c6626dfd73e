//! Synchronous and asynchronous handlers, and the ways between them.

use crate::world::{Log, World};
use fanfare::{App, CloseCode, HandleError, HandlerError, Route, Target};

pub(crate) fn an_async_handler_takes_one_message_at_a_time(world: &World) {
    let log = Log::default();
    let noted = log.clone();
    let route = Route::new().on_message_async(move |connection, message| {
        let log = noted.clone();
        async move {
            log.note("begin");
            for _ in 0..5 {
                tokio::task::yield_now().await;
            }
            log.note("end");
            connection.send(message).await
        }
    });
    let server = world.start(App::new().route("/", route));
    let mut peer = server.connect("/");
    let texts: Vec<String> = (0..100).map(|n| n.to_string()).collect();
    for text in &texts {
        peer.send(text);
    }
    for text in &texts {
        peer.expect(text);
    }
    let order = log.wait_for(200);
    assert!(order.chunks(2).all(|pair| pair == ["begin", "end"]), "{order:?}");
}

pub(crate) fn errors_are_told_and_the_connection_lives(world: &World) {
    let log = Log::default();
    let (from_sync, from_later) = (log.clone(), log.clone());
    let sync = Route::new()
        .on_message(|ctx, message| {
            if message.is_empty() {
                Err("no words".into())
            } else {
                ctx.send(&message).map_err(HandlerError::from)
            }
        })
        .on_error(move |_, error| from_sync.note(error.to_string()));
    let later = Route::new()
        .on_message_async(|connection, message| async move {
            if message.is_empty() {
                return Err(HandleError::UnknownRecipient(String::from("nobody")));
            }
            connection.send(message).await
        })
        .on_error(move |ctx, error| {
            from_later.note(error.to_string());
            ctx.close(CloseCode::from(4400), "on request");
        });
    let server = world.start(App::new().route("/sync", sync).route("/async", later));
    let mut peer = server.connect("/sync");
    peer.send("");
    peer.expect_echo("alive");
    assert_eq!(log.wait_for(1), ["no words"]);

    let mut peer = server.connect("/async");
    peer.expect_echo("alive");
    peer.send("");
    peer.expect_close(4400);
    assert_eq!(log.wait_for(2)[1], "no connection and no client is called \"nobody\"");
}

pub(crate) fn a_continuation_comes_back_to_its_connection(world: &World) {
    let route = Route::new().on_open(|ctx| ctx.join("all").map(drop)).on_message(|ctx, message| {
        let reply = ctx.handle().broadcast(Target::room("/", "all"), message.into_owned());
        ctx.then(reply, |ctx, report| {
            let queued = report.map(|report| report.queued());
            let _ = ctx.send_text(&format!("queued {queued:?}"));
        });
    });
    let server = world.start(App::new().route("/", route));
    let mut peers: Vec<_> = (0..4).map(|_| server.connect("/")).collect();
    peers[0].send("all of you");
    peers[0].expect("all of you");
    peers[0].expect("queued Ok(4)");
    for peer in &mut peers[1..] {
        peer.expect("all of you");
    }
}

pub(crate) fn waiting_on_a_shard_is_refused(world: &World) {
    let route = Route::new().on_message(|ctx, _| {
        let outcome = ctx.handle().connections().wait();
        assert_eq!(outcome.err(), Some(HandleError::OnShard));
        ctx.send_text("refused")
    });
    let server = world.start(App::new().route("/", route));
    let mut peer = server.connect("/");
    peer.send("wait");
    peer.expect("refused");
}

pub(crate) fn an_async_handler_may_await_the_server(world: &World) {
    let route = Route::new().on_message_async(|connection, _| async move {
        let everyone = connection.handle().connections().await?;
        connection.handle().join(connection.id(), "asked").await?;
        let rooms = connection.handle().rooms().await?;
        connection.send(format!("{} connections, {} rooms", everyone.len(), rooms.len())).await
    });
    let server = world.start(App::new().route("/", route));
    let mut peers: Vec<_> = (0..3).map(|_| server.connect("/")).collect();
    for peer in &mut peers {
        peer.send("who is there?");
        peer.expect("3 connections, 1 rooms");
    }
}
