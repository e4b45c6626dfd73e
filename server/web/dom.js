function element(tag, className, ...children) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  node.append(...children);
  return node;
}

const shortId = (id) => id.slice(-6);
const clock = new Intl.DateTimeFormat(undefined, { timeStyle: 'short' });
const figure = new Intl.NumberFormat(undefined, { notation: 'compact', maximumFractionDigits: 1 });

/** Two hues and a division of the shield, spread over all ids by FNV-1a with a final mix. */
function paint(node, id) {
  let hash = 0x811c9dc5;
  for (const char of id) hash = Math.imul(hash ^ char.charCodeAt(0), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  hash = (hash ^ (hash >>> 13)) >>> 0;
  const hue = hash % 360;
  node.style.setProperty('--hue-a', hue);
  node.style.setProperty('--hue-b', (hue + 70 + (hash >>> 9) % 220) % 360);
  node.style.setProperty('--turn', `${45 * ((hash >>> 18) % 4)}deg`);
  return node;
}

function shield(id) {
  const node = paint(element('span', 'shield'), id);
  node.ariaHidden = 'true';
  return node;
}

function author(id) {
  const node = paint(element('span', 'author', shortId(id)), id);
  node.title = id;
  return node;
}

/** A room's name in running text; `bdi` keeps a right-to-left name from reordering its neighbours. */
const roomName = (room) => element('bdi', '', `#${room}`);
