//! Sends that wait for room, and those who wait for an end.

use crate::bench::Bench;
use crate::line::{Line, Then};
use crate::{REQUEST, echo, frame, heard, said};
use fanfare_core::close::{CloseCode, CloseReason};
use fanfare_core::config::Settings;
use fanfare_core::hub::SendError;
use fanfare_core::id::ConnectionId;
use fanfare_driver::{App, HandleError, Reply, Route};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

const OUTBOX_MESSAGES_MAX: usize = 8;
const SENDS_WAITING_MAX: usize = 4;

/// A server with one connection, whose peer reads `room` bytes.
fn connected(route: Route, room: usize) -> (Bench, Line, ConnectionId) {
    let settings = Settings::default().with(|server| {
        server.connection.outbox_messages_max = OUTBOX_MESSAGES_MAX;
        server.connection.sends_waiting_max = SENDS_WAITING_MAX;
    });
    let mut bench = Bench::new(App::new().route("/", route).config(settings.build().unwrap()));
    let line = Line::default();
    line.say(REQUEST);
    bench.accept(&line, b"");
    bench.run();
    line.with(|state| state.room = room);
    let mut connections = bench.handle.connections();
    bench.run();
    let Some(Ok(connections)) = poll(&mut connections) else { panic!("it must be described") };
    (bench, line, connections[0].id)
}

fn poll<T>(reply: &mut Reply<T>) -> Option<Result<T, HandleError>> {
    match Pin::new(reply).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(outcome) => Some(outcome),
        Poll::Pending => None,
    }
}

/// Fills the outbox, and asks for as many sends more.
fn overfill(bench: &mut Bench, id: ConnectionId, sends: usize) -> Vec<Reply<()>> {
    let fill = (0..OUTBOX_MESSAGES_MAX).map(|number| bench.handle.send(id, format!("{number}")));
    drop(fill.collect::<Vec<_>>());
    let sends = (0..sends).map(|number| bench.handle.send_when_room(id, format!("w{number}")));
    let sends = sends.collect();
    bench.run();
    sends
}

fn numbered(prefix: &str, count: usize) -> Vec<u8> {
    (0..count).flat_map(|number| said(&format!("{prefix}{number}"))).collect()
}

#[test]
fn they_are_queued_in_their_order_when_there_is_room_and_no_more_may_wait_than_the_limit() {
    let (mut bench, line, id) = connected(echo(), 0);
    let mut sends = overfill(&mut bench, id, SENDS_WAITING_MAX + 1);
    let outcomes: Vec<_> = sends.iter_mut().map(poll).collect();
    let too_many = HandleError::TooManyWaiting { connection: id, sends_waiting_max: SENDS_WAITING_MAX };
    assert_eq!(outcomes, [None, None, None, None, Some(Err(too_many))]);

    // One message leaves, which is not yet half of the outbox.
    line.with(|state| state.room = said("0").len());
    bench.run();
    assert_eq!(poll(&mut sends[0]), None);

    line.with(|state| state.room = usize::MAX);
    bench.run();
    for send in &mut sends[..SENDS_WAITING_MAX] {
        assert_eq!(poll(send), Some(Ok(())));
    }
    let all = [numbered("", OUTBOX_MESSAGES_MAX), numbered("w", SENDS_WAITING_MAX)].concat();
    assert_eq!(heard(&line), all);
    assert_eq!(bench.handle.stats().deliveries_dropped(), 0);
}

#[test]
fn whose_reply_is_dropped_is_withdrawn_and_makes_room_in_the_line() {
    let (mut bench, line, id) = connected(echo(), 0);
    let mut sends = overfill(&mut bench, id, SENDS_WAITING_MAX);
    drop(sends.remove(1));
    drop(sends.remove(2));
    let mut later = bench.handle.send_when_room(id, "later");
    bench.run();
    assert_eq!(poll(&mut later), None, "it found a place");
    line.with(|state| state.room = usize::MAX);
    bench.run();
    assert_eq!(poll(&mut later), Some(Ok(())));
    let waited = [said("w0"), said("w2"), said("later")].concat();
    assert_eq!(heard(&line), [numbered("", OUTBOX_MESSAGES_MAX), waited].concat());
}

#[test]
fn a_connection_that_closes_or_fails_answers_them_all() {
    type End = fn(&Bench, &Line, ConnectionId);
    let ends: [(End, usize); 3] = [
        (|bench, _, id| drop(bench.handle.close(id, CloseCode::Normal, "")), 1),
        (|_, line, _| line.with(|state| state.after_input = Then::Error), 1),
        (|_, line, _| line.say(&frame(8, &[3, 232])), 1),
    ];
    for (end, rounds) in ends {
        let (mut bench, line, id) = connected(echo(), 0);
        let mut sends = overfill(&mut bench, id, SENDS_WAITING_MAX);
        assert!(sends.iter_mut().all(|send| poll(send).is_none()));
        end(&bench, &line, id);
        for _ in 0..rounds {
            bench.run();
        }
        for send in &mut sends {
            let outcome = poll(send);
            assert!(matches!(outcome, Some(Err(HandleError::Send(SendError::Closed(_))))), "{outcome:?}");
        }
    }
}

#[test]
fn a_shard_that_ends_answers_them_too() {
    let (mut bench, _, id) = connected(echo(), 0);
    let mut sends = overfill(&mut bench, id, SENDS_WAITING_MAX);
    let mut closed = bench.handle.closed(id);
    bench.run();
    drop(bench);
    assert!(sends.iter_mut().all(|send| matches!(poll(send), Some(Err(_)))));
    assert_eq!(poll(&mut closed), Some(Ok(Some(CloseReason::Aborted))));
}

/// In a synchronous handler nothing may wait; it goes on.
#[test]
fn a_callback_goes_on_when_there_is_room() {
    let route = Route::new().on_message(|ctx, _| {
        let waits = ctx.handle().send_when_room(ctx.id(), "at last");
        ctx.then(waits, |ctx, outcome| ctx.send_text(&format!("{outcome:?}")).unwrap());
    });
    let (mut bench, line, id) = connected(route, 0);
    drop(overfill(&mut bench, id, 0));
    line.say(&frame(1, b"?"));
    bench.run();
    line.with(|state| state.room = usize::MAX);
    bench.run();
    let answers = [said("at last"), said("Ok(())")].concat();
    assert_eq!(heard(&line), [numbered("", OUTBOX_MESSAGES_MAX), answers].concat());
}

#[test]
fn the_end_is_told_to_all_who_wait_and_afterwards_without_a_reason() {
    let (mut bench, line, id) = connected(echo(), usize::MAX);
    let mut early = [(); 3].map(|()| bench.handle.closed(id));
    for _ in 0..1_000 {
        drop(bench.handle.closed(id));
    }
    bench.run();
    assert!(early.iter_mut().all(|closed| poll(closed).is_none()));
    line.with(|state| state.after_input = Then::End);
    bench.run();
    for closed in &mut early {
        assert_eq!(poll(closed), Some(Ok(Some(CloseReason::EndOfInput))));
    }
    let mut late = bench.handle.closed(id);
    bench.run();
    assert_eq!(poll(&mut late), Some(Ok(None)));
}
