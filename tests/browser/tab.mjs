// A tab with one client of the module that the server serves. Its page is the module's own text, as
// browsers show it: a page of the server, since others may not talk to this machine, and without a
// policy that forbids scripts.

const SCRIPT = `
  import { Client } from '/fanfare.js';
  const log = [];
  const waiting = new Set();
  const note = (kind, detail) => {
    log.push({ kind, detail });
    for (const look of waiting) look();
  };
  window.open = (url, options) => {
    window.client = new Client(url, options);
    for (const kind of ['connecting', 'connected', 'disconnected', 'reconnecting']) {
      client.addEventListener(kind, ({ detail }) => note(kind, detail));
    }
    client.addEventListener('error', ({ detail: { error } }) => note('error', { code: error.code, message: error.message }));
    for (const event of ['chat', 'error', 'news']) client.on(event, (data, { room }) => note('event ' + event, { data, room }));
    client.connect();
    return client.ready();
  };
  window.log = log;
  window.seen = (kind, since) => new Promise((resolve) => {
    const look = () => {
      const found = log.slice(since).find((entry) => entry.kind === kind);
      if (!found) return;
      waiting.delete(look);
      resolve(found.detail);
    };
    waiting.add(look);
    look();
  });
  /** How a promise ends. */
  window.ending = (promise) => promise.then((value) => ({ value }), ({ name, code, message }) => ({ name, code, message }));
  document.title = 'ready';
`;
const SEEN_MS_MAX = 15_000;

export class Tab {
  /** Entries of the log that were seen by `marks`. */
  #since = 0;

  static async at(url, context) {
    const tab = new Tab();
    tab.page = await context.newPage();
    tab.complaints = [];
    tab.page.on('pageerror', (error) => tab.complaints.push(String(error)));
    await tab.page.goto(`${url}/fanfare.js`);
    await tab.#loaded();
    return tab;
  }

  async reload() {
    await this.page.reload();
    this.#since = 0;
    await this.#loaded();
  }

  /** Connects a client to the lobby, and waits for it. */
  open(options = {}) {
    return this.page.evaluate((options) => window.open('/ws', options), options);
  }

  /** Runs a function in the page, with the client in the global `client`. */
  run(script, argument) {
    return this.page.evaluate(script, argument);
  }

  /** From here on `sees` looks. */
  async marks() {
    this.#since = await this.page.evaluate(() => log.length);
  }

  /** Waits for something that the client tells; gives what it says. */
  async sees(kind) {
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`not seen: ${kind}`)), SEEN_MS_MAX);
    });
    const seen = this.page.evaluate(([kind, since]) => seen(kind, since), [kind, this.#since]);
    try {
      return await Promise.race([seen, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** The kinds of all that was told since the mark. */
  kinds() {
    return this.page.evaluate((since) => log.slice(since).map(({ kind }) => kind), this.#since);
  }

  async #loaded() {
    await this.page.addScriptTag({ type: 'module', content: SCRIPT });
    await this.page.waitForFunction(() => document.title === 'ready', null, { polling: 50 });
  }
}
