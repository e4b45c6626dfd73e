// What goes over the wire and back: events, questions both ways, and the bounds of both.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DisconnectedError, LimitError, RefusedError, TimeoutError } from '../fanfare.js';
import { World, ending, settled } from './world.mjs';

test('events are written with their fields in order, and nothing empty', () => {
  const world = new World();
  const socket = world.connect();
  const { client } = world;
  client.emit('ring');
  client.emit('chat', { user: 'ann' }, { room: 'tea', namespace: '/club' });
  client.namespace('/club').emit('chat', 'hi', { room: 'tea' });
  client.emitWithAck('move', [1, 2], { room: 'tea' });
  client.join('tea');
  client.namespace('/club').join();
  assert.deepEqual(socket.texts, [
    '{"type":"event","namespace":"/","event":"ring"}',
    '{"type":"event","namespace":"/club","event":"chat","data":{"user":"ann"},"room":"tea"}',
    '{"type":"event","namespace":"/club","event":"chat","data":"hi","room":"tea"}',
    '{"type":"event","namespace":"/","event":"move","data":[1,2],"ackId":"1","room":"tea"}',
    '{"type":"join","namespace":"/","ackId":"2","room":"tea"}',
    '{"type":"join","namespace":"/club","ackId":"3"}',
  ]);
});

test('names that no server takes are refused before they are sent', async () => {
  const world = new World();
  const socket = world.connect();
  const { client } = world;
  for (const name of ['', 'a\nb', '__proto__', 'constructor', 7, null]) {
    assert.throws(() => client.emit(name), TypeError);
    assert.throws(() => client.on(name, () => {}), TypeError);
    assert.throws(() => client.namespace(name), TypeError);
    assert.throws(() => client.emit('a', 1, { room: name }), TypeError);
    await assert.rejects(client.emitWithAck(name), TypeError);
    await assert.rejects(client.join(name), TypeError);
    if (name === null) continue; // none was given: it is the client's own
    await assert.rejects(client.emitWithAck('a', 1, { namespace: name }), TypeError);
    await assert.rejects(client.join('a', { namespace: name }), TypeError);
  }
  await assert.rejects(client.emitWithAck('a', 1, { timeoutMs: NaN }), /timeoutMs/);
  assert.deepEqual(socket.heard().filter(({ event }) => event !== 'a'), []);
});

test('handlers hear the events of their namespace, in order', () => {
  const world = new World();
  const socket = world.connect();
  const heard = [];
  const note = (mark) => (data, about) => { heard.push([mark, data, about]); };
  const second = note('second');
  world.client.on('chat', note('first')).on('chat', second).once('chat', note('once'));
  world.client.namespace('/club').on('chat', note('club'));
  socket.says({ type: 'event', namespace: '/', event: 'chat', data: 1, room: 'tea' });
  const about = { namespace: '/', event: 'chat', room: 'tea' };
  assert.deepEqual(heard.splice(0), [['first', 1, about], ['second', 1, about], ['once', 1, about]]);
  world.client.off('chat', second);
  socket.says({ type: 'event', event: 'chat' });
  assert.deepEqual(heard.splice(0).map(([mark, data]) => [mark, data]), [['first', undefined]]);
  socket.says({ type: 'event', namespace: '/club', event: 'chat', data: 2 });
  assert.deepEqual(heard.splice(0).map(([mark]) => mark), ['club']);
  world.client.off('chat');
  socket.says({ type: 'event', event: 'chat' });
  socket.says({ type: 'event', event: 'toString' });
  socket.says({ type: 'event', namespace: '/nowhere', event: 'chat' });
  assert.deepEqual(heard, []);
});

test('a question is answered once: by its answer, a refusal, time, or the end', async () => {
  const world = new World();
  const socket = world.connect();
  const ask = (event, options) => ending(world.client.emitWithAck(event, null, options));
  const [answered, refused, late, lost] = [ask('a'), ask('b'), ask('c', { timeoutMs: 100 }), ask('d')];
  socket.says({ type: 'ack', namespace: '/', event: 'a', data: { status: 'ok' }, ackId: '1' });
  socket.says({ type: 'ack', namespace: '/', event: 'a', data: 'again', ackId: '1' });
  socket.says({ type: 'error', namespace: '/', event: 'b', ackId: '2', error: 'unhandled event' });
  world.pass(100);
  socket.says({ type: 'ack', event: 'c', ackId: '3' });
  socket.ends();
  world.toNextTimer();
  world.socket.open();
  world.socket.says({ type: 'ack', event: 'd', ackId: '4' });
  world.pass(60_000);
  await settled();
  for (const ended of [answered, refused, late, lost]) assert.equal(ended.times, 1);
  assert.deepEqual(answered.value, { status: 'ok' });
  assert.ok(refused.error instanceof RefusedError && refused.error.message === 'unhandled event');
  assert.deepEqual([refused.error.code, refused.error.event, refused.error.namespace], ['refused', 'b', '/']);
  assert.ok(late.error instanceof TimeoutError && late.error.code === 'timeout');
  assert.ok(lost.error instanceof DisconnectedError && lost.error.code === 'disconnected');
});

