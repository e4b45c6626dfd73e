/**
 * Names of events, and what they carry. Give your own to `Client` and `connect`, and `on` and
 * `emit` are checked against them; nothing checks what a server really sends.
 */
export type Events = Record<string, any>;

/** What becomes of a client. */
export type State =
  /** Does nothing until `connect()`: not yet connected, disconnected, refused, or has given up. */
  | 'stopped'
  | 'connecting'
  | 'connected'
  /** Will connect again: after a delay, or when there is a network. */
  | 'waiting'
  /** For good. */
  | 'closed';

export interface ClientOptions {
  /** Subprotocols to offer. None by default. */
  protocols?: string | string[];
  /** How long one attempt to connect may take, in milliseconds: 10,000. */
  connectTimeMaxMs?: number;
  /** How long an answer may take where a question does not say, in milliseconds: 5,000. */
  ackTimeMaxMs?: number;
  /** Whether to come back: true. If not, one attempt is all, and the end of a connection is the end. */
  reconnect?: boolean;
  /**
   * The first delay before coming back is anything up to this, in milliseconds: 250. With each
   * failure in a row the bound doubles, so that those who lost a server together do not return as one.
   */
  reconnectDelayBaseMs?: number;
  /** The bound doubles up to this, in milliseconds: 30,000. */
  reconnectDelayMaxMs?: number;
  /** After so many failures in a row it gives up, with the error `gave-up`. 0 means never: 0. */
  reconnectAttemptsMax?: number;
  /** A connection that lasted this long was a success; a shorter one is a failure. In milliseconds: 10,000. */
  stableTimeMs?: number;
  /** How often the server is asked whether it is there, in milliseconds; 0 means never. 25,000. */
  pingIntervalMs?: number;
  /**
   * How long after that nothing may come before the connection is given up, in milliseconds: 20,000.
   * While what was to be sent before it is still going out, it is given more.
   */
  pongTimeMaxMs?: number;
  /** How many bytes may wait to be sent: in the browser, and as many in the queue. 1,048,576. */
  bufferedBytesMax?: number;
  /** How many messages may wait for a connection: 0, which refuses them with the error `offline`. */
  queueMessagesMax?: number;
  /**
   * Whether a connection that the server ended with this code stays ended. By default 1000 (done),
   * 1008 (against a rule) and 4000 to 4999 (the application's own; 4001 is fanfare's "a newer
   * connection has taken your place", from which two tabs would fight for ever).
   */
  isFinal?: (code: number) => boolean;
  /** What the client takes from the machine; for tests. */
  environment?: Partial<Environment>;
}

/** Everything a client takes from the machine. */
export interface Environment {
  WebSocket: new (url: string, protocols: string | string[]) => WebSocket;
  setTimeout: (then: () => void, ms: number) => unknown;
  clearTimeout: (timer: any) => void;
  /** Milliseconds, never going back. */
  now: () => number;
  /** From 0 up to 1. */
  random: () => number;
  isOnline: () => boolean;
  /** Where `online`, `offline` and `visibilitychange` are heard. */
  news: EventTarget;
}

/** The end of a connection. */
export interface Disconnected {
  /** The close code; 1006 where the connection broke, or was given up. */
  code: number;
  reason: string;
  /** Whether both sides said goodbye. */
  graceful: boolean;
  willReconnect: boolean;
}

/** What a client tells of itself: `client.addEventListener('connected', …)`; what it says is in `event.detail`. */
export interface ClientEventMap {
  /** An attempt begins, after so many failures in a row. */
  connecting: CustomEvent<{ attempt: number }>;
  /** Connected. Rooms and namespaces have been asked for, and the queue is sent. */
  connected: CustomEvent<{}>;
  /** No longer connected. Between two of these there is a `connected`, and the other way round. */
  disconnected: CustomEvent<Disconnected>;
  /** The next attempt will be made in `delayMs`; `Infinity`: when there is a network. */
  reconnecting: CustomEvent<{ attempt: number; delayMs: number }>;
  /**
   * What nobody waits for: an error frame that answers no question (`refused`), a room that could
   * not be joined again, an answer that could not be sent, a message that is none (`malformed`),
   * and `gave-up`.
   */
  error: CustomEvent<{ error: Error & Partial<Pick<RefusedError, 'code' | 'namespace' | 'event' | 'room'>> }>;
}

/** Where an event came from. */
export interface About {
  namespace: string;
  event: string;
  /** The room that the server says it is about. */
  room?: string;
}

/**
 * Hears an event. If the server wants an answer, it is the first value that is not `undefined` of
 * those that the event's handlers return, or what such a promise becomes; where one throws, the
 * error's message is the server's answer.
 */
export type Handler<Data> = (data: Data, about: About) => unknown;

export interface EmitOptions {
  /** The room that the event is about. */
  room?: string;
}

export interface AckOptions extends EmitOptions {
  /** How long the answer may take, in milliseconds; `ackTimeMaxMs` without. */
  timeoutMs?: number;
}

export interface MembershipOptions {
  /** How long the answer may take, in milliseconds; `ackTimeMaxMs` without. */
  timeoutMs?: number;
}

/** For methods of a client: in another namespace than `/`. */
export interface InNamespace {
  namespace?: string;
}

type Name<Map> = keyof Map & string;

