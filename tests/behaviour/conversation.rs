//! One connection from its first byte to its last.

use crate::world::{DEADLINE, Log, Raw, Said, World, eventually, frame};
use fanfare::{Accept, App, CloseCode, HandleError, Recipient, Route};

fn echo() -> Route {
    Route::new().on_message(|ctx, message| ctx.send(&message))
}

pub(crate) fn messages_come_back_with_their_type(world: &World) {
    let server = world.start(App::new().route("/echo", echo()));
    let mut peer = server.connect("/echo");
    peer.expect_echo("héllo");
    peer.expect_echo("");
    for bytes in [vec![], vec![0, 159, 255], vec![7; 300_000]] {
        peer.send_binary(&bytes);
        assert_eq!(peer.hear(), Said::Binary(bytes));
    }
    peer.close(1000, "");
    peer.expect_close(1000);
}

pub(crate) fn a_connection_is_described(world: &World) {
    let server = world.start(App::new().route("/{*rest}", echo()));
    let mut peer = server.try_connect("/a/b?c=d", &[("User-Agent", "probe/1")]).unwrap();
    peer.expect_echo("here");

    let connections = server.handle().connections().wait().unwrap();
    let [info] = connections.as_slice() else { panic!("one connection: {connections:?}") };
    assert_eq!(info.path, "/a/b");
    assert_eq!(info.user_agent.as_deref(), Some("probe/1"));
    assert_eq!(info.address, Some([127, 0, 0, 1].into()));
    assert!(info.client_id.starts_with("127.0.0.1:"), "by default the client's address: {}", info.client_id);
    assert!(info.uptime < DEADLINE && info.quiet <= info.uptime);

    // Either id finds it.
    for name in [info.id.to_string(), info.client_id.clone()] {
        server.handle().send(name.as_str(), "found").wait().unwrap();
        peer.expect("found");
    }
    assert_eq!(server.handle().totals().connections, 1);
}

pub(crate) fn an_unknown_recipient_is_a_typed_error(world: &World) {
    let server = world.start(App::new().route("/echo", echo()));
    let mut peer = server.connect("/echo");
    peer.expect_echo("here");
    let id = server.handle().connections().wait().unwrap()[0].id;
    peer.close(1000, "");
    peer.expect_close(1000);
    eventually("the connection's end", || server.handle().totals().connections == 0);

    let unknown = |name: &str| Err(HandleError::UnknownRecipient(name.to_owned()));
    assert_eq!(server.handle().send("nobody", "lost").wait(), unknown("nobody"));
    assert_eq!(server.handle().send(id, "late").wait(), unknown(&id.to_string()));
    assert_eq!(server.handle().join(Recipient::from(id), "room").wait().map(drop), unknown(&id.to_string()));
    assert_eq!(server.handle().close(id, CloseCode::Normal, "").wait(), unknown(&id.to_string()));
}

pub(crate) fn closing_is_a_handshake_and_idempotent(world: &World) {
    let log = Log::default();
    let noted = log.clone();
    let route = Route::new()
        .on_message(|ctx, _| {
            let sent = ctx.send_text("last");
            ctx.close(CloseCode::from(4000), "enough");
            ctx.close(CloseCode::from(4001), "again");
            assert!(!ctx.is_open() && ctx.send_text("late").is_err());
            sent
        })
        .on_close(move |_, closed| noted.note(closed.reason.to_string()));
    let server = world.start(App::new().route("/", route));
    let mut peer = server.connect("/");
    peer.send("close me");
    peer.expect("last");
    assert_eq!(peer.hear(), Said::Close(4000, String::from("enough")));
    assert_eq!(peer.hear(), Said::End);
    assert_eq!(log.wait_for(1), ["closed by us with 4000"]);
}

pub(crate) fn a_close_by_the_peer_is_answered(world: &World) {
    let log = Log::default();
    let noted = log.clone();
    let route = Route::new().on_close(move |_, closed| {
        assert!(closed.reason.is_clean());
        noted.note(closed.reason.to_string());
    });
    let server = world.start(App::new().route("/", route));
    let mut peer = server.connect("/");
    peer.close(4321, "done");
    peer.expect_close(4321);
    assert_eq!(log.wait_for(1), ["closed by the peer with 4321 \"done\""]);
}

