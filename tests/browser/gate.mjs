// A TCP door between the browser and the server, so that a test can take the server away and
// bring it back without owning its process. It forwards bytes and must never look at them.

import { connect, createServer } from 'node:net';
import { once } from 'node:events';

export class Gate {
  #server;
  #sockets = new Set();
  #open = true;
  /** How many have come, admitted or not. */
  visitors = 0;

  /** Listens on a free port and forwards to `target`, an `http:` URL. */
  static async before(target) {
    const gate = new Gate();
    const { hostname, port } = new URL(target);
    gate.#server = createServer((visitor) => gate.#admit(visitor, hostname, port));
    gate.#server.listen(0, '127.0.0.1');
    await once(gate.#server, 'listening');
    return gate;
  }

  get url() {
    return `http://127.0.0.1:${this.#server.address().port}`;
  }

  /** Cuts every connection and turns newcomers away, as a dead server does. */
  shut() {
    this.#open = false;
    for (const socket of this.#sockets) socket.destroy();
  }

  reopen() {
    this.#open = true;
  }

  /** From now on says nothing to those who are connected, and cuts nobody: what a dead network does. */
  hush() {
    for (const socket of this.#sockets) socket.unpipe();
  }

  close() {
    this.shut();
    this.#server.close();
  }

  #admit(visitor, host, port) {
    this.visitors += 1;
    if (!this.#open) {
      visitor.destroy();
      return;
    }
    const server = connect(Number(port), host);
    for (const [socket, other] of [[visitor, server], [server, visitor]]) {
      this.#sockets.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  }
}
