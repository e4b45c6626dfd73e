//! Who may connect, and on what terms.

use crate::world::{Log, Raw, Said, World, config, frame};
use fanfare::core::config::ClientIdPolicy;
use fanfare::core::handshake::Network;
use fanfare::{Accept, App, Envelope, HandleError, OriginRule, Rejection, Response, Route, Target};
use http::StatusCode;

fn echo() -> Route {
    Route::new().on_message(|ctx, message| ctx.send(&message))
}

fn has_token(query: Option<&str>) -> Result<Accept, Response> {
    if query == Some("token=good") {
        Ok(Accept::new().client_id("anna"))
    } else {
        Err(Response::text(StatusCode::FORBIDDEN, "bring a token"))
    }
}

pub(crate) fn the_application_refuses_with_status_and_body(world: &World) {
    let server = world.start(App::new().route("/", echo().authorise(|request| has_token(request.query()))));
    let refused = server.try_connect("/?token=bad", &[]).err().unwrap();
    assert_eq!((refused.status, refused.body.as_str()), (403, "bring a token"));
    server.connect("/?token=good").expect_echo("in");
    assert_eq!(server.handle().stats().connections_opened, 1);
}

pub(crate) fn authorisation_may_take_its_time(world: &World) {
    let route = echo().authorise_async(|request| async move {
        tokio::task::yield_now().await;
        has_token(request.query())
    });
    let server = world.start(App::new().route("/", route));
    let refused = server.try_connect("/", &[]).err().unwrap();
    assert_eq!((refused.status, refused.body.as_str()), (403, "bring a token"));
    let mut peer = server.connect("/?token=good");
    peer.expect_echo("in");
    server.handle().send("anna", "hello").wait().unwrap();
    peer.expect("hello");
}

