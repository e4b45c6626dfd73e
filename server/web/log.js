const LOG_ENTRIES_MAX = 500;

/** A list that keeps its newest entries, shows its end unless somebody reads elsewhere, and is drawn once per frame. */
class Scroll {
  #list; #latest; #waiting = []; #pinned = true;

  constructor(list, latest) {
    this.#list = list;
    this.#latest = latest;
    latest.onclick = () => { this.#toEnd(); list.focus(); };
    list.onscroll = () => {
      this.#pinned = list.scrollHeight - list.scrollTop - list.clientHeight < 48;
      if (this.#pinned) latest.hidden = true;
    };
    new ResizeObserver(() => { if (this.#pinned) this.#toEnd(); }).observe(list);
  }

  /** Who has written an entry wants to see it. */
  add(node, mine) {
    if (mine) this.#pinned = true;
    if (this.#waiting.push(node) === 1) requestAnimationFrame(() => this.#draw());
    // A page in the background draws no frames; what it keeps meanwhile is bounded too.
    else if (this.#waiting.length > LOG_ENTRIES_MAX) this.#waiting.shift();
  }

  #draw() {
    this.#list.append(...this.#waiting.splice(0));
    while (this.#list.childElementCount > LOG_ENTRIES_MAX) this.#list.firstElementChild.remove();
    // An entry whose head scrolled out of the bound speaks for itself again.
    this.#list.firstElementChild.classList.remove('same');
    if (this.#pinned) this.#toEnd();
    this.#latest.hidden = this.#pinned;
  }

  #toEnd() { this.#list.scrollTop = this.#list.scrollHeight; }
}

/** What was said and what happened. */
class Log {
  #scroll; #last = null;

  constructor(scroll) { this.#scroll = scroll; }

  note({ sender, verb, room, error, mine }) {
    const node = element('p', error ? 'note error' : 'note');
    if (mine) node.append('You ');
    else if (sender) node.append(author(sender), ' ');
    node.append(error ?? verb);
    if (room !== undefined) node.append(error ? ' · ' : ' ', roomName(room));
    if (mine && verb === 'arrived') node.append(' as ', author(sender));
    this.#last = null;
    this.#scroll.add(node, false);
  }

  said({ sender, room, content, timestamp }, mine) {
    const group = JSON.stringify([sender, room]);
    const at = new Date(timestamp * 1000);
    const time = element('time', '', clock.format(at));
    time.dateTime = at.toISOString();
    const text = element('p', 'text', typeof content === 'string' ? content : JSON.stringify(content));
    text.dir = 'auto';
    const head = element('p', 'head', author(sender), room === undefined ? element('span', '', 'to everyone') : roomName(room), time);
    const node = element('article', 'said', shield(sender), head, text);
    node.classList.toggle('mine', mine);
    node.classList.toggle('same', group === this.#last);
    this.#last = group;
    this.#scroll.add(node, mine);
  }
}
