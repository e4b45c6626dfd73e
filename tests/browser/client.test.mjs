// The browser client in a real browser against the real program: FANFARE names that, POLL the
// example `poll`, CHROMIUM the browser. What is asserted is what an application is told.

import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { launch } from './browser.mjs';
import { Gate } from './gate.mjs';
import { Program } from './program.mjs';
import { Tab } from './tab.mjs';

const BINARY = process.env.FANFARE;
assert.ok(BINARY, 'FANFARE is not set: give the path of the program');
const POLL = process.env.POLL;

let browser, server, gate, context, tabs;

before(async () => { browser = await launch(); });

after(() => browser?.close());

beforeEach(async () => {
  server = await Program.server(BINARY);
  gate = await Gate.before(server.url);
  context = await browser.newContext();
  tabs = [];
});

afterEach(async () => {
  await context.close();
  gate.close();
  await server.stop();
  for (const { complaints } of tabs) assert.deepEqual(complaints, [], 'a page has thrown');
});

async function tab(options, url = gate.url) {
  const opened = await Tab.at(url, context);
  tabs.push(opened);
  await opened.open(options);
  return opened;
}

/** Asks the lobby something, and says how it ended. */
const chat = (room) => ending(client.emitWithAck('chat', { user: 'ann', message: 'hi' }, { room }));

test('an event goes to everyone else, and is acknowledged', async () => {
  const [here, there] = [await tab(), await tab()];
  assert.deepEqual(await here.run(chat), { value: { status: 'ok' } });
  assert.deepEqual(await there.sees('event chat'), { data: { user: 'ann', message: 'hi' }, room: undefined });
  assert.ok(!(await here.kinds()).includes('event chat'));
});

test('a room is heard by who joined it, until they leave', async () => {
  const [here, there] = [await tab(), await tab()];
  await there.run(() => client.join('tea'));
  await here.run(chat, 'tea');
  assert.equal((await there.sees('event chat')).room, 'tea');
  await there.run(() => client.leave('tea'));
  await there.marks();
  await here.run(chat, 'tea');
  await here.run(() => client.emit('news', 'later'));
  await there.sees('event news');
  assert.deepEqual(await there.kinds(), ['event news']);
});

test('what the server refuses is a typed error', async () => {
  const here = await tab();
  assert.deepEqual(await here.run(() => ending(client.join(undefined, { namespace: '/nowhere' }))),
    { name: 'RefusedError', code: 'refused', message: 'join refused' });
  assert.deepEqual(await here.run(() => ending(client.emitWithAck('chat', 1, { namespace: '/nowhere' }))),
    { name: 'RefusedError', code: 'refused', message: 'namespace not joined' });
  await here.run(() => client.emit('chat', 'no chat', { namespace: '/nowhere' }));
  assert.deepEqual(await here.sees('error'), { code: 'refused', message: 'namespace not joined' });
  // The lobby's own complaint is an event called `error`, and no error of the client.
  await here.run(() => client.emit('chat', 'no chat'));
  assert.deepEqual((await here.sees('event error')).data, { error: 'invalid payload' });
});

test('a page that is reloaded begins anew', async () => {
  const [here, there] = [await tab(), await tab()];
  await here.run(() => client.join('tea'));
  await here.reload();
  await here.open();
  await here.marks();
  await there.run(chat, 'tea');
  assert.deepEqual(await there.run(chat), { value: { status: 'ok' } });
  assert.equal((await here.sees('event chat')).room, undefined);
  assert.deepEqual(await here.kinds(), ['event chat']);
  assert.deepEqual(await here.run(chat), { value: { status: 'ok' } });
});

test('offline it waits without trying, and is back as soon as there is a network', async () => {
  const here = await tab({ reconnectDelayBaseMs: 600_000, reconnectDelayMaxMs: 600_000, queueMessagesMax: 5 });
  const there = await tab({}, server.url);
  await here.run(() => client.join('tea'));
  await here.marks();
  await context.setOffline(true);
  gate.shut();
  assert.equal((await here.sees('disconnected')).willReconnect, true);
  assert.equal((await here.sees('reconnecting')).delayMs, Infinity);
  gate.reopen();
  const { visitors } = gate;
  const waiting = here.run(chat, 'tea');
  assert.equal(await here.run(() => client.queued), 1);
  assert.equal(gate.visitors, visitors);
  await context.setOffline(false);
  await here.sees('connected');
  assert.deepEqual(await waiting, { value: { status: 'ok' } });
  assert.equal((await there.run(() => ending(client.join('tea')))).code, undefined);
  await here.marks();
  await there.run(chat, 'tea');
  assert.equal((await here.sees('event chat')).room, 'tea');
});

