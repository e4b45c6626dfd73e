//! Notifications, as far as a client sees them by connecting.

use crate::support::{Client, Program, refused};
use serde_json::{Value, json};

#[test]
fn whoever_connects_is_welcomed() {
    let program = Program::start(&[]);
    let mut client = Client::connect(&program, "/ws/notifications/ann");
    let message = client.receive().to_text().unwrap().to_owned();
    let expected = r#"{"type":"welcome","message":"Connected to notification service","time":""#;
    let time = message.strip_prefix(expected).and_then(|rest| rest.strip_suffix("\"}")).unwrap();
    assert!(time.len() == "2023-11-14T22:13:20Z".len() && time.ends_with('Z'), "{time}");
    client.send("what a client says is ignored");
    client.assert_quiet();
    client.leave();
}

#[test]
fn a_user_without_a_fitting_name_is_refused_with_400() {
    let program = Program::start(&["--name-bytes-max", "64"]);
    let long = format!("/ws/notifications/{}", "a".repeat(60));
    for path in ["/ws/notifications/a%0Ab", long.as_str()] {
        let answer = refused(&program, path);
        assert_eq!(answer.status(), 400, "{path}");
        let body = String::from_utf8(answer.into_body().unwrap()).unwrap();
        assert!(body.starts_with("user: "), "{path}: {body}");
    }
    let fits = format!("/ws/notifications/{}", "a".repeat(59));
    let welcome = Client::connect(&program, &fits).receive_json();
    assert_eq!(welcome["type"], Value::from("welcome"));
    assert_eq!(welcome["message"], json!("Connected to notification service"));
}