pub(crate) fn pings_are_answered_and_seen(world: &World) {
    let log = Log::default();
    let noted = log.clone();
    let route = echo().on_ping(move |_, payload| noted.note(String::from_utf8_lossy(payload)));
    let server = world.start(App::new().route("/", route));
    let mut peer = server.connect("/");
    peer.ping(b"are you there?");
    assert_eq!(peer.hear(), Said::Pong(b"are you there?".to_vec()));
    assert_eq!(log.wait_for(1), ["are you there?"]);
}

pub(crate) fn parameters_and_state_belong_to_the_connection(world: &World) {
    let route = Route::new()
        .authorise(|request| Ok(Accept::new().state(request.query().map_or(0, str::len))))
        .on_message(|ctx, _| {
            let count = ctx.state::<usize>().map(|count| {
                *count += 1;
                *count
            });
            let name = ctx.param("name").unwrap_or_default().to_owned();
            ctx.send_text(&format!("{name} {count:?}"))
        });
    let server = world.start(App::new().route("/of/{name}", route));
    let (mut a, mut b) = (server.connect("/of/anna%20k?12"), server.connect("/of/bo"));
    a.send("");
    a.expect("anna k Some(3)");
    b.send("");
    b.expect("bo Some(1)");
    a.send("");
    a.expect("anna k Some(4)");
}

pub(crate) fn routes_have_limits_of_their_own(world: &World) {
    let small = echo().settings(|settings| settings.message_bytes_max = 10);
    let server = world.start(App::new().route("/small", small).route("/echo", echo()));
    let (mut small, mut large) = (server.connect("/small"), server.connect("/echo"));
    small.expect_echo("0123456789");
    small.send("0123456789a");
    small.expect_close(1009);
    large.expect_echo("0123456789a");
}

pub(crate) fn opened_messages_closed_in_order_and_once(world: &World) {
    let log = Log::default();
    let (opened, heard, closed) = (log.clone(), log.clone(), log.clone());
    let route = Route::new()
        .authorise({
            let log = log.clone();
            move |_| {
                log.note("authorise");
                Ok(Accept::new())
            }
        })
        .on_open(move |_| opened.note("opened"))
        .on_message(move |_, message| heard.note(format!("{message:?}").len().to_string()))
        .on_close(move |_, reason| closed.note(format!("closed {}", reason.reason.code())));
    let server = world.start(App::new().route("/", route));
    let mut peer = server.connect("/");
    let mut expected = vec![String::from("authorise"), String::from("opened")];
    for length in 1..50 {
        let text = "x".repeat(length);
        peer.send(&text);
        expected.push(format!("{:?}", fanfare::Message::from(text.as_str())).len().to_string());
    }
    peer.close(1000, "");
    peer.expect_close(1000);
    expected.push(String::from("closed 1000"));
    assert_eq!(log.wait_for(expected.len()), expected);
    drop(server);
    assert_eq!(log.all().len(), expected.len(), "nothing comes after the close");
}

pub(crate) fn bytes_read_before_attaching_are_not_lost(world: &World) {
    let server = world.start(App::new().route("/echo", echo()));
    let request = Raw::request("/echo");
    let early = [request.as_bytes(), &frame(1, b"first"), &frame(1, b"second")[..5]].concat();
    for split in [0, 1, request.len() - 1, request.len(), request.len() + 3, early.len()] {
        let (read_before, still_to_come) = early.split_at(split);
        let mut raw = server.attach(read_before);
        raw.write(still_to_come);
        raw.hear_upgrade();
        assert_eq!(raw.hear(), (1, b"first".to_vec()));
        raw.write(&frame(1, b"second")[5..]);
        assert_eq!(raw.hear(), (1, b"second".to_vec()));
    }
}

pub(crate) fn bytes_behind_the_request_are_not_lost(world: &World) {
    let slow = echo().authorise_async(|_| async {
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        Ok(Accept::new())
    });
    let log = Log::default();
    let noted = log.clone();
    let slow = slow.on_close(move |_, closed| noted.note(closed.reason.to_string()));
    let server = world.start(App::new().route("/slow", slow));
    let mut raw = server.raw();
    raw.write(&[Raw::request("/slow").as_bytes(), &frame(1, b"early")].concat());
    raw.hear_upgrade();
    assert_eq!(raw.hear(), (1, b"early".to_vec()));
    raw.write(&frame(8, &[3, 232]));
    assert_eq!(raw.hear_close(), 1000);
    assert_eq!(log.wait_for(1), ["closed by the peer with 1000 \"\""]);
}
