//! Failures 8 and 9: names, made by clients and shared by connections.

use crate::events::expect_pong;
use crate::world::{World, eventually, frame};
use fanfare::{Accept, App, Envelope, GroupName, HandleError, RoomName, Route};
use std::collections::BTreeMap;
use std::time::Duration;

const NAMES: usize = 100_000;
/// How many come and go before what came of them is looked at.
const BATCH: usize = 500;

/// Each is a namespace that the application grants and a room in it; a client
/// leaves them, or leaves with them. One that is not granted never is.
pub(crate) fn a_hundred_thousand_names_of_clients_do_not_stay(world: &World) {
    let route = Route::new()
        .envelope(Envelope::Typed)
        .settings(|settings| {
            (settings.ping_interval, settings.liveness_time_max) = (None, Duration::from_secs(3_600));
        })
        .authorise_join(|_, join| !join.namespace().starts_with("/forbidden"));
    let server = world.start(App::new().route("/", route));
    let handle = server.handle();
    let members = |name: String| handle.members(GroupName::Namespace(name.into())).wait().unwrap().len();
    let mut witness = server.connect("/");
    let mut raw = server.raw_open("/");
    for batch in (0..NAMES / 2).step_by(BATCH) {
        let mut asked: Vec<u8> = (batch..batch + BATCH).flat_map(come_and_go).collect();
        asked.extend(say(&format!(r#"{{"type":"join","namespace":"/forbidden{batch}"}}"#)));
        raw.write(&asked);
        let refused = format!(r#"{{"type":"error","namespace":"/forbidden{batch}","error":"join refused"}}"#);
        assert_eq!(raw.hear(), (1, refused.into_bytes()));
        assert_eq!(members(format!("/granted{batch}")) + members(format!("/forbidden{batch}")), 0);
    }
    assert_eq!(handle.rooms().wait().unwrap(), BTreeMap::new());

    // As many as one may have, which it does not leave before it goes.
    raw.write(&(0..15).flat_map(come).collect::<Vec<u8>>());
    raw.write(&say(r#"{"type":"ping"}"#));
    assert_eq!(raw.hear(), (1, br#"{"type":"pong","namespace":"/"}"#.to_vec()));
    assert_eq!((handle.rooms().wait().unwrap().len(), members(String::from("/granted14"))), (15, 1));
    raw.reset();
    eventually("it is gone", || handle.totals().connections == 1);
    assert_eq!((handle.rooms().wait().unwrap().len(), members(String::from("/granted14"))), (0, 0));
    expect_pong(&mut witness);
}

fn come(n: usize) -> Vec<u8> {
    say(&format!(r#"{{"type":"join","namespace":"/granted{n}","room":"room {n}"}}"#))
}

fn come_and_go(n: usize) -> Vec<u8> {
    [come(n), say(&format!(r#"{{"type":"leave","namespace":"/granted{n}"}}"#))].concat()
}

fn say(text: &str) -> Vec<u8> {
    frame(1, text.as_bytes())
}

/// Called as the query says; joins the hall.
fn named() -> Route {
    Route::new()
        .authorise(|request| Ok(Accept::new().client_id(request.query().unwrap_or_default())))
        .on_open(|ctx| ctx.join("hall").map(drop))
        .on_message(|ctx, message| ctx.send(&message))
}

/// Whichever goes first, and however, the other is as it was.
pub(crate) fn of_two_under_one_client_id_each_leaves_alone(world: &World) {
    let server = world.start(App::new().route("/", named()));
    let handle = server.handle();
    for first_goes in [true, false] {
        for says_goodbye in [true, false] {
            let (first, second) = (server.connect("/?anna"), server.connect("/?anna"));
            let (mut goes, mut stays) = if first_goes { (first, second) } else { (second, first) };
            if says_goodbye {
                goes.close(1000, "");
                goes.expect_close(1000);
            }
            drop(goes);
            eventually("one is left", || handle.totals().connections == 1);
            assert_eq!(handle.rooms().wait().unwrap().into_values().collect::<Vec<_>>(), [1]);
            handle.send("anna", "to who is left").wait().unwrap();
            stays.expect("to who is left");
            stays.expect_echo("alone");
            stays.close(1000, "");
            stays.expect_close(1000);
            eventually("nobody is left", || handle.totals().connections == 0);
            let nobody = Err(HandleError::UnknownRecipient(String::from("anna")));
            assert_eq!(handle.send("anna", "to nobody").wait(), nobody);
        }
    }
}

/// A thousand rooms of others, and the one it was in.
pub(crate) fn who_leaves_changes_its_own_rooms_only(world: &World) {
    let server = world.start(App::new().route("/", named()));
    let handle = server.handle();
    let mut others: Vec<_> = (0..4).map(|n| server.connect(&format!("/?other{n}"))).collect();
    for n in 0..1_000 {
        handle.join(format!("other{}", n % 4).as_str(), &n.to_string()).wait().unwrap();
    }
    let before = handle.rooms().wait().unwrap();
    assert_eq!(before.len(), 1_001);
    let mut leaver = server.connect("/?leaver");
    handle.join("leaver", "of its own").wait().unwrap();
    let meanwhile = handle.rooms().wait().unwrap();
    assert_eq!(meanwhile.len(), 1_002);
    assert_eq!(meanwhile[&GroupName::Room(RoomName::new("/", "hall"))], 5);
    leaver.close(1000, "");
    leaver.expect_close(1000);
    eventually("it is gone", || handle.totals().connections == 4);
    assert_eq!(handle.rooms().wait().unwrap(), before);
    for other in &mut others {
        other.expect_echo("untouched");
    }
}
