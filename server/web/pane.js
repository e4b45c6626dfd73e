const SHIELDS_MAX = 6;

/** One client of the chat, as a part of the page. */
class Pane {
  #root; #tab; #client; #log; #standing;
  #id = null;
  /** Chips and members by room; `undefined` is everyone. */
  #chips = new Map();
  #members = new Map();
  #target = undefined;
  #unread = 0;

  constructor(title, tab) {
    this.#root = document.getElementById('pane').content.cloneNode(true).firstElementChild;
    this.#root.ariaLabel = title;
    this.#find('h2').textContent = title;
    this.#tab = tab;
    this.#standing = new Standing(this.#root, tab);
    this.#log = new Log(new Scroll(this.#find('.log'), this.#find('.latest')));
    this.showRoom(undefined, true);
    this.#aim(undefined);
    this.#client = new Conversation(socketUrl('/ws/chat'), this);
    this.#listen();
    this.#client.connect();
  }

  get root() { return this.#root; }

  /** On a narrow screen one pane covers the other. */
  bringForward(forward) {
    this.#root.classList.toggle('behind', !forward);
    this.#tab.ariaPressed = String(forward);
    if (forward) this.#countUnread(0);
  }

  showState(state) { this.#standing.show(state); }

  introduce(id) {
    this.#id = id;
    const me = this.#find('.me');
    me.textContent = id === null ? 'no id yet' : shortId(id);
    me.title = id ?? '';
    const arms = this.#find('.who .shield');
    arms.classList.toggle('nobody', id === null);
    if (id !== null) paint(arms, id);
    else this.#members.clear();
    for (const room of this.#chips.keys()) this.#showCount(room);
  }

  showRoom(room, joined) {
    const chip = this.#chips.get(room) ?? this.#addChip(room);
    chip.classList.toggle('pending', !joined);
  }

  dropRoom(room) {
    const chip = this.#chips.get(room);
    const hadFocus = chip.contains(document.activeElement);
    chip.remove();
    this.#chips.delete(room);
    this.#members.delete(room);
    if (this.#target === room) this.#aim(undefined);
    if (hadFocus) this.#chips.get(this.#target).querySelector('input').focus();
  }

  showMembers(room, ids, count) {
    if (!this.#chips.has(room)) return;
    this.#members.set(room, { ids, count });
    this.#showCount(room);
  }

  note(entry) {
    this.#log.note({ ...entry, mine: entry.sender !== undefined && entry.sender === this.#id });
  }

  said(message, mine) {
    this.#log.said(message, mine);
    if (NARROW.matches && this.#root.classList.contains('behind')) this.#countUnread(this.#unread + 1);
  }

  #find(selector) { return this.#root.querySelector(selector); }

  #listen() {
    const draft = this.#find('.say textarea');
    this.#find('.say').onsubmit = (event) => {
      event.preventDefault();
      if (draft.value.trim() && this.#client.say(this.#target, draft.value)) draft.value = '';
      draft.focus();
    };
    draft.onkeydown = (event) => {
      if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.#find('.say').requestSubmit();
    };
    this.#find('.join').onsubmit = (event) => {
      event.preventDefault();
      const input = this.#find('.join input');
      const room = input.value.trim().replace(/^#/, '');
      if (!room) return;
      input.value = '';
      this.#client.join(room);
      this.#aim(room);
    };
    this.#find('.power').onclick = () => {
      if (this.#root.dataset.state === 'offline') this.#client.connect();
      else this.#client.disconnect();
    };
  }

  #addChip(room) {
    const radio = element('input', 'unseen');
    radio.type = 'radio';
    radio.name = `target of ${this.#root.ariaLabel}`;
    radio.onchange = () => this.#aim(room);
    const chip = element('span', 'chip',
      element('label', '', radio, room === undefined ? 'Everyone' : roomName(room), element('span', 'count')));
    if (room !== undefined) {
      const leave = element('button', '', '×');
      leave.type = 'button';
      leave.ariaLabel = leave.title = `Leave #${room}`;
      leave.onclick = () => this.#client.leave(room);
      chip.append(leave);
    }
    this.#find('.targets').append(chip);
    this.#chips.set(room, chip);
    return chip;
  }

  #aim(room) {
    this.#target = room;
    const chip = this.#chips.get(room);
    chip.querySelector('input').checked = true;
    chip.scrollIntoView({ block: 'nearest' });
    const draft = this.#find('.say textarea');
    draft.placeholder = draft.ariaLabel = `Message ${room === undefined ? 'everyone' : `#${room}`}`;
    this.#showCount(room);
  }

  #showCount(room) {
    this.#chips.get(room).querySelector('.count').textContent = this.#members.get(room)?.count ?? '';
    if (room === this.#target) this.#showCensus();
  }

  #showCensus() {
    const { ids, count } = this.#members.get(this.#target) ?? { ids: [], count: 0 };
    const place = this.#target === undefined ? 'here' : `in #${this.#target}`;
    const unknown = this.#id === null ? 'Not connected' : `Asking who is ${place}`;
    this.#find('.census').textContent = count === 0 ? unknown : `${count} ${count === 1 ? 'connection' : 'connections'} ${place}`;
    this.#find('.row').replaceChildren(...ids.slice(0, SHIELDS_MAX).map(shield));
    const items = ids.map((id) => element('li', '', shield(id), author(id), id === this.#id ? 'you' : ''));
    if (count > ids.length) items.push(element('li', '', `and ${count - ids.length} more`));
    this.#find('ul').replaceChildren(...items);
  }

  #countUnread(count) {
    this.#unread = count;
    this.#tab.querySelector('.unread').textContent = count === 0 ? '' : Math.min(count, 99);
  }
}
