// An echo by `ws`. `ping` is answered with a ping, and its pong with the text `pong`; `leave` with a close of 4001.
// Prints its address when it listens.

import { WebSocketServer } from 'ws';

const options = { host: '127.0.0.1', port: 0, maxPayload: 1 << 20, perMessageDeflate: { threshold: 0 } };
const server = new WebSocketServer(options, () => {
  console.log(`ws://127.0.0.1:${server.address().port}/`);
});

server.on('connection', (socket) => {
  socket.on('pong', (payload) => socket.send(`pong ${payload}`));
  socket.on('message', (data, isBinary) => {
    const text = isBinary ? '' : data.toString();
    if (text === 'ping') socket.ping('beat');
    else if (text === 'leave') socket.close(4001, 'as asked');
    else socket.send(data, { binary: isBinary });
  });
});