/** A view of one namespace of a client. Got by `client.namespace(name)`. */
export class Namespace<Heard extends Events = Events, Said extends Events = Events> {
  private constructor();
  readonly name: string;
  /** Adds a handler. All handlers of an event are called, in the order in which they were added. */
  on<E extends Name<Heard>>(event: E, handler: Handler<Heard[E]>): this;
  /** Adds a handler for the next such event only. */
  once<E extends Name<Heard>>(event: E, handler: Handler<Heard[E]>): this;
  /** Removes a handler, or without one all of the event. */
  off<E extends Name<Heard>>(event: E, handler?: Handler<Heard[E]>): this;
  /**
   * Sends an event. That it arrives is not told: see `emitWithAck`.
   *
   * @throws {DisconnectedError} `offline` or `closed`: not connected, and there is no queue.
   * @throws {LimitError} `buffer-full` or `queue-full`: too much waits to be sent.
   * @throws {TypeError} A name is none, or the data has no JSON.
   */
  emit<E extends Name<Said>>(event: E, data?: Said[E], options?: EmitOptions): void;
  /**
   * Sends an event and asks for an answer. Settles exactly once: with the answer, or rejected with
   * what `emit` throws, or with `RefusedError` (`refused`), `TimeoutError` (`timeout`),
   * `DisconnectedError` (`disconnected`: the connection ended first) or `LimitError`
   * (`pending-full`: 1,024 questions wait). Time spent in the queue counts.
   */
  emitWithAck<E extends Name<Said>, Answer = any>(event: E, data?: Said[E], options?: AckOptions): Promise<Answer>;
  /**
   * Joins a room, or without one the namespace, now and after every reconnect. Before there is a
   * connection, too: then it is the first that the connection sends. Resolves when the server has
   * let us in. A refusal rejects with `RefusedError`, and the room is forgotten; after any other
   * error (`timeout`, `disconnected`) it is still wanted, until `leave`.
   */
  join(room?: string, options?: MembershipOptions): Promise<void>;
  /** Leaves a room, or without one the namespace with its rooms; they will not be joined again. */
  leave(room?: string, options?: MembershipOptions): Promise<void>;
}

/**
 * One connection to a fanfare server, which comes back by itself.
 *
 * The methods of `Namespace` are here for the namespace `/`, and for others by the option
 * `namespace`. What the server's events are called has nothing to do with the events that the
 * client tells of itself: those are for `addEventListener`.
 */
export class Client<Heard extends Events = Events, Said extends Events = Events> extends EventTarget {
  /**
   * Does not connect yet. The address may be relative to the page; `http` becomes `ws`.
   *
   * @throws {TypeError} The address is none, or an option is unknown or out of its range.
   */
  constructor(url: string | URL, options?: ClientOptions);

  readonly state: State;
  readonly connected: boolean;
  /** How many messages wait for a connection. */
  readonly queued: number;
  /** Where to connect. May be changed, for a fresh token say; the next attempt uses it. */
  get url(): string;
  set url(url: string | URL);

  /**
   * Connects, and from then on comes back. In `waiting` it tries at once; where it is connecting or
   * connected already, nothing happens.
   *
   * @throws {DisconnectedError} `closed`: `close` is final.
   */
  connect(): this;
  /** Resolves when connected: at once, or at the next time. Rejects when the client stops before. */
  ready(): Promise<void>;
  /**
   * Says goodbye and stops. What waits in the queue is discarded. Rooms and namespaces stay wanted:
   * `connect()` begins again where this ended.
   */
  disconnect(): void;
  /** The same, for good. */
  close(): void;

  namespace<H extends Events = Events, S extends Events = Events>(name: string): Namespace<H, S>;
  on<E extends Name<Heard>>(event: E, handler: Handler<Heard[E]>): this;
  once<E extends Name<Heard>>(event: E, handler: Handler<Heard[E]>): this;
  off<E extends Name<Heard>>(event: E, handler?: Handler<Heard[E]>): this;
  emit<E extends Name<Said>>(event: E, data?: Said[E], options?: EmitOptions & InNamespace): void;
  emitWithAck<E extends Name<Said>, Answer = any>(
    event: E, data?: Said[E], options?: AckOptions & InNamespace,
  ): Promise<Answer>;
  join(room?: string, options?: MembershipOptions & InNamespace): Promise<void>;
  leave(room?: string, options?: MembershipOptions & InNamespace): Promise<void>;

  addEventListener<K extends keyof ClientEventMap>(
    kind: K, listener: (event: ClientEventMap[K]) => void, options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(kind: string, listener: EventListenerOrEventListenerObject | null, options?: boolean | AddEventListenerOptions): void;
  removeEventListener<K extends keyof ClientEventMap>(
    kind: K, listener: (event: ClientEventMap[K]) => void, options?: boolean | EventListenerOptions,
  ): void;
  removeEventListener(kind: string, listener: EventListenerOrEventListenerObject | null, options?: boolean | EventListenerOptions): void;
}

/** Makes a client and connects it. */
export function connect<Heard extends Events = Events, Said extends Events = Events>(
  url: string | URL, options?: ClientOptions,
): Client<Heard, Said>;

export type ErrorCode =
  | 'refused' | 'timeout' | 'disconnected' | 'offline' | 'closed' | 'gave-up'
  | 'buffer-full' | 'queue-full' | 'pending-full' | 'wishes-full' | 'left' | 'malformed';

/** What all errors of this module are. */
export class FanfareError extends Error {
  constructor(code: ErrorCode, message: string);
  /** Which one it is; the message is for people. */
  readonly code: ErrorCode;
}

/** The server said no: `refused`. The message is its own. */
export class RefusedError extends FanfareError {
  constructor(frame: { error?: string; namespace?: string; event?: string; room?: string });
  readonly namespace?: string;
  readonly event?: string;
  readonly room?: string;
}

/** No answer came in time: `timeout`. Whether the server did what was asked is not known. */
export class TimeoutError extends FanfareError {}

/** There is no connection: `disconnected`, `offline`, `closed` or `gave-up`. */
export class DisconnectedError extends FanfareError {}

/** A bound was reached: `buffer-full`, `queue-full`, `pending-full` or `wishes-full`. */
export class LimitError extends FanfareError {}
