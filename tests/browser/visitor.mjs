// Drives the page as a visitor does: by roles, labels and keys. It waits for what can be seen
// and never for an amount of time; it must not reach into the page's scripts. A browser draws only
// the tab in front, so whatever looks at a page or uses it brings that page forward first.

const SEEN_MS_MAX = 10_000;

/** One of the two chatting clients on a page. */
export class Client {
  #page;
  #pane;

  constructor(page, name) {
    this.#page = page;
    this.#pane = page.getByRole('region', { name: `Client ${name}` });
  }

  /** Waits until the server has told this client its id; gives all of it. */
  async id() {
    const me = this.#pane.locator('.me[title]:not([title=""])');
    await me.waitFor({ state: 'attached', timeout: SEEN_MS_MAX });
    return me.getAttribute('title');
  }

  async join(room) {
    await this.#page.bringToFront();
    const input = this.#pane.getByLabel('Room to join');
    await input.fill(room);
    await input.press('Enter');
  }

  async joined(room, count) {
    await this.counts(`#${room}`, count);
  }

  async leave(room) {
    await this.#page.bringToFront();
    await this.#pane.getByRole('button', { name: `Leave #${room}` }).click();
  }

  /** `target` is `Everyone` or a room with its `#`. */
  async say(text, target = 'Everyone') {
    await this.#page.bringToFront();
    await this.#pane.locator('.chip', { hasText: target }).getByText(target).click();
    const draft = this.#pane.getByLabel(`Message ${target === 'Everyone' ? 'everyone' : target}`);
    await draft.fill(text);
    await draft.press('Enter');
  }

  /** Waits for a message; gives who wrote it and to whom. */
  async hears(text) {
    await this.#page.bringToFront();
    const message = this.#messages(text).first();
    await message.waitFor({ timeout: SEEN_MS_MAX });
    return {
      sender: await message.locator('.author').getAttribute('title'),
      target: await message.locator('.head > :nth-child(2)').textContent(),
      mine: await message.evaluate((node) => node.classList.contains('mine')),
    };
  }

  /** How often a message stands in the log now. */
  async heard(text) {
    return this.#messages(text).count();
  }

  async notes(text) {
    await this.#page.bringToFront();
    await this.#pane.locator('.note', { hasText: text }).first().waitFor({ timeout: SEEN_MS_MAX });
  }

  async counts(target, count) {
    const chip = this.#pane.locator('.chip:not(.pending)', { hasText: target });
    await chip.locator('.count', { hasText: new RegExp(`^${count}$`) }).waitFor({ timeout: SEEN_MS_MAX });
  }

  async hasLeft(room) {
    await this.#pane.locator('.chip', { hasText: `#${room}` }).waitFor({ state: 'detached', timeout: SEEN_MS_MAX });
  }

  async isIn(state) {
    await this.#pane.getByRole('status').filter({ hasText: state }).waitFor({ timeout: SEEN_MS_MAX });
  }

  /** The ids that the opened list of members names. */
  async members() {
    await this.#page.bringToFront();
    const list = this.#pane.locator('.members');
    if ((await list.getAttribute('open')) === null) await list.locator('summary').click();
    return list.locator('li .author').evaluateAll((nodes) => nodes.map((node) => node.title));
  }

  async press(button) {
    await this.#page.bringToFront();
    await this.#pane.getByRole('button', { name: button, exact: true }).click();
  }

  get log() {
    return this.#pane.getByRole('log');
  }

  get pane() {
    return this.#pane;
  }

  #messages(text) {
    return this.#pane.getByRole('article').filter({ has: this.#page.getByText(text, { exact: true }) });
  }
}

/** The panel of events on a page. */
export class Events {
  #page;
  #pane;

  constructor(page) {
    this.#page = page;
    this.#pane = page.getByRole('region', { name: 'Events' });
  }

  async isIn(state) {
    await this.#pane.getByRole('status').filter({ hasText: state }).waitFor({ timeout: SEEN_MS_MAX });
  }

  /** Joins or leaves a namespace, or a room of it. */
  async go(verb, namespace, room = '') {
    await this.#place(namespace, room);
    await this.#pane.getByRole('button', { name: verb, exact: true }).click();
  }

  async emit(event, data, { namespace = '/', room = '', ack = true } = {}) {
    await this.#place(namespace, room);
    await this.#pane.getByLabel('Event', { exact: true }).fill(event);
    await this.#pane.getByLabel('Data').fill(typeof data === 'string' ? data : JSON.stringify(data));
    await this.#pane.getByLabel('Ask for an ack').setChecked(ack);
    await this.#pane.getByRole('button', { name: 'Emit' }).click();
  }

  /** Waits for a frame of the kind (`sent event`, `received error`) that shows `text`; gives all that it shows. */
  async shows(kind, text) {
    await this.#page.bringToFront();
    const frame = this.frames(kind).filter({ hasText: text }).last();
    await frame.waitFor({ timeout: SEEN_MS_MAX });
    return (await frame.textContent()).trim();
  }

  frames(kind) {
    const [direction, type] = kind.split(' ');
    return this.#pane.getByRole('article').filter({ has: this.#page.locator('.head', { hasText: `${type}${direction}` }) });
  }

  get pane() {
    return this.#pane;
  }

  async #place(namespace, room) {
    await this.#page.bringToFront();
    await this.#pane.getByLabel('Namespace').fill(namespace);
    await this.#pane.getByLabel('Room').fill(room);
  }
}

/** What a page says of the server. */
export class Figures {
  #page;
  #strip;

  constructor(page) {
    this.#page = page;
    this.#strip = page.getByRole('region', { name: 'The server now' });
  }

  /** Waits until a figure is what it should be: a text or a pattern. */
  async says(name, value) {
    await this.#page.bringToFront();
    const term = this.#strip.locator('dl > div', { has: this.#page.getByText(name, { exact: true }) });
    const expected = value instanceof RegExp ? value : new RegExp(`^${value}$`);
    await term.locator('dd', { hasText: expected }).waitFor({ timeout: SEEN_MS_MAX });
  }

  /** Waits until it is said whether the server answers. */
  async isAbsent(absent) {
    await this.#page.bringToFront();
    await this.#strip.getByRole('status').filter({ hasText: absent ? 'does not answer' : /^$/ }).waitFor({ state: 'attached', timeout: SEEN_MS_MAX });
  }
}

/** A page and its clients, with everything the browser complained about or fetched. */
export class Visitor {
  complaints = [];
  fetched = [];

  static async to(url, context) {
    const visitor = new Visitor();
    visitor.page = await context.newPage();
    visitor.#watch();
    await visitor.page.goto(url);
    visitor.a = new Client(visitor.page, 'A');
    visitor.b = new Client(visitor.page, 'B');
    visitor.events = new Events(visitor.page);
    visitor.figures = new Figures(visitor.page);
    return visitor;
  }

  #watch() {
    this.page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) this.complaints.push(`${message.text()} (${message.location().url})`);
    });
    this.page.on('pageerror', (error) => this.complaints.push(String(error)));
    this.page.on('request', (request) => this.fetched.push(request.url()));
    this.page.on('websocket', (socket) => this.fetched.push(socket.url()));
  }
}
