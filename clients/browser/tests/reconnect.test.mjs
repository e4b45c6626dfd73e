// When the client comes back, when it does not, and what it tells meanwhile.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client, connect } from '../fanfare.js';
import { World, ending, settled } from './world.mjs';

test('delays double up to the cap, and are anything up to that', () => {
  const world = new World();
  world.client.connect();
  const ceilings = [250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000];
  for (const chance of [0, 0.25, 1]) {
    for (const [index, ceiling] of ceilings.entries()) {
      world.chances = [chance];
      world.socket.ends();
      assert.deepEqual(world.told.at(-1), ['reconnecting', { attempt: index + 1, delayMs: chance * ceiling }]);
      assert.equal(world.dueMs(), chance * ceiling);
      world.pass(chance * ceiling);
      assert.equal(world.client.state, 'connecting');
    }
    world.client.disconnect();
    world.client.connect();
  }
});

test('connected and disconnected alternate, whatever happens between', () => {
  const world = new World();
  world.client.connect();
  for (let round = 0; round < 50; round += 1) {
    if (round % 3 === 0) world.socket.ends();
    else {
      world.socket.open();
      if (round % 3 === 1) world.socket.ends(1001);
      else world.client.disconnect();
    }
    if (world.client.state === 'stopped') world.client.connect();
    else world.toNextTimer();
  }
  const turns = world.heard().filter((kind) => kind === 'connected' || kind === 'disconnected');
  assert.equal(turns.length, 66);
  for (const [index, kind] of turns.entries()) assert.equal(kind, index % 2 === 0 ? 'connected' : 'disconnected');
});

test('a connection that lasted resets the count, one that did not is a failure', () => {
  const world = new World();
  world.connect();
  world.pass(9_999);
  world.socket.ends();
  assert.equal(world.told.at(-1)[1].attempt, 1);
  world.toNextTimer();
  world.socket.open();
  world.pass(9_999);
  world.socket.ends();
  assert.equal(world.told.at(-1)[1].attempt, 2);
  world.toNextTimer();
  world.socket.open();
  world.pass(10_000);
  world.socket.ends();
  assert.equal(world.told.at(-1)[1].attempt, 1);
});

test('after as many failures in a row as allowed it gives up, and can be asked again', async () => {
  const world = new World({ reconnectAttemptsMax: 2 });
  const ready = ending(world.client.connect().ready());
  for (let attempt = 0; attempt < 3; attempt += 1) {
    world.socket.ends();
    world.toNextTimer();
  }
  await settled();
  assert.equal(world.sockets.length, 3);
  assert.equal(world.client.state, 'stopped');
  assert.equal(world.told.at(-1)[1].error.code, 'gave-up');
  assert.equal(ready.error.code, 'gave-up');
  assert.equal(world.timers, 0);
  world.connect();
  assert.ok(world.client.connected);
});

test('codes that mean no are final, others are not', () => {
  for (const [code, willReconnect] of [[1000, false], [1001, true], [1005, true], [1006, true], [1008, false], [1009, true], [1011, true], [4000, false], [4001, false], [4999, false], [3000, true]]) {
    const world = new World();
    world.connect().ends(code, 'why');
    const [kind, detail] = world.told.find(([kind]) => kind === 'disconnected');
    assert.deepEqual([kind, detail], ['disconnected', { code, reason: 'why', graceful: code !== 1006, willReconnect }]);
    assert.equal(world.client.state, willReconnect ? 'waiting' : 'stopped', `${code}`);
    assert.equal(world.timers, willReconnect ? 1 : 0);
  }
  const world = new World({ isFinal: (code) => code === 1001 });
  world.connect().ends(4001);
  assert.equal(world.client.state, 'waiting');
});

test('a restart and an overload are given the time they ask for', () => {
  for (const code of [1012, 1013]) {
    for (const [chance, delayMs] of [[0, 5_000], [1, 30_000]]) {
      const world = new World();
      world.connect();
      world.chances = [0.5, chance];
      world.socket.ends(code);
      assert.deepEqual(world.told.at(-1), ['reconnecting', { attempt: 1, delayMs }]);
    }
  }
});

test('a server that goes away may say when to come back', () => {
  for (const [code, reason, delayMs] of [
    [1001, 'retry-after=20', 20_125], [1012, 'deploying, retry-after=7; soon', 7_125], [1013, 'retry-after=99999', 300_125],
    [1011, 'retry-after=20', 125], [1001, 'no-retry-after=20', 125], [1001, 'retry-after=1.5', 125],
  ]) {
    const world = new World();
    world.connect().ends(code, reason);
    assert.deepEqual(world.told.at(-1), ['reconnecting', { attempt: 1, delayMs }], `${code} ${reason}`);
  }
});