test('each question ends exactly once in every order of what can happen to it', async () => {
  const happenings = {
    ack: (world, id) => world.socket.says({ type: 'ack', ackId: id }),
    error: (world, id) => world.socket.says({ type: 'error', ackId: id, error: 'no' }),
    time: (world) => world.pass(5_000),
    end: (world) => world.socket.ends(),
    disconnect: (world) => world.client.disconnect(),
    close: (world) => world.client.close(),
  };
  const names = Object.keys(happenings);
  for (const first of names) {
    for (const second of names) {
      for (const third of names) {
        const world = new World();
        world.connect();
        const ended = ending(world.client.emitWithAck('a'));
        for (const name of [first, second, third]) happenings[name](world, '1');
        await settled();
        assert.equal(ended.times, 1, `${first}, ${second}, ${third}`);
      }
    }
  }
});

test('as many questions wait as allowed, and no more', async () => {
  const world = new World();
  const socket = world.connect();
  const first = Array.from({ length: 1024 }, () => ending(world.client.emitWithAck('a')));
  await assert.rejects(world.client.emitWithAck('a'), (error) => error instanceof LimitError && error.code === 'pending-full');
  assert.equal(socket.texts.length, 1024);
  socket.says({ type: 'ack', ackId: '1' });
  const another = ending(world.client.emitWithAck('a'));
  world.pass(5_000);
  await settled();
  assert.deepEqual([first[0].value, first[1].error.code, another.error.code], [undefined, 'timeout', 'timeout']);
});

test('what a handler returns, or what it promises, answers the server', async () => {
  const world = new World();
  const socket = world.connect();
  const { client } = world;
  client.on('now', () => 1).on('now', () => 2);
  client.on('later', async () => ({ soon: true }));
  client.on('silent', () => {});
  client.on('second', () => {}).on('second', () => 'mine');
  client.on('thrown', () => { throw new Error('not my turn'); });
  client.on('rejected', () => Promise.reject('no'));
  const asked = ['now', 'later', 'silent', 'second', 'thrown', 'rejected', 'unknown'];
  for (const [index, event] of asked.entries()) socket.says({ type: 'event', namespace: '/', event, data: 0, ackId: `s${index}` });
  await settled();
  const answers = new Map(socket.texts.map((text) => [JSON.parse(text).event, text]));
  assert.equal(answers.size, asked.length);
  assert.equal(answers.get('now'), '{"type":"ack","namespace":"/","event":"now","data":1,"ackId":"s0"}');
  assert.equal(answers.get('later'), '{"type":"ack","namespace":"/","event":"later","data":{"soon":true},"ackId":"s1"}');
  assert.equal(answers.get('silent'), '{"type":"ack","namespace":"/","event":"silent","ackId":"s2"}');
  assert.equal(answers.get('second'), '{"type":"ack","namespace":"/","event":"second","data":"mine","ackId":"s3"}');
  assert.equal(answers.get('thrown'), '{"type":"error","namespace":"/","event":"thrown","ackId":"s4","error":"not my turn"}');
  assert.equal(answers.get('rejected'), '{"type":"error","namespace":"/","event":"rejected","ackId":"s5","error":"no"}');
  assert.equal(answers.get('unknown'), '{"type":"error","namespace":"/","event":"unknown","ackId":"s6","error":"unhandled event"}');
});

test('an answer that comes after the connection has ended is not sent by the next', async () => {
  const world = new World();
  const socket = world.connect();
  let answer;
  world.client.on('ask', () => new Promise((resolve) => { answer = resolve; }));
  socket.says({ type: 'event', event: 'ask', ackId: 's1' });
  socket.ends();
  world.toNextTimer();
  world.socket.open();
  answer('late');
  await settled();
  assert.deepEqual([...socket.texts, ...world.socket.texts], []);
  assert.ok(!world.heard().includes('error'));
});

test('error frames that answer nothing, and what is no message, are told', () => {
  const world = new World();
  const socket = world.connect();
  world.heard();
  socket.says({ type: 'error', namespace: '/x', error: 'namespace not joined' });
  const [[kind, { error }]] = world.told.splice(0);
  assert.equal(kind, 'error');
  assert.ok(error instanceof RefusedError);
  assert.deepEqual([error.message, error.namespace], ['namespace not joined', '/x']);
  for (const nonsense of ['', 'null', '7', '"event"', '[]', '{', '{"type":"dance"}']) {
    socket.says(nonsense);
    assert.equal(world.told.splice(0)[0][1].error.code, 'malformed');
  }
  socket.says({ type: 'error', ackId: 'gone', error: 'late' });
  socket.says({ type: 'ack' });
  socket.says({ type: 'pong', namespace: '/' });
  assert.deepEqual(world.told, []);
  assert.ok(world.client.connected);
});

