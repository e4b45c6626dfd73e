//! The server from outside of its shards: what is asked is done, or answered why not.

use crate::peer::Heard;
use crate::world::World;
use fanfare_core::broadcast::Target;
use fanfare_core::close::CloseCode;
use fanfare_core::config::Settings;
use fanfare_core::hub::SendError;
use fanfare_core::id::ShardId;
use fanfare_core::rooms::{GroupName, RoomName};
use fanfare_driver::{Accept, App, HandleError, Recipient, Route, StopOptions};
use std::sync::{Arc, Mutex};

/// Everyone is the client that the query names, and in the room `lobby`.
fn app() -> App {
    let route = Route::new()
        .authorise(|request| Ok(Accept::new().client_id(request.query_param("name").unwrap())))
        .on_open(|ctx| ctx.join("lobby").map(drop));
    App::new().route("/", route)
}

#[test]
fn a_client_is_reached_on_all_its_connections() {
    let mut world = World::with_shards(app(), 3);
    let mut anns: Vec<_> = (0..5).map(|_| world.connect("/?name=ann")).collect();
    let mut bob = world.connect("/?name=bob");
    let reply = world.handle.send("ann", "hello");
    world.answer(reply).unwrap();
    assert!(anns.iter_mut().all(|ann| ann.texts() == ["hello"]));
    assert_eq!(bob.heard(), []);

    let reply = world.handle.close("ann", CloseCode::Policy, "go");
    world.answer(reply).unwrap();
    assert!(anns.iter_mut().all(|ann| ann.heard() == [Heard::Close(1008)]));
}

#[test]
fn whom_nobody_knows_is_said() {
    let mut world = World::new(app());
    let ann = world.connect("/?name=ann");
    let reply = world.handle.connections();
    let id = world.answer(reply).unwrap()[0].id;
    ann.socket.end();
    world.run();
    for whom in [Recipient::from("ann"), Recipient::from(id), Recipient::from(&*id.to_string())] {
        let reply = world.handle.send(whom.clone(), "hello");
        let answer = world.answer(reply);
        assert!(matches!(answer, Err(HandleError::UnknownRecipient(_))), "{whom:?}: {answer:?}");
    }
}

#[test]
fn what_a_connection_cannot_take_is_said() {
    let mut world = World::new(app());
    world.connect("/?name=ann");
    let reply = world.handle.send("ann", "x".repeat(2 << 20));
    assert!(matches!(world.answer(reply), Err(HandleError::Send(SendError::TooLarge { .. }))));
    let reply = world.handle.join("ann", "\n");
    assert!(matches!(world.answer(reply), Err(HandleError::Membership(_))));
}

#[test]
fn rooms_and_members_of_all_shards_are_listed() {
    let mut world = World::with_shards(app(), 3);
    let _peers: Vec<_> = (0..4).map(|_| world.connect("/?name=ann")).collect();
    let lobby = GroupName::Room(RoomName::new("/", "lobby"));
    let reply = world.handle.members(lobby.clone());
    assert_eq!(world.answer(reply).unwrap().len(), 4);
    let reply = world.handle.rooms();
    assert_eq!(world.answer(reply).unwrap().into_iter().collect::<Vec<_>>(), [(lobby, 4)]);
    let reply = world.handle.leave("ann", "lobby");
    world.answer(reply).unwrap();
    let reply = world.handle.rooms();
    assert!(world.answer(reply).unwrap().is_empty());
}

#[test]
fn a_report_counts_the_recipients_of_all_shards() {
    let mut world = World::with_shards(app(), 3);
    let mut peers: Vec<_> = (0..7).map(|_| world.connect("/?name=ann")).collect();
    let reply = world.handle.broadcast(Target::room("/", "lobby"), "hello");
    let report = world.answer(reply).unwrap();
    assert_eq!((report.matched(), report.queued(), report.dropped(), report.closed()), (7, 7, 0, 0));
    assert!(peers.iter_mut().all(|peer| peer.texts() == ["hello"]));
    let reply = world.handle.broadcast(Target::room("/", "nowhere"), "hello");
    assert_eq!(world.answer(reply).unwrap().matched(), 0);
}

/// Commands have their room, closes as much again.
#[test]
fn a_full_inbox_is_said_and_still_takes_closes() {
    let config = Settings::default().with(|server| server.shard_inbox_messages_max = 1_024).build().unwrap();
    let mut world = World::new(app().config(config));
    let mut ann = world.connect("/?name=ann");
    let sent: Vec<_> = (0..1_024).map(|_| world.handle.join("ann", "tea")).collect();
    let refused = world.handle.send("ann", "too much");
    let closed = world.handle.close("ann", CloseCode::Normal, "");
    let full = HandleError::QueueFull { shard: ShardId(0), messages_max: 1_024 };
    assert_eq!(world.answer(refused), Err(full));
    assert_eq!(world.answer(closed), Ok(()));
    assert_eq!(ann.heard(), [Heard::Close(1000)]);
    for reply in sent {
        assert_eq!(world.answer(reply), Ok(()));
    }
}

#[test]
fn a_shard_does_not_wait_for_itself() {
    let told = Arc::new(Mutex::new(None));
    let tell = Arc::clone(&told);
    let route = Route::new().on_message(move |ctx, _| {
        let reply = ctx.handle().send(ctx.id(), "hello");
        *tell.lock().unwrap() = Some(reply.wait());
    });
    let mut world = World::new(App::new().route("/", route));
    let mut peer = world.connect("/");
    world.say(&peer, "go");
    assert_eq!(*told.lock().unwrap(), Some(Err(HandleError::OnShard)));
    assert_eq!(peer.texts(), ["hello"], "it is done all the same");
}

/// What a callback does through its context is first; continuations come after it.
#[test]
fn a_callback_goes_on_with_an_answer() {
    let route = Route::new().on_open(|ctx| ctx.join("lobby").map(drop)).on_message(|ctx, _| {
        let reply = ctx.handle().broadcast(Target::room("/", "lobby"), "to all");
        ctx.then(reply, |ctx, report| {
            let text = format!("{} heard it", report.unwrap().queued());
            ctx.send_text(&text).unwrap();
        });
        ctx.send_text("at once")
    });
    let mut world = World::with_shards(App::new().route("/", route), 2);
    let (mut one, mut two) = (world.connect("/"), world.connect("/"));
    world.say(&one, "go");
    assert_eq!(one.texts(), ["at once", "to all", "2 heard it"]);
    assert_eq!(two.texts(), ["to all"]);
}

#[test]
fn after_the_end_everything_is_answered_stopped() {
    let mut world = World::new(app());
    let waiting = world.handle.connections();
    let stopped = world.handle.stop(&StopOptions::default());
    world.run();
    world.acceptor.finish();
    let behind = world.handle.connections();
    assert_eq!(world.answer(stopped), Ok(()));
    assert_eq!(world.answer(waiting).map(|list| list.len()), Ok(0), "what was asked before is answered");
    assert_eq!(world.answer(behind), Err(HandleError::Stopped));
    let reply = world.handle.broadcast(Target::Everyone, "hello");
    assert_eq!(world.answer(reply), Err(HandleError::Stopped));
    let reply = world.handle.stop(&StopOptions::default());
    assert_eq!(world.answer(reply), Ok(()), "stopping twice is no error");
}
