// The browser's side of fanfare: events with acknowledgements, rooms and namespaces over one
// WebSocket that comes back by itself. One file without dependencies; its types, with what each
// thing means, are in fanfare.d.ts.
//
// It speaks the typed envelope and nothing else. Whatever it takes from the machine (sockets,
// timers, chance, news of the network) is in `environment`, so that tests can bring their own.

/** Questions that may wait for an answer, and rooms and namespaces that may be wanted. */
const PENDING_MAX = 1024;
const WISHES_MAX = 1024;
/** A timer that fires later than this was held back: by a tab in the background, or by sleep. */
const LATE_MS = 1_000;
/** Codes by which a server that goes away may say when to come back, by a word of its reason. */
const AWAY_CODES = [1001, 1012, 1013];
const RETRY_AFTER = /(?:^|[\s,;])retry-after=(\d+)(?=$|[\s,;])/;
const RETRY_AFTER_SECONDS_MAX = 300;
/** Without that word, 1012 (restart) and 1013 (try again later) keep away so long, and up to this longer. */
const LATER_MS = 5_000;
const LATER_SPREAD_MS = 25_000;
/** Timers take no more. */
const NUMBER_MAX = 2 ** 31 - 1;
const OPEN = 1;
const ENCODER = new TextEncoder();
const NEWS = ['online', 'offline', 'visibilitychange'];

const DEFAULTS = {
  protocols: [],
  connectTimeMaxMs: 10_000,
  ackTimeMaxMs: 5_000,
  reconnect: true,
  reconnectDelayBaseMs: 250,
  reconnectDelayMaxMs: 30_000,
  reconnectAttemptsMax: 0,
  stableTimeMs: 10_000,
  pingIntervalMs: 25_000,
  pongTimeMaxMs: 20_000,
  bufferedBytesMax: 1_048_576,
  queueMessagesMax: 0,
  // Done, not wanted, or refused by the application; 4001 is a newer connection in this one's place.
  isFinal: (code) => code === 1000 || code === 1008 || (code >= 4000 && code <= 4999),
  environment: {},
};

const ENVIRONMENT = {
  WebSocket: globalThis.WebSocket,
  setTimeout: (then, ms) => setTimeout(then, ms),
  clearTimeout: (timer) => clearTimeout(timer),
  now: () => performance.now(),
  random: () => Math.random(),
  isOnline: () => globalThis.navigator?.onLine !== false,
  news: globalThis,
};

/** What all errors of this module are; `code` says which, for programs. */
export class FanfareError extends Error {
  constructor(code, message) {
    super(message);
    this.name = new.target.name;
    this.code = code;
  }
}

/** The server said no: `refused`, in its words. */
export class RefusedError extends FanfareError {
  constructor({ error, namespace, event, room }) {
    super('refused', error || 'refused');
    Object.assign(this, { namespace, event, room });
  }
}

/** No answer came in time: `timeout`. Whether the server did what was asked is not known. */
export class TimeoutError extends FanfareError {}
/** There is no connection: `disconnected`, `offline`, `closed` or `gave-up`. */
export class DisconnectedError extends FanfareError {}
/** A bound was reached: `buffer-full`, `queue-full`, `pending-full` or `wishes-full`. */
export class LimitError extends FanfareError {}

/** A client that is already connecting. */
export function connect(url, options) {
  const client = new Client(url, options);
  client.connect();
  return client;
}

