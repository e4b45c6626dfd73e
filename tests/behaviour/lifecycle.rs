//! What is told to whoever listens: servers, connections and rooms, in order.

use crate::world::{Log, Said, Server, World, config};
use fanfare::core::event::Payload;
use fanfare::{
    Accept, App, CloseReason, ConnectionId, Envelope, HandleError, HandlerError, Lifecycle, Rejection,
    RoomName, Route, Subscription,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

/// An event in a line.
fn line(event: &Lifecycle) -> String {
    format!("{} {}", event.name(), Payload::of(event).unwrap().raw())
}

/// Notes what is told, up to the end.
fn follow(mut lifecycle: Subscription) -> (Log, JoinHandle<Vec<Lifecycle>>) {
    let log = Log::default();
    let noted = log.clone();
    let following = thread::spawn(move || {
        let mut told = Vec::new();
        while let Some(event) = lifecycle.recv().wait().unwrap() {
            noted.note(line(&event));
            told.push(event);
        }
        told
    });
    (log, following)
}

fn only_connection(server: &Server<'_>) -> ConnectionId {
    server.handle().connections().wait().unwrap()[0].id
}

/// By its handler, by its own wish and from outside it joins; it leaves a room, a
/// namespace, and in the end all there is.
pub(crate) fn a_connection_is_told_from_its_beginning_to_its_end(world: &World) {
    let route = Route::new()
        .envelope(Envelope::Typed)
        .namespace("/admin", |admin| admin)
        .authorise(|request| {
            let is_welcome = request.query() == Some("anna");
            let accept = Accept::new().client_id("anna");
            Ok(if is_welcome { accept } else { accept.then_reject(Rejection::default()) })
        })
        .on_open(|ctx| ctx.join("lobby").map(drop));
    let server = world.start(App::new().route("/", route));
    let (log, following) = follow(server.handle().subscribe());
    log.wait_for(1);
    // Who is turned away was never here.
    let mut refused = server.connect("/");
    assert!(matches!(refused.hear(), Said::Text(why) if why.contains("4000")));
    refused.expect_close(4000);

    let mut peer = server.connect("/?anna");
    let id = only_connection(&server);
    peer.send(r#"{"type":"join","namespace":"/admin","room":"desk"}"#);
    peer.send(r#"{"type":"join","namespace":"/admin","room":"desk"}"#);
    peer.send(r#"{"type":"leave","namespace":"/admin"}"#);
    log.wait_for(8);
    server.handle().join(id, "attic").wait().unwrap();
    server.handle().leave("anna", "attic").wait().unwrap();
    log.wait_for(12);
    peer.close(1000, "bye");
    peer.expect_close(1000);
    drop(server);
    let told: Vec<_> = following.join().unwrap().iter().map(line).collect();
    let room = |namespace: &str, name: &str| format!(r#""namespace":"{namespace}","room":"{name}""#);
    let (lobby, desk, attic) = (room("/", "lobby"), room("/admin", "desk"), room("/", "attic"));
    let stays =
        |room: &str| [format!("room_created {{{room}}}"), format!(r#"joined {{"id":"{id}",{room}}}"#)];
    let leaves = |room: &str| [format!(r#"left {{"id":"{id}",{room}}}"#), format!("room_emptied {{{room}}}")];
    let reason = r#""code":1000,"reason":"closed by the peer with 1000 \"bye\"""#;
    let mut expected = vec![
        r#"initialized {"enabled":true}"#.to_owned(),
        format!(r#"connected {{"id":"{id}","client_id":"anna"}}"#),
    ];
    expected.extend(stays(&lobby));
    expected.extend(stays(&desk).into_iter().chain(leaves(&desk)));
    expected.extend(stays(&attic).into_iter().chain(leaves(&attic)));
    expected.extend(leaves(&lobby));
    expected.push(format!(r#"disconnected {{"id":"{id}","client_id":"anna",{reason}}}"#));
    expected.push(r#"shutdown {"enabled":false}"#.to_owned());
    assert_eq!(told, expected);
}

/// However the shards run beside each other: a room is created once before
/// anybody joins it on any of them, and emptied once after everybody has left.
pub(crate) fn order_is_kept_across_shards(world: &World) {
    const PEERS: usize = 6;
    const ROUNDS: usize = 40;
    let route = Route::new().on_message(|ctx, message| {
        let room = message.as_text().unwrap_or_default();
        if !ctx.join(room)? {
            ctx.leave(room)?;
        }
        Ok::<_, HandlerError>(())
    });
    let many = config(|settings| settings.lifecycle_events_max = 100_000);
    let sessions = Route::new().envelope(Envelope::Session);
    let server = world.start(App::new().config(many).route("/", route).route("/session", sessions));
    let (log, following) = follow(server.handle().subscribe());
    let mut peers: Vec<_> = (0..PEERS).map(|_| server.connect("/")).collect();
    for round in 0..ROUNDS {
        for peer in &mut peers {
            peer.send(["red", "blue"][round / 2 % 2]);
        }
    }
    // It begins in a room, which is no less told.
    let in_session = server.connect("/session");
    // Each joins and leaves in turn, and is in nothing in the end.
    let is_told = |log: &Log, name| log.all().iter().filter(|line| line.starts_with(name)).count();
    crate::world::eventually("all have joined and left", || {
        (is_told(&log, "joined"), is_told(&log, "left")) == (PEERS * ROUNDS / 2 + 1, PEERS * ROUNDS / 2)
    });
    for peer in &mut peers {
        peer.send("red");
    }
    drop((peers, in_session));
    drop(server);
    let told = following.join().unwrap();
    check(&told);
    let is_end = |event: &&Lifecycle| matches!(event, Lifecycle::Disconnected { .. });
    assert_eq!(told.iter().filter(is_end).count(), PEERS + 1);
}

/// The promises of [`Lifecycle`].
fn check(told: &[Lifecycle]) {
    let mut rooms = BTreeMap::<&RoomName, BTreeSet<ConnectionId>>::new();
    let (mut connected, mut gone) = (BTreeSet::new(), BTreeSet::new());
    for (place, event) in told.iter().enumerate() {
        match event {
            Lifecycle::Initialized => assert_eq!(place, 0),
            Lifecycle::Shutdown => assert_eq!(place, told.len() - 1),
            Lifecycle::Connected { id, .. } => assert!(connected.insert(*id) && !gone.contains(id)),
            Lifecycle::Disconnected { id, .. } => assert!(connected.remove(id) && gone.insert(*id)),
            Lifecycle::RoomCreated(room) => {
                assert!(rooms.insert(room, BTreeSet::new()).is_none(), "{room:?} is there already");
            }
            Lifecycle::RoomEmptied(room) => assert_eq!(rooms.remove(room), Some(BTreeSet::new())),
            Lifecycle::Joined { id, room } => {
                assert!(connected.contains(id) && rooms.get_mut(room).unwrap().insert(*id));
            }
            Lifecycle::Left { id, room } => {
                assert!(connected.contains(id) && rooms.get_mut(room).unwrap().remove(id));
            }
            event @ (Lifecycle::Missed(_) | _) => panic!("{event:?}"),
        }
    }
    assert!(rooms.is_empty() && connected.is_empty(), "{rooms:?} {connected:?}");
    assert_eq!(told.last(), Some(&Lifecycle::Shutdown));
}

/// Nobody waits for it, and it is told how much it has missed.
pub(crate) fn a_slow_listener_is_told_how_much_it_missed(world: &World) {
    const CONNECTIONS: u64 = 10;
    let few = config(|settings| settings.lifecycle_events_max = 4);
    let server = world.start(App::new().config(few).route("/", Route::new()));
    let (slow, forgotten) = (server.handle().subscribe(), server.handle().subscribe());
    drop(forgotten);
    for _ in 0..CONNECTIONS {
        let mut peer = server.connect("/");
        peer.close(1000, "");
        peer.expect_close(1000);
    }
    drop(server);
    let told = follow(slow).1.join().unwrap();
    // A connection is told twice, and three of these had room beside the first.
    let missed = 2 * CONNECTIONS - 3;
    assert_eq!(told.len(), 6);
    assert_eq!(told[0], Lifecycle::Initialized);
    assert_eq!(told[4..], [Lifecycle::Missed(missed), Lifecycle::Shutdown]);
}

/// It may be asked for anywhere, and waited for anywhere but on a shard.
pub(crate) fn listening_holds_up_no_shard(world: &World) {
    let kept = Arc::new(Mutex::new(None));
    let keep = Arc::clone(&kept);
    let on_shard = Route::new().on_message(move |ctx, _| {
        let mut lifecycle = ctx.handle().subscribe();
        assert_eq!(lifecycle.recv().wait(), Ok(Some(Lifecycle::Initialized)));
        assert_eq!(lifecycle.recv().wait(), Err(HandleError::OnShard));
        ctx.join("lobby")?;
        *keep.lock().unwrap() = Some(lifecycle);
        Ok::<_, HandlerError>(ctx.send_text("listening")?)
    });
    let in_future = Route::new().on_connection(|connection| async move {
        let mut lifecycle = connection.handle().subscribe();
        while let Some(event) = lifecycle.recv().await {
            connection.send(line(&event)).await?;
        }
        Ok::<_, HandleError>(())
    });
    let server = world.start(App::new().route("/", on_shard).route("/future", in_future));
    let mut here = server.connect("/");
    here.send("listen");
    here.expect("listening");
    let id = only_connection(&server);
    let room = RoomName::new("/", "lobby");
    let mut lifecycle = kept.lock().unwrap().take().unwrap();
    for expected in [Lifecycle::RoomCreated(room.clone()), Lifecycle::Joined { id, room: room.clone() }] {
        assert_eq!(lifecycle.recv().wait(), Ok(Some(expected)), "from the same callback on");
    }
    drop(lifecycle);

    let mut there = server.connect("/future");
    there.expect(r#"initialized {"enabled":true}"#);
    here.close(1000, "");
    there.expect(&line(&Lifecycle::Left { id, room: room.clone() }));
    there.expect(&line(&Lifecycle::RoomEmptied(room)));
    let heard = there.hear();
    assert!(format!("{heard:?}").contains("disconnected"), "{heard:?}");
}

/// The end is told although nobody has stopped to listen, to late-comers too.
pub(crate) fn the_end_is_told_last_and_to_everyone(world: &World) {
    let mut server = world.start(App::new().route("/", Route::new()));
    let handle = server.handle().clone();
    let mut early = handle.subscribe();
    let mut peer = server.raw_open("/");
    server.stop(&fanfare::StopOptions { time_max: std::time::Duration::ZERO, ..Default::default() });
    peer.hear_rest();
    let next = |lifecycle: &mut Subscription| lifecycle.recv().wait().unwrap();
    assert_eq!(next(&mut early), Some(Lifecycle::Initialized));
    assert!(matches!(next(&mut early), Some(Lifecycle::Connected { .. })));
    let end = next(&mut early);
    assert!(matches!(&end, Some(Lifecycle::Disconnected { reason: CloseReason::Aborted, .. })), "{end:?}");
    let mut late = handle.subscribe();
    for lifecycle in [&mut early, &mut late] {
        let rest = [(); 3].map(|()| next(lifecycle));
        assert_eq!(rest, [Some(Lifecycle::Shutdown), None, None]);
    }
}
