"""An echo by `websockets`, which answers as server.mjs does. Prints its address when it listens."""

import asyncio

from websockets.asyncio.server import serve


async def talk(socket):
    async for message in socket:
        if message == "ping":
            await (await socket.ping("beat"))
            await socket.send("pong beat")
        elif message == "leave":
            await socket.close(4001, "as asked")
        else:
            await socket.send(message)


async def main():
    async with serve(talk, "127.0.0.1", 0, max_size=1 << 20) as server:
        host, port = server.sockets[0].getsockname()
        print(f"ws://{host}:{port}/", flush=True)
        await server.serve_forever()


asyncio.run(main())
