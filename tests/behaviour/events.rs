//! Events in envelopes: who handles them, who gets them, and what is answered.

use crate::world::{Log, Peer, Said, World, eventually};
use fanfare::{
    App, Ctx, Envelope, Event, GroupName, Handle, HandleError, HandlerError, Recipient, Route, Target,
};
use std::time::Duration;

pub(crate) const LONG: Duration = Duration::from_secs(15);

pub(crate) fn typed() -> Route {
    Route::new().envelope(Envelope::Typed).settings(|settings| settings.ack_time_max = LONG)
}

pub(crate) fn lobby() -> Target {
    Target::room("/", "lobby")
}

/// Passes a chat on to everybody else in the room, and says that it did.
fn chat(ctx: &mut Ctx<'_>, event: &mut Event<'_>) -> Result<(), HandlerError> {
    let text: String = event.data()?;
    ctx.emit_to(lobby().except(ctx.id()), "chat", &text)?;
    Ok(ctx.ack(event, "ok")?)
}

/// A proof that nothing else was on its way.
#[track_caller]
pub(crate) fn expect_pong(peer: &mut Peer<'_>) {
    peer.send(r#"{"type":"ping"}"#);
    peer.expect(r#"{"type":"pong","namespace":"/"}"#);
}

/// Says an event or an answer, and hears the very next thing.
#[track_caller]
fn tell(peer: &mut Peer<'_>, said: &str, heard: &str) {
    peer.send(said);
    peer.expect(heard);
}

pub(crate) fn an_event_goes_to_a_room_and_is_acknowledged(world: &World) {
    let route = typed().on_open(|ctx| ctx.join("lobby").map(drop)).on("chat", chat);
    let server = world.start(App::new().route("/", route));
    let mut peers: Vec<_> = (0..3).map(|_| server.connect("/")).collect();
    let chat = r#"{"type":"event","namespace":"/","event":"chat","data":"hi"}"#;
    peers[0].send(r#"{"type":"event","event":"chat","data":"hi"}"#);
    for other in &mut peers[1..] {
        other.expect(chat);
        expect_pong(other);
    }
    expect_pong(&mut peers[0]);
    let asks = r#"{"type":"event","event":"chat","data":"hi","ackId":"a#1"}"#;
    tell(&mut peers[0], asks, r#"{"type":"ack","namespace":"/","event":"chat","data":"ok","ackId":"a#1"}"#);
    peers[1].expect(chat);
    peers[2].expect(chat);
}

pub(crate) fn an_event_that_nobody_handles_is_answered_if_it_asks(world: &World) {
    let server = world.start(
        App::new()
            .route("/", typed())
            .route("/rest", typed().otherwise(|ctx, event| ctx.ack(event, &event.name().to_owned()))),
    );
    let mut peer = server.connect("/");
    peer.send(r#"{"type":"event","event":"x"}"#);
    expect_pong(&mut peer);
    let refused = r#"{"type":"error","namespace":"/","event":"x","ackId":"a#2","error":"unhandled event"}"#;
    tell(&mut peer, r#"{"type":"event","event":"x","ackId":"a#2"}"#, refused);
    tell(
        &mut peer,
        r#"{"type":"shout"}"#,
        r#"{"type":"error","namespace":"/","error":"unknown message type"}"#,
    );
    let answered = r#"{"type":"ack","namespace":"/","event":"x","data":"x","ackId":"a#2"}"#;
    tell(&mut server.connect("/rest"), r#"{"type":"event","event":"x","ackId":"a#2"}"#, answered);
}

pub(crate) fn clients_join_what_is_declared_and_the_authoriser_grants(world: &World) {
    let open = typed().namespace("/admin", |admin| {
        admin.on("kick", |ctx, event| ctx.ack(event, &event.room().map(str::to_owned)))
    });
    let judged = typed().authorise_join(|_, join| match join.room() {
        Some(room) => room.starts_with("public"),
        None => !join.is_declared() && join.namespace() == "/made",
    });
    let server = world.start(App::new().route("/open", open).route("/judged", judged));

    let mut peer = server.connect("/open");
    let kick = r#"{"type":"event","namespace":"/admin","event":"kick","room":"r","ackId":"k"}"#;
    let outside =
        r#"{"type":"error","namespace":"/admin","event":"kick","ackId":"k","error":"namespace not joined"}"#;
    let kicked = r#"{"type":"ack","namespace":"/admin","event":"kick","data":"r","ackId":"k"}"#;
    tell(&mut peer, kick, outside);
    let join = r#"{"type":"join","namespace":"/admin","ackId":"j"}"#;
    tell(&mut peer, join, r#"{"type":"ack","namespace":"/admin","ackId":"j"}"#);
    tell(&mut peer, kick, kicked);
    peer.send(r#"{"type":"leave","namespace":"/admin"}"#);
    tell(&mut peer, kick, outside);
    let made = r#"{"type":"error","namespace":"/made","error":"join refused"}"#;
    tell(&mut peer, r#"{"type":"join","namespace":"/made"}"#, made);
    peer.send(r#"{"type":"join","room":"any"}"#);
    expect_pong(&mut peer);

    let mut other = server.connect("/judged");
    let refused = r#"{"type":"error","namespace":"/admin","error":"join refused"}"#;
    tell(&mut other, r#"{"type":"join","namespace":"/admin"}"#, refused);
    tell(
        &mut other,
        r#"{"type":"join","room":"any"}"#,
        r#"{"type":"error","namespace":"/","error":"join refused"}"#,
    );
    other.send(r#"{"type":"join","room":"public hall"}"#);
    other.send(r#"{"type":"join","namespace":"/made"}"#);
    expect_pong(&mut other);
    let rooms = server.handle().rooms().wait().unwrap();
    let names: Vec<_> = rooms.keys().map(ToString::to_string).collect();
    assert_eq!(names.len(), 2, "{names:?}");
    let made = GroupName::Namespace("/made".into());
    assert_eq!(server.handle().members(made).wait().unwrap().len(), 1);
    other.send(r#"{"type":"leave","room":"public hall"}"#);
    expect_pong(&mut other);
    assert_eq!(server.handle().rooms().wait().unwrap().len(), 1);
}

pub(crate) fn names_that_clients_make_do_not_stay(world: &World) {
    let server = world.start(App::new().route("/", typed()));
    let mut peer = server.connect("/");
    for number in 0..2_000 {
        let room = format!("\"room\":\"{number}\"");
        peer.send(&format!(r#"{{"type":"join",{room}}}"#));
        peer.send(&format!(r#"{{"type":"leave",{room}}}"#));
        tell(
            &mut peer,
            &format!(r#"{{"type":"join","namespace":"/{number}"}}"#),
            &format!(r#"{{"type":"error","namespace":"/{number}","error":"join refused"}}"#),
        );
    }
    expect_pong(&mut peer);
    assert_eq!(server.handle().rooms().wait().unwrap().len(), 0);
}

/// In the words of the envelope, to who asked, and with its ack id where it gave one.
pub(crate) fn a_join_over_a_limit_is_refused_with_an_error_frame(world: &World) {
    let route = Route::new()
        .envelope(Envelope::Typed)
        .settings(|settings| {
            (settings.rooms_max, settings.namespaces_max) = (2, 2);
            (settings.room_members_max, settings.name_bytes_max) = (1, 64);
        })
        .authorise_join(|_, _| true);
    let server = world.start(App::new().route("/", route));
    let mut peer = server.connect("/");
    for joined in [r#""room":"one""#, r#""room":"two""#, r#""namespace":"/made""#] {
        let (join, ack) = (format!(r#"{{"type":"join",{joined},"ackId":"j"}}"#), r#","ackId":"j"}"#);
        let namespace = if joined.contains("/made") { "/made" } else { "/" };
        tell(&mut peer, &join, &format!(r#"{{"type":"ack","namespace":"{namespace}"{ack}"#));
    }
    let long = "x".repeat(65);
    let error = |namespace: &str, why: &str| {
        format!(r#"{{"type":"error","namespace":"{namespace}","error":"{why}"}}"#)
    };
    for (join, namespace, why) in [
        (r#""room":"three""#, "/", "too many rooms"),
        (r#""namespace":"/third""#, "/third", "too many namespaces"),
        (r#""namespace":"/third","room":"r""#, "/third", "too many namespaces"),
        (&format!(r#""room":"{long}""#), "/", "name too long"),
        (&format!(r#""namespace":"/{long}""#), "/", "name too long"),
        (r#""room":"a\nb""#, "/", "invalid name"),
        (r#""room":"\u0000""#, "/", "invalid name"),
    ] {
        tell(&mut peer, &format!(r#"{{"type":"join",{join}}}"#), &error(namespace, why));
    }
    let asks = r#"{"type":"join","room":"three","ackId":"j"}"#;
    tell(&mut peer, asks, r#"{"type":"error","namespace":"/","ackId":"j","error":"too many rooms"}"#);
    if world.has_one_shard() {
        let mut other = server.connect("/");
        tell(&mut other, r#"{"type":"join","room":"one"}"#, &error("/", "room full"));
    }
    assert_eq!(server.handle().rooms().wait().unwrap().len(), 2, "none of them came to be");
    // Whoever leaves one may join another.
    peer.send(r#"{"type":"leave","room":"one"}"#);
    peer.send(r#"{"type":"join","room":"three"}"#);
    expect_pong(&mut peer);
    assert_eq!(server.handle().rooms().wait().unwrap().len(), 2);
}

pub(crate) fn the_eleventh_malformed_message_ends_the_connection(world: &World) {
    let server = world.start(App::new().route("/", typed()));
    let mut peer = server.connect("/");
    for malformed in ["{", "[]", "null", r#"{"type":7}"#, r#"{"type":"event"}"#].iter().cycle().take(10) {
        tell(&mut peer, malformed, r#"{"type":"error","namespace":"/","error":"malformed message"}"#);
    }
    peer.send("{");
    let said = peer.hear();
    let last = Said::Text(r#"{"type":"error","namespace":"/","error":"malformed message"}"#.to_owned());
    if said == last {
        peer.expect_close(1007);
    } else {
        assert!(matches!(said, Said::Close(1007, _)), "{said:?}");
    }
}

pub(crate) fn a_session_is_a_conversation(world: &World) {
    let route = Route::new()
        .envelope(Envelope::Session)
        .on_open(|ctx| ctx.join("lobby").map(drop))
        .on("echo", |ctx, event| ctx.emit("echo", event.raw()))
        .on("all", |ctx, event| ctx.emit_to(lobby(), "all", event.raw()).map(drop));
    let server = world.start(App::new().route("/", route));
    let (mut peer, mut other) = (server.connect("/"), server.connect("/"));
    let id = {
        peer.send(r#"{"event":"ping","content":[1]}"#);
        session(&mut peer, "pong", "[1]")
    };
    peer.send(r#"{"session_id":"forged","message_id":"x","event":"echo","content":{"a":1},"timestamp":1}"#);
    assert_eq!(session(&mut peer, "echo", r#"{"a":1}"#), id);
    peer.send(r#"{"event":"all","content":"hi"}"#);
    assert_eq!(
        [&mut peer, &mut other].map(|peer| session(peer, "all", r#""hi""#)),
        [&*id, &*id],
        "the sender's"
    );
    let report = server.handle().emit_to(lobby(), "news", &1).wait().unwrap();
    assert_eq!(report.queued(), 2);
    let news = [&mut peer, &mut other].map(Peer::hear);
    assert_eq!(news[0], news[1], "the same bytes for all, on all shards");
    let Said::Text(news) = &news[0] else { panic!("{news:?}") };
    assert!(news.starts_with(r#"{"session_id":"","message_id":""#), "{news}");
    let refused = server.handle().emit_with_ack(id.parse().unwrap(), "q", &(), LONG).wait();
    assert!(matches!(refused, Err(HandleError::Emit(_))), "no acks in a session: {refused:?}");
}

/// Hears a message in the session envelope; returns whose it is.
#[track_caller]
pub(crate) fn session(peer: &mut Peer<'_>, event: &str, content: &str) -> String {
    let said = peer.hear();
    let Said::Text(text) = &said else { panic!("{said:?}") };
    let rest = text.strip_prefix(r#"{"session_id":""#).unwrap_or_else(|| panic!("{text}"));
    let (id, rest) = rest.split_once(r#"","message_id":""#).unwrap_or_else(|| panic!("{text}"));
    let (message, rest) = rest.split_once('"').unwrap();
    assert!(message.len() == 32, "{text}");
    let expected = format!(r#","event":"{event}","content":{content},"timestamp":"#);
    let time = rest.strip_prefix(&expected).and_then(|rest| rest.strip_suffix('}'));
    let time: u64 = time.unwrap_or_else(|| panic!("{expected} in {text}")).parse().unwrap();
    assert!(time >= 1_700_000_000, "{time}");
    id.to_owned()
}

pub(crate) fn each_hears_an_event_in_its_own_envelope(world: &World) {
    let joins = |route: Route| route.on_open(|ctx| ctx.join("lobby").map(drop));
    let app = App::new()
        .route("/raw", joins(Route::new().on_message(|ctx, message| ctx.send(&message))))
        .route("/typed", joins(typed()))
        .route("/session", joins(Route::new().envelope(Envelope::Session)));
    let server = world.start(app);
    let mut peers = ["/raw", "/typed", "/session"].map(|path| server.connect(path));
    let report = server.handle().emit_to(lobby(), "news", &[1]).wait().unwrap();
    assert_eq!((report.matched(), report.queued()), (2, 2), "who has no envelope is not matched");
    let report = server.handle().broadcast(lobby(), "text").wait().unwrap();
    assert_eq!(report.queued(), 3);
    let [raw, typed, in_session] = &mut peers;
    raw.expect("text");
    typed.expect(r#"{"type":"event","namespace":"/","event":"news","data":[1]}"#);
    typed.expect("text");
    session(in_session, "news", "[1]");
    in_session.expect("text");
    let refused = emit_to_all_by_path(server.handle(), "/raw");
    assert!(matches!(refused, Err(HandleError::Emit(_))), "{refused:?}");
}

fn emit_to_all_by_path(handle: &Handle, path: &str) -> Result<(), HandleError> {
    let connections = handle.connections().wait()?;
    let ids = connections.iter().filter(|info| info.path == path).map(|info| info.id);
    for id in ids {
        handle.emit(Recipient::Connection(id), "x", &()).wait()?;
    }
    Ok(())
}

pub(crate) fn several_handlers_run_in_order(world: &World) {
    let log = Log::default();
    let (first, second, third) = (log.clone(), log.clone(), log.clone());
    let route = typed()
        .on_async("x", move |peer, event| {
            let third = third.clone();
            async move {
                third.note(format!("third {}", event.raw().raw()));
                peer.ack(&event, "too late").await
            }
        })
        .on("x", move |ctx, event| {
            first.note("first");
            ctx.ack(event, "first")
        })
        .on("x", move |ctx, event| {
            second.note(format!("second {}", event.wants_ack()));
            ctx.ack(event, "second")
        });
    let server = world.start(App::new().route("/", route));
    let mut peer = server.connect("/");
    let acknowledged = r#"{"type":"ack","namespace":"/","event":"x","data":"first","ackId":"a"}"#;
    tell(&mut peer, r#"{"type":"event","event":"x","data":[1,2],"ackId":"a"}"#, acknowledged);
    assert_eq!(log.wait_for(3), ["first", "second false", "third [1,2]"]);
    expect_pong(&mut peer);
}

pub(crate) fn an_async_handler_takes_one_event_at_a_time(world: &World) {
    let log = Log::default();
    let noted = log.clone();
    let route = typed()
        .settings(|settings| {
            settings.envelope = Envelope::Typed;
            settings.inbox_messages_max = 2;
        })
        .on_async("x", move |peer, event| {
            let noted = noted.clone();
            async move {
                let number: u32 = event.data()?;
                noted.note(format!("begin {number}"));
                peer.handle().connections().await?;
                noted.note(format!("end {number}"));
                Ok::<_, HandlerError>(())
            }
        });
    let server = world.start(App::new().route("/", route));
    let mut peer = server.connect("/");
    for number in 0..20 {
        peer.send(&format!(r#"{{"type":"event","event":"x","data":{number}}}"#));
    }
    let expected: Vec<_> =
        (0..20).flat_map(|number| ["begin", "end"].map(|what| format!("{what} {number}"))).collect();
    assert_eq!(log.wait_for(40), expected);
    expect_pong(&mut peer);
}

pub(crate) fn whoever_waits_hears_that_a_handler_failed(world: &World) {
    let fail = || Err::<(), HandlerError>("as asked".into());
    let route = typed()
        .on("now", move |_, _| fail())
        .on("later", |_, _| ())
        .on_async("later", move |_, _| async move { fail() })
        .on("both", move |_, _| fail())
        .on_async("both", |_, _| async {})
        .on_async("both", |_, _| async {})
        .on("too late", |ctx, event| ctx.ack(event, "yes"))
        .on("too late", move |_, _| fail())
        .on("another can", move |_, _| fail())
        .on_async("another can", move |_, _| async move { fail() })
        .on_async("another can", |peer, event| async move { peer.ack(&event, "yes").await });
    let server = world.start(App::new().route("/", route));
    let mut peer = server.connect("/");
    for event in ["now", "later", "both"] {
        peer.send(&format!(r#"{{"type":"event","event":"{event}","ackId":"1"}}"#));
        peer.expect(&format!(
            r#"{{"type":"error","namespace":"/","event":"{event}","ackId":"1","error":"handler failed"}}"#
        ));
        // Whoever does not wait hears nothing.
        peer.send(&format!(r#"{{"type":"event","event":"{event}"}}"#));
        expect_pong(&mut peer);
    }
    for event in ["too late", "another can"] {
        peer.send(&format!(r#"{{"type":"event","event":"{event}","ackId":"2"}}"#));
        peer.expect(&format!(
            r#"{{"type":"ack","namespace":"/","event":"{event}","data":"yes","ackId":"2"}}"#
        ));
        expect_pong(&mut peer);
    }
}

pub(crate) fn a_handler_that_fails_or_panics_is_contained(world: &World) {
    let log = Log::default();
    let noted = log.clone();
    let route = typed()
        .on_open(|ctx| ctx.join("lobby").map(drop))
        .on_error(move |_, error| noted.note(error.to_string()))
        .on("typed", |_, event| event.data::<u8>().map(drop))
        .on_async("typed later", |_, event| async move { event.data::<u8>().map(drop) })
        .on("panic", |_, event| assert_eq!(event.name(), "calm", "as asked"))
        .on_async("panic later", |_, event| async move { assert_eq!(event.name(), "calm", "as asked") })
        .authorise_join(|_, _| panic!("as asked"));
    let server = world.start(App::new().route("/", route));
    let mut witness = server.connect("/");
    for event in ["typed", "typed later"] {
        witness.send(&format!(r#"{{"type":"event","event":"{event}","data":"text"}}"#));
        expect_pong(&mut witness);
    }
    let errors = log.wait_for(2);
    assert!(
        errors[0].starts_with(r#"the event "typed" is not understood: the payload does not fit"#),
        "{errors:?}"
    );
    assert!(errors[1].starts_with(r#"the event "typed later" is not"#), "{errors:?}");
    for said in [
        r#"{"type":"event","event":"panic"}"#,
        r#"{"type":"event","event":"panic later"}"#,
        r#"{"type":"join","room":"any"}"#,
    ] {
        let mut peer = server.connect("/");
        peer.send(said);
        peer.expect_close(1011);
        expect_pong(&mut witness);
    }
    eventually("all but the witness gone", || server.handle().totals().connections == 1);
}
