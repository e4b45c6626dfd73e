const BACKOFF_BASE_MS = 250;
const BACKOFF_CAP_MS = 10_000;
/** A connection that lived this long has ended the series of failures before it. */
const STABLE_MS = 10_000;
const CONNECT_MS_MAX = 10_000;

/** The address of a path of our own server, for a socket. */
function socketUrl(path) {
  const url = new URL(path, location.href);
  url.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
  return url;
}

/**
 * One WebSocket that comes back by itself.
 *
 * Its state is `{name: 'offline'}` (nobody wants a connection), `connecting`, `open`, or
 * `waiting` until a moment; each holds the socket and the timer that it alone needs.
 */
class Link {
  #url; #onState; #onMessage;
  #state = { name: 'offline' };
  #failures = 0;

  constructor(url, { onState, onMessage }) {
    this.#url = url;
    this.#onState = onState;
    this.#onMessage = onMessage;
    addEventListener('online', () => { if (this.#state.name === 'waiting') this.connect(); });
  }

  connect() {
    if (this.#state.socket) return;
    const socket = new WebSocket(this.#url);
    const timer = setTimeout(() => socket.close(), CONNECT_MS_MAX);
    socket.onopen = () => this.#become({ name: 'open', socket, since: performance.now() });
    socket.onmessage = ({ data }) => { if (socket === this.#state.socket) this.#onMessage(data); };
    socket.onclose = () => { if (socket === this.#state.socket) this.#wait(); };
    this.#become({ name: 'connecting', socket, timer });
  }

  disconnect() {
    const { socket } = this.#state;
    this.#failures = 0;
    this.#become({ name: 'offline' });
    socket?.close(1000);
  }

  /** Whether the message was handed to an open socket. */
  send(message) {
    if (this.#state.name !== 'open') return false;
    this.#state.socket.send(JSON.stringify(message));
    return true;
  }

  /** Full jitter: any delay up to the bound, so that a restarted server is not met by everyone at once. */
  #wait() {
    const { name, since } = this.#state;
    if (name === 'open' && performance.now() - since >= STABLE_MS) this.#failures = 0;
    const delay = Math.random() * Math.min(BACKOFF_CAP_MS, BACKOFF_BASE_MS * 2 ** this.#failures);
    this.#failures += 1;
    this.#become({ name: 'waiting', until: performance.now() + delay, timer: setTimeout(() => this.connect(), delay) });
  }

  #become(state) {
    clearTimeout(this.#state.timer);
    this.#state = state;
    this.#onState(state);
  }
}
