//! Primary channels, and the default handlers that speak to them: what a client of
//! a session hears, byte for byte.

use crate::events::{session, typed};
use crate::world::{Peer, Said, World, config};
use fanfare::core::config::ClientIdPolicy;
use fanfare::{
    Accept, App, ConnectionId, Envelope, GroupName, HandleError, HandlerError, RoomName, Route, Target,
};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A session in the channel that its query names, which may move.
fn sessions() -> Route {
    Route::new()
        .envelope(Envelope::Session)
        .authorise(|request| {
            let accept = Accept::new().client_id("ann");
            Ok(match request.query_param("channel") {
                Some(channel) => accept.channel(channel),
                None => accept,
            })
        })
        .default_handlers()
        .on("move", |ctx, event| {
            let moved = ctx.move_to_channel(event.data()?)?;
            let channel = ctx.channel().map(str::to_owned);
            ctx.emit("moved", &(moved, channel))?;
            Ok::<_, HandlerError>(())
        })
}

/// Says an event, without hearing anything.
#[track_caller]
fn say(peer: &mut Peer<'_>, event: &str, content: &str) {
    peer.send(&format!(r#"{{"event":"{event}","content":{content}}}"#));
}

/// Says an event, and hears another as the very next thing; returns whose it is.
#[track_caller]
fn tell(peer: &mut Peer<'_>, event: &str, content: &str, heard: (&str, &str)) -> String {
    say(peer, event, content);
    session(peer, heard.0, heard.1)
}

fn counts<const N: usize>(of: [(&str, usize); N]) -> BTreeMap<Arc<str>, usize> {
    of.into_iter().map(|(name, count)| (name.into(), count)).collect()
}

pub(crate) fn a_connection_starts_in_its_channel(world: &World) {
    let raw = || Route::new().default_handlers();
    let to_news = raw().authorise(|_| Ok(Accept::new().client_id("bob").channel("news")));
    let app = App::new()
        .route("/session", sessions())
        .route("/raw", raw())
        .route("/raw-news", to_news)
        .route("/typed", typed());
    let server = world.start(app);
    let paths = ["/session", "/session?channel=news", "/session?channel=news", "/raw", "/raw-news", "/typed"];
    let peers = paths.map(|path| server.connect(path));
    let handle = server.handle();
    assert_eq!(handle.channels().wait(), Ok(counts([("default", 1), ("news", 3)])));
    let mut channels: Vec<_> =
        handle.connections().wait().unwrap().into_iter().map(|info| (info.path, info.channel)).collect();
    channels.sort_unstable();
    let named = |path: &str, channel: Option<&str>| (path.to_owned(), channel.map(str::to_owned));
    let expected = [
        named("/raw", None),
        named("/raw-news", Some("news")),
        named("/session", Some("default")),
        named("/session", Some("news")),
        named("/session", Some("news")),
        named("/typed", None),
    ];
    assert_eq!(channels, expected);
    let rooms: Vec<_> = handle.rooms().wait().unwrap().into_values().collect();
    assert_eq!(rooms, [1, 3], "who has no channel is in no room for it");
    let clients = handle.clients().wait().unwrap();
    let sizes = ["ann", "bob"].map(|client| clients.get(client).map(Vec::len));
    assert_eq!((clients.len(), sizes), (4, [Some(3), Some(1)]), "the others go by their addresses");
    drop(peers);
}

pub(crate) fn broadcasts_follow_a_move(world: &World) {
    let server = world.start(App::new().route("/", sessions()));
    let (mut ann, mut bob) = (server.connect("/"), server.connect("/"));
    let id = tell(&mut ann, "move", r#""news""#, ("moved", r#"[true,"news"]"#));
    tell(&mut ann, "move", r#""news""#, ("moved", r#"[false,"news"]"#));
    // What one publisher says is heard in order: so nothing came between.
    let to_news = r#"{"message":{"n":[1, 2]},"channel":"news"}"#;
    tell(&mut ann, "broadcast", r#"{"message":{"n":[1, 2]}}"#, ("broadcast", to_news));
    say(&mut ann, "broadcast", r#"{"channel":"default","message":null}"#);
    assert_eq!(session(&mut bob, "broadcast", r#"{"message":null,"channel":"default"}"#), id);

    let bobs_id = tell(&mut bob, "echo", "1", ("echo", "1"));
    server.handle().move_to_channel(bobs_id.parse::<ConnectionId>().unwrap(), "news").wait().unwrap();
    say(&mut ann, "broadcast", r#"{"message":"all here"}"#);
    let heard = [&mut ann, &mut bob].map(|peer| peer.hear());
    assert_eq!(heard[0], heard[1], "the same bytes for all, on all shards");
    let Said::Text(text) = &heard[0] else { panic!("{heard:?}") };
    assert!(text.starts_with(&format!(r#"{{"session_id":"{id}","message_id":""#)), "{text}");
    let content = r#","event":"broadcast","content":{"message":"all here","channel":"news"},"timestamp":"#;
    assert!(text.contains(content), "{text}");
    assert_eq!(server.handle().channels().wait(), Ok(counts([("news", 2)])));
    assert_eq!(server.handle().rooms().wait().unwrap().len(), 1, "the room `default` is gone");

    for changes in [true, false] {
        assert_eq!(server.handle().move_to_channel("ann", "arts").wait(), Ok(changes));
    }
    assert_eq!(server.handle().channels().wait(), Ok(counts([("arts", 2)])), "a client id does, too");
    let report = server.handle().emit_to(Target::channel("arts"), "curtain", &true).wait().unwrap();
    assert_eq!((report.matched(), report.queued()), (2, 2));
    for peer in [&mut ann, &mut bob] {
        session(peer, "curtain", "true");
    }
}

pub(crate) fn joining_a_channels_room_is_no_move(world: &World) {
    let server = world.start(App::new().route("/", sessions()));
    let (mut ann, mut bob) = (server.connect("/?channel=news"), server.connect("/?channel=sport"));
    let joined = r#"{"room_id":"news","status":"success"}"#;
    tell(&mut bob, "join_room", r#"{"room_id":"news"}"#, ("room_joined", joined));
    assert_eq!(server.handle().channels().wait(), Ok(counts([("news", 1), ("sport", 1)])));
    say(&mut ann, "broadcast", r#"{"message":"to both"}"#);
    for peer in [&mut ann, &mut bob] {
        session(peer, "broadcast", r#"{"message":"to both","channel":"news"}"#);
    }
    let own = r#"{"message":"mine","channel":"sport"}"#;
    tell(&mut bob, "broadcast", r#"{"message":"mine"}"#, ("broadcast", own));
    tell(&mut ann, "echo", "1", ("echo", "1"));

    let id = tell(&mut bob, "move", r#""news""#, ("moved", r#"[true,"news"]"#));
    let members = |room: &str| {
        let group = GroupName::Room(RoomName::new("/", room));
        server.handle().members(group).wait().unwrap().len()
    };
    assert_eq!((members("news"), members("sport")), (2, 0));
    // Taken out of its channel's room, it has none.
    server.handle().leave(id.parse::<ConnectionId>().unwrap(), "news").wait().unwrap();
    assert_eq!(server.handle().channels().wait(), Ok(counts([("news", 1)])));
    let none = r#"{"code":4404,"message":"no channel","details":"name a channel: the sender is in none"}"#;
    tell(&mut bob, "broadcast", r#"{"message":"to whom?"}"#, ("error", none));
}

pub(crate) fn a_channel_that_cannot_be_is_refused_before_the_upgrade(world: &World) {
    let route = sessions().authorise(|request| {
        let channel = request.query_param("channel").unwrap_or_default();
        Ok(Accept::new().client_id("ann").channel(channel))
    });
    let limits = config(|settings| {
        settings.client_id_policy = ClientIdPolicy::Replace;
        settings.connection.room_members_max = 1;
    });
    let server = world.start(App::new().config(limits).route("/", route));
    let mut older = server.connect("/?channel=news");
    let refused = |channel: &str| server.try_connect(&format!("/?channel={channel}"), &[]).err().unwrap();
    for (channel, why) in [
        ("", "the name is empty: a client, a namespace and a room each need one"),
        ("a%0Ab", "the name has the control character U+000A at byte 1: remove it"),
        (&"x".repeat(129), "the name has 129 bytes, at most 128 are allowed: choose a shorter one"),
    ] {
        let answer = refused(channel);
        assert_eq!(answer.status, 400, "{channel}");
        assert_eq!(answer.body, format!("the channel cannot be joined: {why}\n"));
    }
    if world.has_one_shard() {
        assert_eq!(refused("news").status, 503, "the room is full");
    }
    let id = tell(&mut older, "echo", "1", ("echo", "1"));
    assert_eq!(server.handle().stats().connections_opened, 1, "nobody was replaced by who was refused");

    let refusal = server.handle().move_to_channel(id.parse::<ConnectionId>().unwrap(), "").wait();
    assert!(matches!(refusal, Err(HandleError::Membership(_))), "{refusal:?}");
    assert_eq!(server.handle().channels().wait(), Ok(counts([("news", 1)])), "it stays where it was");
    let mut newer = server.connect("/?channel=sport");
    older.expect_close(4001);
    tell(&mut newer, "echo", "2", ("echo", "2"));
}

pub(crate) fn a_session_without_handlers_has_default_ones(world: &World) {
    let bare = || Route::new().envelope(Envelope::Session);
    let silent = bare().otherwise(|ctx, event| ctx.emit("ignored", event.name()));
    let server = world.start(App::new().route("/", bare()).route("/silent", silent));
    let mut peer = server.connect("/");
    let id = tell(&mut peer, "ping", r#"{"at": 1}"#, ("pong", r#"{"at": 1}"#));
    for (event, content, heard) in [
        ("echo", r#"[1, "two", null]"#, ("echo", r#"[1, "two", null]"#)),
        ("broadcast", r#"{"message":"hi"}"#, ("broadcast", r#"{"message":"hi","channel":"default"}"#)),
        ("broadcast", r#"{"channel":"","message":1}"#, ("broadcast", r#"{"message":1,"channel":"default"}"#)),
        ("join_room", r#"{"room_id":"side"}"#, ("room_joined", r#"{"room_id":"side","status":"success"}"#)),
        (
            "broadcast",
            r#"{"channel":"side","message":[]}"#,
            ("broadcast", r#"{"message":[],"channel":"side"}"#),
        ),
    ] {
        assert_eq!(tell(&mut peer, event, content, heard), id, "{event}: the sender's own");
    }
    for (event, content, starts) in [
        ("join_room", "{}", r#"{"code":4400,"message":"invalid content","details":"the payload does not"#),
        ("join_room", r#"{"room_id":7}"#, r#"{"code":4400,"message":"invalid content","details":"#),
        (
            "join_room",
            r#"{"room_id":""}"#,
            r#"{"code":4400,"message":"invalid name","details":"the name is empty"#,
        ),
        (
            "join_room",
            r#"{"room_id":"__proto__"}"#,
            r#"{"code":4400,"message":"invalid name","details":"__proto__ is"#,
        ),
        ("broadcast", r#"{"channel":"side"}"#, r#"{"code":4400,"message":"invalid content","details":"#),
        ("broadcast", "null", r#"{"code":4400,"message":"invalid content","details":"#),
    ] {
        say(&mut peer, event, content);
        let said = peer.hear();
        let Said::Text(text) = &said else { panic!("{said:?}") };
        assert!(
            text.contains(&format!(r#""event":"error","content":{starts}"#)),
            "{event} {content}: {text}"
        );
    }
    peer.send("[]");
    session(&mut peer, "error", r#"{"code":4400,"message":"malformed message","details":null}"#);
    let rooms = server.handle().rooms().wait().unwrap();
    assert_eq!(rooms.len(), 2, "what was refused has left no trace: {rooms:?}");
    tell(&mut server.connect("/silent"), "echo", "1", ("ignored", r#""echo""#));
}

pub(crate) fn default_handlers_ask_whoever_judges_joins(world: &World) {
    let limited = |route: Route| route.settings(|settings| settings.rooms_max = 2);
    let judged = limited(sessions()).authorise_join(|_, join| match join.room() {
        Some("panic") => panic!("as asked"),
        room => room.is_some_and(|room| room.starts_with("public")) && join.is_declared(),
    });
    let server = world.start(App::new().route("/", judged));
    let (mut ann, mut bob) = (server.connect("/?channel=staff"), server.connect("/?channel=public"));
    let refused = r#"{"code":4403,"message":"join refused","details":null}"#;
    tell(&mut bob, "join_room", r#"{"room_id":"staff"}"#, ("error", refused));
    tell(&mut bob, "broadcast", r#"{"channel":"staff","message":1}"#, ("error", refused));
    let own = r#"{"message":1,"channel":"staff"}"#;
    tell(&mut ann, "broadcast", r#"{"channel":"staff","message":1}"#, ("broadcast", own));
    let joined = r#"{"room_id":"public hall","status":"success"}"#;
    tell(&mut ann, "join_room", r#"{"room_id":"public hall"}"#, ("room_joined", joined));
    tell(&mut ann, "join_room", r#"{"room_id":"public hall"}"#, ("room_joined", joined));
    // Where it might join, it may speak.
    say(&mut bob, "broadcast", r#"{"channel":"public hall","message":2}"#);
    session(&mut ann, "broadcast", r#"{"message":2,"channel":"public hall"}"#);
    let many = r#"{"code":4429,"message":"too many rooms","details":"in 2 rooms already, as many as allowed: leave one or raise `rooms_max`"}"#;
    tell(&mut ann, "join_room", r#"{"room_id":"public garden"}"#, ("error", many));
    say(&mut bob, "join_room", r#"{"room_id":"panic"}"#);
    bob.expect_close(1011);
    tell(&mut ann, "echo", "1", ("echo", "1"));
}

pub(crate) fn default_handlers_stand_behind_the_applications_own(world: &World) {
    let own = sessions().on("echo", |ctx, event| ctx.emit("own", event.raw()));
    let app = App::new()
        .route("/own", own)
        .route("/typed", typed().default_handlers())
        .route("/raw", Route::new().default_handlers());
    let server = world.start(app);
    let mut peer = server.connect("/own");
    tell(&mut peer, "echo", "1", ("own", "1"));
    tell(&mut peer, "ping", "2", ("pong", "2"));

    let mut typed = server.connect("/typed");
    for (said, heard) in [
        (
            r#"{"type":"event","event":"echo","data":[1]}"#,
            r#"{"type":"event","namespace":"/","event":"echo","data":[1]}"#,
        ),
        (
            r#"{"type":"event","event":"join_room","data":{"room_id":"hall"},"ackId":"a"}"#,
            r#"{"type":"ack","namespace":"/","event":"join_room","data":{"room_id":"hall","status":"success"},"ackId":"a"}"#,
        ),
        (
            r#"{"type":"event","event":"broadcast","data":{"message":1},"ackId":"b"}"#,
            r#"{"type":"ack","namespace":"/","event":"broadcast","data":{"code":4404,"message":"no channel","details":"name a channel: the sender is in none"},"ackId":"b"}"#,
        ),
        (
            r#"{"type":"event","event":"broadcast","data":{"message":1,"channel":"hall"}}"#,
            r#"{"type":"event","namespace":"/","event":"broadcast","data":{"message":1,"channel":"hall"}}"#,
        ),
        (
            r#"{"type":"event","event":"broadcast","data":{"message":1,"channel":"nobody"},"ackId":"c"}"#,
            r#"{"type":"ack","namespace":"/","event":"broadcast","data":{"status":"success"},"ackId":"c"}"#,
        ),
    ] {
        typed.send(said);
        typed.expect(heard);
    }
    let mut raw = server.connect("/raw");
    raw.expect_echo("as it came");
    raw.send_binary(b"\0\x01");
    assert_eq!(raw.hear(), Said::Binary(vec![0, 1]));
}
