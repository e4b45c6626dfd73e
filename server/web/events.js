/** The browser's socket, telling what passes through it. */
const tapped = (tell) => class extends WebSocket {
  constructor(...given) {
    super(...given);
    this.addEventListener('message', ({ data }) => tell('received', data));
  }

  send(text) {
    tell('sent', text);
    super.send(text);
  }
};

/** The panel that speaks the typed envelope on `/ws`, by the browser client: where, what, and what came of it. */
class Events {
  #root; #tab; #client; #scroll; #standing;
  /** What is to be known of the question that is being sent. */
  #fate = '';

  constructor(root, tab) {
    this.#root = root;
    this.#tab = tab;
    this.#scroll = new Scroll(this.#find('.log'), this.#find('.latest'));
    this.#standing = new Standing(root, tab);
    const environment = { WebSocket: tapped((direction, text) => this.#passed(direction, text)) };
    this.#client = new Client('/ws', { environment });
    this.#listen();
    this.#client.connect();
  }

  get root() { return this.#root; }

  bringForward(forward) {
    this.#root.classList.toggle('behind', !forward);
    this.#tab.ariaPressed = String(forward);
  }

  #find(selector) { return this.#root.querySelector(selector); }

  #listen() {
    const client = this.#client;
    client.addEventListener('connecting', () => this.#standing.show({ name: 'connecting' }));
    client.addEventListener('connected', () => this.#standing.show({ name: 'open' }));
    client.addEventListener('disconnected', ({ detail: { willReconnect } }) => {
      this.#note(`Disconnected: every room and namespace is left${willReconnect ? ', until it is connected again' : ''}.`);
      if (!willReconnect) this.#standing.show({ name: 'offline' });
    });
    client.addEventListener('reconnecting', ({ detail: { delayMs } }) => {
      this.#standing.show({ name: 'waiting', until: Number.isFinite(delayMs) ? performance.now() + delayMs : undefined });
    });
    this.#find('.power').onclick = () => this.#press();
    this.#find('.place').onsubmit = (event) => {
      event.preventDefault();
      const { room, namespace } = this.#place();
      const verb = event.submitter?.value ?? 'join';
      this.#ask(() => client[verb](room, { namespace }));
    };
    const data = this.#find('[name=data]');
    data.oninput = () => data.setCustomValidity('');
    this.#find('.emit').onsubmit = (event) => {
      event.preventDefault();
      try {
        this.#emit(this.#find('[name=event]').value, JSON.parse(data.value));
      } catch {
        data.setCustomValidity('This is not JSON. Text needs double quotes.');
        data.reportValidity();
      }
    };
  }

  #press() {
    if (this.#client.state === 'stopped') return this.#client.connect();
    this.#client.disconnect();
    this.#standing.show({ name: 'offline' });
  }

  /** The namespace, and the room if one is named. */
  #place() {
    const room = this.#find('[name=room]').value.trim() || undefined;
    return { namespace: this.#find('[name=namespace]').value.trim() || '/', room };
  }

  #emit(event, data) {
    const place = this.#place();
    if (this.#find('[name=ack]').checked) this.#ask(() => this.#client.emitWithAck(event, data, place));
    else try { this.#client.emit(event, data, place); } catch (error) { this.#note(error.message); }
  }

  /** What `begin` sends is shown with what comes of it. */
  async #ask(begin) {
    const words = { refused: 'refused', timeout: 'no ack', disconnected: 'connection lost' };
    const fate = element('span', 'fate', 'waiting for the ack');
    const since = performance.now();
    let word = 'acknowledged';
    try {
      this.#fate = fate;
      const answer = begin();
      this.#fate = '';
      await answer;
    } catch (error) {
      word = words[error.code];
      if (word === undefined) return this.#note(error.message);
    }
    const tookMs = performance.now() - since;
    fate.textContent = `${word} in ${tookMs < 10 ? tookMs.toFixed(1) : Math.round(tookMs)} ms`;
    fate.dataset.fate = word;
  }

  #passed(direction, text) {
    let message;
    try { message = JSON.parse(text); } catch { return this.#note('The server sent something unreadable.'); }
    const aside = direction === 'sent' ? this.#fate : message.error ?? '';
    this.#show(message.type, direction, text, direction === 'received' && aside ? element('span', 'reason', aside) : aside);
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
