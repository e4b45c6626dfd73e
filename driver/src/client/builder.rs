//! What a client is made of: where it connects to, how, and what it does with what
//! it hears.

use super::callbacks::Callbacks;
use super::context::ClientCtx;
use super::core::Core;
use super::dial::{Address, Dial};
use super::error::{ClientFault, ClientStartError};
use super::handle::{ClientHandle, Shared};
use super::hearing::Hearing;
use super::stream::ClientStream;
use super::task::{ClientTask, Reach};
use super::trust::Trust;
use crate::app::Event;
use crate::error::Outcome;
use crate::surroundings::Surroundings;
#[cfg(feature = "tls")]
use crate::tls::ClientTls;
use fanfare_core::client::{Client as Machine, ClientSettings, Connected, Disconnected, UrlError};
use fanfare_core::rooms::ROOT;
use fanfare_core::wire::Message;
use std::sync::Arc;
use std::time::Duration;

/// A client to be: built here, started by an adapter.
///
/// Callbacks run one at a time, in order, on the client's own task or thread, and
/// must be quick. `connected` and `disconnected` alternate. What a callback fails
/// with goes to [`on_fault`](Self::on_fault), and the client goes on; a callback
/// that panics ends the client, and all who wait for it are told
/// [`ClientError::Panicked`](super::ClientError::Panicked).
///
/// ```
/// use fanfare_driver::Client;
///
/// let client = Client::new("ws://127.0.0.1:8080/ws/echo")?
///     .on_connected(|client, _| client.send("Hello from client!"))
///     .on_message(|_, message| println!("{message:?}"))
///     .on_reconnecting(|_, attempt, delay| println!("attempt {attempt} in {delay:?}"));
/// # let _ = client;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[must_use = "a client does nothing until an adapter starts it"]
pub struct Client {
    settings: ClientSettings,
    address: Option<Address>,
    trust: Trust,
    callbacks: Callbacks,
}

impl Client {
    /// A client of the server at a `ws://` or `wss://` URL, with default settings.
    ///
    /// # Errors
    /// It is no such URL.
    pub fn new(url: &str) -> Result<Client, UrlError> {
        Ok(Client::from(ClientSettings::new(url.parse()?)))
    }

