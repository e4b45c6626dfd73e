//! What a person has: a terminal with a prompt.

use super::stranger::Stranger;
use super::talk::url;
use crate::support::{PATIENCE, Program, fanfare};
use rustix::fs::{Mode, OFlags, open};
use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, tcgetattr};
use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::thread;
use tungstenite::Message;

/// `fanfare connect` on a terminal of its own.
struct Seat {
    pid: Pid,
    /// Told when the process is over.
    ended: Receiver<ExitStatus>,
    keys: File,
    /// Kept open, so that how the terminal is left can be seen.
    terminal: File,
    shown: Receiver<String>,
    /// Shown, and not asked for yet.
    unread: String,
}

impl Seat {
    fn take(url: &str, arguments: &[&str], home: &Path) -> Seat {
        Seat::take_as("xterm", url, arguments, home)
    }

    fn take_as(kind: &str, url: &str, arguments: &[&str], home: &Path) -> Seat {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let name = ptsname(&master, Vec::new()).unwrap();
        let terminal = File::from(open(name, OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).unwrap());
        let end = || Stdio::from(terminal.try_clone().unwrap());
        let mut child = fanfare(&["connect", url])
            .args(arguments)
            .env("TERM", kind)
            .env("XDG_STATE_HOME", home)
            .stdin(end())
            .stdout(end())
            .stderr(end())
            .spawn()
            .unwrap();
        let pid = Pid::from_child(&child);
        let (end, ended) = channel();
        thread::spawn(move || end.send(child.wait().unwrap()));
        let keys = File::from(master);
        let mut screen = keys.try_clone().unwrap();
        let (show, shown) = channel();
        thread::spawn(move || {
            let mut bytes = [0; 4_096];
            while let Ok(count @ 1..) = screen.read(&mut bytes) {
                let text = String::from_utf8_lossy(&bytes[..count]).into_owned();
                if show.send(text).is_err() {
                    return;
                }
            }
        });
        Seat { pid, ended, keys, terminal, shown, unread: String::new() }
    }

    /// Types.
    fn types(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
    }

    /// Waits until this is shown; returns what was before it.
    #[track_caller]
    fn sees(&mut self, what: &str) -> String {
        loop {
            if let Some((before, after)) = self.unread.split_once(what) {
                let (before, after) = (before.to_owned(), after.to_owned());
                self.unread = after;
                return before;
            }
            let Ok(text) = self.shown.recv_timeout(PATIENCE) else {
                panic!("{what:?} is not shown: {:?}", self.unread)
            };
            self.unread += &text;
        }
    }

    /// Waits until this is shown, and the prompt is there again: keys that are pressed
    /// before that are the terminal's own to interpret.
    #[track_caller]
    fn sees_above(&mut self, what: &str) {
        self.sees(what);
        self.sees("> ");
    }

    /// Waits for the end; the terminal is as it was.
    #[track_caller]
    fn ends(self, code: i32) {
        assert_eq!(self.ended.recv_timeout(PATIENCE).unwrap().code(), Some(code));
        let modes = tcgetattr(&self.terminal).unwrap().local_modes;
        assert!(modes.contains(LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG));
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        // Only of one that still runs the number is its own.
        if let Err(TryRecvError::Empty) = self.ended.try_recv() {
            let _ = kill_process(self.pid, Signal::KILL);
        }
    }
}

fn home(test: &str) -> PathBuf {
    let home = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("connect").join(test);
    let _ = fs::remove_dir_all(&home);
    home
}

