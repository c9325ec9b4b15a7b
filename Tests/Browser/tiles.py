"""A small tile server: white tiles with a red disc around one place of the other map's datum; `python tiles.py PORT LON LAT`."""
import http.server
import math
import struct
import sys
import zlib

KEY = "only-for-tests"


def png(rows):
    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
    raw = b"".join(b"\x00" + row for row in rows)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 256, 256, 8, 2, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b""))


def tile(z, x, y, lon, lat):
    n = 256 * 2 ** z
    east = (lon + 180) / 360 * n - 256 * x
    south = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * n - 256 * y
    rows = []
    for row in range(256):
        line = bytearray(b"\xff\xff\xff" * 256)
        for column in range(256):
            if (column + 0.5 - east) ** 2 + (row + 0.5 - south) ** 2 < 36:
                line[3 * column:3 * column + 3] = b"\xff\x00\x00"
        rows.append(bytes(line))
    return png(rows)


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        path, _, query = self.path.partition("?")
        if query != f"tk={KEY}":
            self.send_response(403)
            self.end_headers()
            return
        z, x, y = (int(part) for part in path.strip("/").split("/"))
        body = tile(z, x, y, float(sys.argv[2]), float(sys.argv[3]))
        self.send_response(200)
        self.send_header("Content-Type", "image/png")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