    /// Changes settings: see [`ClientSettings`].
    ///
    /// ```
    /// use fanfare_core::client::Reconnect;
    /// use fanfare_driver::Client;
    ///
    /// let client = Client::new("ws://localhost/ws")?
    ///     .settings(|settings| settings.reconnect = Reconnect::EXPONENTIAL);
    /// # let _ = client;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn settings(mut self, edit: impl FnOnce(&mut ClientSettings)) -> Client {
        edit(&mut self.settings);
        self
    }

    /// Whom to trust on `wss://`; otherwise whom the operating system trusts.
    #[cfg(feature = "tls")]
    pub fn tls(self, tls: ClientTls) -> Client {
        Client { trust: Trust::given(tls), ..self }
    }

    /// Connects to an address, such as a Unix socket, whatever host the URL, or the
    /// proxy, names.
    pub fn address(self, address: Address) -> Client {
        Client { address: Some(address), ..self }
    }

    /// Called when the connection is open, before any message.
    pub fn on_connected<O: Outcome>(
        mut self,
        mut callback: impl FnMut(&mut ClientCtx<'_>, &Connected) -> O + Send + 'static,
    ) -> Client {
        let callback = Box::new(move |ctx: &mut ClientCtx<'_>, connected: &Connected| {
            callback(ctx, connected).into_result()
        });
        self.callbacks.connected = Some(callback);
        self
    }

    /// Called when the connection is over, behind the last message. Whether both
    /// sides said goodbye is [`Disconnected::is_graceful`].
    pub fn on_disconnected<O: Outcome>(
        mut self,
        mut callback: impl FnMut(&mut ClientCtx<'_>, &Disconnected) -> O + Send + 'static,
    ) -> Client {
        let callback = Box::new(move |ctx: &mut ClientCtx<'_>, disconnected: &Disconnected| {
            callback(ctx, disconnected).into_result()
        });
        self.callbacks.disconnected = Some(callback);
        self
    }

    /// Called when there will be another attempt: which, counted from 1 since a
    /// connection was last stable, and how long from now.
    pub fn on_reconnecting<O: Outcome>(
        mut self,
        mut callback: impl FnMut(&mut ClientCtx<'_>, u32, Duration) -> O + Send + 'static,
    ) -> Client {
        let callback = Box::new(move |ctx: &mut ClientCtx<'_>, attempt, delay| {
            callback(ctx, attempt, delay).into_result()
        });
        self.callbacks.reconnecting = Some(callback);
        self
    }

    /// Called with each message, of a client without an envelope.
    pub fn on_message<O: Outcome>(
        mut self,
        mut callback: impl FnMut(&mut ClientCtx<'_>, Message<'_>) -> O + Send + 'static,
    ) -> Client {
        let callback = Box::new(move |ctx: &mut ClientCtx<'_>, message: Message<'_>| {
            callback(ctx, message).into_result()
        });
        self.callbacks.message = Some(callback);
        self
    }

    /// Called when the server has sent a ping; it has been answered.
    pub fn on_ping<O: Outcome>(
        mut self,
        mut callback: impl FnMut(&mut ClientCtx<'_>, &[u8]) -> O + Send + 'static,
    ) -> Client {
        self.callbacks.ping = Some(Box::new(move |ctx, payload| callback(ctx, payload).into_result()));
        self
    }

    /// Called when a pong has come: to a ping of [`ClientHandle::ping`], or of the
    /// client's own heartbeat.
    pub fn on_pong<O: Outcome>(
        mut self,
        mut callback: impl FnMut(&mut ClientCtx<'_>, &[u8]) -> O + Send + 'static,
    ) -> Client {
        self.callbacks.pong = Some(Box::new(move |ctx, payload| callback(ctx, payload).into_result()));
        self
    }

    /// Lets a stream hear pings and pongs, too: [`Heard::Ping`](super::Heard::Ping),
    /// [`Heard::Pong`](super::Heard::Pong).
    pub fn hear_pings(mut self) -> Client {
        self.callbacks.hears_control = true;
        self
    }

    /// Called with each event of this name in the namespace `/`. Several callbacks
    /// of one name are called in the order they are given. An event that nobody
    /// takes, and that wants an answer, is answered so.
    pub fn on<O: Outcome>(
        self,
        event: &str,
        callback: impl FnMut(&mut ClientCtx<'_>, &mut Event<'_>) -> O + Send + 'static,
    ) -> Client {
        self.on_in(ROOT, event, callback)
    }

    /// The same in another namespace.
    pub fn on_in<O: Outcome>(
        mut self,
        namespace: &str,
        event: &str,
        mut callback: impl FnMut(&mut ClientCtx<'_>, &mut Event<'_>) -> O + Send + 'static,
    ) -> Client {
        let callback = Box::new(move |ctx: &mut ClientCtx<'_>, event: &mut Event<'_>| {
            callback(ctx, event).into_result()
        });
        self.callbacks.add(namespace, event, callback);
        self
    }

    /// Called when something went wrong that nobody waits for: a failed attempt, an
    /// error of a callback, a complaint of the server's.
    pub fn on_fault(
        mut self,
        callback: impl FnMut(&mut ClientCtx<'_>, &ClientFault) + Send + 'static,
    ) -> Client {
        self.callbacks.fault = Some(Box::new(callback));
        self
    }

    /// For an adapter: the client's task, to be moved by its turns, and what asks
    /// it for something. It does nothing until [`ClientHandle::connect`].
    ///
    /// # Errors
    /// The settings do not work, or the system has no roots or no randomness.
    pub fn launch(self, dial: Arc<dyn Dial>) -> Result<(ClientTask, ClientHandle), ClientStartError> {
        self.launch_within(real()?, dial)
    }

    /// The same where time and chance are not the machine's.
    ///
    /// # Errors
    /// As for [`launch`](Self::launch).
    pub fn launch_within(
        self,
        surroundings: Surroundings,
        dial: Arc<dyn Dial>,
    ) -> Result<(ClientTask, ClientHandle), ClientStartError> {
        self.build(surroundings, dial, None)
    }

    /// The same as [`launch`](Self::launch) for who pulls: what has no callback is in
    /// the stream.
    ///
    /// # Errors
    /// As for [`launch`](Self::launch).
    pub fn launch_stream(self, dial: Arc<dyn Dial>) -> Result<(ClientTask, ClientStream), ClientStartError> {
        self.launch_stream_within(real()?, dial)
    }

    /// The same where time and chance are not the machine's.
    ///
    /// # Errors
    /// As for [`launch`](Self::launch).
    pub fn launch_stream_within(
        self,
        surroundings: Surroundings,
        dial: Arc<dyn Dial>,
    ) -> Result<(ClientTask, ClientStream), ClientStartError> {
        let limits = &self.settings.connection;
        let hearing = Arc::new(Hearing::new(limits.inbox_messages_max, limits.inbox_bytes_max));
        let (task, handle) = self.build(surroundings, dial, Some(Arc::clone(&hearing)))?;
        Ok((task, ClientStream::new(handle, hearing)))
    }

    fn build(
        self,
        Surroundings { clock, random }: Surroundings,
        dial: Arc<dyn Dial>,
        hearing: Option<Arc<Hearing>>,
    ) -> Result<(ClientTask, ClientHandle), ClientStartError> {
        let config = self.settings.build()?;
        let reach = Reach { dial, address: self.address, trust: self.trust.suffices(&config)? };
        let shared = Arc::new(Shared::new(config.url.clone()));
        let handle = ClientHandle::new(Arc::clone(&shared));
        let core = Core::new(Machine::new(Arc::new(config), random), clock, shared);
        Ok((ClientTask::new(core, self.callbacks, hearing, reach), handle))
    }
}

fn real() -> Result<Surroundings, ClientStartError> {
    Surroundings::real().map_err(|error| ClientStartError::Randomness(error.to_string()))
}

impl From<ClientSettings> for Client {
    fn from(settings: ClientSettings) -> Client {
        Client { settings, address: None, trust: Trust::default(), callbacks: Callbacks::default() }
    }
}
