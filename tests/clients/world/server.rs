//! Servers of fanfare's, on plain threads whatever the client runs on.

use fanfare::std_threads::Server as Program;
use fanfare::{App, ClientTls, Handle, ServeError, StopOptions, Tls};
use rcgen::{CertificateParams, DnType, KeyPair};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::thread::{self, JoinHandle};

/// A running server. Dropped, it is stopped.
pub(crate) struct Server {
    address: SocketAddr,
    handle: Handle,
    serving: Option<JoinHandle<Result<(), ServeError>>>,
}

impl Server {
    pub(crate) fn start(app: App) -> Server {
        Server::start_at(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), app)
    }

    /// On the address of another one that has stopped.
    pub(crate) fn start_at(address: SocketAddr, app: App) -> Server {
        Server::serve(address, Program::new(app).unwrap())
    }

    pub(crate) fn start_tls(app: App, identity: &Identity) -> Server {
        let program = Program::new(app).unwrap().tls(identity.tls());
        Server::serve(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), program)
    }

    fn serve(address: SocketAddr, program: Program) -> Server {
        let listener = TcpListener::bind(address).unwrap();
        let (address, handle) = (listener.local_addr().unwrap(), program.handle());
        Server { address, handle, serving: Some(thread::spawn(|| program.serve(listener))) }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn url(&self) -> String {
        format!("ws://{}/", self.address)
    }

    pub(crate) fn handle(&self) -> &Handle {
        &self.handle
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let stopped = self.handle.stop(&StopOptions::default()).wait();
        let ended = self.serving.take().map(JoinHandle::join);
        if !thread::panicking() {
            stopped.unwrap();
            ended.unwrap().unwrap().unwrap();
        }
    }
}

/// A server's certificate and key, made for one test.
pub(crate) struct Identity {
    folder: std::path::PathBuf,
    certificate: String,
}

impl Identity {
    /// Of a server that goes by `name`; files go by the name of the `test`.
    pub(crate) fn new(test: &str, name: &str) -> Identity {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.distinguished_name.push(DnType::CommonName, test);
        let certificate = params.self_signed(&key).unwrap().pem();
        let folder = std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(test);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("chain.pem"), &certificate).unwrap();
        std::fs::write(folder.join("key.pem"), key.serialize_pem()).unwrap();
        Identity { folder, certificate }
    }

    fn tls(&self) -> Tls {
        Tls::from_pem_files(self.folder.join("chain.pem"), self.folder.join("key.pem")).unwrap()
    }

    /// What trusts this server, and nobody else.
    pub(crate) fn trusted(&self) -> ClientTls {
        ClientTls::from_pem(self.certificate.as_bytes()).unwrap()
    }
}
