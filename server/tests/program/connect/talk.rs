//! `fanfare connect` as a process with pipes.

use crate::support::{PATIENCE, Program, fanfare};
use rustix::process::{Pid, Signal, kill_process};
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

/// What a conversation came to.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Outcome {
    pub(super) code: Option<i32>,
    pub(super) out: String,
    pub(super) told: String,
}

/// A conversation that goes on.
pub(super) struct Talk {
    child: Child,
    input: Option<ChildStdin>,
    out: Receiver<String>,
    told: Receiver<String>,
}

/// The URL of a path.
pub(super) fn url(program: &Program, path: &str) -> String {
    format!("ws://{}{path}", program.address())
}

/// Says all of `input`, and waits for the end.
#[track_caller]
pub(super) fn say(url: &str, arguments: &[&str], input: &str) -> Outcome {
    let mut talk = Talk::start(url, arguments);
    talk.input(input);
    talk.finish()
}

impl Talk {
    pub(super) fn start(url: &str, arguments: &[&str]) -> Talk {
        let mut child = fanfare(&["connect", url])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (input, out) = (child.stdin.take(), lines(child.stdout.take().unwrap()));
        let told = lines(child.stderr.take().unwrap());
        Talk { child, input, out, told }
    }

    /// A program that has ended hears nothing more.
    pub(super) fn input(&mut self, text: &str) {
        let _ = self.input.as_mut().unwrap().write_all(text.as_bytes());
    }

    /// The next line of the output.
    #[track_caller]
    pub(super) fn line(&self) -> String {
        self.out.recv_timeout(PATIENCE).unwrap()
    }

    /// Waits until a line like this is told on standard error.
    #[track_caller]
    pub(super) fn tells(&self, what: &str) -> String {
        loop {
            let line = self.told.recv_timeout(PATIENCE).unwrap();
            if line.contains(what) {
                return line;
            }
        }
    }

    pub(super) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Waits for the end without ending the input.
    #[track_caller]
    pub(super) fn end(&mut self) -> Outcome {
        let out = rest(&self.out);
        let told = rest(&self.told);
        Outcome { code: self.child.wait().unwrap().code(), out, told }
    }

    /// Ends the input, and waits for the end.
    #[track_caller]
    pub(super) fn finish(mut self) -> Outcome {
        self.input = None;
        self.end()
    }
}

impl Drop for Talk {
    fn drop(&mut self) {
        // Fails when it is over already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn lines(from: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, lines) = channel();
    let from = BufReader::new(from);
    thread::spawn(move || from.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
    lines
}

/// All that comes until the other end is closed.
#[track_caller]
fn rest(lines: &Receiver<String>) -> String {
    let mut all = String::new();
    loop {
        match lines.recv_timeout(PATIENCE) {
            Ok(line) => all = all + &line + "\n",
            Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => return all,
            Err(std::sync::mpsc::RecvTimeoutError::Timeout) => panic!("it goes on: {all}"),
        }
    }
}
