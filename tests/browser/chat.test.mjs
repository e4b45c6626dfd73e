// The demo page in a real browser, against a running server: FANFARE_URL names it, CHROMIUM the
// browser, SCREENSHOT_DIR where pictures go. What is asserted is what a visitor can see.

import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { chromium } from 'playwright-core';
import { Gate } from './gate.mjs';
import { Visitor } from './visitor.mjs';

const SERVER = process.env.FANFARE_URL;
assert.ok(SERVER, 'FANFARE_URL is not set: give the address of a running server, like http://127.0.0.1:8080');
/** The same server over TLS, with a certificate that nobody has signed; empty for none. */
const TLS_SERVER = process.env.FANFARE_TLS_URL;
const PICTURES = process.env.SCREENSHOT_DIR ?? tmpdir();
const LOG_ENTRIES_MAX = 500;

let browser, context, visitors;

before(async () => {
  mkdirSync(PICTURES, { recursive: true });
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--no-proxy-server',
      '--disable-background-networking', '--disable-component-update', '--disable-sync',
    ],
  });
});

after(() => browser?.close());

beforeEach(async () => {
  context = await browser.newContext({ ignoreHTTPSErrors: true });
  visitors = [];
});

/** After every test: nothing was fetched from elsewhere, and the console stayed silent. */
afterEach(async () => {
  await context.close();
  for (const { url, fetched, complaints } of visitors) {
    const strangers = fetched.filter((address) => new URL(address).host !== new URL(url).host);
    assert.deepEqual(strangers, [], 'the page asked another host');
    assert.deepEqual(complaints, [], 'the console has errors or warnings');
  }
});

async function visit(url = SERVER) {
  const visitor = await Visitor.to(url, context);
  visitor.url = url;
  visitors.push(visitor);
  return visitor;
}

/**
 * Shows that `client` was not sent `text`, which `author` sent before now: a server keeps one
 * publisher's order, so once something later has arrived, the earlier is not on its way.
 */
async function neverHears(client, text, author) {
  const later = `after: ${text}`;
  await author.say(later);
  await client.hears(later);
  assert.equal(await client.heard(text), 0, `heard, though it was not meant to: ${text}`);
}

test('both clients of a page connect, each under its own id', async () => {
  const { a, b } = await visit();
  await a.isIn('Connected');
  await b.isIn('Connected');
  const ids = [await a.id(), await b.id()];
  for (const id of ids) assert.match(id, /^[0-9a-f]{28}$/);
  assert.notEqual(ids[0], ids[1]);
});

test('over TLS the page talks to its own server by wss', { skip: !TLS_SERVER }, async () => {
  const { a, b, fetched } = await visit(TLS_SERVER);
  await a.isIn('Connected');
  await b.id();
  await a.say('hello over TLS');
  await b.hears('hello over TLS');
  assert.ok(fetched.some((address) => address.startsWith('wss://')), 'the socket is encrypted');
});

test('what one tab says, the other tab hears with the sender', async () => {
  const here = await visit();
  const there = await visit();
  const id = await here.a.id();
  await there.a.id();
  await here.a.say('hello from the first tab');
  const everyone = { sender: id, target: 'to everyone' };
  assert.deepEqual(await there.a.hears('hello from the first tab'), { ...everyone, mine: false });
  assert.deepEqual(await there.b.hears('hello from the first tab'), { ...everyone, mine: false });
  assert.deepEqual(await here.a.hears('hello from the first tab'), { ...everyone, mine: true });
});

test('two clients on one page talk to each other', async () => {
  const { a, b } = await visit();
  await b.id();
  await a.say('ping across the page');
  assert.equal((await b.hears('ping across the page')).sender, await a.id());
  await b.say('pong across the page');
  assert.equal((await a.hears('pong across the page')).sender, await b.id());
});

test('a room is heard by its members and by nobody else', async () => {
  const here = await visit();
  const there = await visit();
  await there.b.id();
  await here.a.join('brass');
  await there.a.join('brass');
  await here.a.joined('brass', 2);
  await there.a.joined('brass', 2);
  await here.a.notes(`${(await there.a.id()).slice(-6)} joined #brass`);

  await here.a.say('for the brass only', '#brass');
  assert.deepEqual(await there.a.hears('for the brass only'), { sender: await here.a.id(), target: '#brass', mine: false });
  assert.equal((await here.a.hears('for the brass only')).mine, true);
  await neverHears(there.b, 'for the brass only', here.a);
  await neverHears(here.b, 'for the brass only', here.a);
});

