const POLL_INTERVAL_MS = 1_000;
/** The longest pause while the server does not answer. */
const ABSENCE_INTERVAL_MS_MAX = 5_000;
const ANSWER_MS_MAX = 5_000;
/** How many polls the curve shows. */
const SAMPLES_MAX = 60;

/**
 * The figures of `/ws/stats`, asked for once a second while somebody can see them.
 *
 * A rate is the difference of two answers over the time between them, so the first answer after a
 * pause has none, nor has the first of a server that has been started again.
 */
class Stats {
  #root; #polling; #before = null; #rates = [];

  constructor(root) {
    this.#root = root;
    document.addEventListener('visibilitychange', () => this.#visibilityChanged());
    this.#visibilityChanged();
  }

  #visibilityChanged() {
    this.#polling?.abort();
    this.#before = null;
    if (document.hidden) return;
    this.#polling = new AbortController();
    this.#poll(this.#polling.signal);
  }

  async #poll(ended) {
    let failures = 0;
    while (!ended.aborted) {
      const data = await this.#ask(ended);
      if (ended.aborted) return;
      failures = data === null ? failures + 1 : 0;
      if (data === null) this.#absent();
      else this.#show(data);
      const pause = Math.min(POLL_INTERVAL_MS * Math.max(1, failures), ABSENCE_INTERVAL_MS_MAX);
      await new Promise((over) => setTimeout(over, pause));
    }
  }

  /** The figures, or null: the server may be away, or something else may stand in its place. */
  async #ask(ended) {
    try {
      const signal = AbortSignal.any([ended, AbortSignal.timeout(ANSWER_MS_MAX)]);
      const answer = await fetch('/ws/stats', { cache: 'no-store', signal });
      return answer.ok ? (await answer.json()).data : null;
    } catch { return null; }
  }

  #absent() {
    this.#before = null;
    this.#root.classList.add('stale');
    this.#absence.textContent = 'The server does not answer';
  }

  #show(data) {
    const now = { at: performance.now(), messages: data.total_messages, drops: data.deliveries_dropped + data.deliveries_evicted };
    const before = this.#before;
    this.#before = now;
    this.#root.classList.remove('stale');
    this.#absence.textContent = '';
    this.#figure('connections').textContent = figure.format(data.active_connections);
    this.#figure('rooms').textContent = figure.format(data.rooms);
    this.#figure('drops').textContent = figure.format(now.drops);
    if (before === null || now.messages < before.messages) return;
    this.#figure('drops').classList.toggle('alarm', now.drops > before.drops);
    const rate = (now.messages - before.messages) / ((now.at - before.at) / 1000);
    this.#figure('messages').textContent = figure.format(rate < 10 ? Math.round(rate * 10) / 10 : Math.round(rate));
    this.#draw(rate);
  }

  /** The curve of the last minute, as high as its highest point. */
  #draw(rate) {
    if (this.#rates.push(rate) > SAMPLES_MAX) this.#rates.shift();
    const highest = Math.max(1, ...this.#rates);
    const first = SAMPLES_MAX - this.#rates.length;
    const points = this.#rates.map((rate, index) => `${first + index},${(15 - 14 * rate / highest).toFixed(1)}`);
    this.#root.querySelector('polyline').setAttribute('points', points.join(' '));
  }

  get #absence() { return this.#root.querySelector('.absence'); }

  #figure(name) { return this.#root.querySelector(`[data-figure="${name}"]`); }
}
