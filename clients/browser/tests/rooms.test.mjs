// Where the client wants to be, across connections.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { World, ending, settled } from './world.mjs';

/** Answers every question that was sent. */
function agree(socket) {
  const heard = socket.heard();
  for (const { ackId } of heard) if (ackId !== undefined) socket.says({ type: 'ack', namespace: '/', ackId });
  return heard.map(({ type, namespace, room, event }) => [type, namespace, room ?? event]);
}

test('rooms and namespaces are joined again before anything that waited is sent', async () => {
  const world = new World({ queueMessagesMax: 10 });
  const socket = world.connect();
  const club = world.client.namespace('/club');
  const joined = [world.client.join('tea'), club.join(), club.join('bar')];
  agree(socket);
  await Promise.all(joined);
  socket.ends();
  world.client.emit('first');
  world.client.emit('second');
  world.toNextTimer();
  world.client.addEventListener('connected', () => world.client.emit('third'));
  world.socket.open();
  assert.deepEqual(agree(world.socket), [
    ['join', '/', 'tea'], ['join', '/club', undefined], ['join', '/club', 'bar'],
    ['event', '/', 'first'], ['event', '/', 'second'], ['event', '/', 'third'],
  ]);
});

test('a join from before the connection is asked by it, and answers its promise', async () => {
  const world = new World();
  const before = ending(world.client.join('tea'));
  world.client.connect();
  const same = ending(world.client.join('tea'));
  assert.equal(world.socket.texts.length, 0);
  world.socket.open();
  assert.deepEqual(agree(world.socket), [['join', '/', 'tea']]);
  await settled();
  assert.deepEqual([before.times, before.error, same.times, same.error], [1, undefined, 1, undefined]);
});

test('who is refused is told, and does not ask again', async () => {
  const world = new World();
  const socket = world.connect();
  const refused = ending(world.client.join('vault'));
  socket.says({ type: 'error', namespace: '/', ackId: '1', error: 'join refused' });
  await settled();
  assert.deepEqual([refused.error.code, refused.error.message], ['refused', 'join refused']);
  socket.ends();
  world.toNextTimer();
  world.socket.open();
  assert.deepEqual(world.socket.texts, []);
});

test('a refusal after a reconnect is told as an error, and forgets the room', async () => {
  const world = new World();
  const socket = world.connect();
  world.client.join('tea').catch(() => {});
  agree(socket);
  await settled();
  socket.ends();
  world.toNextTimer();
  world.socket.open();
  const [{ ackId }] = world.socket.heard();
  world.socket.says({ type: 'error', namespace: '/', ackId, error: 'room full' });
  await settled();
  const { error } = world.told.at(-1)[1];
  assert.deepEqual([error.code, error.message, error.room, error.namespace], ['refused', 'room full', 'tea', '/']);
  world.socket.ends();
  world.toNextTimer();
  world.socket.open();
  assert.deepEqual(world.socket.texts, []);
});

test('a join that gets no answer is wanted still', async () => {
  const world = new World();
  const socket = world.connect();
  const [late, lost] = [ending(world.client.join('a', { timeoutMs: 10 })), ending(world.client.join('b'))];
  world.pass(10);
  socket.ends();
  await settled();
  assert.deepEqual([late.error.code, lost.error.code], ['timeout', 'disconnected']);
  world.toNextTimer();
  world.socket.open();
  assert.deepEqual(agree(world.socket), [['join', '/', 'a'], ['join', '/', 'b']]);
});

test('what was left is not joined again', async () => {
  const world = new World();
  const socket = world.connect();
  const club = world.client.namespace('/club');
  for (const join of [world.client.join('tea'), world.client.join('bar'), club.join(), club.join('bar'), club.join('tea')]) join.catch(() => {});
  agree(socket);
  await settled();
  const left = ending(world.client.leave('tea'));
  assert.deepEqual(agree(socket), [['leave', '/', 'tea']]);
  await settled();
  assert.equal(left.times, 1);
  socket.ends();
  await club.leave();
  world.toNextTimer();
  world.socket.open();
  assert.deepEqual(agree(world.socket), [['join', '/', 'bar']]);
});

test('a room that is left before there was a connection is never asked for', async () => {
  const world = new World();
  world.client.connect();
  const joined = ending(world.client.join('tea'));
  await world.client.leave('tea');
  await settled();
  assert.equal(joined.error.code, 'left');
  world.socket.open();
  assert.deepEqual(world.socket.texts, []);
  assert.equal(world.timers, 1);
});

test('rooms stay wanted across disconnect and connect', async () => {
  const world = new World();
  const socket = world.connect();
  const joined = world.client.join('tea');
  agree(socket);
  await joined;
  world.client.disconnect();
  world.connect();
  assert.deepEqual(agree(world.socket), [['join', '/', 'tea']]);
});

test('a room whose name looks like another key is another room', async () => {
  const world = new World();
  const socket = world.connect();
  world.client.namespace('/a').join('b","c').catch(() => {});
  world.client.namespace('/a","b').join('c').catch(() => {});
  assert.equal(agree(socket).length, 2);
});

test('as many rooms are wanted as allowed, and no more', async () => {
  const world = new World();
  const socket = world.connect();
  for (let index = 0; index < 1024; index += 1) world.client.join(`room ${index}`).catch(() => {});
  await assert.rejects(world.client.join('one more'), { name: 'LimitError', code: 'wishes-full' });
  assert.equal(agree(socket).length, 1024);
  await settled();
  socket.ends();
  world.toNextTimer();
  world.socket.open();
  assert.equal(agree(world.socket).length, 1024);
});
