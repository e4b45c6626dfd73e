"""The server of websockets (PyPI) that the client is tried against. What each path does is said in mod.rs; the
server in JavaScript beside this one does the same.

  python3 python.py [PORT]      prints the port it listens on
"""
import asyncio
import http
import sys

from websockets.asyncio.server import serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Response

state = {"busy": 1, "last": ""}


async def echo(socket):
    async for message in socket:
        await socket.send(message)


async def fragments(socket):
    await socket.send(["one ", "two ", "three"])
    await socket.send([b"\x01", b"\x02"])


async def ping(socket):
    await (await socket.ping("beat"))
    await socket.send("pong: beat")


async def quiet(socket):
    await asyncio.sleep(2)
    await socket.send("at last")


async def close(socket):
    await socket.close(4001, "enough")


async def farewell(socket):
    await socket.wait_closed()
    state["last"] = "%d %s" % (socket.close_code, socket.close_reason)


async def last(socket):
    await socket.send(state["last"])


PATHS = {
    "/echo": echo, "/busy": echo, "/fragments": fragments, "/ping": ping, "/quiet": quiet, "/close": close,
    "/farewell": farewell, "/last": last,
}


async def handle(socket):
    try:
        await PATHS[socket.request.path](socket)
    except ConnectionClosed:
        # How a connection ends is the client's to notice.
        pass
    await socket.wait_closed()


def refuse(status, body=b"", **headers):
    headers = Headers({name.replace("_", "-"): value for name, value in headers.items()})
    headers["Content-Length"] = str(len(body))
    return Response(status, http.HTTPStatus(status).phrase, headers, body)


def judge(connection, request):
    path = request.path
    if path == "/busy" and state["busy"] > 0:
        state["busy"] -= 1
        path = "/503"
    if path == "/401":
        return refuse(401, b"who are you?")
    if path == "/302":
        return refuse(302, Location="/elsewhere")
    if path == "/503":
        return refuse(503, Retry_After="1")
    return None


async def main():
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    # Nothing but what a path does: no pings of its own.
    async with serve(
        handle, "127.0.0.1", port, process_request=judge, subprotocols=["chat"], ping_interval=None,
        max_size=16 * 1024 * 1024, select_subprotocol=lambda _, offered: "chat" if "chat" in offered else None,
    ) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        await asyncio.get_running_loop().create_future()


asyncio.run(main())