#[test]
fn lines_are_edited_sent_kept_and_answered_above_the_prompt() {
    let program = Program::start(&[]);
    let home = home("edited");
    let mut seat = Seat::take(&url(&program, "/ws/echo"), &[], &home);
    seat.sees("* connected to ");
    seat.sees("> ");
    // The cursor goes left, and what was forgotten is put in.
    seat.types("helo\x1b[Dl\r");
    seat.sees_above("< hello\r\n");
    // What was sent before is sent again; with a blank before it, nothing is kept.
    seat.types("\x1b[A\r");
    seat.sees_above("< hello\r\n");
    seat.types(" secret\r");
    seat.sees_above("<  secret\r\n");
    seat.types("//quit\r");
    seat.sees_above("< /quit\r\n");
    seat.types("/frob\r");
    seat.sees_above("there is no command /frob; ");
    seat.types("/help\r");
    seat.sees_above("/close [CODE [REASON]]");
    seat.types("/join tea\r");
    seat.sees_above("there are rooms only with --subscribe");
    seat.types("/quit\r");
    seat.ends(0);
    let history = fs::read_to_string(home.join("fanfare/connect_history")).unwrap();
    assert!(history.contains("hello\n") && !history.contains("secret"), "{history}");

    // The next has it, unless it is not to.
    for (arguments, again) in [(&[][..], "< hello\r\n"), (&["--no-history"], "< new\r\n")] {
        let mut seat = Seat::take(&url(&program, "/ws/echo"), arguments, &home);
        seat.sees("> ");
        seat.types("\x1b[A\x1b[A\x1b[A\x1b[A\x1b[A\x1b[A");
        if !arguments.is_empty() {
            seat.types("new");
        }
        seat.types("\r");
        seat.sees_above(again);
        seat.types("\x04");
        seat.ends(0);
    }
    assert!(!fs::read_to_string(home.join("fanfare/connect_history")).unwrap().contains("new"));
}

#[test]
fn a_ping_is_answered_and_shown_to_who_wants_to_see_more() {
    let program = Program::start(&[]);
    let mut seat = Seat::take(&url(&program, "/ws/echo"), &["-v"], &home("pings"));
    seat.sees("> ");
    seat.types("/ping are you there?\r");
    seat.sees_above("* pong are you there?\r\n");
    seat.types("\x04");
    seat.ends(0);
}

#[test]
fn a_server_cannot_control_the_terminal() {
    let stranger = Stranger::saying(vec![
        Message::text("\x1b[31mred\x07\u{9b}2J\u{202e}"),
        Message::text("one\n> two"),
        Message::binary(b"\x1b[2J".to_vec()),
        Message::text("last"),
    ]);
    let mut seat = Seat::take(&stranger.url, &[], &home("escapes"));
    seat.sees("< \\u{1b}[31mred\\u{7}\\u{9b}2J\\u{202e}\r\n");
    // A line of the server's is not one of the user's.
    seat.sees("< one\r\n  > two\r\n");
    seat.sees("< 1b5b324a\r\n");
    let before = seat.sees("< last\r\n");
    assert!(!before.contains("\x1b[2J"), "{before:?}");
    seat.sees("> ");
    seat.types("\x03");
    seat.ends(0);
    stranger.end();
}

#[test]
fn json_is_indented_and_what_is_none_is_not_sent() {
    let program = Program::start(&[]);
    let mut seat = Seat::take(&url(&program, "/ws/echo"), &["--json"], &home("json"));
    seat.sees("> ");
    seat.types("hello\r");
    seat.sees_above("not sent: \"hello\" is no JSON: ");
    seat.types("{\"a\":[1]}\r");
    seat.sees_above("< {\r\n    \"a\": [\r\n      1\r\n    ]\r\n  }\r\n");
    seat.types("/close 4002 had enough\r");
    seat.ends(0);
}

#[test]
fn a_server_that_ends_it_gives_the_terminal_back() {
    let stranger = Stranger::closing(4001, "enough");
    let mut seat = Seat::take(&stranger.url, &[], &home("given-back"));
    seat.sees("fanfare: closed by the server with 4001 \"enough\"");
    seat.ends(3);
    stranger.end();
}

#[test]
fn a_terminal_without_a_cursor_has_lines_instead_of_a_prompt() {
    let stranger = Stranger::talking(|socket| {
        let said = socket.read().unwrap();
        socket.send(Message::text(format!("\x1b[31m{said}"))).unwrap();
    });
    let mut seat = Seat::take_as("dumb", &stranger.url, &["--count", "1"], &home("dumb"));
    seat.sees("* connected to ");
    seat.types("hello\n");
    seat.sees("\\u{1b}[31mhello\r\n");
    seat.ends(0);
    stranger.end();
}
