//! Who a connection is, and by which names it is known.

use crate::world::{Log, World, config};
use fanfare::core::config::KeepHeaders;
use fanfare::{
    Accept, App, CloseCode, GroupName, HandleError, OriginRule, Recipient, RoomName, Route, Target,
};

fn echo() -> Route {
    Route::new().on_message(|ctx, message| ctx.send(&message))
}

/// Wherever an id is taken, a client's stands for all its connections.
pub(crate) fn a_client_id_does_wherever_an_id_does(world: &World) {
    let named = echo().authorise(|_| Ok(Accept::new().client_id("anna")));
    let server = world.start(App::new().route("/anna", named).route("/other", echo()));
    let mut annas: Vec<_> = (0..3).map(|_| server.connect("/anna")).collect();
    let mut other = server.connect("/other");
    let handle = server.handle();
    let count = |group: GroupName| handle.members(group).wait().unwrap().len();
    let hall = || GroupName::Room(RoomName::new("/", "hall"));
    let side = || GroupName::Namespace("/side".into());
    let anna = || GroupName::Client("anna".into());

    // Each says whether it changed anything, for any of them.
    assert_eq!(handle.join(handle.members(anna()).wait().unwrap()[0], "hall").wait(), Ok(true));
    for changes in [true, false] {
        assert_eq!(handle.join("anna", "hall").wait(), Ok(changes));
        assert_eq!(handle.join_in("anna", "/side", "desk").wait(), Ok(changes));
        assert_eq!(handle.join_namespace("anna", "/side").wait(), Ok(false));
    }
    assert_eq!((count(hall()), count(side())), (3, 3));
    for changes in [true, false] {
        assert_eq!(handle.leave_in("anna", "/side", "desk").wait(), Ok(changes));
    }
    assert_eq!(count(side()), 3, "the namespace stays when its room is left");
    for changes in [true, false] {
        assert_eq!(handle.leave_namespace("anna", "/side").wait(), Ok(changes));
        assert_eq!(handle.leave("anna", "hall").wait(), Ok(changes));
    }
    assert_eq!((count(hall()), count(side())), (0, 0));

    handle.close("anna", CloseCode::from(4003), "all of you").wait().unwrap();
    for anna in &mut annas {
        anna.expect_close(4003);
    }
    other.expect_echo("not me");
    let refused = handle.join("nobody", "hall").wait();
    assert_eq!(refused, Err(HandleError::UnknownRecipient(String::from("nobody"))));
}

/// What is known of a connection is at hand in its callbacks, to the last.
pub(crate) fn a_connection_knows_its_request(world: &World) {
    let log = Log::default();
    let noted = log.clone();
    let route = Route::new()
        .authorise(|_| Ok(Accept::new().client_id("bo").label("team", "red").subprotocol("v1")))
        .on_close(move |ctx, _| {
            let metadata = ctx.metadata().ok_or("a closed connection can be asked about")?;
            noted.note(metadata.path());
            noted.note(metadata.query().unwrap_or_default());
            noted.note(metadata.header("X-Trace").unwrap_or_default());
            noted.note(metadata.user_agent().unwrap_or_default());
            noted.note(metadata.client_id());
            noted.note(metadata.subprotocol().unwrap_or_default());
            noted.note(format!("{:?}", metadata.labels()[0]));
            assert!(metadata.connected_at() <= ctx.handle().now());
            Ok::<_, fanfare::HandlerError>(())
        });
    let all = config(|settings| settings.keep_headers = KeepHeaders::All);
    let server = world.start(App::new().config(all).route("/where/{who}", route));
    let headers = [("X-Trace", "t-1"), ("User-Agent", "probe/1"), ("Sec-WebSocket-Protocol", "v1")];
    let mut peer = server.try_connect("/where/bo?since=5", &headers).unwrap();
    peer.close(1000, "");
    peer.expect_close(1000);
    let label = format!("{:?}", fanfare::core::broadcast::Label::new("team", "red"));
    assert_eq!(log.wait_for(7), ["/where/bo", "since=5", "t-1", "probe/1", "bo", "v1", &label]);
}

pub(crate) fn a_connection_knows_its_rooms(world: &World) {
    let route = Route::new().on_message(|ctx, message| {
        let room = message.as_text().unwrap_or_default().to_owned();
        let was_in = ctx.is_in(&room);
        ctx.join(&room)?;
        let rooms = ctx.groups().filter(|group| matches!(group, GroupName::Room(_))).count();
        assert!(ctx.is_in(&room) && !ctx.is_in_room("/side", &room));
        Ok::<_, fanfare::HandlerError>(ctx.send_text(&format!("{was_in} {rooms}"))?)
    });
    let server = world.start(App::new().route("/", route));
    let (mut peer, mut other) = (server.connect("/"), server.connect("/"));
    for (room, answer) in [("red", "false 1"), ("red", "true 1"), ("blue", "false 2")] {
        peer.send(room);
        peer.expect(answer);
    }
    other.send("red");
    other.expect("false 1");
}

/// Who is in a group, and since when; and nobody else is described.
pub(crate) fn a_group_is_described(world: &World) {
    let named = echo().authorise(|_| Ok(Accept::new().client_id("anna")));
    let server = world.start(App::new().route("/anna", named).route("/other", echo()));
    let _peers = ["/anna", "/anna", "/other"].map(|path| server.connect(path));
    let handle = server.handle();
    handle.join("anna", "hall").wait().unwrap();
    let described = handle.describe(GroupName::Room(RoomName::new("/", "hall"))).wait().unwrap();
    assert_eq!(described.len(), 2);
    for info in described {
        assert_eq!((&*info.client_id, &*info.path), ("anna", "/anna"));
        assert_eq!(info.peer.map(|peer| peer.ip()), info.address);
        assert!(info.connected_at <= handle.now());
    }
    // Wherever time is imagined, it begins then.
    assert!(handle.unix_time().as_secs() >= 1_700_000_000);
    for (recipient, matched) in [("anna", 2), ("nobody", 0)] {
        let target = Target::from(Recipient::from(recipient));
        assert_eq!(handle.broadcast(target, "hello").wait().unwrap().matched(), matched);
    }
}

pub(crate) fn origins_may_be_listed(world: &World) {
    let listed = echo().settings(|settings| {
        settings.origin = OriginRule::List(vec![String::from("https://app.example")]);
    });
    let server = world.start(App::new().route("/", listed));
    server.try_connect("/", &[("Origin", "https://app.example")]).unwrap().expect_echo("listed");
    let own = format!("http://{}", server.address());
    for origin in ["http://app.example", "https://app.example:444", "https://app.example.evil", &own] {
        let refused = server.try_connect("/", &[("Origin", origin)]).err();
        assert_eq!(refused.map(|answer| answer.status), Some(403), "{origin}");
    }
}
