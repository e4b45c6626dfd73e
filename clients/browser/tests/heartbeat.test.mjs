// How a dead connection is noticed, and why a tab that slept does not take its own sleep for death.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { World } from './world.mjs';

const TIMES = { pingIntervalMs: 25_000, pongTimeMaxMs: 20_000 };

test('pings go at their interval, and a pong is enough', () => {
  const world = new World(TIMES);
  const socket = world.connect();
  for (let round = 0; round < 10; round += 1) {
    world.pass(24_999);
    assert.deepEqual(socket.texts, []);
    world.pass(1);
    assert.deepEqual(socket.texts.splice(0), ['{"type":"ping"}']);
    socket.says({ type: 'pong', namespace: '/' });
  }
  assert.ok(world.client.connected);
  assert.equal(world.timers, 1);
});

test('any message is as good as a pong', () => {
  const world = new World(TIMES);
  const socket = world.connect();
  for (let round = 0; round < 10; round += 1) {
    world.pass(25_000 + 19_999);
    socket.says({ type: 'event', event: 'news' });
  }
  assert.ok(world.client.connected);
});

test('silence after a ping ends the connection, and it comes back', () => {
  const world = new World(TIMES);
  const socket = world.connect();
  world.pass(25_000 + 19_999);
  assert.ok(world.client.connected);
  world.pass(1);
  assert.equal(world.client.state, 'waiting');
  assert.equal(socket.closedWith, 1000);
  const [, end] = world.told.find(([kind]) => kind === 'disconnected');
  assert.deepEqual(end, { code: 1006, reason: 'no answer to a ping', graceful: false, willReconnect: true });
  // What the old socket still says concerns nobody.
  socket.says({ type: 'event', event: 'late' });
  socket.ends(1000);
  world.toNextTimer();
  world.socket.open();
  assert.ok(world.client.connected);
});

test('a tab that was held back asks once more before it judges', () => {
  const world = new World(TIMES);
  const socket = world.connect();
  world.pass(25_000);
  world.sleep(600_000);
  assert.ok(world.client.connected);
  assert.equal(socket.heard().length, 2);
  socket.says({ type: 'pong' });
  world.pass(44_999);
  assert.ok(world.client.connected);
  world.pass(1);
  assert.equal(world.client.state, 'waiting');
});

test('who is held back always still notices the second time', () => {
  const world = new World(TIMES);
  world.connect();
  world.sleep(60_000);
  assert.ok(world.client.connected);
  world.sleep(60_000);
  assert.ok(world.client.connected);
  world.sleep(60_000);
  assert.equal(world.client.state, 'waiting');
});

test('throttled timers alone kill nothing that answers', () => {
  const world = new World(TIMES);
  const socket = world.connect();
  for (let minute = 0; minute < 60; minute += 1) {
    world.sleep(60_000);
    // Messages are not held back as timers are.
    if (socket.heard().length > 0) socket.says({ type: 'pong' });
  }
  assert.ok(world.client.connected);
});

test('a peer that is still taking what is ahead of the ping is alive', () => {
  const world = new World(TIMES);
  const socket = world.connect();
  socket.bufferedAmount = 900_000;
  world.pass(25_000);
  for (const left of [600_000, 300_000, 0]) {
    socket.bufferedAmount = left;
    world.pass(20_000);
    assert.ok(world.client.connected, `${left} bytes left`);
  }
  world.pass(20_000);
  assert.equal(world.client.state, 'waiting');
});

test('without an interval no ping goes', () => {
  const world = new World({ pingIntervalMs: 0 });
  const socket = world.connect();
  world.pass(3_600_000);
  assert.deepEqual(socket.texts, []);
  assert.equal(world.timers, 0);
});

test('news of the network or the tab are a reason to ask at once', () => {
  for (const kind of ['online', 'offline', 'visibilitychange']) {
    const world = new World(TIMES);
    const socket = world.connect();
    world.news.dispatchEvent(new Event(kind));
    world.pass(10_000);
    // Again, while the first is unanswered: that must not put off the verdict.
    world.news.dispatchEvent(new Event(kind));
    assert.deepEqual(socket.heard(), [{ type: 'ping' }]);
    world.pass(10_000);
    assert.equal(world.client.state, 'waiting');
  }
});

test('a stopped client has no timers and hears no news', () => {
  for (const end of ['disconnect', 'close']) {
    const world = new World(TIMES);
    const socket = world.connect();
    world.client[end]();
    world.network(false);
    world.network(true);
    assert.equal(world.timers, 0);
    assert.deepEqual(socket.texts, []);
    assert.equal(world.sockets.length, 1);
  }
});
