/** A button that brings a pane forward where one covers the others. */
function tab(title) {
  const node = element('button', '', element('span', '', title), element('span', 'unread'));
  node.type = 'button';
  node.onclick = () => { for (const [other, pane] of panes) pane.bringForward(other === node); };
  document.querySelector('.switch').append(node);
  return node;
}

/** Every pane by its tab, in the order on the page. */
const panes = new Map();
const events = document.querySelector('.events');
for (const title of ['Client A', 'Client B']) {
  const button = tab(title);
  const pane = new Pane(title, button);
  events.before(pane.root);
  panes.set(button, pane);
}
const button = tab('Events');
panes.set(button, new Events(events, button));
panes.keys().next().value.click();
new Stats(document.querySelector('.stats'));
