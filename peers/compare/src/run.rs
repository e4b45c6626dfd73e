//! Starting a server, loading it, stopping it.
//!
//! Only processes that were started here are ended, by their handle. Should this
//! program itself be killed, the kernel ends the server with it (`setpriv
//! --pdeathsig`).

use crate::arguments::{Arguments, Server};
use serde_json::{Map, Value};
use std::io::{self, BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// How long a server may take to say where it listens.
const START_TIME_MAX: Duration = Duration::from_secs(10);
/// How the load ends when it has measured, and messages were lost.
const LOST: i32 = 3;
/// What a server says in front of its address, and how it is spoken to then.
const ANNOUNCEMENTS: [(&str, &str); 2] =
    [("listening on http://", "ws://"), ("listening on https://", "wss://")];

/// What `fanfare bench` found, by the names of its report.
pub(crate) type Figures = Map<String, Value>;

#[derive(Debug, thiserror::Error)]
pub(crate) enum RunError {
    #[error("{name} could not be started ({command:?}): {error}")]
    NotStarted { name: String, command: Vec<String>, error: io::Error },
    #[error("{name} has not printed `listening on http(s)://ADDRESS:PORT`: run it by hand to see why")]
    NotListening { name: String },
    #[error("the load on {name} failed: {message}")]
    LoadFailed { name: String, message: String },
}

/// Starts `server`, loads it once and stops it.
pub(crate) fn measure(arguments: &Arguments, server: &Server, fanfare: &Path) -> Result<Figures, RunError> {
    let running = Running::start(server, arguments.server_core)?;
    let url = format!("{}{}", running.origin, server.path);
    let failed = |message: String| RunError::LoadFailed { name: server.name.clone(), message };
    let output = Command::new("taskset")
        .args(["-c", &arguments.load_core.to_string()])
        .arg(fanfare)
        .args(["bench", &arguments.experiment, "--json"])
        .args(["--url", &url, "--server-pid", &running.child.id().to_string()])
        .args(&arguments.load_flags)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| failed(error.to_string()))?;
    // What was lost has its column in the table.
    if !output.status.success() && output.status.code() != Some(LOST) {
        return Err(failed(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
    }
    serde_json::from_slice(&output.stdout).map_err(|error| failed(format!("unreadable report: {error}")))
}

/// A server that listens; it ends with this value.
struct Running {
    child: Child,
    /// Where it is loaded: scheme and address.
    origin: String,
}

impl Running {
    fn start(server: &Server, core: usize) -> Result<Running, RunError> {
        // Both programs replace themselves by what they start, so the child's id
        // is the server's own.
        let child = Command::new("setpriv")
            .args(["--pdeathsig", "KILL", "taskset", "-c", &core.to_string()])
            .args(&server.command)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| {
                let (name, command) = (server.name.clone(), server.command.clone());
                RunError::NotStarted { name, command, error }
            })?;
        let mut running = Running { child, origin: String::new() };
        let origin = running.child.stdout.take().and_then(read_origin);
        running.origin = origin.ok_or_else(|| RunError::NotListening { name: server.name.clone() })?;
        Ok(running)
    }
}

/// What the address that a server prints means. A thread goes on reading what it prints
/// later, so that it never waits for us; it ends with the server.
fn read_origin(stdout: ChildStdout) -> Option<String> {
    let (found, origin) = mpsc::sync_channel(1);
    thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            for (announcement, scheme) in ANNOUNCEMENTS {
                if let Some((_, address)) = line.split_once(announcement) {
                    // Only the first is waited for.
                    let _ = found.try_send(format!("{scheme}{}", address.trim().trim_end_matches('/')));
                }
            }
        }
    });
    origin.recv_timeout(START_TIME_MAX).ok()
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself, which is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(command: &[&str]) -> Server {
        let command = command.iter().map(|&part| part.to_owned()).collect();
        Server { name: "tested".to_owned(), path: "/".to_owned(), command }
    }

    #[test]
    fn the_address_is_read_and_the_process_ends_with_its_value() {
        let script = "echo warming up; echo 'listening on http://127.0.0.1:7/'; exec sleep 60";
        let running = Running::start(&server(&["sh", "-c", script]), 0).unwrap();
        assert_eq!(running.origin, "ws://127.0.0.1:7");
        let process = format!("/proc/{}", running.child.id());
        assert!(Path::new(&process).exists());
        drop(running);
        assert!(!Path::new(&process).exists());
    }

    #[test]
    fn a_server_of_https_is_spoken_to_by_wss() {
        let script = "echo 'listening on https://127.0.0.1:7'; exec sleep 60";
        let running = Running::start(&server(&["sh", "-c", script]), 0).unwrap();
        assert_eq!(running.origin, "wss://127.0.0.1:7");
    }

    #[test]
    fn a_server_that_ends_without_an_address_is_named() {
        let refused = Running::start(&server(&["true"]), 0).err().unwrap();
        assert!(matches!(refused, RunError::NotListening { name } if name == "tested"));
    }
}
