//! A panic of the application's ends what it was about, and nothing else.

use crate::world::{Log, World};
use fanfare::{Accept, App, Response, Route};
use http::StatusCode;

fn panic_on(text: &str) {
    assert_ne!(text, "panic", "as asked");
}

pub(crate) fn a_panic_closes_its_connection_only(world: &World) {
    let log = Log::default();
    let noted = log.clone();
    let sync = Route::new()
        .on_message(|ctx, message| {
            panic_on(message.as_text().unwrap_or_default());
            ctx.send(&message)
        })
        .on_close(move |_, closed| noted.note(closed.reason.to_string()));
    let later = Route::new().on_message_async(|connection, message| async move {
        tokio::task::yield_now().await;
        panic_on(message.as_text().unwrap_or_default());
        connection.send(message).await
    });
    let pull = Route::new().on_connection(|connection| async move {
        while let Some(message) = connection.recv().await {
            panic_on(message.as_text().unwrap_or_default());
            drop(connection.send(message).await);
        }
    });
    let server = world.start(App::new().route("/sync", sync).route("/async", later).route("/pull", pull));
    let mut others: Vec<_> = ["/sync", "/async", "/pull"].map(|path| server.connect(path)).into();
    for path in ["/sync", "/async", "/pull"] {
        let mut peer = server.connect(path);
        peer.expect_echo("still well");
        peer.send("panic");
        peer.expect_close(1011);
        for other in &mut others {
            other.expect_echo("alive");
        }
    }
    assert_eq!(log.wait_for(1), ["closed because a handler failed"]);
    assert_eq!(server.handle().totals().connections, 3);
}

pub(crate) fn a_panic_on_opening_starts_no_future(world: &World) {
    let log = Log::default();
    let (started, closed) = (log.clone(), log.clone());
    let route = Route::new()
        .on_open(|_| panic_on("panic"))
        .on_connection(move |_| {
            started.note("started");
            async {}
        })
        .on_close(move |_, _| closed.note("closed"));
    let server = world.start(App::new().route("/", route));
    server.connect("/").expect_close(1011);
    assert_eq!(log.wait_for(1), ["closed"]);
}

pub(crate) fn a_panic_before_opening_is_a_500(world: &World) {
    let judge = |query: Option<&str>| {
        panic_on(query.unwrap_or_default());
        Ok(Accept::new())
    };
    let echo = || Route::new().on_message(|ctx, message| ctx.send(&message));
    let now = echo().authorise(move |request| judge(request.query()));
    let later = echo().authorise_async(move |request| async move { judge(request.query()) });
    let at_once = echo().authorise_async(move |request| {
        panic_on(request.query().unwrap_or_default());
        async { Ok(Accept::new()) }
    });
    let server = world.start(App::new().route("/0", now).route("/1", later).route("/2", at_once));
    for path in ["/0", "/1", "/2"] {
        let refused = server.try_connect(&format!("{path}?panic"), &[]).err();
        assert_eq!(refused.map(|answer| answer.status), Some(500), "{path}");
        server.connect(path).expect_echo("alive");
    }
}

pub(crate) fn a_panic_of_an_http_handler_is_a_500(world: &World) {
    let answer = |query: Option<&str>| {
        panic_on(query.unwrap_or_default());
        Response::text(StatusCode::OK, "fine")
    };
    let app = App::new()
        .get("/now", move |request, _| answer(request.query()))
        .get_async("/later", move |request, _| async move { answer(request.query()) });
    let server = world.start(app);
    for path in ["/now", "/later"] {
        for (query, status) in [("panic", 500), ("calm", 200)] {
            let answer = server.ask(&format!("GET {path}?{query} HTTP/1.1\r\nHost: localhost\r\n\r\n"));
            assert_eq!(answer.status, status, "{path}?{query}");
        }
    }
}
