# SPDX-License-Identifier: Apache-2.0
"""A server of images and data files that can misbehave in every way that servers do."""

import http.server
import re
import socket
import struct
import threading
import time
import zlib


def png(number, padding=0):
    """A different picture of one pixel for every number; a text chunk makes it larger."""
    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
    header = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    pixel = zlib.compress(b"\0" + struct.pack(">I", number)[1:])
    text = b"Comment\0" + b"." * padding
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"tEXt", text)
            + chunk(b"IDAT", pixel) + chunk(b"IEND", b""))


class Handler(http.server.BaseHTTPRequestHandler):
    """/<what>/<argument>; `asked` of the server counts the requests of each path."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        with self.server.lock:
            self.asked = self.server.asked.get(self.path, 0) + 1
            self.server.asked[self.path] = self.asked
        what, _, self.argument = self.path.lstrip("/").partition("/")
        try:
            getattr(self, "serve_" + what)()
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def reply(self, status, body=b"", length=None, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def unframed(self, parts, pause=0.0, content_type="image/png"):
        """A body of unknown length that ends with the connection."""
        self.close_connection = True
        self.send_response(200)
        self.send_header("Content-Type", content_type)
        self.send_header("Connection", "close")
        self.end_headers()
        for part in parts:
            self.wfile.write(part)
            self.wfile.flush()
            time.sleep(pause)

    def picture(self):
        return png(int(re.sub(r"\D", "", self.argument) or 0))

    def serve_image(self):
        self.reply(200, self.picture(), Content_Type="image/png")

    def serve_slow(self):
        time.sleep(0.05)
        self.serve_image()

    def serve_untyped(self):
        self.reply(200, self.picture(), Content_Type="text/plain")

    def serve_status(self):
        self.reply(int(self.argument), b"<html>sorry</html>", Content_Type="text/html")

    def serve_bigpage(self):
        self.reply(404, b"x" * 1000000)

    def serve_flaky(self):
        """/flaky/<status>/<failures>/<number>"""
        status, failures, self.argument = self.argument.split("/")
        if self.asked <= int(failures):
            self.reply(int(status))
        else:
            self.serve_image()

    def serve_limited(self):
        self.server.times.append(time.monotonic())
        if self.asked == 1:
            self.reply(429, Retry_After=self.argument)
        else:
            self.serve_image()

    def serve_hang(self):
        self.close_connection = True
        self.server.stopped.wait(60)

    def serve_drip(self):
        self.unframed((picture[i:i + 1] for picture in [self.picture()] for i in range(99)), 0.3)

    def serve_reset(self):
        """Half of the picture, then a reset; /reset/once/<n> behaves the second time."""
        if self.argument.startswith("once") and self.asked > 1:
            return self.serve_image()
        picture = self.picture()
        self.reply(200, picture[:40], length=len(picture))
        self.wfile.flush()
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def serve_overdeclared(self):
        self.close_connection = True
        self.reply(200, self.picture(), length=100000)

    def serve_underdeclared(self):
        self.close_connection = True
        self.reply(200, self.picture(), length=60)

    def serve_html(self):
        self.reply(200, b"<!DOCTYPE html><html>no such picture</html>", Content_Type="image/jpeg")

    def serve_empty(self):
        self.reply(200, Content_Type="image/jpeg")

    def serve_declaredbig(self):
        self.close_connection = True
        self.reply(200, png(1), length=10 ** 12)

    def serve_undeclaredbig(self):
        self.unframed([png(1, 1000)[:900]] + [b"." * 100000] * 100)

    def serve_loop(self):
        self.reply(302, Location=f"/loop/{int(self.argument) + 1}")

    def serve_to(self):
        """/to/<address>, '~' for a slash: redirects there."""
        self.reply(302, Location=self.argument.replace("~", "/"))

    def serve_missing(self):
        self.reply(404)

    def serve_data(self):
        """/data/<name>: a file of the server's `files`, by ranges."""
        name = self.argument.split("/")[-1]
        if name not in self.server.files:
            return self.reply(404)
        body, tag = self.server.files[name]
        self.server.ranges.append((name, self.headers["Range"], self.headers["If-Range"]))
        start = re.fullmatch(r"bytes=(\d+)-", self.headers["Range"] or "")
        start = int(start[1]) if start and self.headers["If-Range"] == tag else 0
        headers = {"ETag": tag, "Content-Type": "application/gzip"}
        if start:
            headers["Content-Range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
        limit = self.server.cut.pop(name, None)
        self.send_response(206 if start else 200)
        for key, value in headers.items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(body) - start))
        self.end_headers()
        for at in range(start, len(body), 65536):
            if limit is not None and at - start >= limit:
                self.close_connection = True
                return None
            self.wfile.write(body[at:at + 65536])
            time.sleep(self.server.pause)
        return None


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, ip="127.0.0.1"):
        super().__init__((ip, 0), Handler)
        self.lock = threading.Lock()
        self.stopped = threading.Event()
        self.asked = {}
        self.times = []
        self.files = {}
        self.cut = {}
        self.pause = 0.0
        self.ranges = []
        self.address = f"http://{ip}:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request, client_address):
        pass

    def close(self):
        self.stopped.set()
        self.shutdown()
        self.server_close()
