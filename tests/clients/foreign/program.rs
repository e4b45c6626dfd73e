//! A server in another language, as a process of its own.

use std::env;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// See the module. Dropped, it is killed.
pub(super) struct Program {
    child: Child,
    address: SocketAddr,
}

impl Program {
    /// `node.mjs`, beside the `ws` that is installed.
    pub(super) fn node(port: u16) -> Program {
        let mut command = Command::new("node");
        command.arg(installed("FOREIGN_NODE").join("node.mjs"));
        Program::start(command, port)
    }

    /// `python.py`, with the `websockets` that is installed.
    pub(super) fn python(port: u16) -> Program {
        let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients/foreign");
        let mut command = Command::new("python3");
        command.arg(here.join("python.py")).env("PYTHONPATH", installed("FOREIGN_PYTHON"));
        Program::start(command, port)
    }

    /// On this port, or, if that is 0, on any.
    fn start(mut command: Command, port: u16) -> Program {
        let mut child = command.arg(port.to_string()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let port: u16 = line.trim().parse().unwrap_or_else(|_| panic!("{command:?} must print its port"));
        Program { child, address: SocketAddr::from(([127, 0, 0, 1], port)) }
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }
}

/// The folder that `run.sh` has installed something into.
fn installed(variable: &str) -> PathBuf {
    let folder = env::var_os(variable);
    folder.unwrap_or_else(|| panic!("{variable} is not set; tests/clients/foreign/run.sh sets it")).into()
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