test('who leaves a room hears no more of it, and the count follows', async () => {
  const { a, b } = await visit();
  await a.join('strings');
  await b.join('strings');
  await a.joined('strings', 2);
  await b.leave('strings');
  await b.hasLeft('strings');
  await a.joined('strings', 1);
  await a.notes(`${(await b.id()).slice(-6)} left #strings`);
  await a.say('is anybody left', '#strings');
  await a.hears('is anybody left');
  await neverHears(b, 'is anybody left', a);
});

test('counts and members follow those who come and go', async () => {
  const here = await visit();
  await here.a.counts('Everyone', 2);
  const there = await visit();
  await here.a.counts('Everyone', 4);
  const everyone = await Promise.all([here.a, here.b, there.a, there.b].map((client) => client.id()));
  assert.deepEqual((await here.a.members()).sort(), everyone.sort());
  const departed = await there.b.id();
  await there.page.close();
  await here.a.notes(`${departed.slice(-6)} departed`);
  await here.a.counts('Everyone', 2);
});

test('what a peer sends is shown as text, never as markup', async () => {
  const { a, b, page } = await visit();
  await b.id();
  const hostile = '<img src="/nowhere" onerror="document.title=\'taken\'"><b>bold</b>';
  await a.say(hostile);
  await b.hears(hostile);
  assert.equal(await page.locator('.log img, .log b').count(), 0);
  await a.join('<b>room</b>');
  await a.joined('<b>room</b>', 1);
  assert.equal(await page.locator('.rooms b, .members b, .log b').count(), 0);
  assert.equal(await page.title(), 'fanfare · chat');
});

test('a refused room is explained and not kept', async () => {
  const { a } = await visit();
  await a.id();
  // 100 characters, so the input takes them; 200 bytes, so the server does not.
  const name = 'é'.repeat(100);
  await a.join(name);
  await a.pane.locator('.note.error').waitFor();
  await a.hasLeft(name);
});

test('the log is bounded and keeps the newest', async () => {
  const { a, page } = await visit();
  await a.id();
  // The next message is sent when the last has come back, so no queue on the way overflows.
  await page.evaluate((count) => new Promise((done) => {
    const socket = new WebSocket('/ws/chat');
    let sent = 0;
    const next = () => (sent < count ? socket.send(JSON.stringify({ type: 'chat', content: `line ${(sent += 1)}` })) : done());
    socket.onopen = next;
    socket.onmessage = ({ data }) => { if (JSON.parse(data).content === `line ${sent}`) next(); };
  }), LOG_ENTRIES_MAX + 20);
  await a.hears(`line ${LOG_ENTRIES_MAX + 20}`);
  assert.equal(await a.log.locator(':scope > *').count(), LOG_ENTRIES_MAX);
  assert.equal(await a.heard('line 1'), 0);
  const gapPx = await a.log.evaluate((log) => log.scrollHeight - log.scrollTop - log.clientHeight);
  assert.ok(gapPx < 2, `the log does not show its end: ${gapPx} px below`);
});

test('a client that disconnects stays away until it is asked back', async () => {
  const { a, b } = await visit();
  const first = await a.id();
  await a.press('Disconnect');
  await a.isIn('Offline');
  await b.counts('Everyone', 1);
  await a.press('Connect');
  await a.isIn('Connected');
  assert.notEqual(await a.id(), first);
});

test('when the server comes back, so do the clients and their rooms', async () => {
  const gate = await Gate.before(SERVER);
  try {
    const visitor = await visit(gate.url);
    const { a, b } = visitor;
    await a.join('woodwind');
    await b.join('woodwind');
    await a.joined('woodwind', 2);
    const before = await a.id();

    gate.shut();
    await a.notes('Connection lost');
    await a.isIn('Reconnecting');
    await b.notes('Connection lost');
    gate.reopen();

    await a.isIn('Connected');
    await a.joined('woodwind', 2);
    await b.joined('woodwind', 2);
    assert.notEqual(await a.id(), before);
    await a.say('back again', '#woodwind');
    assert.equal((await b.hears('back again')).target, '#woodwind');
    // The browser itself reports each attempt that found the door shut; the page cannot hush it.
    visitor.complaints = visitor.complaints.filter((complaint) => !complaint.startsWith('WebSocket connection to'));
  } finally {
    gate.close();
  }
});

