/** Where one pane covers the other; the same width as in the style sheet. */
const NARROW = matchMedia('(max-width: 44rem)');

/** How a pane's connection stands: in words, as a colour, and by what can be pressed. */
class Standing {
  #root; #tab; #countdown;

  constructor(root, tab) {
    this.#root = root;
    this.#tab = tab;
  }

  show(state) {
    const words = { offline: 'Offline', connecting: 'Connecting', open: 'Connected', waiting: navigator.onLine ? 'Reconnecting' : 'No network' };
    const find = (selector) => this.#root.querySelector(selector);
    this.#root.dataset.state = this.#tab.dataset.state = state.name;
    find('.state span').textContent = words[state.name];
    find('.power').textContent = state.name === 'offline' ? 'Connect' : 'Disconnect';
    for (const button of this.#root.querySelectorAll('.online')) button.disabled = state.name !== 'open';
    clearInterval(this.#countdown);
    const tick = () => {
      const seconds = Math.ceil((state.until - performance.now()) / 1000);
      find('.countdown').textContent = seconds > 0 ? `in ${seconds} s` : '';
    };
    tick();
    if (state.name === 'waiting') this.#countdown = setInterval(tick, 250);
  }
}
