//! Several connections under one client id: a user with several tabs, and what
//! becomes of them when only one is allowed, in a race too.

use crate::events::{expect_pong, typed};
use crate::world::{Answer, Log, Peer, Said, Server, World, config, eventually};
use fanfare::core::config::ClientIdPolicy;
use fanfare::{Accept, App, GroupName, RoomName, Route, Target};
use std::thread;

/// How many race for one client id.
const RACERS: usize = 24;

/// Called as the path says, and in the room of that user.
fn tab(route: Route) -> Route {
    let named =
        route.authorise(|request| Ok(Accept::new().client_id(request.param("user").unwrap_or_default())));
    named.on_open(|ctx| {
        let room = format!("user:{}", ctx.param("user").unwrap_or_default());
        ctx.join(&room).map(drop)
    })
}

fn echo() -> Route {
    tab(Route::new().on_message(|ctx, message| ctx.send(&message)))
}

pub(crate) fn a_user_with_three_tabs_is_notified_on_all(world: &World) {
    let server = world.start(App::new().route("/raw/{user}", echo()).route("/{user}", tab(typed())));
    let handle = server.handle();
    let mut tabs: Vec<_> = (0..3).map(|_| server.connect("/anna")).collect();
    let mut other = server.connect("/bo");
    let room = || Target::room("/", "user:anna");
    let anna = GroupName::Room(RoomName::new("/", "user:anna"));
    while !tabs.is_empty() {
        assert_eq!(handle.members(anna.clone()).wait().unwrap().len(), tabs.len());
        let all = tabs.len() as u64;
        // By the room, by the client id, and to whom that stands for.
        for target in [room(), Target::client("anna")] {
            let report = handle.emit_to(target, "news", &all).wait().unwrap();
            assert_eq!((report.matched(), report.queued()), (all, all));
        }
        handle.emit("anna", "news", &all).wait().unwrap();
        for tab in &mut tabs {
            for _ in 0..3 {
                tab.expect(&format!(r#"{{"type":"event","namespace":"/","event":"news","data":{all}}}"#));
            }
            expect_pong(tab);
        }
        expect_pong(&mut other);
        // One less.
        let mut leaver = tabs.remove(0);
        leaver.close(1000, "");
        leaver.expect_close(1000);
        eventually("it is gone", || handle.totals().connections == tabs.len() + 1);
    }
    let nobody = handle.emit_to(room(), "news", &0).wait().unwrap();
    assert_eq!(nobody.matched(), 0);
    assert!(handle.emit("anna", "news", &0).wait().is_err());
    expect_pong(&mut other);
}

fn with_policy<'w>(world: &'w World, policy: ClientIdPolicy, ends: &Log) -> Server<'w> {
    let noted = ends.clone();
    let config = config(|settings| settings.client_id_policy = policy);
    let route = echo().on_close(move |_, closed| noted.note(closed.reason.to_string()));
    world.start(App::new().config(config).route("/{user}", route))
}

/// They come from several threads at once.
fn race<'w>(server: &Server<'w>) -> Vec<Result<Peer<'w>, Answer>> {
    thread::scope(|scope| {
        let few = || (0..RACERS / 4).map(|_| server.try_connect("/anna", &[])).collect::<Vec<_>>();
        let connect = |_| scope.spawn(few);
        let threads: Vec<_> = (0..4).map(connect).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    })
}

/// The one that stays is found by its client id, alone, and by its room.
#[track_caller]
fn assert_is_the_one(server: &Server<'_>, stays: &mut Peer<'_>) {
    let handle = server.handle();
    for target in [Target::client("anna"), Target::room("/", "user:anna"), Target::Everyone] {
        let report = handle.broadcast(target, "to the one").wait().unwrap();
        assert_eq!((report.matched(), report.queued()), (1, 1));
        stays.expect("to the one");
    }
    handle.send("anna", "to the one").wait().unwrap();
    stays.expect("to the one");
    stays.expect_echo("and nothing else");
    assert_eq!(handle.connections().wait().unwrap().len(), 1);
}

pub(crate) fn all_of_a_race_stay_where_many_are_allowed(world: &World) {
    let server = with_policy(world, ClientIdPolicy::Allow, &Log::default());
    let mut peers: Vec<_> = race(&server).into_iter().map(Result::unwrap).collect();
    assert_eq!(server.handle().totals().connections, RACERS);
    let report = server.handle().broadcast(Target::client("anna"), "to all").wait().unwrap();
    assert_eq!(report.queued(), RACERS as u64);
    for peer in &mut peers {
        peer.expect("to all");
        peer.expect_echo("once");
    }
}

pub(crate) fn the_last_of_a_race_replaces_the_others(world: &World) {
    let ends = Log::default();
    let server = with_policy(world, ClientIdPolicy::Replace, &ends);
    // Each is let in, and whoever was there is closed for it.
    let peers: Vec<_> = race(&server).into_iter().map(Result::unwrap).collect();
    eventually("one is open", || server.handle().connections().wait().unwrap().len() == 1);
    let mut stays = Vec::new();
    for mut peer in peers {
        peer.send("am I the one?");
        let said = peer.hear();
        if said == Said::Text(String::from("am I the one?")) {
            stays.push(peer);
        } else {
            assert!(matches!(said, Said::Close(4001, _)), "an echo or a close with 4001, not {said:?}");
            assert_eq!(peer.hear(), Said::End);
        }
    }
    let [stays] = stays.as_mut_slice() else { panic!("{} stay", stays.len()) };
    assert_eq!(ends.wait_for(RACERS - 1), ["closed by us with 4001"; RACERS - 1]);
    eventually("one is left", || server.handle().totals().connections == 1);
    assert_is_the_one(&server, stays);
}

pub(crate) fn the_first_of_a_race_keeps_its_client_id(world: &World) {
    let ends = Log::default();
    let server = with_policy(world, ClientIdPolicy::Reject, &ends);
    let (peers, refused): (Vec<_>, Vec<_>) = race(&server).into_iter().partition(Result::is_ok);
    let statuses: Vec<_> = refused.into_iter().filter_map(Result::err).map(|answer| answer.status).collect();
    assert_eq!(statuses, [409; RACERS - 1]);
    let mut peers: Vec<_> = peers.into_iter().flatten().collect();
    let [stays] = peers.as_mut_slice() else { panic!("{} stay", peers.len()) };
    assert_is_the_one(&server, stays);
    assert!(ends.all().is_empty(), "none of the refused was ever open");

    // It leaves, and the id is free for one of the next.
    stays.close(1000, "");
    stays.expect_close(1000);
    eventually("the id is free", || server.handle().totals().connections == 0);
    assert_eq!(race(&server).iter().filter(|result| result.is_ok()).count(), 1);
}
