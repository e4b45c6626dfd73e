/** A question that has no answer by then has none. */
const ACK_MS_MAX = 5_000;

/** The panel that speaks the typed envelope on `/ws`: where, what, and what came of it. */
class Events {
  #root; #tab; #link; #scroll; #standing;
  /** What was sent and waits for its ack, by ackId. */
  #waiting = new Map();
  #asked = 0;

  constructor(root, tab) {
    this.#root = root;
    this.#tab = tab;
    this.#scroll = new Scroll(this.#find('.log'), this.#find('.latest'));
    this.#standing = new Standing(root, tab);
    this.#link = new Link(socketUrl('/ws'), {
      onState: (state) => this.#stateChanged(state),
      onMessage: (text) => this.#receive(text),
    });
    this.#listen();
    this.#link.connect();
  }

  get root() { return this.#root; }

  bringForward(forward) {
    this.#root.classList.toggle('behind', !forward);
    this.#tab.ariaPressed = String(forward);
  }

  #find(selector) { return this.#root.querySelector(selector); }

  #listen() {
    this.#find('.power').onclick = () => {
      if (this.#root.dataset.state === 'offline') this.#link.connect();
      else this.#link.disconnect();
    };
    this.#find('.place').onsubmit = (event) => {
      event.preventDefault();
      this.#send({ type: event.submitter?.value ?? 'join', ...this.#place() }, true);
    };
    const data = this.#find('[name=data]');
    data.oninput = () => data.setCustomValidity('');
    this.#find('.emit').onsubmit = (event) => {
      event.preventDefault();
      try {
        const message = { type: 'event', ...this.#place(), event: this.#find('[name=event]').value, data: JSON.parse(data.value) };
        this.#send(message, this.#find('[name=ack]').checked);
      } catch {
        data.setCustomValidity('This is not JSON. Text needs double quotes.');
        data.reportValidity();
      }
    };
  }

  /** The namespace, and the room if one is named. */
  #place() {
    const room = this.#find('[name=room]').value.trim();
    return { namespace: this.#find('[name=namespace]').value.trim() || '/', ...(room && { room }) };
  }

  #send(message, asksForAck) {
    const ackId = asksForAck ? `page#${this.#asked += 1}` : undefined;
    if (!this.#link.send({ ...message, ackId })) return;
    const fate = element('span', 'fate', asksForAck ? 'waiting for the ack' : '');
    this.#show(message.type, 'sent', JSON.stringify({ ...message, ackId }), fate);
    if (!asksForAck) return;
    const timer = setTimeout(() => this.#resolve(ackId, 'no ack'), ACK_MS_MAX);
    this.#waiting.set(ackId, { fate, timer, since: performance.now() });
  }

  #receive(text) {
    let message;
    try { message = JSON.parse(text); } catch { return this.#note('The server sent something unreadable.'); }
    const words = { ack: 'acknowledged', error: 'refused' };
    if (message.ackId !== undefined) this.#resolve(message.ackId, words[message.type]);
    this.#show(message.type, 'received', text, message.type === 'error' ? element('span', 'reason', message.error) : '');
  }

  /** A question gets one answer; later ones find nothing. */
  #resolve(ackId, word) {
    const asked = this.#waiting.get(ackId);
    if (!asked) return;
    this.#waiting.delete(ackId);
    clearTimeout(asked.timer);
    const tookMs = performance.now() - asked.since;
    asked.fate.textContent = `${word} in ${tookMs < 10 ? tookMs.toFixed(1) : Math.round(tookMs)} ms`;
    asked.fate.dataset.fate = word;
  }

  #stateChanged(state) {
    if (this.#root.dataset.state === 'open' && state.name !== 'open') {
      for (const ackId of [...this.#waiting.keys()]) this.#resolve(ackId, 'connection lost');
      this.#note('Disconnected: every room and namespace is left.');
    }
    this.#standing.show(state);
  }

  #show(type, direction, text, aside) {
    const head = element('p', 'head', element('span', 'kind', type), element('span', '', direction), aside);
    // Lines are best broken between the fields.
    const fields = text.split(/(?<=,)(?=")/).flatMap((field) => [field, element('wbr')]);
    const frame = element('article', `frame ${direction}`, head, element('code', '', ...fields));
    frame.dataset.kind = type;
    this.#scroll.add(frame, direction === 'sent');
  }

  #note(text) { this.#scroll.add(element('p', 'note', text), false); }
}