test('the keyboard alone reaches everything', async () => {
  const { a, page } = await visit();
  await a.join('tutti');
  await a.joined('tutti', 1);
  await a.log.focus();
  const names = [];
  await page.keyboard.press('Tab');
  names.push(await page.evaluate(() => document.activeElement.ariaLabel));
  await page.keyboard.type('typed');
  await page.keyboard.press('Shift+Enter');
  await page.keyboard.type('on two lines');
  await page.keyboard.press('Enter');
  await a.hears('typed\non two lines');
  const before = ['summary', 'button', 'input', 'button', 'input'];
  await a.log.focus();
  for (const tag of before) {
    await page.keyboard.press('Shift+Tab');
    names.push(await page.evaluate(() => document.activeElement.localName));
  }
  assert.deepEqual(names, ['Message #tutti', ...before]);
  // From the radio of the room one arrow goes to everyone.
  await page.keyboard.press('ArrowUp');
  await a.pane.getByLabel('Message everyone').waitFor();
});

test('the figures follow what happens on the server', async () => {
  const here = await visit();
  // The clients of the tests before may still be leaving.
  await here.figures.says('Connections', '3');
  await here.figures.says('Rooms', '0');
  await here.a.join('brass');
  await here.figures.says('Rooms', '1');
  await here.a.say('one more message');
  await here.figures.says('Messages/s', /[1-9]/);
  await here.figures.says('Messages/s', '0');
  await visit();
  await here.figures.says('Connections', '6');
  await here.figures.says('Drops', '0');
});

test('the figures rest while nobody can see them', async () => {
  await context.clock.install();
  const { page, figures, fetched } = await visit();
  await figures.says('Connections', /[1-9]/);
  const asked = () => fetched.filter((address) => address.endsWith('/ws/stats')).length;
  const turn = (hidden) => page.evaluate((hidden) => {
    Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
  }, hidden);
  await turn(true);
  const before = asked();
  await page.clock.fastForward(60_000);
  // Whatever the page had asked meanwhile was asked before this.
  await page.evaluate(() => fetch('/ws/health'));
  assert.equal(asked(), before, 'a page that is hidden asks for nothing');
  const next = page.waitForRequest((request) => request.url().endsWith('/ws/stats'));
  await turn(false);
  await next;
});

test('the figures survive the absence of the server', async () => {
  const gate = await Gate.before(SERVER);
  try {
    const visitor = await visit(gate.url);
    await visitor.figures.says('Connections', '3');
    gate.shut();
    await visitor.figures.isAbsent(true);
    gate.reopen();
    await visitor.figures.isAbsent(false);
    await visitor.events.isIn('Connected');
    await visitor.figures.says('Connections', '3');
    const unavoidable = ['WebSocket connection to', 'Failed to load resource'];
    visitor.complaints = visitor.complaints.filter((complaint) => !unavoidable.some((start) => complaint.startsWith(start)));
  } finally {
    gate.close();
  }
});

test('an event is acknowledged, with the time it took, and heard by everyone else', async () => {
  const here = await visit();
  const there = await visit();
  await there.events.isIn('Connected');
  await here.events.emit('chat', { user: 'ann', message: 'hello' });
  const sent = await here.events.shows('sent event', 'acknowledged');
  assert.match(sent, /acknowledged in \d+(\.\d)? ms/);
  assert.match(sent, /"ackId":"page#1"/);
  assert.match(await here.events.shows('received ack', 'page#1'), /\{"status":"ok"\}/);
  await there.events.shows('received event', '{"user":"ann","message":"hello"}');
  // Without the wish for an answer nothing is waited for.
  await here.events.emit('typing', ['ann'], { ack: false });
  await there.events.shows('received event', 'typing');
  assert.doesNotMatch(await here.events.shows('sent event', 'typing'), /ack/);
});

