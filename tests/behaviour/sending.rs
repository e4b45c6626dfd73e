//! What can be sent, and what is said of that which cannot.

use crate::world::{Log, Said, World, config, frame};
use fanfare::core::hub::SendError;
use fanfare::core::wire::{Control, ControlPayload, Data, MessageError, OpCode};
use fanfare::{App, HandleError, Message, Overflow, Route, Target};
use std::collections::BTreeMap;
use std::iter;
use std::time::Duration;

fn echo() -> Route {
    Route::new().on_message(|ctx, message| ctx.send(&message))
}

/// By the future of a connection, of each type, and the empty ones too.
pub(crate) fn messages_are_received_and_sent_with_their_type(world: &World) {
    let route = Route::new().on_connection(|connection| async move {
        while let Some(message) = connection.recv().await {
            connection.send(message).await?;
        }
        Ok::<_, HandleError>(())
    });
    let server = world.start(App::new().route("/", route));
    let mut peer = server.connect("/");
    for text in ["", "héllo", ""] {
        peer.expect_echo(text);
    }
    for bytes in [vec![], vec![0, 255], vec![7; 100_000]] {
        peer.send_binary(&bytes);
        assert_eq!(peer.hear(), Said::Binary(bytes));
    }
    peer.close(1000, "");
    peer.expect_close(1000);
}

/// A message that no outbox could hold, one that this one cannot hold now, and
/// one for nobody.
pub(crate) fn a_send_that_cannot_be_is_a_typed_error(world: &World) {
    const BYTES_MAX: usize = 4 * 1024 * 1024;
    let small = config(|settings| {
        settings.connection.outbox_policy = Overflow::DropNewest;
        settings.connection.outbox_messages_max = 4;
        settings.connection.outbox_bytes_max = BYTES_MAX;
    });
    let server = world.start(App::new().config(small).route("/", echo()));
    let stopped = server.raw_open("/");
    let id = server.handle().connections().wait().unwrap()[0].id;
    let send = |bytes: &[u8]| server.handle().send(id, bytes).wait();

    let refused = send(&vec![0; BYTES_MAX]);
    assert!(matches!(refused, Err(HandleError::Send(SendError::TooLarge { .. }))), "{refused:?}");
    let chunk = vec![0; 64 * 1024];
    let full = loop {
        if let Err(error) = send(&chunk) {
            break error;
        }
    };
    assert!(matches!(full, HandleError::Send(SendError::QueueFull { messages: 4, .. })), "{full:?}");
    assert_eq!(server.handle().stats().connections_closed, 0, "a full outbox is no end");

    stopped.reset();
    crate::world::eventually("the connection's end", || server.handle().totals().connections == 0);
    assert_eq!(send(b"late"), Err(HandleError::UnknownRecipient(id.to_string())));
}

/// From the shard, from outside, by a future, by a thread, and to many; and what has no JSON
/// form, or a type that is no message's, is refused where it is said.
pub(crate) fn values_are_sent_as_json(world: &World) {
    const TEA: (&str, u32) = ("tea", 250);
    let tea = r#"["tea",250]"#;
    let nonsense = BTreeMap::from([((1, 2), 3)]);
    let no_json = |outcome: Result<(), HandleError>| {
        let error = outcome.unwrap_err();
        assert!(matches!(error, HandleError::Message(MessageError::NoJson { .. })), "{error}");
    };
    let unsent = nonsense.clone();
    let here = Route::new().on_message(move |ctx, _| {
        no_json(ctx.send_json(&unsent));
        ctx.send_json(&TEA)?;
        ctx.broadcast_json(Target::Connection(ctx.id()), &TEA)?;
        let raw = Message::raw(OpCode::Data(Data::Text), tea.as_bytes())?;
        let ping = Message::raw(OpCode::Control(Control::Ping), tea.as_bytes());
        assert!(matches!(ping, Err(MessageError::NotData(_))), "{ping:?}");
        Ok::<_, fanfare::HandlerError>(ctx.send(&raw)?)
    });
    let there =
        Route::new().on_message_async(|connection, _| async move { connection.send_json(&TEA).await });
    let blocking = Route::new().on_connection_blocking(|connection| {
        while connection.recv().is_some() {
            connection.send_json(&TEA)?;
        }
        Ok::<_, HandleError>(())
    });
    let app = App::new().route("/", here).route("/async", there).route("/blocking", blocking);
    let server = world.start(app);
    let mut blocked = server.connect("/blocking");
    blocked.send("what is it?");
    blocked.expect(tea);
    blocked.close(1000, "");
    blocked.expect_close(1000);
    let (mut here, mut there) = (server.connect("/"), server.connect("/async"));
    here.send("what is it?");
    there.send("what is it?");
    for _ in 0..3 {
        here.expect(tea);
    }
    there.expect(tea);
    let handle = server.handle();
    let id = handle.connections().wait().unwrap()[0].id;
    no_json(handle.send_json(id, &nonsense).wait());
    handle.broadcast_json(Target::Everyone, &TEA).wait().unwrap();
    here.expect(tea);
    there.expect(tea);
}

pub(crate) fn an_application_may_ping(world: &World) {
    let log = Log::default();
    let noted = log.clone();
    let route = Route::new()
        .on_message(|ctx, message| {
            let payload = ControlPayload::try_from(message.as_bytes())?;
            ctx.ping(&payload)?;
            Ok::<_, fanfare::HandlerError>(ctx.send("pinged")?)
        })
        .on_error(|ctx, error| {
            let _ = ctx.send_text(&error.to_string());
        })
        .on_pong(move |_, payload| noted.note(String::from_utf8_lossy(payload)));
    let server = world.start(App::new().route("/", route));
    let mut raw = server.raw_open("/");
    raw.write(&frame(1, b"are you there?"));
    assert_eq!(raw.hear(), (9, b"are you there?".to_vec()));
    assert_eq!(raw.hear(), (1, b"pinged".to_vec()));
    raw.write(&frame(10, b"I am"));
    assert_eq!(log.wait_for(1), ["I am"]);
    // A ping is no way around the limits of control frames.
    raw.write(&frame(1, &[b'x'; 126]));
    let (opcode, why) = raw.hear();
    assert!(opcode == 1 && String::from_utf8_lossy(&why).contains("125"), "{why:?}");
}

/// Whoever answers no ping and says nothing is cut; what it says instead will do.
pub(crate) fn the_silent_are_pinged_and_cut(world: &World) {
    const BEAT: Duration = Duration::from_millis(100);
    const BEATS: usize = 10;
    let log = Log::default();
    let noted = log.clone();
    let attentive = config(|settings| {
        settings.connection.ping_interval = Some(BEAT);
        settings.connection.liveness_time_max = 8 * BEAT;
    });
    let route = echo().on_close(move |_, closed| noted.note(closed.reason.to_string()));
    let server = world.start(App::new().config(attentive).route("/", route));
    let (mut silent, mut chatty) = (server.raw_open("/"), server.raw_open("/"));
    for _ in 0..BEATS {
        assert_eq!(chatty.hear(), (9, Vec::new()));
        chatty.write(&frame(1, b"no pong from me"));
        let pinged = (9, Vec::new());
        // On a busy machine the next ping may come first.
        let heard = iter::repeat_with(|| chatty.hear()).find(|heard| *heard != pinged);
        assert_eq!(heard, Some((1, b"no pong from me".to_vec())));
    }
    assert_eq!(log.wait_for(1), ["closed because the Liveness deadline passed"]);
    silent.hear_end();
    assert_eq!(server.handle().totals().connections, 1);
}