test('when the server restarts, the client is back in its rooms, and acks work', async () => {
  const quick = { reconnectDelayBaseMs: 50, reconnectDelayMaxMs: 200 };
  const [here, there] = [await tab(quick, server.url), await tab(quick, server.url)];
  for (const one of [here, there]) {
    await one.run(() => client.join('tea'));
    await one.marks();
  }
  await server.stop();
  assert.deepEqual(await here.sees('disconnected'), { code: 1001, reason: 'server is stopping', graceful: true, willReconnect: true });
  assert.equal((await here.run(chat)).code, 'offline');
  await server.start();
  await Promise.all([here.sees('connected'), there.sees('connected')]);
  assert.deepEqual(await here.run(chat, 'tea'), { value: { status: 'ok' } });
  assert.equal((await there.sees('event chat')).room, 'tea');
});

test('from a server that is killed it comes back all the same', async () => {
  const here = await tab({ reconnectDelayBaseMs: 50, reconnectDelayMaxMs: 200 }, server.url);
  await server.stop('SIGKILL');
  assert.deepEqual(await here.sees('disconnected'), { code: 1006, reason: '', graceful: false, willReconnect: true });
  await server.start();
  await here.marks();
  await here.run(() => client.ready());
  assert.deepEqual(await here.run(chat), { value: { status: 'ok' } });
});

test('where nobody listens any more, it gives up when it was told to', async () => {
  const here = await tab({ reconnectDelayBaseMs: 20, reconnectDelayMaxMs: 50, reconnectAttemptsMax: 3, stableTimeMs: 0 });
  gate.close();
  assert.equal((await here.sees('error')).code, 'gave-up');
  assert.equal(await here.run(() => client.state), 'stopped');
  const kinds = await here.kinds();
  assert.equal(kinds.filter((kind) => kind === 'reconnecting').length, 3);
  assert.equal(kinds.filter((kind) => kind === 'disconnected').length, 1);
});

test('a connection that has gone silent is noticed, and a question on it ends', async () => {
  const here = await tab({ pingIntervalMs: 100, pongTimeMaxMs: 300, reconnectDelayBaseMs: 50 });
  await here.marks();
  gate.hush();
  const asked = here.run(() => ending(client.emitWithAck('chat', { user: 'ann', message: 'hi' }, { timeoutMs: 60_000 })));
  assert.equal((await here.sees('disconnected')).reason, 'no answer to a ping');
  assert.equal((await asked).code, 'disconnected');
  await here.sees('connected');
  assert.deepEqual(await here.run(chat), { value: { status: 'ok' } });
});

test('an idle connection lives on its pings', async () => {
  const here = await tab({ pingIntervalMs: 50, pongTimeMaxMs: 2_000 });
  const pongs = await here.run(() => new Promise((resolve) => {
    let sent = 0;
    const send = WebSocket.prototype.send;
    WebSocket.prototype.send = function count(text) {
      sent += JSON.parse(text).type === 'ping';
      if (sent === 5) resolve(client.state);
      return send.call(this, text);
    };
  }));
  assert.equal(pongs, 'connected');
});

test('a client that is closed leaves the server', async () => {
  const here = await tab();
  const active = async () => (await (await fetch(`${server.url}/ws/stats`)).json()).data.active_connections;
  const connections = await active();
  await here.run(() => client.close());
  assert.deepEqual(await here.sees('disconnected'), { code: 1000, reason: '', graceful: true, willReconnect: false });
  while ((await active()) >= connections) await new Promise(setImmediate);
  assert.equal(await here.run(() => client.state), 'closed');
});

test('what the server asks, a handler answers', { skip: !POLL && 'POLL is not set' }, async () => {
  const poll = await Program.example(POLL);
  try {
    const visit = async () => {
      const page = await context.newPage();
      await page.goto(poll.url);
      await page.getByRole('status').filter({ hasText: 'connected' }).waitFor();
      return page;
    };
    const [asker, yes, no] = [await visit(), await visit(), await visit()];
    await asker.bringToFront();
    await asker.getByLabel('Ask everyone else').fill('Tea?');
    await asker.getByRole('button', { name: 'Ask' }).click();
    for (const [page, opinion] of [[yes, 'Yes'], [no, 'No']]) {
      await page.bringToFront();
      await page.getByRole('region', { name: 'Questions to you' }).getByRole('button', { name: opinion }).click();
    }
    for (const page of [asker, yes, no]) {
      await page.bringToFront();
      await page.getByText('Tea? 1 yes, 1 no, 0 silent').waitFor();
    }
    await asker.getByRole('status').filter({ hasText: 'they do not agree' }).waitFor();
  } finally {
    await poll.stop();
  }
});
