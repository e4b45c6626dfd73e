//! The application's futures on a few workers.

use crate::world::{start, start_with};
use fanfare_driver::{App, HandleError, Route};

#[test]
fn the_pull_style_and_asynchronous_answers_work() {
    let route = Route::new().on_connection(|connection| async move {
        while let Some(message) = connection.recv().await {
            let others = connection.handle().connections().await?.len();
            connection.send(format!("{} of {others}", message.as_text().unwrap_or("")).as_str()).await?;
        }
        Ok::<_, HandleError>(())
    });
    let server = start(App::new().route("/", route));
    let mut peer = server.connect();
    peer.say("one");
    assert_eq!(peer.hear(), "one of 1");
}

/// A thread each would be 300; there is one.
#[test]
fn hundreds_of_connections_wait_on_one_worker() {
    let route = Route::new().on_connection(|connection| async move {
        while let Some(message) = connection.recv().await {
            connection.send(message).await?;
        }
        Ok::<_, HandleError>(())
    });
    let server = start_with(App::new().route("/", route), 1, 1);
    let mut peers: Vec<_> = (0..300).map(|_| server.connect()).collect();
    for round in 0..3 {
        for peer in &mut peers {
            peer.say(&round.to_string());
        }
        for peer in &mut peers {
            assert_eq!(peer.hear(), round.to_string());
        }
    }
}

#[test]
fn a_panic_closes_its_connection_and_the_worker_goes_on() {
    let route = Route::new().on_message_async(|connection, message| async move {
        assert_ne!(message.as_text(), Some("panic"), "as asked");
        connection.send(message).await
    });
    let server = start_with(App::new().route("/", route), 1, 1);
    let (mut bad, mut good) = (server.connect(), server.connect());
    bad.say("panic");
    assert_eq!(u16::from(bad.closed().code), 1011);
    good.say("alive");
    assert_eq!(good.hear(), "alive");
}