test('a room of events is joined, heard and left', async () => {
  const here = await visit();
  const there = await visit();
  for (const { events } of [here, there]) {
    await events.go('Join', '/', 'reeds');
    await events.shows('sent join', 'acknowledged');
  }
  await here.events.emit('note', ['for the reeds'], { room: 'reeds' });
  await there.events.shows('received event', 'for the reeds');
  await there.events.go('Leave', '/', 'reeds');
  await there.events.shows('sent leave', 'acknowledged');
  await here.events.emit('note', ['for who is left'], { room: 'reeds' });
  await here.events.emit('note', ['for all']);
  await there.events.shows('received event', 'for all');
  assert.equal(await there.events.frames('received event').filter({ hasText: 'for who is left' }).count(), 0);
});

test('what the server refuses is shown with its reason', async () => {
  const { events } = await visit();
  await events.isIn('Connected');
  await events.go('Join', '/private');
  await events.shows('received error', 'join refused');
  assert.match(await events.shows('sent join', '/private'), /refused in \d/);
  await events.emit('chat', {}, { namespace: '/private' });
  await events.shows('received error', 'namespace not joined');
  assert.match(await events.shows('sent event', '/private'), /refused in \d/);
});

test('data that is no JSON is not sent, and the reason is told', async () => {
  const { events } = await visit();
  await events.isIn('Connected');
  await events.emit('chat', 'hello');
  assert.match(await events.pane.getByLabel('Data').evaluate((data) => data.validationMessage), /not JSON/);
  assert.equal(await events.frames('sent event').count(), 0);
  await events.emit('chat', { user: 'ann', message: 'hello' });
  await events.shows('sent event', 'acknowledged');
});

test('events reach nobody as markup', async () => {
  const { events, page } = await visit();
  const other = await visit();
  await other.events.isIn('Connected');
  await events.emit('<b>event</b>', ['<img src="/nowhere">']);
  await other.events.shows('received event', '<img src=');
  for (const tab of [page, other.page]) assert.equal(await tab.locator('.events .log :is(img, b)').count(), 0);
});

for (const { width, height } of [{ width: 360, height: 740 }, { width: 1280, height: 800 }]) {
  for (const colorScheme of ['light', 'dark']) {
    test(`the page fits ${width} × ${height}, ${colorScheme}`, async () => {
      const visitor = await visit();
      const guest = await visit();
      const { a, b, page } = visitor;
      await guest.a.id();
      await page.setViewportSize({ width, height });
      await page.emulateMedia({ colorScheme });
      const show = async (name) => {
        const tab = page.getByRole('navigation').getByRole('button', { name });
        if (await tab.isVisible()) await tab.click();
      };
      await a.say('Is this thing on?');
      await show('B');
      await b.hears('Is this thing on?');
      await b.say('Loud and clear.');
      await guest.a.hears('Loud and clear.');
      await guest.a.say('One hub, and every tab has its own socket.');
      await b.hears('One hub, and every tab has its own socket.');
      await b.join('brass');
      await b.joined('brass', 1);
      await show('A');
      await a.join('brass');
      await a.joined('brass', 2);
      await a.say('Only the brass section hears this: we come in at bar 12, please count the rests.', '#brass');
      await a.hears('Only the brass section hears this: we come in at bar 12, please count the rests.');
      await show('Events');
      await guest.events.go('Join', '/', 'winds');
      await guest.events.shows('received ack', 'ack');
      await page.bringToFront();
      await visitor.events.go('Join', '/', 'winds');
      await visitor.events.shows('sent join', 'acknowledged');
      await guest.events.emit('tempo', { bpm: 96 }, { room: 'winds' });
      await visitor.events.shows('received event', 'tempo');
      await visitor.events.go('Join', '/private');
      await visitor.events.shows('received error', 'join refused');
      await visitor.events.emit('chat', { user: 'page', message: 'Hello, hub' });
      await visitor.events.shows('sent event', 'acknowledged');
      const overflowPx = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(overflowPx <= 0, `the page is ${overflowPx} px too wide`);
      for (const { pane } of [a, b]) assert.equal(await pane.isVisible(), width > 360, 'panes stand side by side where there is room');
      await page.screenshot({ path: join(PICTURES, `events-${width}x${height}-${colorScheme}.png`) });
      await show('A');
      await page.screenshot({ path: join(PICTURES, `chat-${width}x${height}-${colorScheme}.png`) });
    });
  }
}
