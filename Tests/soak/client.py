# SPDX-License-Identifier: Apache-2.0
"""An HTTP/1.1 client that sees exactly what is on the wire, and can leave or dawdle at any moment."""
import asyncio
import socket
import struct

TIMEOUT = 60


class Torn(Exception):
    """The answer ended before its framing said so; holds what came of the body."""

    def __init__(self, body):
        super().__init__("torn answer")
        self.body = body


class Answer:
    def __init__(self, status, fields):
        self.status, self.fields, self.body = status, fields, b""


class Connection:
    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer

    @classmethod
    async def open(cls, address, receive_buffer=None):
        made = socket.socket()
        if receive_buffer:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        made.setblocking(False)
        await asyncio.get_running_loop().sock_connect(made, address)
        return cls(*await asyncio.open_connection(sock=made, limit=65_536))

    async def send(self, method, path, fields=(), body=b""):
        head = f"{method} {path} HTTP/1.1\r\nHost: soak\r\nContent-Type: application/json\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in fields) + f"Content-Length: {len(body)}\r\n\r\n"
        self.writer.write(head.encode() + body)
        await asyncio.wait_for(self.writer.drain(), TIMEOUT)

    async def read_head(self):
        head = await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), TIMEOUT)
        lines = head.decode("latin-1").split("\r\n")
        fields = dict(line.split(": ", 1) for line in lines[1:] if line)
        return Answer(int(lines[0].split(" ")[1]), {name.lower(): value for name, value in fields.items()})

    async def read_answer(self, pause=0.0, piece=65_536):
        """Reads head and body; `pause` seconds before each piece make a slow reader."""
        answer = await self.read_head()
        body = bytearray()
        try:
            if answer.fields.get("transfer-encoding") == "chunked":
                while size := int(await asyncio.wait_for(self.reader.readuntil(b"\r\n"), TIMEOUT), 16):
                    await self._read(size, body, pause, piece)
                    await asyncio.wait_for(self.reader.readexactly(2), TIMEOUT)
                await asyncio.wait_for(self.reader.readexactly(2), TIMEOUT)
            else:
                await self._read(int(answer.fields.get("content-length", 0)), body, pause, piece)
        except (asyncio.IncompleteReadError, ConnectionError):
            raise Torn(bytes(body)) from None
        answer.body = bytes(body)
        return answer

    async def _read(self, count, body, pause, piece):
        while count:
            if pause:
                await asyncio.sleep(pause)
            more = await asyncio.wait_for(self.reader.read(min(count, piece)), TIMEOUT)
            if not more:
                raise asyncio.IncompleteReadError(b"", count)
            body += more
            count -= len(more)

    async def request(self, method, path, fields=(), body=b"", **reading):
        await self.send(method, path, fields, body)
        return await self.read_answer(**reading)

    def close(self):
        self.writer.close()

    def reset(self):
        made = self.writer.get_extra_info("socket")
        made.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()
