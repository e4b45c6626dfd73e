//! Scripts: their lines, and what stands for what cannot be known beforehand.
//!
//! | line | what happens |
//! |---|---|
//! | `[chat /ws/chat]` | a scene begins: an application, and its path, with parameters if it has any |
//! | `# …` | nothing |
//! | `ann connects ?a=b` | to the path, with that behind it |
//! | `ann > text`, `ann < text` | says this, or hears exactly this next |
//! | `ann is quiet` | hears nothing that waits |
//! | `ann leaves` | with a whole closing handshake |
//! | `service posts {…}`, `service hears {…}` | to `/api/notify`, and what that answers |
//! | `the server stops` | is told to |
//! | `ann is closed with 1001` | and answers |
//!
//! `<id ann>` in a text is a connection id, `<message 1>` that of a message: whatever
//! is heard first, which is no other's, and the same from then on. `<address ann>` is
//! a client's own address, `<address server>` the server's. `<seconds>` and `<time>`
//! are about now, since 1970 and in RFC 3339; `<uptime>` is less than a minute.

use crate::support::{Client, Program, ask};
use rustix::process::Signal;
use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// What is played in one place.
pub(super) struct Scene<'s> {
    pub(super) application: &'s str,
    /// Without parameters.
    pub(super) path: &'s str,
    pub(super) parameters: &'s str,
    lines: Vec<&'s str>,
}

/// The scenes of a script.
pub(super) fn scenes(script: &str) -> Vec<Scene<'_>> {
    let mut scenes: Vec<Scene<'_>> = Vec::new();
    for line in script.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        match line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            Some(place) => {
                let (application, path) = place.split_once(' ').unwrap();
                let (path, parameters) = path.split_at(path.find("/{").unwrap_or(path.len()));
                scenes.push(Scene { application, path, parameters, lines: Vec::new() });
            }
            None => scenes.last_mut().unwrap().lines.push(line),
        }
    }
    scenes
}

impl Scene<'_> {
    /// Plays it with the application on `path`.
    pub(super) fn play(&self, program: Program, path: &str) {
        let (clients, known) = Default::default();
        let mut stage = Stage { program, path, clients, known, answer: String::new() };
        stage.known.say("address server", stage.program.address().to_string());
        for line in &self.lines {
            // Shown where the scene fails.
            eprintln!("{path}: {line}");
            stage.line(line);
        }
        if stage.known.stopped {
            assert_eq!(stage.program.end().code(), Some(0));
        }
    }
}

/// A scene under way.
struct Stage<'s> {
    program: Program,
    path: &'s str,
    clients: BTreeMap<&'s str, Client>,
    known: Known,
    /// What the service was answered last.
    answer: String,
}

impl<'s> Stage<'s> {
    fn line(&mut self, line: &'s str) {
        let (name, action) = line.split_once(' ').unwrap();
        match action {
            "connects" => self.connect(name, ""),
            "is quiet" => self.client(name).assert_quiet(),
            "leaves" => self.clients.remove(name).unwrap().leave(),
            "server stops" => {
                self.known.stopped = true;
                self.program.signal(Signal::TERM);
            }
            _ => match action.split_once(' ').unwrap() {
                ("connects", behind) => self.connect(name, behind),
                (">", text) => {
                    let text = self.known.fill(text);
                    self.client(name).send(text);
                }
                ("<", expected) => {
                    let message = self.client(name).receive();
                    self.known.assert_is(message.to_text().unwrap(), expected);
                }
                ("posts", body) => self.answer = notify(&self.program, body),
                ("hears", expected) => self.known.assert_is(&self.answer, expected),
                ("is", how) => {
                    let code: u16 = how.strip_prefix("closed with ").unwrap().parse().unwrap();
                    let mut client = self.clients.remove(name).unwrap();
                    assert_eq!(u16::from(client.receive_close()), code);
                    client.finish();
                }
                (other, _) => panic!("{other:?} is nothing that is done in a script"),
            },
        }
    }

    fn connect(&mut self, name: &'s str, behind: &str) {
        let client = Client::connect(&self.program, &format!("{}{behind}", self.path));
        self.known.say(&format!("address {name}"), client.address().to_string());
        assert!(self.clients.insert(name, client).is_none(), "{name} is connected already");
    }

    fn client(&mut self, name: &str) -> &mut Client {
        self.clients.get_mut(name).unwrap()
    }
}

/// The answer to a notification.
fn notify(program: &Program, body: &str) -> String {
    let (host, length) = (program.address(), body.len());
    let head = format!(
        "POST /api/notify HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: {length}"
    );
    ask(program, format!("{head}\r\n\r\n{body}").as_bytes()).body
}

/// What has been learnt in a scene.
#[derive(Default)]
struct Known {
    names: BTreeMap<String, String>,
    stopped: bool,
}

impl Known {
    fn say(&mut self, what: &str, text: String) {
        self.names.insert(what.to_owned(), text);
    }

    /// A text with what is known in place of what stands for it.
    fn fill(&self, text: &str) -> String {
        let fill =
            |text: String, (what, known): (&String, &String)| text.replace(&format!("<{what}>"), known);
        self.names.iter().fold(text.to_owned(), fill)
    }

    /// `heard` is `expected`, to the byte.
    fn assert_is(&mut self, heard: &str, expected: &str) {
        let (mut rest, mut expected_rest) = (heard, expected);
        while let Some((literal, behind)) = expected_rest.split_once('<') {
            let (what, behind) = behind.split_once('>').unwrap();
            let varying =
                rest.strip_prefix(literal).unwrap_or_else(|| panic!("heard {heard}\nnot {expected}"));
            let end = varying.find(['"', ',', '}', ' ']).unwrap_or(varying.len());
            let (found, behind_it) = varying.split_at(end);
            self.learn(what, found);
            (rest, expected_rest) = (behind_it, behind);
        }
        assert_eq!(rest, expected_rest, "heard {heard}\nnot {expected}");
    }

    /// `found` may stand for `what`.
    fn learn(&mut self, what: &str, found: &str) {
        match what {
            "seconds" => assert_about_now(found.parse().unwrap()),
            "time" => {
                let time = OffsetDateTime::parse(found, &Rfc3339).unwrap();
                assert_about_now(time.unix_timestamp().try_into().unwrap());
                assert_eq!(found.len(), "2023-11-14T22:13:20Z".len(), "whole seconds, in UTC");
            }
            "uptime" => assert!(found.strip_suffix('s').unwrap().parse::<u8>().unwrap() < 60),
            name => self.learn_name(name, found),
        }
    }

    fn learn_name(&mut self, name: &str, found: &str) {
        if let Some(known) = self.names.get(name) {
            return assert_eq!(found, known, "{name}");
        }
        let digits = match name.split_once(' ') {
            Some(("id", _)) => 28,
            Some(("message", _)) => 32,
            Some(_) | None => panic!("<{name}> stands for nothing"),
        };
        assert!(found.len() == digits && found.bytes().all(|byte| byte.is_ascii_hexdigit()), "{found}");
        assert!(!self.names.values().any(|known| known == found), "{found} is another's already");
        self.say(name, found.to_owned());
    }
}

#[track_caller]
fn assert_about_now(seconds: u64) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    assert!(now.abs_diff(seconds) < 60, "{seconds} is not about {now}");
}
