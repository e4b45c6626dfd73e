//! Attacks with names: too many, too long, malformed. The application does
//! with rooms whatever a peer says, as a careless one would.

use super::Siege;
use crate::groups::obedient;
use crate::world::{Said, World};

/// What the application answered.
#[track_caller]
fn told(siege: &mut Siege<'_>, order: &str) -> String {
    siege.neighbours[0].send(order);
    let said = siege.neighbours[0].hear();
    let Said::Text(answer) = said else { panic!("an answer must come: {said:?}") };
    answer
}

pub(crate) fn rooms_and_namespaces_are_refused_at_the_limit(world: &World) {
    let mut siege = Siege::of(world, |_| {}, obedient(), |app| app);
    let mut joined = 0;
    for number in 0..1_000 {
        joined += usize::from(told(&mut siege, &format!("join {number}")) == "true");
    }
    assert_eq!(joined, 256);
    for number in 0..256 {
        assert_eq!(told(&mut siege, &format!("leave {number}")), "true");
    }
    let spaces = (0..300).filter(|number| told(&mut siege, &format!("join-in /{number} room")) == "true");
    // It is in `/` as well.
    assert_eq!(spaces.count(), 15);
    let rooms = siege.server.handle().rooms().wait().unwrap();
    assert_eq!(rooms.values().sum::<usize>(), 15);
    siege.assert_served();

    // A limit of one, not of all; and whoever leaves takes its rooms along.
    let mut other = siege.server.connect("/");
    other.send("join another");
    other.expect("true");
    siege.neighbours[0].close(1000, "");
    siege.neighbours[0].expect_close(1000);
    assert_eq!(siege.server.handle().rooms().wait().unwrap().len(), 1);
}

pub(crate) fn bad_names_are_refused_and_not_kept(world: &World) {
    const NAME_BYTES: usize = 1_000_000;
    let roomy = |settings: &mut fanfare::Settings| {
        settings.connection.message_bytes_max = 2 * NAME_BYTES + 100;
        settings.connection.inbox_bytes_max = 2 * NAME_BYTES + 100;
        settings.connection.outbox_bytes_max = 2 * NAME_BYTES + 110;
    };
    let mut siege = Siege::of(world, roomy, obedient(), |app| app);
    let long = "x".repeat(NAME_BYTES);
    for name in [long.as_str(), "", "a\0b", "a\r\nb", "\u{9b}", "\u{7f}"] {
        for order in [format!("join {name}"), format!("join-in / {name}"), format!("join-in {name} room")] {
            let answer = told(&mut siege, &order);
            assert!(answer != "true" && answer != "false" && answer.len() < 1_000, "{answer}");
        }
    }
    let handle = siege.server.handle();
    assert!(handle.rooms().wait().unwrap().is_empty());
    let refused = handle.send(long.as_str(), "to nobody").wait();
    assert!(refused.is_err());
    siege.assert_served();
}
