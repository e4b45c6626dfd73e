/** Comings and goings within this time share one question about who is there. */
const CENSUS_DELAY_MS = 200;

/** What one participant of `/ws/chat` knows: its id, its rooms, who is where. Speaks the protocol, touches no page. */
class Conversation {
  #link; #view;
  /** The rooms the user wants, by name: `true` once the server has let us in. They outlive the connection. */
  #rooms = new Map();
  #censusTimers = new Map();
  #id = null;

  constructor(url, view) {
    this.#view = view;
    this.#link = new Link(url, {
      onState: (state) => this.#stateChanged(state),
      onMessage: (text) => this.#receive(text),
    });
  }

  connect() { this.#link.connect(); }
  disconnect() { this.#link.disconnect(); }

  say(room, content) {
    return this.#link.send(room === undefined ? { type: 'chat', content } : { type: 'room', room, content });
  }

  /** Asked before the connection has arrived, it is kept until then, as after every reconnect. */
  join(room) {
    if (this.#rooms.has(room)) return;
    this.#rooms.set(room, false);
    this.#view.showRoom(room, false);
    if (this.#id !== null) this.#link.send({ type: 'join', room });
  }

  /** Takes effect here at once: whether the leaver still hears of its own leaving does not matter. */
  leave(room) {
    this.#link.send({ type: 'leave', room });
    this.#forget(room);
    this.#view.note({ sender: this.#id, verb: 'left', room });
  }

  #forget(room) {
    this.#rooms.delete(room);
    clearTimeout(this.#censusTimers.get(room));
    this.#censusTimers.delete(room);
    this.#view.dropRoom(room);
  }

  #stateChanged(state) {
    if (state.name !== 'open' && this.#id !== null) {
      this.#id = null;
      this.#censusTimers.forEach(clearTimeout);
      this.#censusTimers.clear();
      for (const room of this.#rooms.keys()) {
        this.#rooms.set(room, false);
        this.#view.showRoom(room, false);
      }
      this.#view.note({ verb: state.name === 'offline' ? 'Disconnected' : 'Connection lost' });
      this.#view.introduce(null);
    }
    this.#view.showState(state);
  }

  #receive(text) {
    let message;
    try { message = JSON.parse(text); } catch { return this.#view.note({ error: 'The server sent something unreadable.' }); }
    switch (message.type) {
      case 'chat': case 'room': return this.#view.said(message, message.sender === this.#id);
      case 'system': return this.#happened(message);
      case 'members': return this.#view.showMembers(message.room, message.content, message.count);
      case 'error': return this.#refused(message);
    }
  }

  #happened({ sender, room, content, timestamp }) {
    if (this.#id === null && content === 'arrived') return this.#arrived(sender, timestamp);
    const mine = sender === this.#id;
    if (mine && content === 'joined') {
      this.#rooms.set(room, true);
      this.#view.showRoom(room, true);
    }
    if (mine && content === 'left') {
      if (!this.#rooms.get(room)) return; // the echo of our own wish
      this.#forget(room);
    }
    this.#view.note({ sender, verb: content, room, timestamp });
    this.#askSoon(room);
    // Who departs is gone from its rooms too.
    if (content === 'departed') for (const name of this.#rooms.keys()) this.#askSoon(name);
  }

  /** The first arrival a connection hears of is its own. */
  #arrived(id, timestamp) {
    this.#id = id;
    this.#view.introduce(id);
    this.#view.note({ sender: id, verb: 'arrived', timestamp });
    this.#askSoon(undefined);
    for (const room of this.#rooms.keys()) this.#link.send({ type: 'join', room });
  }

  #refused({ room, content }) {
    if (this.#rooms.get(room) === false) this.#forget(room);
    this.#view.note({ error: content, room });
  }

  /** Asking the server keeps the counts exact, also where it names only the first hundred. */
  #askSoon(room) {
    if (this.#censusTimers.has(room) || (room !== undefined && !this.#rooms.has(room))) return;
    this.#censusTimers.set(room, setTimeout(() => {
      this.#censusTimers.delete(room);
      this.#link.send({ type: 'members', room });
    }, CENSUS_DELAY_MS));
  }
}
