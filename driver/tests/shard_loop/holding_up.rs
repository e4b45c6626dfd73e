//! What makes a shard read no further, and that nothing is lost by it.

use crate::bench::Bench;
use crate::line::Line;
use crate::{REQUEST, frame, heard, said};
use fanfare_core::broadcast::Target;
use fanfare_core::close::CloseCode;
use fanfare_core::config::{Config, Settings};
use fanfare_driver::{App, Route};
use std::sync::{Arc, Mutex};

const INBOX_MESSAGES_MAX: usize = 1_024;

fn config() -> Config {
    let settings = Settings::default().with(|server| {
        server.shard_inbox_messages_max = INBOX_MESSAGES_MAX;
        server.connection.outbox_messages_max = 8_192;
    });
    settings.build().unwrap()
}

fn connect(bench: &mut Bench) -> Line {
    let line = Line::default();
    line.say(REQUEST);
    bench.accept(&line, b"");
    bench.run();
    line
}

fn has_unread(line: &Line) -> bool {
    line.see(|state| !state.input.is_empty())
}

/// The other shard takes no turn: its inbox fills, and the publisher feels it.
#[test]
fn another_shard_that_is_behind_holds_up_publishers() {
    let route = Route::new().on_open(|ctx| ctx.join("lobby").map(drop)).on_message(|ctx, message| {
        let others = ctx.others(Target::room("/", "lobby"));
        ctx.broadcast(others, &message);
    });
    let mut bench = Bench::with_shards(App::new().route("/", route).config(config()), 2);
    let (publisher, reader) = (connect(&mut bench), connect(&mut bench));
    let mut expected = Vec::new();
    for number in 0..3 * INBOX_MESSAGES_MAX {
        let text = number.to_string();
        publisher.say(&frame(1, text.as_bytes()));
        expected.extend(said(&text));
        bench.turn();
    }
    assert!(has_unread(&publisher));
    bench.run();
    assert!(!has_unread(&publisher));
    assert!(heard(&reader) == expected, "all, and in order");
}

/// A close has room of its own in the inbox that was full for the message.
#[test]
fn what_a_callback_publishes_precedes_what_it_does_by_handle() {
    let reader_id = Arc::new(Mutex::new(None));
    let opened = Arc::clone(&reader_id);
    let route = Route::new()
        .on_open(move |ctx| {
            *opened.lock().unwrap() = Some(ctx.id());
            ctx.join("lobby").map(drop)
        })
        .on_message(move |ctx, message| {
            ctx.broadcast(ctx.others(Target::room("/", "lobby")), &message);
            if message.as_text() == Some("last words") {
                let reader = reader_id.lock().unwrap().unwrap();
                drop(ctx.handle().close(reader, CloseCode::Normal, ""));
            }
        });
    let mut bench = Bench::with_shards(App::new().route("/", route).config(config()), 2);
    let (publisher, reader) = (connect(&mut bench), connect(&mut bench));
    let mut expected = Vec::new();
    for _ in 1..INBOX_MESSAGES_MAX {
        publisher.say(&frame(1, b"more"));
        expected.extend(said("more"));
    }
    publisher.say(&frame(1, b"last words"));
    expected.extend(said("last words"));
    expected.extend([0x88, 2, 3, 232]);
    while has_unread(&publisher) {
        bench.turn();
    }
    bench.run();
    assert!(heard(&reader) == expected);
}

/// There is no limit for continuations in a shard's own inbox, so there must be
/// one for what leads to them.
#[test]
fn a_shard_that_is_behind_with_its_own_answers_reads_no_further() {
    let route = Route::new().on_message(|ctx, _| {
        let reply = ctx.handle().send("nobody", "hello");
        ctx.then(reply, |ctx, _| ctx.send_text("answered").unwrap());
    });
    let mut bench = Bench::new(App::new().route("/", route).config(config()));
    let lines: Vec<Line> = (0..8).map(|_| connect(&mut bench)).collect();
    for line in &lines {
        line.say(&frame(1, b"?").repeat(2 * INBOX_MESSAGES_MAX));
    }
    bench.turn();
    let waiting = lines.iter().filter(|line| has_unread(line)).count();
    assert!(waiting >= 6, "only {waiting} of 8 were left unread");
    bench.run();
    for line in &lines {
        assert!(heard(line) == said("answered").repeat(2 * INBOX_MESSAGES_MAX));
    }
}
