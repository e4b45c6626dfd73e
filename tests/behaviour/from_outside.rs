//! The server from other threads.

use crate::world::{Log, World, config};
use fanfare::{App, CloseCode, GroupName, HandleError, RoomName, Route, StopOptions, Target};
use std::sync::{Mutex, mpsc};
use std::thread;

fn echo() -> Route {
    Route::new().on_message(|ctx, message| ctx.send(&message))
}

pub(crate) fn another_thread_sends_joins_and_broadcasts(world: &World) {
    let server = world.start(App::new().route("/", echo()));
    let mut peers: Vec<_> = (0..3).map(|_| server.connect("/")).collect();
    let handle = server.handle().clone();
    thread::spawn(move || {
        let connections = handle.connections().wait().unwrap();
        assert_eq!(connections.len(), 3);
        for info in &connections {
            handle.send(info.id, "to you").wait().unwrap();
            handle.join(info.id, "hall").wait().unwrap();
        }
        let report = handle.broadcast(Target::room("/", "hall"), "to all").wait().unwrap();
        assert_eq!((report.matched(), report.queued()), (3, 3));
        for info in &connections {
            handle.leave(info.id, "hall").wait().unwrap();
            handle.close(info.id, CloseCode::from(4002), "that was all").wait().unwrap();
        }
        let hall = GroupName::Room(RoomName::new("/", "hall"));
        assert!(handle.members(hall).wait().unwrap().is_empty());
    })
    .join()
    .unwrap();
    for peer in &mut peers {
        peer.expect("to you");
        peer.expect("to all");
        peer.expect_close(4002);
    }
}

pub(crate) fn a_full_inbox_refuses_and_loses_nothing_it_took(world: &World) {
    let (release, gate) = mpsc::channel::<()>();
    let gate = Mutex::new(gate);
    let log = Log::default();
    let noted = log.clone();
    let route = echo().on_ping(move |_, _| {
        noted.note("the shard is busy");
        gate.lock().unwrap().recv().unwrap();
    });
    let small = config(|settings| settings.shard_inbox_messages_max = 16);
    let server = world.start(App::new().config(small).route("/", route));
    let mut peer = server.connect("/");
    peer.expect_echo("here");
    let id = server.handle().connections().wait().unwrap()[0].id;

    peer.ping(b"");
    log.wait_for(1);
    let mut taken = Vec::new();
    let refused = loop {
        let reply = server.handle().send(id, taken.len().to_string());
        if taken.len() == 16 {
            break reply.wait();
        }
        taken.push(reply);
    };
    let full = HandleError::QueueFull { shard: id.shard(), messages_max: 16 };
    assert_eq!(refused, Err(full.clone()));
    assert!(full.to_string().contains("shard_inbox_messages_max"));
    // A close has room of its own.
    let closed = server.handle().close(id, CloseCode::Normal, "");
    release.send(()).unwrap();

    for reply in taken {
        reply.wait().unwrap();
    }
    closed.wait().unwrap();
    assert_eq!(peer.hear(), crate::world::Said::Pong(Vec::new()));
    for number in 0..16 {
        peer.expect(&number.to_string());
    }
    peer.expect_close(1000);
}

pub(crate) fn a_stopped_server_says_so(world: &World) {
    let mut server = world.start(App::new().route("/", echo()));
    let handle = server.handle().clone();
    assert!(handle.is_running() && !handle.is_stopped());
    server.stop(&StopOptions::default());
    assert!(!handle.is_running() && handle.is_stopped());
    assert_eq!(handle.connections().wait(), Err(HandleError::Stopped));
    assert_eq!(handle.broadcast(Target::Everyone, "late").wait().err(), Some(HandleError::Stopped));
    handle.stop(&StopOptions::default()).wait().unwrap();
}
