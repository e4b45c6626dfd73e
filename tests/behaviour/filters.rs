//! Broadcasts to whoever is like this: by what a connection's request said, when it
//! came, and what the application attached to it.

use crate::events::typed;
use crate::world::{Peer, Server, World, eventually};
use fanfare::core::broadcast::Label;
use fanfare::core::time::Instant;
use fanfare::{Accept, App, Audience, Condition, Exclusion, Filter, RoomName, Route, Target};

/// Called as the path says, with a label for each plan of the query.
fn labelled(route: Route) -> Route {
    route
        .authorise(|request| {
            let accept = Accept::new().client_id(request.param("name").unwrap_or_default());
            let plans = request.query_param("plan").unwrap_or_default();
            Ok(plans.split(',').fold(accept, |accept, plan| accept.label("plan", plan)))
        })
        .on_open(|ctx| if ctx.param("name") == Some("bo") { ctx.join("hall").map(drop) } else { Ok(()) })
}

/// Two waves of four, and the moment between them: `anna` and `bo` on `/chat/…`,
/// and on `/feed/…`; gold and trial, gold, trial, none.
struct Crowd<'w> {
    peers: Vec<Peer<'w>>,
    between: Instant,
}

fn crowd<'w>(server: &Server<'w>) -> Crowd<'w> {
    let (mut peers, mut between) = (Vec::new(), Instant::ZERO);
    for (wave, agent) in ["Mozilla/5.0 Firefox/140", "probe/1"].into_iter().enumerate() {
        for path in ["/chat/anna?plan=gold,trial", "/chat/bo?plan=gold", "/feed/anna?plan=trial", "/feed/bo"]
        {
            peers.push(server.try_connect(path, &[("User-Agent", agent)]).unwrap());
        }
        if wave == 0 {
            assert_eq!(server.handle().connections().wait().unwrap().len(), 4);
            // Whoever comes now comes later than that.
            let now = server.handle().now();
            eventually("time has passed", || server.handle().now() > now);
            between = server.handle().now();
            eventually("and again", || server.handle().now() > between);
        }
    }
    assert_eq!(server.handle().connections().wait().unwrap().len(), 8);
    Crowd { peers, between }
}

fn filter(condition: Condition) -> Target {
    Target::Filter(Filter::new(condition).unwrap())
}

fn plan(plan: &str) -> Condition {
    Condition::Label(Label::new("plan", plan))
}

fn agent(text: &str) -> Condition {
    Condition::UserAgentContains(text.into())
}

fn path(prefix: &str) -> Condition {
    Condition::PathPrefix(prefix.into())
}

/// Each with those who are to hear it.
fn cases(between: Instant, first: fanfare::ConnectionId) -> Vec<(Audience, Vec<usize>)> {
    let bo = || Condition::ClientId("bo".into());
    let early = || Condition::ConnectedBefore(between);
    let hall = || Exclusion::Room(RoomName::new("/", "hall"));
    vec![
        (filter(agent("Firefox/")).into(), vec![0, 1, 2, 3]),
        (filter(agent("firefox/")).into(), vec![]),
        (filter(early()).into(), vec![0, 1, 2, 3]),
        (filter(Condition::ConnectedAfter(between)).into(), vec![4, 5, 6, 7]),
        (filter(path("/chat/")).into(), vec![0, 1, 4, 5]),
        (filter(path("/feed/bo")).into(), vec![3, 7]),
        (filter(plan("gold")).into(), vec![0, 1, 4, 5]),
        (filter(plan("trial")).into(), vec![0, 2, 4, 6]),
        (filter(plan("gold,trial")).into(), vec![]),
        (filter(bo()).into(), vec![1, 3, 5, 7]),
        (filter(Condition::Not(Box::new(bo()))).into(), vec![0, 2, 4, 6]),
        (filter(Condition::And(vec![early(), bo(), path("/feed")])).into(), vec![3]),
        (filter(Condition::Or(vec![agent("probe"), plan("gold")])).into(), vec![0, 1, 4, 5, 6, 7]),
        // The same with some of them left out.
        (filter(agent("Firefox/")).except(first), vec![1, 2, 3]),
        (filter(plan("gold")).except(Exclusion::Client("anna".into())), vec![1, 5]),
        (filter(path("/")).except(hall()), vec![0, 2, 4, 6]),
        (filter(early()).except(hall()).except(first), vec![2]),
        (filter(bo()).except(hall()), vec![]),
    ]
}

pub(crate) fn a_filter_finds_whoever_is_like_this(world: &World) {
    let echo = labelled(Route::new().on_message(|ctx, message| ctx.send(&message)));
    let server = world.start(App::new().route("/{where}/{name}", echo));
    let mut crowd = crowd(&server);
    let handle = server.handle();
    let first = Target::Filter(
        Filter::new(Condition::And(vec![plan("gold"), plan("trial"), agent("Firefox")])).unwrap(),
    );
    let connections = handle.connections().wait().unwrap();
    let is_first = |info: &&fanfare::ConnectionInfo| {
        info.path == "/chat/anna" && info.user_agent.as_deref() == Some("Mozilla/5.0 Firefox/140")
    };
    let id = connections.iter().find(is_first).unwrap().id;
    assert_eq!(handle.broadcast(first.except(id), "to nobody").wait().unwrap().matched(), 0);
    for (number, (audience, expected)) in cases(crowd.between, id).into_iter().enumerate() {
        let text = format!("case {number}");
        let report = handle.broadcast(audience, text.as_str()).wait().unwrap();
        let count = expected.len() as u64;
        assert_eq!((report.matched(), report.queued()), (count, count), "{text}");
        for (place, peer) in crowd.peers.iter_mut().enumerate() {
            if expected.contains(&place) {
                peer.expect(&text);
            }
            peer.expect_echo("and nothing else");
        }
    }
}

/// From inside a handler, on every shard; without whoever it is about.
pub(crate) fn a_filtered_event_is_sent_from_a_handler(world: &World) {
    let route = labelled(typed().on("to gold", |ctx, event| {
        let gold = filter(plan("gold")).except(ctx.id());
        ctx.emit_to(gold, "gold", event.raw()).map(drop)
    }));
    let server = world.start(App::new().route("/{where}/{name}", route));
    let mut crowd = crowd(&server);
    crowd.peers[0].send(r#"{"type":"event","event":"to gold","data":7}"#);
    for (place, peer) in crowd.peers.iter_mut().enumerate() {
        if [1, 4, 5].contains(&place) {
            peer.expect(r#"{"type":"event","namespace":"/","event":"gold","data":7}"#);
        }
        crate::events::expect_pong(peer);
    }
}
