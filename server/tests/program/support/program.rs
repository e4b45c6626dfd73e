//! The program as a process of its own.

use super::PATIENCE;
use rustix::process::{Pid, Signal, kill_process};
use std::env;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;

/// The program without whatever settings the surroundings have.
pub(crate) fn fanfare(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fanfare"));
    let inherited = env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("FANFARE_"));
    for (name, _) in inherited {
        command.env_remove(name);
    }
    command.args(arguments);
    command
}

/// The program, serving on a port that the system chose. Killed when dropped.
pub(crate) struct Program {
    child: Child,
    /// Standard output, line by line; disconnected when the process is over.
    lines: Receiver<String>,
    address: SocketAddr,
}

impl Program {
    /// Starts it and waits until it listens.
    pub(crate) fn start(arguments: &[&str]) -> Program {
        Program::start_with(arguments, &[])
    }

    /// The same with environment variables.
    pub(crate) fn start_with(arguments: &[&str], variables: &[(&str, &str)]) -> Program {
        Program::start_at("127.0.0.1:0", arguments, variables)
    }

    /// The same where another one has listened, and does so no more.
    pub(crate) fn restart_at(address: SocketAddr) -> Program {
        Program::start_at(&address.to_string(), &[], &[])
    }

    fn start_at(address: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Program {
        let mut child = fanfare(&["serve", "--addr", address, "--log", "error"])
            .args(arguments)
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (sender, lines) = channel();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        thread::spawn(move || stdout.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        let first = lines.recv_timeout(PATIENCE).unwrap();
        let (scheme, address) = first.strip_prefix("listening on ").unwrap().split_once("://").unwrap();
        let expected = if arguments.contains(&"--tls-cert") { "https" } else { "http" };
        assert_eq!(scheme, expected);
        let address = address.parse().unwrap();
        Program { child, lines, address }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Waits until the process is over.
    pub(crate) fn end(mut self) -> ExitStatus {
        match self.lines.recv_timeout(PATIENCE) {
            Err(RecvTimeoutError::Disconnected) => self.child.wait().unwrap(),
            Err(RecvTimeoutError::Timeout) => panic!("the program has not ended"),
            Ok(line) => panic!("the program said more than its address: {line}"),
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Fails when it is over already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