test('an event called like a property of every object is an event', () => {
  const world = new World();
  const socket = world.connect();
  const heard = [];
  world.client.on('hasOwnProperty', (data) => { heard.push(data); });
  world.client.on('connected', (data) => { heard.push(data); });
  socket.says({ type: 'event', event: 'hasOwnProperty', data: 1 });
  socket.says({ type: 'event', event: 'connected', data: 'only the server says so' });
  assert.deepEqual(heard, [1, 'only the server says so']);
  assert.deepEqual(world.heard(), ['connecting', 'connected']);
});

test('without a queue nothing is taken that cannot be sent', async () => {
  const world = new World();
  const offline = { name: 'DisconnectedError', code: 'offline' };
  assert.throws(() => world.client.emit('a'), offline);
  world.client.connect();
  assert.throws(() => world.client.emit('a'), offline);
  await assert.rejects(world.client.emitWithAck('a'), offline);
  world.socket.open();
  world.client.emit('a');
  world.socket.readyState = 2; // the server's close frame is here, its event is not
  assert.throws(() => world.client.emit('a'), offline);
  world.socket.ends();
  assert.throws(() => world.client.emit('a'), offline);
  assert.equal(world.timers, 1);
});

test('a queue keeps what it was given in order, and refuses what exceeds it', async () => {
  const world = new World({ queueMessagesMax: 3, bufferedBytesMax: 1_000 });
  assert.throws(() => world.client.emit('a'), { code: 'offline' });
  world.client.connect();
  assert.throws(() => world.client.emit('big', 'é'.repeat(490)), { name: 'LimitError', code: 'queue-full' });
  world.client.emit('a');
  const b = ending(world.client.emitWithAck('b'));
  world.client.emit('c');
  assert.equal(world.client.queued, 3);
  assert.throws(() => world.client.emit('d'), { code: 'queue-full' });
  world.socket.ends();
  world.toNextTimer();
  world.socket.open();
  assert.equal(world.client.queued, 0);
  assert.deepEqual(world.socket.heard().map(({ event, ackId }) => [event, ackId]), [['a', undefined], ['b', '1'], ['c', undefined]]);
  world.socket.says({ type: 'ack', ackId: '1', data: 'yes' });
  await settled();
  assert.equal(b.value, 'yes');
});

test('a question whose time has run out in the queue is not sent after all', async () => {
  const world = new World({ queueMessagesMax: 1 });
  world.client.connect();
  const ended = ending(world.client.emitWithAck('a', 1, { timeoutMs: 50 }));
  world.pass(50);
  await settled();
  assert.equal(ended.error.code, 'timeout');
  assert.equal(world.client.queued, 0);
  world.client.emit('b');
  world.socket.open();
  assert.deepEqual(world.socket.heard().map(({ event }) => event), ['b']);
});

test('what waits is discarded by disconnect, and its questions end', async () => {
  const world = new World({ queueMessagesMax: 2 });
  world.client.connect();
  world.client.emit('a');
  const ended = ending(world.client.emitWithAck('b'));
  world.client.disconnect();
  await settled();
  assert.equal(ended.error.code, 'disconnected');
  assert.equal(world.client.queued, 0);
  assert.deepEqual(world.connect().texts, []);
});

test('more than may be buffered is refused, and nothing of it is sent', async () => {
  const world = new World({ bufferedBytesMax: 100 });
  const socket = world.connect();
  socket.bufferedAmount = 60;
  assert.throws(() => world.client.emit('a'), { name: 'LimitError', code: 'buffer-full' });
  await assert.rejects(world.client.emitWithAck('a'), { code: 'buffer-full' });
  socket.bufferedAmount = 0;
  world.client.emit('a');
  assert.equal(socket.texts.length, 1);
});

test('an answer that cannot be sent is told', async () => {
  const world = new World({ bufferedBytesMax: 200 });
  const socket = world.connect();
  world.client.on('ask', () => 'x'.repeat(200)).on('cyclic', () => { const a = {}; a.a = a; return a; });
  socket.says({ type: 'event', event: 'ask', ackId: 's1' });
  socket.says({ type: 'event', event: 'cyclic', ackId: 's2' });
  await settled();
  const errors = world.told.filter(([kind]) => kind === 'error').map(([, { error }]) => error);
  assert.deepEqual([errors[0].code, errors[1].name], ['buffer-full', 'TypeError']);
  assert.deepEqual(socket.texts, []);
});
