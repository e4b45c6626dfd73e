// The server of ws (npm) that the client is tried against. What each path does is said in mod.rs; the
// server in Python beside this one does the same.
//
//   node node.mjs [PORT]      prints the port it listens on

import { createServer } from "node:http";
import { WebSocketServer } from "ws";

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const sockets = new WebSocketServer({
  noServer: true,
  perMessageDeflate: { threshold: 0 },
  maxPayload: 16 * 1024 * 1024,
  handleProtocols: (offered) => (offered.has("chat") ? "chat" : false),
});
let busy = 1;
let last = "";

const paths = {
  "/echo"(socket) {
    socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
  },
  "/fragments"(socket) {
    socket.send("one ", { fin: false });
    socket.send("two ", { fin: false });
    socket.send("three");
    socket.send(Buffer.from([1]), { fin: false });
    socket.send(Buffer.from([2]));
  },
  "/ping"(socket) {
    socket.on("pong", (data) => socket.send(`pong: ${data}`));
    socket.ping("beat");
  },
  async "/quiet"(socket) {
    await wait(2_000);
    socket.send("at last");
  },
  "/close"(socket) {
    socket.close(4001, "enough");
  },
  "/farewell"(socket) {
    socket.on("close", (code, reason) => (last = `${code} ${reason}`));
  },
  "/last"(socket) {
    socket.send(last);
  },
};

const refusals = {
  "/401": "401 Unauthorized\r\nContent-Length: 12\r\n\r\nwho are you?",
  "/302": "302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n",
  "/503": "503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n",
};

const server = createServer();
server.on("upgrade", (request, stream, head) => {
  const path = request.url === "/busy" ? (busy-- > 0 ? "/503" : "/echo") : request.url;
  if (refusals[path]) {
    stream.end(`HTTP/1.1 ${refusals[path]}`);
  } else {
    sockets.handleUpgrade(request, stream, head, paths[path]);
  }
});
server.listen(Number(process.argv[2] ?? 0), "127.0.0.1", () => console.log(server.address().port));
