//! Echo.

use crate::support::{Client, Program};
use tungstenite::Message;

#[test]
fn every_message_comes_back_with_its_type() {
    let program = Program::start(&[]);
    let mut client = Client::connect(&program, "/ws/echo");
    let large = "größer ".repeat(58_000);
    for message in [
        Message::text("hello"),
        Message::binary(vec![0, 255, 128]),
        Message::text(""),
        Message::binary(vec![]),
        Message::text(large.clone()),
        Message::binary(large.into_bytes()),
    ] {
        client.send(message.clone());
        let echo = client.receive();
        assert!(echo == message, "{} bytes came back as {} or as others", message.len(), echo.len());
    }
    client.leave();
}

#[test]
fn a_message_over_the_limit_closes_with_1009() {
    let program = Program::start(&["--message-bytes-max", "1KiB"]);
    let mut client = Client::connect(&program, "/ws/echo");
    client.send(Message::binary(vec![7; 1_024]));
    assert_eq!(client.receive(), Message::binary(vec![7; 1_024]));
    client.send(Message::binary(vec![7; 1_025]));
    assert_eq!(u16::from(client.receive_close()), 1009);
    client.finish();
}