/// Long before the handshake times out.
pub(crate) fn who_leaves_before_the_decision_is_let_go(world: &World) {
    struct Note(Log, &'static str);
    impl Drop for Note {
        fn drop(&mut self) {
            self.0.note(self.1);
        }
    }
    let log = Log::default();
    let noted = log.clone();
    let route = echo().authorise_async(move |_| {
        let log = noted.clone();
        async move {
            log.note("deciding");
            let _over = Note(log, "over");
            std::future::pending().await
        }
    });
    let server = world.start(App::new().route("/", route));
    for round in 1..=2 {
        let mut raw = server.raw();
        raw.write(Raw::request("/").as_bytes());
        assert_eq!(log.wait_for(2 * round - 1).last().unwrap(), "deciding");
        if round == 1 {
            raw.finish();
            raw.hear_end();
        } else {
            raw.write(b"early bytes");
            raw.reset();
        }
        assert_eq!(log.wait_for(2 * round).last().unwrap(), "over");
    }
    assert_eq!(server.handle().stats().timeouts, 0);
}

pub(crate) fn the_application_chooses_the_subprotocol(world: &World) {
    let route = echo().authorise(|request| {
        let offered = request.upgrade().and_then(|upgrade| upgrade.subprotocols().find(|name| *name == "v2"));
        offered
            .map(|name| Accept::new().subprotocol(name))
            .ok_or_else(|| Response::empty(StatusCode::BAD_REQUEST))
    });
    let server = world.start(App::new().route("/", route));
    let header = "Sec-WebSocket-Protocol";
    // The client checks that the answer is one of those it offered.
    server.try_connect("/", &[(header, "v1, v2")]).unwrap().expect_echo("v2");
    assert_eq!(server.try_connect("/", &[(header, "v1")]).err().unwrap().status, 400);
}

pub(crate) fn origins_are_judged_before_the_upgrade(world: &World) {
    let anyone = echo().settings(|settings| settings.origin = OriginRule::Any);
    let app = App::new().config(config(|_| {})).route("/", echo()).route("/anyone", anyone);
    let server = world.start(app);
    let port = server.address().port();
    let own = format!("https://127.0.0.1:{port}");
    server.try_connect("/", &[("Origin", &own)]).unwrap().expect_echo("own origin, whatever the scheme");
    server.connect("/").expect_echo("no browser, no origin");
    for foreign in ["http://evil.example", "null", &format!("http://127.0.0.1:{port}.evil.example")] {
        let refused = server.try_connect("/", &[("Origin", foreign)]).err();
        assert_eq!(refused.map(|answer| answer.status), Some(403), "{foreign}");
        server.try_connect("/anyone", &[("Origin", foreign)]).unwrap().expect_echo("welcome");
    }
}

/// What has to be said to the peer's program, and not only to its library: in
/// the envelope of the route, byte for byte, and then by the close frame.
pub(crate) fn a_refusal_may_come_after_the_upgrade(world: &World) {
    let route = |envelope, log: &Log| {
        let (opened, noted) = (log.clone(), log.clone());
        Route::new()
            .envelope(envelope)
            .on_open(move |ctx| {
                opened.note("opened");
                ctx.reject(&Rejection::default().because("no room"));
                assert!(!ctx.is_open());
                // What comes after the last word is not said.
                assert!(ctx.send_text("one more thing").is_err());
            })
            .on_close(move |_, closed| noted.note(closed.reason.to_string()))
    };
    let bare = r#"{"code":4000,"message":"Connection Error","details":"no room"}"#;
    let typed = format!(r#"{{"type":"error","namespace":"/","data":{bare},"error":"Connection Error"}}"#);
    for (envelope, said) in [(Envelope::Raw, bare), (Envelope::Session, bare), (Envelope::Typed, &typed)] {
        let log = Log::default();
        let server = world.start(App::new().route("/", route(envelope, &log)));
        let mut peer = server.connect("/");
        peer.expect(said);
        assert_eq!(peer.hear(), Said::Close(4000, "Connection Error".to_owned()));
        assert_eq!(peer.hear(), Said::End);
        assert_eq!(log.wait_for(2), ["opened", "closed by us with 4000"]);
    }
}

/// The same before anybody hears of a connection: it joins nothing, counts for
/// nothing, and takes nobody's client id.
pub(crate) fn a_refusal_after_the_upgrade_leaves_no_connection(world: &World) {
    let log = Log::default();
    let (opened, closed) = (log.clone(), log.clone());
    let banned = Rejection::new(4_403, "Banned").unwrap().details(&[7]).unwrap();
    let route = echo()
        .authorise(move |request| {
            let accept = has_token(request.query()).unwrap_or_default().client_id("anna");
            let is_welcome = request.query() == Some("token=good");
            Ok(if is_welcome { accept } else { accept.subprotocol("v2").then_reject(banned.clone()) })
        })
        .on_open(move |_| opened.note("opened"))
        .on_close(move |_, _| closed.note("closed"));
    let alone = config(|settings| {
        settings.connections_max = 1;
        settings.client_id_policy = ClientIdPolicy::Replace;
    });
    let server = world.start(App::new().config(alone).route("/", route));
    let mut anna = server.connect("/?token=good");
    for _ in 0..3 {
        let mut refused = server.try_connect("/", &[("Sec-WebSocket-Protocol", "v2")]).unwrap();
        refused.expect(r#"{"code":4403,"message":"Banned","details":[7]}"#);
        refused.expect_close(4403);
    }
    // Without its library's help, and with something to say itself.
    let mut raw = server.raw();
    let offer = "Sec-WebSocket-Protocol: v2\r\nSec-WebSocket-Key";
    raw.write(Raw::request("/").replace("Sec-WebSocket-Key", offer).as_bytes());
    assert!(raw.hear_upgrade().contains("sec-websocket-protocol: v2\r\n"));
    raw.write(&frame(1, b"but"));
    assert_eq!(raw.hear(), (1, br#"{"code":4403,"message":"Banned","details":[7]}"#.to_vec()));
    assert_eq!(raw.hear_close(), 4403);
    raw.write(&frame(8, &[17, 51]));
    raw.finish();
    raw.hear_end();

    anna.expect_echo("still here");
    let (stats, totals) = (server.handle().stats(), server.handle().totals());
    assert_eq!((stats.connections_opened, totals.connections_peak), (1, 1), "{totals:?}");
    drop(server);
    assert_eq!(log.all(), ["opened", "closed"]);
}

/// By whoever finds out that it should not be here any more, from anywhere.
pub(crate) fn whoever_is_connected_may_be_turned_away(world: &World) {
    let route = Route::new().envelope(Envelope::Session).authorise(|request| has_token(request.query()));
    let server = world.start(App::new().route("/", route));
    let mut tabs = [(); 2].map(|()| server.connect("/?token=good"));
    assert!(
        Rejection::new(1_008, "Token Expired").is_err(),
        "the protocol's codes are not the application's"
    );
    let expired = Rejection::new(4_401, "Token Expired").unwrap();
    server.handle().reject("anna", expired.clone()).wait().unwrap();
    for tab in &mut tabs {
        tab.expect(r#"{"code":4401,"message":"Token Expired","details":null}"#);
        assert_eq!(tab.hear(), Said::Close(4_401, "Token Expired".into()));
    }
    drop(tabs);
    let nobody = server.handle().reject("bob", expired).wait();
    assert_eq!(nobody, Err(HandleError::UnknownRecipient("bob".into())));
}

/// A client gets the first of its own that the route knows, or the route's.
pub(crate) fn an_envelope_may_be_chosen_by_subprotocol(world: &World) {
    let route = Route::new()
        .envelope(Envelope::Typed)
        .subprotocol("z.session", Envelope::Session)
        .subprotocol("g.typed", Envelope::Typed)
        .on_open(|ctx| ctx.join("lobby").map(drop))
        .on("chat", |ctx, event| {
            let text: String = event.data()?;
            ctx.emit_to(Target::room("/", "lobby"), "chat", &text)?;
            Ok::<_, fanfare::HandlerError>(())
        });
    let server = world.start(App::new().route("/", route));
    let offering = |offer| server.try_connect("/", &[("Sec-WebSocket-Protocol", offer)]).unwrap();
    let (mut nothing, mut session) = (server.connect("/"), offering("unknown, z.session, g.typed"));
    let mut typed = offering("g.typed, z.session");
    let chat = r#"{"type":"event","namespace":"/","event":"chat","data":"hi"}"#;
    let is_chat_in_a_session = |said: &Said| match said {
        Said::Text(text) => {
            text.starts_with(r#"{"session_id":""#) && text.contains(r#""event":"chat","content":"hi""#)
        }
        Said::Binary(_) | Said::Pong(_) | Said::Close(..) | Said::End => false,
    };
    nothing.send(r#"{"type":"event","event":"chat","data":"hi"}"#);
    session.send(r#"{"event":"chat","content":"hi"}"#);
    for _ in 0..2 {
        nothing.expect(chat);
        typed.expect(chat);
        let said = session.hear();
        assert!(is_chat_in_a_session(&said), "{said:?}");
    }
}

/// Anybody can write a header; only a proxy that is trusted is believed.
pub(crate) fn addresses_are_taken_from_trusted_proxies_only(world: &World) {
    let proxy: Network = "127.0.0.2/32".parse().unwrap();
    let route = || Route::new().on_message(|ctx, message| ctx.send(&message));
    let server = world.start(App::new().trusted_proxies([proxy]).route("/", route()));
    let said = "GET / HTTP/1.1\r\nX-Forwarded-For: 203.0.113.9\r\n";
    for (source, believed) in [([127, 0, 0, 2], [203, 0, 113, 9]), ([127, 0, 0, 3], [127, 0, 0, 3])] {
        let mut raw = server.raw_from(source.into());
        raw.write(Raw::request("/").replace("GET / HTTP/1.1\r\n", said).as_bytes());
        raw.hear_upgrade();
        let connections = server.handle().connections().wait().unwrap();
        assert!(connections.iter().any(|info| info.address == Some(believed.into())), "{connections:?}");
    }
}

/// Behind two proxies, in each of the ways to say so; and a client that forges
/// what it likes is still itself, to the limit per address too.
pub(crate) fn clients_of_a_proxy_are_told_apart(world: &World) {
    let networks = ["127.0.0.2/32", "127.0.0.16/30", "fd00::/8"].map(|text| text.parse::<Network>().unwrap());
    let limit = config(|settings| settings.connections_per_address_max = 1);
    let app = App::new().config(limit).trusted_proxies(networks).route("/", echo());
    let server = world.start(app);
    let open = |said: &str| {
        let mut raw = server.raw_from([127, 0, 0, 2].into());
        let said = format!("GET / HTTP/1.1\r\n{said}\r\n");
        raw.write(Raw::request("/").replace("GET / HTTP/1.1\r\n", &said).as_bytes());
        raw
    };
    let cases = [
        ("X-Forwarded-For: 203.0.113.1, 127.0.0.17", "203.0.113.1"),
        ("X-Forwarded-For: 6.6.6.6, 203.0.113.2, 127.0.0.17, fd00::1", "203.0.113.2"),
        ("X-Real-IP: 203.0.113.3", "203.0.113.3"),
        ("Forwarded: for=6.6.6.6, for=\"[2001:db8::4]:4711\", for=127.0.0.17", "2001:db8::4"),
        ("X-Forwarded-For: ::ffff:203.0.113.5", "203.0.113.5"),
        // It cannot be told: the proxy itself.
        ("X-Forwarded-For: garbage", "127.0.0.2"),
    ];
    let mut kept = Vec::new();
    for (said, believed) in cases {
        let mut raw = open(said);
        raw.hear_upgrade();
        kept.push(raw);
        let connections = server.handle().connections().wait().unwrap();
        let believed = Some(believed.parse().unwrap());
        assert!(connections.iter().any(|info| info.address == believed), "{said}: {connections:?}");
    }
    assert_eq!(server.handle().totals().connections, cases.len());
    // One from each address: as many as it likes to have forged.
    for said in ["X-Forwarded-For: 7.7.7.7, 203.0.113.1", "X-Real-IP: 203.0.113.1", "X-Forwarded-For: nobody"]
    {
        assert_eq!(open(said).answer().status, 503, "{said}");
    }
}
