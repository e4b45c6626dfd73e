// The types, used as an application uses them. Compiled and never run: a line that must not compile says so.

import { Client, connect, RefusedError, TimeoutError, type Disconnected } from '../fanfare.js';

interface Heard { chat: { user: string; message: string }; tick: number }
interface Said { chat: { user: string; message: string }; move: [number, number] }

const client: Client<Heard, Said> = connect<Heard, Said>('/ws', { queueMessagesMax: 10, isFinal: (code) => code === 4001 });
// @ts-expect-error: an option that there is not
new Client('/ws', { pingInterval: 5 });

client
  .on('chat', ({ user, message }, { room }) => `${user} ${message.length} ${room ?? 'everywhere'}`)
  .once('tick', async (count) => count.toFixed())
  .off('tick');
// @ts-expect-error: an event that there is not
client.on('dance', () => {});
// @ts-expect-error: the data of another event
client.emit('chat', [1, 2]);
// @ts-expect-error: state is the client's own
client.state = 'connected';

client.addEventListener('disconnected', ({ detail }) => {
  const end: Disconnected = detail;
  if (!end.willReconnect && end.code === 4001) client.url = new URL('ws://localhost/ws');
});
client.addEventListener('error', ({ detail: { error } }) => { console.log(error.code, error.room, error.message); });
client.addEventListener('reconnecting', ({ detail }) => { console.log(detail.attempt + detail.delayMs); });

export async function play(): Promise<boolean> {
  await client.connect().ready();
  await client.join('tea', { timeoutMs: 1_000 });
  client.emit('chat', { user: 'ann', message: 'hi' }, { room: 'tea', namespace: '/club' });
  try {
    const answer = await client.emitWithAck<'move', { valid: boolean }>('move', [1, 2]);
    return answer.valid;
  } catch (error) {
    if (error instanceof RefusedError) console.log(error.event, error.code === 'refused');
    return error instanceof TimeoutError;
  }
}

const admin = client.namespace<{ alarm: string }, {}>('/admin');
admin.on('alarm', (text) => text.trim());
await admin.join();
await admin.leave('room');
client.close();
