// A browser in miniature for the client's tests: a clock that goes when told, sockets whose other
// end is the test, chance from a list, and a network that comes and goes. It knows the WebSocket
// interface and nothing of fanfare's messages but that they are JSON.

import { Client } from '../fanfare.js';

/** The test's end of one connection. */
class Socket {
  readyState = 0;
  bufferedAmount = 0;
  onopen = null;
  onmessage = null;
  onclose = null;
  /** What the client has sent, as text. */
  texts = [];
  closedWith = null;

  constructor(url, protocols) {
    Object.assign(this, { url, protocols });
  }

  send(text) {
    if (this.readyState === 0) throw new DOMException('still connecting', 'InvalidStateError');
    if (this.readyState === 1) this.texts.push(text);
  }

  close(code) {
    if (this.readyState < 2) this.closedWith = code;
    this.readyState = 3;
  }

  open() {
    this.readyState = 1;
    this.onopen();
  }

  says(message) {
    if (this.readyState === 1) this.onmessage?.({ data: typeof message === 'string' ? message : JSON.stringify(message) });
  }

  ends(code = 1006, reason = '') {
    this.readyState = 3;
    this.onclose?.({ code, reason, wasClean: code !== 1006 });
  }

  /** What was sent since the last call. */
  heard() {
    return this.texts.splice(0).map((text) => JSON.parse(text));
  }
}

/** One browser, with one client that is told about everything it tells. */
export class World {
  sockets = [];
  online = true;
  news = new EventTarget();
  nowMs = 0;
  /** The next values of chance; then one half. */
  chances = [];
  told = [];
  #timers = new Map();
  #timersMade = 0;

  constructor(options = {}) {
    const world = this;
    const environment = {
      WebSocket: class extends Socket {
        constructor(...given) {
          super(...given);
          world.sockets.push(this);
        }
      },
      setTimeout: (then, ms) => {
        this.#timers.set((this.#timersMade += 1), { at: this.nowMs + ms, then });
        return this.#timersMade;
      },
      clearTimeout: (timer) => this.#timers.delete(timer),
      now: () => this.nowMs,
      random: () => this.chances.shift() ?? 0.5,
      isOnline: () => this.online,
      news: this.news,
    };
    this.client = new Client('ws://server.example/ws', { ...options, environment });
    for (const kind of ['connecting', 'connected', 'disconnected', 'reconnecting', 'error']) {
      this.client.addEventListener(kind, ({ detail }) => this.told.push([kind, detail]));
    }
  }

  get timers() { return this.#timers.size; }
  get socket() { return this.sockets.at(-1); }

  /** Connects, and opens the socket. */
  connect() {
    this.client.connect();
    this.socket.open();
    return this.socket;
  }

  /** Lets time go, and every timer fire at its time. */
  pass(ms) {
    const end = this.nowMs + ms;
    for (;;) {
      const [id, next] = [...this.#timers].reduce((a, b) => (b[1].at < a[1].at ? b : a), [null, { at: Infinity }]);
      if (next.at > end) break;
      this.#timers.delete(id);
      this.nowMs = Math.max(this.nowMs, next.at);
      next.then();
    }
    this.nowMs = end;
  }

  /** Time goes, and nothing runs: whatever was due is late. */
  sleep(ms) {
    this.nowMs += ms;
    this.pass(0);
  }

  /** When the next timer is due, from now. */
  dueMs() {
    return Math.min(...[...this.#timers.values()].map(({ at }) => at)) - this.nowMs;
  }

  toNextTimer() {
    if (this.timers > 0) this.pass(this.dueMs());
  }

  network(isOnline) {
    this.online = isOnline;
    this.news.dispatchEvent(new Event(isOnline ? 'online' : 'offline'));
  }

  /** The kinds of what was told since the last call. */
  heard() {
    return this.told.splice(0).map(([kind]) => kind);
  }
}

/** Promises have run. */
export const settled = () => new Promise((resolve) => { setImmediate(resolve); });

/** How a promise ends, noted as it happens. */
export function ending(promise) {
  const ended = { times: 0 };
  promise.then(
    (value) => { ended.times += 1; ended.value = value; },
    (error) => { ended.times += 1; ended.error = error; },
  );
  return ended;
}