/** One connection that comes back. What it tells of itself are DOM events; `on` hears the server's. */
export class Client extends EventTarget {
  #options;
  #environment;
  #url;
  #state = { name: 'stopped' };
  /** Attempts in a row of which nothing lasting came. */
  #failures = 0;
  /** What waits for a connection. Empty whenever there is one. */
  #queue;
  /** Who waits for an answer. Asked, all of it, whenever the client is connected. */
  #questions;
  /** Where the application wants to be, by namespace and room. */
  #wishes = new Map();
  #places = new Map();
  #whenReady = null;
  #root;
  /** What views may do. */
  #port = {
    send: (message) => this.#send(message),
    ask: (...what) => this.#ask(...what),
    join: (...what) => this.#join(...what),
    leave: (...what) => this.#leave(...what),
  };

  constructor(url, options = {}) {
    super();
    this.#options = checked(options);
    this.#environment = { ...ENVIRONMENT, ...this.#options.environment };
    this.#queue = queue(this.#options);
    // Who does not wait for an answer any more does not ask after all.
    this.#questions = questions(this.#environment, this.#queue.remove);
    this.url = url;
    this.#root = this.namespace('/');
  }

  get state() { return this.#state.name; }
  get connected() { return this.#state.name === 'connected'; }
  get queued() { return this.#queue.size(); }
  get url() { return this.#url; }

  set url(url) {
    const address = new URL(url, globalThis.location?.href);
    address.protocol = address.protocol.replace(/^http/, 'ws');
    address.hash = '';
    if (!/^wss?:$/.test(address.protocol)) throw new TypeError(`${url} does not begin with ws, wss, http or https`);
    this.#url = address.href;
  }

  connect() {
    const { name } = this.#state;
    if (name === 'closed') throw closed();
    if (name === 'connecting' || name === 'connected') return this;
    if (name === 'stopped') this.#failures = 0;
    this.#attempt();
    return this;
  }

  ready() {
    if (this.connected) return Promise.resolve();
    if (this.state === 'closed') return Promise.reject(closed());
    this.#whenReady ??= deferred();
    return this.#whenReady.promise;
  }

  disconnect() {
    const why = new DisconnectedError('disconnected', 'the application disconnected');
    if (this.state !== 'closed') this.#stop('stopped', why);
  }

  close() {
    if (this.state !== 'closed') this.#stop('closed', closed());
    this.#wishes.clear();
  }

  namespace(name) {
    if (!this.#places.has(name)) this.#places.set(name, new Namespace(name, this.#port));
    return this.#places.get(name);
  }

  on(event, handler) { this.#root.on(event, handler); return this; }
  once(event, handler) { this.#root.once(event, handler); return this; }
  off(event, handler) { this.#root.off(event, handler); return this; }
  emit(event, data, options) { this.#viewOf(options).emit(event, data, options); }
  async emitWithAck(event, data, options) { return this.#viewOf(options).emitWithAck(event, data, options); }
  async join(room, options) { return this.#viewOf(options).join(room, options); }
  async leave(room, options) { return this.#viewOf(options).leave(room, options); }

  // --- The connection's life. Whatever changes the state releases what the last one held.

  #become(next) {
    const { socket, timer, pulse } = this.#state;
    this.#state = next;
    this.#environment.clearTimeout(timer);
    pulse?.stop();
    if (!socket || socket === next.socket) return;
    // A dead peer would keep a browser waiting for its answer: what it still says concerns nobody.
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close(1000);
  }

  #attempt() {
    const { WebSocket, setTimeout } = this.#environment;
    const { protocols, connectTimeMaxMs } = this.#options;
    const socket = new WebSocket(this.#url, protocols);
    const tooSlow = { code: 1006, reason: `no connection within ${connectTimeMaxMs} ms`, graceful: false };
    this.#become({ name: 'connecting', socket, timer: setTimeout(() => this.#ended(tooSlow), connectTimeMaxMs) });
    for (const kind of NEWS) this.#environment.news.addEventListener?.(kind, this.#hearNews);
    socket.onopen = () => this.#opened(socket);
    socket.onmessage = ({ data }) => this.#heard(data);
    socket.onclose = ({ code, reason, wasClean }) => this.#ended({ code, reason, graceful: wasClean });
    this.#tell('connecting', { attempt: this.#failures });
  }

  #opened(socket) {
    const silent = { code: 1006, reason: 'no answer to a ping', graceful: false };
    const pulse = heartbeat(this.#environment, this.#options, socket, () => this.#ended(silent));
    this.#become({ name: 'connected', socket, pulse, since: this.#environment.now() });
    pulse.start();
    // The server takes messages in order: rooms first, so that what waited finds us inside.
    for (const wish of this.#wishes.values()) this.#enterAgain(wish);
    for (const text of this.#queue.drain()) socket.send(text);
    this.#whenReady?.resolve();
    this.#whenReady = null;
    this.#tell('connected', {});
  }

  #ended(end) {
    const { name, since } = this.#state;
    const { isFinal, reconnect, reconnectAttemptsMax, stableTimeMs } = this.#options;
    const wasConnected = name === 'connected';
    if (wasConnected && this.#environment.now() - since >= stableTimeMs) this.#failures = 0;
    this.#failures += 1;
    const isOver = wasConnected && (!reconnect || isFinal(end.code));
    const isHopeless = !reconnect || (reconnectAttemptsMax > 0 && this.#failures > reconnectAttemptsMax);
    if (isOver || isHopeless) {
      const why = isOver
        ? new DisconnectedError('disconnected', describe(end))
        : new DisconnectedError('gave-up', `gave up after ${this.#failures} failures in a row: ${describe(end)}`);
      this.#stop('stopped', why, end);
      return;
    }
    const delayMs = this.#delayMs(end);
    const waiting = { name: 'waiting', timer: undefined };
    this.#become(waiting);
    if (this.#environment.isOnline()) waiting.timer = this.#environment.setTimeout(() => this.#attempt(), delayMs);
    if (wasConnected) {
      this.#questions.fail(new DisconnectedError('disconnected', describe(end)));
      this.#tell('disconnected', { ...end, willReconnect: true });
    }
    // Whoever heard that may have decided otherwise.
    if (this.#state !== waiting) return;
    const isPaused = waiting.timer === undefined;
    this.#tell('reconnecting', { attempt: this.#failures, delayMs: isPaused ? Infinity : delayMs });
  }

  /** Anything up to a bound that doubles, so that a crowd does not come back as one. */
  #delayMs({ code, reason }) {
    const { random } = this.#environment;
    const { reconnectDelayBaseMs, reconnectDelayMaxMs } = this.#options;
    const delayMs = random() * Math.min(reconnectDelayMaxMs, reconnectDelayBaseMs * 2 ** (this.#failures - 1));
    const [, seconds] = (AWAY_CODES.includes(code) && RETRY_AFTER.exec(reason)) || [];
    if (seconds !== undefined) return Math.min(seconds, RETRY_AFTER_SECONDS_MAX) * 1_000 + delayMs;
    const isAskedToWait = code === 1012 || code === 1013;
    return isAskedToWait ? Math.max(delayMs, LATER_MS + random() * LATER_SPREAD_MS) : delayMs;
  }

  #stop(name, error, end = { code: 1000, reason: '', graceful: true }) {
    const before = this.#state.name;
    this.#become({ name });
    for (const kind of NEWS) this.#environment.news.removeEventListener?.(kind, this.#hearNews);
    this.#questions.fail(error);
    this.#queue.drain();
    this.#whenReady?.reject(error);
    this.#whenReady = null;
    if (before === 'connected') this.#tell('disconnected', { ...end, willReconnect: false });
    if (error.code === 'gave-up') this.#tell('error', { error });
  }

  #hearNews = ({ type }) => {
    const { name, timer, pulse } = this.#state;
    if (name === 'connected') pulse.probe();
    else if (name === 'waiting' && type === 'online') this.#attempt();
    else if (name === 'waiting' && type === 'offline') this.#environment.clearTimeout(timer);
  };

  #tell(kind, detail) { this.dispatchEvent(new CustomEvent(kind, { detail })); }

  // --- What the server says.

  #heard(text) {
    const { socket, pulse } = this.#state;
    pulse.heard();
    const message = parsed(text);
    const { type, ackId } = message;
    switch (type) {
      case 'event':
        this.#happened(message, socket);
        break;
      case 'ack':
        this.#questions.settle(ackId, ({ resolve }) => resolve(message.data));
        break;
      case 'error': {
        const error = new RefusedError(message);
        if (ackId === undefined) this.#tell('error', { error });
        else this.#questions.settle(ackId, ({ reject }) => reject(error));
        break;
      }
      case 'ping':
        socket.send(written({ type: 'pong' }));
        break;
      case 'pong':
        break;
      default:
        this.#tell('error', { error: new FanfareError('malformed', 'the server sent what is no message') });
    }
  }

  #happened({ namespace = '/', event, room, data, ackId }, socket) {
    const place = this.#places.get(namespace);
    const outcomes = place ? runHandlers(place, data, { namespace, event, room }) : [];
    if (ackId !== undefined) this.#answer({ namespace, event, ackId }, outcomes, socket);
  }

  /** With what the first handler returned that returned anything. */
  async #answer(question, outcomes, socket) {
    let reply;
    try {
      if (outcomes.length === 0) throw new Error('unhandled event');
      reply = { ...question, type: 'ack', data: await outcomes.find((outcome) => outcome !== undefined) };
    } catch (error) {
      reply = { ...question, type: 'error', error: String(error?.message || error) };
    }
    // A question ends with the connection it came by.
    if (this.#state.socket !== socket) return;
    try { this.#send(reply); } catch (error) { this.#tell('error', { error }); }
  }

  // --- What the application says.

  /** Sends it and returns null, or queues it and returns its entry, or throws why neither can be. */
  #send(message) {
    const { name, socket } = this.#state;
    const { bufferedBytesMax } = this.#options;
    const text = written(message);
    const bytes = ENCODER.encode(text).length;
    if (name !== 'connected' || socket.readyState !== OPEN) return this.#enqueue(text, bytes);
    const waitingBytes = socket.bufferedAmount + bytes;
    if (waitingBytes > bufferedBytesMax) {
      throw new LimitError('buffer-full', `${waitingBytes} bytes would wait to be sent (bufferedBytesMax)`);
    }
    socket.send(text);
    return null;
  }

  #enqueue(text, bytes) {
    const { name } = this.#state;
    if (name === 'closed') throw closed();
    if ((name === 'connecting' || name === 'waiting') && this.#options.queueMessagesMax > 0) {
      return this.#queue.add(text, bytes);
    }
    throw new DisconnectedError('offline', 'not connected: wait for ready(), or allow a queue (queueMessagesMax)');
  }

  #ask(message, timeoutMs = this.#options.ackTimeMaxMs) {
    if (this.#questions.size() >= PENDING_MAX) {
      return Promise.reject(new LimitError('pending-full', `${PENDING_MAX} questions wait for an answer`));
    }
    return this.#questions.ask((ackId) => this.#send({ ...message, ackId }), timeoutMs);
  }

  // --- Where it wants to be.

  #join(namespace, room, timeoutMs) {
    if (this.state === 'closed') return Promise.reject(closed());
    const key = JSON.stringify([namespace, room]);
    const wish = this.#wishes.get(key) ?? { key, namespace, room, ackId: undefined, answer: undefined };
    if (!this.#wishes.has(key) && this.#wishes.size >= WISHES_MAX) {
      return Promise.reject(new LimitError('wishes-full', `${WISHES_MAX} rooms and namespaces are joined or wanted`));
    }
    this.#wishes.set(key, wish);
    wish.answer ??= this.#enter(wish, timeoutMs);
    return wish.answer;
  }

  async #enter(wish, timeoutMs = this.#options.ackTimeMaxMs) {
    try {
      await this.#questions.ask((ackId) => {
        wish.ackId = ackId;
        this.#knock(wish);
      }, timeoutMs);
    } catch (error) {
      if (error instanceof RefusedError && this.#wishes.get(wish.key) === wish) this.#wishes.delete(wish.key);
      throw error;
    } finally {
      wish.answer = undefined;
    }
  }

  /** Without a connection nothing is sent: the next one begins with it. */
  #knock({ namespace, room, ackId }) {
    if (this.connected) this.#state.socket.send(written({ type: 'join', namespace, room, ackId }));
  }

  #enterAgain(wish) {
    if (this.#questions.has(wish.ackId)) {
      this.#knock(wish);
      return;
    }
    wish.answer = this.#enter(wish);
    wish.answer.catch((error) => {
      if (error instanceof DisconnectedError) return;
      this.#tell('error', { error: Object.assign(error, { namespace: wish.namespace, room: wish.room }) });
    });
  }

  async #leave(namespace, room, timeoutMs) {
    for (const [key, wish] of this.#wishes) {
      if (wish.namespace !== namespace || (room !== undefined && wish.room !== room)) continue;
      this.#wishes.delete(key);
      const left = new FanfareError('left', 'left before there was a connection to join by');
      if (!this.connected) this.#questions.settle(wish.ackId, ({ reject }) => reject(left));
    }
    // The next connection begins outside.
    if (this.connected) await this.#ask({ type: 'leave', namespace, room }, timeoutMs);
  }

  #viewOf(options) { return this.namespace(options?.namespace ?? '/'); }
}

/** Calls a namespace's handlers, which nobody else may. */
let runHandlers;

/** A view of one namespace of a client, and its handlers. */
export class Namespace {
  #port;
  /** By event. Lists are replaced, never changed, since handlers add and remove handlers. */
  #handlers = new Map();

  constructor(name, port) {
    this.name = named(name);
    this.#port = port;
  }

  static { runHandlers = (namespace, data, about) => namespace.#run(data, about); }

  on(event, handler) { return this.#add(event, handler, false); }
  once(event, handler) { return this.#add(event, handler, true); }
  off(event, handler) { return this.#keep(event, (entry) => handler !== undefined && entry.handler !== handler); }

  emit(event, data, { room } = {}) { this.#port.send(this.#event(event, data, room)); }

  async emitWithAck(event, data, { room, timeoutMs } = {}) {
    return this.#port.ask(this.#event(event, data, room), timeoutMs);
  }

  async join(room, { timeoutMs } = {}) { return this.#port.join(this.name, roomNamed(room), timeoutMs); }
  async leave(room, { timeoutMs } = {}) { return this.#port.leave(this.name, roomNamed(room), timeoutMs); }

  #event(event, data, room) {
    return { type: 'event', namespace: this.name, event: named(event), data, room: roomNamed(room) };
  }

  #add(event, handler, isOnce) {
    if (typeof handler !== 'function') throw new TypeError(`the handler of ${event} must be a function`);
    this.#handlers.set(named(event), [...this.#of(event), { handler, isOnce }]);
    return this;
  }

  #keep(event, wanted) {
    const kept = this.#of(event).filter(wanted);
    if (kept.length > 0) this.#handlers.set(event, kept);
    else this.#handlers.delete(event);
    return this;
  }

  /** What each returned. What one throws is a rejected promise: it stops no other, and does not go unheard. */
  #run(data, about) {
    const entries = this.#of(about.event);
    this.#keep(about.event, ({ isOnce }) => !isOnce);
    return entries.map(({ handler }) => {
      try { return handler(data, about); } catch (error) { return Promise.reject(error); }
    });
  }

  #of(event) { return this.#handlers.get(event) ?? []; }
}

/** Messages that wait for a connection. What is too much is refused: nothing that was taken is dropped for it. */
function queue({ bufferedBytesMax, queueMessagesMax }) {
  const entries = new Set();
  let waitingBytes = 0;
  return {
    size: () => entries.size,
    add(text, bytes) {
      if (entries.size >= queueMessagesMax || waitingBytes + bytes > bufferedBytesMax) {
        const waiting = `${entries.size} messages and ${waitingBytes} bytes wait for a connection`;
        throw new LimitError('queue-full', `${waiting} (queueMessagesMax, bufferedBytesMax)`);
      }
      const entry = { text, bytes };
      entries.add(entry);
      waitingBytes += bytes;
      return entry;
    },
    remove(entry) { if (entries.delete(entry)) waitingBytes -= entry.bytes; },
    /** Empties it; gives the texts, in order. */
    drain() {
      const texts = [...entries].map(({ text }) => text);
      entries.clear();
      waitingBytes = 0;
      return texts;
    },
  };
}

/** Who waits for an answer, by ack id. Each question ends once: whoever settles it first takes it away. */
function questions({ setTimeout, clearTimeout }, withdraw) {
  const pending = new Map();
  let asked = 0;
  const settle = (ackId, conclude) => {
    const question = pending.get(ackId);
    if (!question) return;
    pending.delete(ackId);
    clearTimeout(question.timer);
    withdraw(question.entry);
    conclude(question);
  };
  return {
    size: () => pending.size,
    has: (ackId) => pending.has(ackId),
    settle,
    /** What `send` returns is withdrawn when the question has ended. */
    ask: (send, timeoutMs) => new Promise((resolve, reject) => {
      checkNumber('timeoutMs', timeoutMs);
      const ackId = (asked += 1).toString(36);
      const entry = send(ackId);
      const late = () => reject(new TimeoutError('timeout', `no answer within ${timeoutMs} ms`));
      pending.set(ackId, { resolve, reject, entry, timer: setTimeout(() => settle(ackId, late), timeoutMs) });
    }),
    fail(error) { for (const ackId of [...pending.keys()]) settle(ackId, ({ reject }) => reject(error)); },
  };
}

/** Asks whether the server is there: browsers cannot send pings of the protocol. */
function heartbeat({ setTimeout, clearTimeout, now }, { pingIntervalMs, pongTimeMaxMs }, socket, dead) {
  let timer;
  /** Pings since anything was heard. */
  let unanswered = 0;
  const stop = () => clearTimeout(timer);
  const after = (ms, then) => {
    const dueMs = now() + ms;
    stop();
    timer = setTimeout(() => then(now() - dueMs), ms);
  };
  const ask = () => {
    unanswered += 1;
    const ahead = socket.bufferedAmount;
    socket.send(written({ type: 'ping' }));
    after(pongTimeMaxMs, (lateMs) => {
      // Who slept has not listened: the answer may be waiting behind this very timer. Once.
      const isExcused = lateMs > LATE_MS && unanswered === 1;
      // A peer that takes what is ahead of the ping is there.
      if (isExcused || socket.bufferedAmount < ahead) ask();
      else dead();
    });
  };
  const start = () => {
    unanswered = 0;
    stop();
    if (pingIntervalMs > 0) after(pingIntervalMs, ask);
  };
  return {
    start,
    stop,
    heard() { if (unanswered > 0) start(); },
    /** Something happened to the machine: better ask now. */
    probe() { if (unanswered === 0) ask(); },
  };
}

/** A message as it goes on the wire: its fields in their order, those that are not there left out. */
function written({ type, namespace, event, data, ackId, room, error }) {
  return JSON.stringify({ type, namespace, event, data, ackId, room, error });
}

/** What is no object, or no JSON, has no type. */
function parsed(text) {
  try { return Object(JSON.parse(text)); } catch { return {}; }
}

/** The server's rules for names, as far as they do not depend on its settings. */
function named(name) {
  if (typeof name === 'string' && !/^$|\p{Cc}|^(__proto__|constructor|prototype)$/u.test(name)) return name;
  throw new TypeError(`${JSON.stringify(name)} is no name: that is text, not reserved, without control characters`);
}

function roomNamed(room) { return room === undefined ? undefined : named(room); }

function checkNumber(name, number) {
  if (typeof number === 'number' && number >= 0 && number <= NUMBER_MAX) return number;
  throw new TypeError(`${name} is ${number}, and must be a number from 0 to ${NUMBER_MAX}`);
}

function checked(options) {
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(DEFAULTS, name)) throw new TypeError(`there is no option ${name}: ${Object.keys(DEFAULTS)}`);
    if (typeof DEFAULTS[name] === 'number') checkNumber(name, value);
  }
  return { ...DEFAULTS, ...options };
}

function closed() { return new DisconnectedError('closed', 'the client is closed for good: make another one'); }
function describe({ code, reason }) { return `the connection ended with ${code}${reason && `: ${reason}`}`; }

function deferred() {
  let settle;
  const promise = new Promise((resolve, reject) => { settle = { resolve, reject }; });
  return { promise, ...settle };
}
