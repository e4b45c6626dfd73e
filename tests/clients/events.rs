//! Events in the typed envelope, against a server of fanfare's.

use crate::world::{Log, Server, World, done, outcome};
use fanfare::{App, Client, ClientError, Envelope, EventName, Recipient, Route};
use std::time::Duration;

const LONG: Duration = Duration::from_secs(4);

fn typed(url: &str) -> Client {
    Client::new(url).unwrap().settings(|client| client.connection.envelope = Envelope::Typed)
}

fn lobby() -> App {
    let route = Route::new()
        .envelope(Envelope::Typed)
        .on("sum", |ctx, event| {
            let (a, b): (u32, u32) = event.data()?;
            ctx.ack(event, &(a + b))?;
            Ok::<_, fanfare::HandlerError>(())
        })
        .on("silence", |_, _| {})
        .authorise_join(|_, join| join.room() != Some("secret"));
    App::new().route("/", route)
}

pub(crate) fn events_are_answered_both_ways(world: &World) {
    let server = Server::start(lobby());
    let client = typed(&server.url()).on("double", |ctx, event| {
        let number: u32 = event.data()?;
        ctx.ack(event, &(2 * number))?;
        Ok::<_, fanfare::HandlerError>(())
    });
    let client = world.start(client);
    done(client.connect());
    let answer = done(client.emit_with_ack("sum", &(1, 2), LONG));
    assert_eq!(answer.data::<u32>().unwrap(), 3);
    let unanswered = outcome(client.emit_with_ack("silence", &(), Duration::from_millis(20)));
    assert!(matches!(unanswered, Err(ClientError::Unanswered(_))), "{unanswered:?}");

    let id = server.handle().connections().wait().unwrap()[0].id;
    let answer = server.handle().emit_with_ack(id, "double", &21, LONG).wait().unwrap();
    assert_eq!(answer.data::<u32>().unwrap(), 42);
    let _ = Recipient::from(id);
}

pub(crate) fn an_event_that_nobody_handles_is_answered_so(world: &World) {
    let server = Server::start(lobby());
    let client = world.start(typed(&server.url()));
    done(client.connect());
    let answer = done(client.emit_with_ack("nonsense", &(), LONG));
    assert!(answer.data::<u32>().unwrap_err().to_string().contains("unhandled event"));
    let id = server.handle().connections().wait().unwrap()[0].id;
    let answer = server.handle().emit_with_ack(id, "nonsense", &(), LONG).wait().unwrap();
    assert!(answer.data::<u32>().unwrap_err().to_string().contains("unhandled event"));
}

pub(crate) fn whoever_asks_hears_that_a_callback_failed(world: &World) {
    let (server, log) = (Server::start(lobby()), Log::default());
    let noted = log.clone();
    let client = typed(&server.url())
        .on("fails", |_, event| event.data::<u32>().map(drop))
        .on("still works", |_, event| event.data::<u32>().map(drop))
        .on("still works", |client, event| client.ack(event, "yes"))
        .on_fault(move |_, fault| noted.note(fault.to_string()));
    let client = world.start(client);
    done(client.connect());
    let id = server.handle().connections().wait().unwrap()[0].id;
    let ask = |event: &str| server.handle().emit_with_ack(id, event, "no number", LONG).wait().unwrap();
    assert!(ask("fails").data::<()>().unwrap_err().to_string().contains("handler failed"));
    assert_eq!(ask("still works").data::<String>().unwrap(), "yes");
    assert!(log.wait_for(2).iter().all(|fault| fault.contains("is not understood")), "{:?}", log.all());
}

pub(crate) fn a_refused_join_is_told(world: &World) {
    let (server, log) = (Server::start(lobby()), Log::default());
    let noted = log.clone();
    let client = typed(&server.url()).on_fault(move |_, fault| noted.note(fault.to_string()));
    let client = world.start(client);
    done(client.connect());
    assert!(done(client.join("secret")));
    assert_eq!(log.wait_for(1), [r#"not let into "secret" in "/": join refused"#]);
    assert!(!done(client.leave("secret")), "it is not in it");
    done(client.emit(EventName::new("x").namespace("/elsewhere"), &()));
    assert_eq!(log.wait_for(2)[1], r#"the server complains in "/elsewhere": namespace not joined"#);
}