test('without a network it waits, and goes at once when there is one', () => {
  const world = new World();
  world.connect();
  world.online = false;
  world.socket.ends();
  assert.deepEqual(world.told.at(-1), ['reconnecting', { attempt: 1, delayMs: Infinity }]);
  world.pass(3_600_000);
  assert.equal(world.sockets.length, 1);
  world.network(true);
  assert.equal(world.sockets.length, 2);
  // The network goes while an attempt is waited for.
  world.socket.ends();
  world.network(false);
  world.pass(3_600_000);
  assert.equal(world.sockets.length, 2);
  world.network(true);
  world.socket.open();
  assert.ok(world.client.connected);
});

test('close is final, and ends a reconnect that waits', async () => {
  const world = new World();
  world.connect().ends();
  const ready = ending(world.client.ready());
  world.client.close();
  assert.equal(world.timers, 0);
  world.network(true);
  world.pass(60_000);
  await settled();
  assert.equal(world.sockets.length, 1);
  assert.equal(ready.error.code, 'closed');
  assert.equal(world.client.state, 'closed');
  assert.throws(() => world.client.connect(), { code: 'closed' });
  assert.throws(() => world.client.emit('a'), { code: 'closed' });
  await assert.rejects(world.client.ready(), { code: 'closed' });
  await assert.rejects(world.client.join('a'), { code: 'closed' });
  world.client.close();
  world.client.disconnect();
  assert.deepEqual(world.heard(), ['connecting', 'connected', 'disconnected', 'reconnecting']);
});

test('disconnect says goodbye and stops; connect begins again', () => {
  const world = new World();
  const socket = world.connect();
  world.client.disconnect();
  assert.equal(socket.closedWith, 1000);
  assert.deepEqual(world.told.at(-1), ['disconnected', { code: 1000, reason: '', graceful: true, willReconnect: false }]);
  socket.ends(1000);
  assert.equal(world.timers, 0);
  world.connect();
  assert.deepEqual(world.heard(), ['connecting', 'connected', 'disconnected', 'connecting', 'connected']);
});

test('whoever hears of an end may decide what comes of it', () => {
  for (const [decide, state] of [[(client) => client.close(), 'closed'], [(client) => client.disconnect(), 'stopped'], [(client) => client.connect(), 'connecting']]) {
    const world = new World();
    world.client.addEventListener('disconnected', () => decide(world.client), { once: true });
    world.connect().ends();
    assert.equal(world.client.state, state);
    assert.ok(!world.heard().includes('reconnecting'));
    assert.equal(world.timers, state === 'connecting' ? 1 : 0);
  }
});

test('close from within connecting leaves nothing behind', () => {
  const world = new World();
  world.client.addEventListener('connecting', () => world.client.close());
  world.client.connect();
  world.network(false);
  world.network(true);
  assert.equal(world.timers, 0);
  assert.equal(world.sockets.length, 1);
});

test('an attempt that takes too long is given up', () => {
  const world = new World({ connectTimeMaxMs: 3_000 });
  world.client.connect();
  world.pass(3_000);
  assert.equal(world.client.state, 'waiting');
  assert.equal(world.socket.closedWith, 1000);
  assert.equal(world.socket.onopen, null);
});

test('where reconnecting is off, one attempt is all', async () => {
  const world = new World({ reconnect: false });
  const ready = ending(world.client.connect().ready());
  world.socket.ends();
  await settled();
  assert.equal(world.client.state, 'stopped');
  assert.equal(ready.error.code, 'gave-up');
  world.connect().ends(1001);
  assert.equal(world.client.state, 'stopped');
  assert.equal(world.told.at(-1)[1].willReconnect, false);
});

test('ready is resolved by the first connection, and at once when there is one', async () => {
  const world = new World();
  const ready = ending(world.client.ready());
  world.client.connect();
  world.socket.ends();
  world.toNextTimer();
  await settled();
  assert.equal(ready.times, 0);
  world.socket.open();
  await settled();
  assert.equal(ready.times, 1);
  await world.client.ready();
});

test('what cannot be meant is refused when the client is made', () => {
  assert.throws(() => new Client('ftp://server.example'), TypeError);
  assert.throws(() => new Client('ws://server.example', { pingInterval: 5 }), /pingInterval/);
  assert.throws(() => new Client('ws://server.example', { pingIntervalMs: -1 }), /pingIntervalMs/);
  assert.throws(() => new Client('ws://server.example', { connectTimeMaxMs: 2 ** 31 }), /connectTimeMaxMs/);
  assert.equal(new Client('https://server.example/ws#part').url, 'wss://server.example/ws');
  assert.equal(new Client(new URL('http://server.example:81/ws')).url, 'ws://server.example:81/ws');
});

test('an address that changes holds from the next attempt on', () => {
  const urls = [];
  class WebSocket { constructor(url) { urls.push(url); } close() {} }
  const client = connect('ws://server.example/ws?token=a', { environment: { WebSocket } });
  client.disconnect();
  client.url = 'ws://server.example/ws?token=b';
  client.connect();
  client.close();
  assert.deepEqual(urls, ['ws://server.example/ws?token=a', 'ws://server.example/ws?token=b']);
});
