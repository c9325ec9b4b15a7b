"""Starts the media process alone, speaks with it as the centre does, and serves the player's files to a browser."""
import hashlib
import hmac
import http.server
import json
import os
import secrets
import socket
import subprocess
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("ZHILI_PROGRAM", str(ROOT / ".build/debug/zhili"))


class Media:
    """A media process on ports of the system's choice; ends when `close` ends the connection."""

    def __init__(self, *arguments):
        self.key = secrets.token_bytes(32)
        ours, theirs = socket.socketpair()
        self.process = subprocess.Popen(
            [PROGRAM, "media", "--media-host", "127.0.0.1", "--media-port", "0", "--view-port", "0", *arguments],
            stdin=theirs)
        theirs.close()
        self.lines = ours.makefile("r", encoding="utf-8")
        self.socket = ours
        self.number = 0
        self.events = []
        self.order({"hello": {"key": self.key.hex()}})
        ready = json.loads(self.lines.readline())["ready"]
        self.port, self.view_port = ready["mediaPort"], ready["viewPort"]
        self.answers = {}
        threading.Thread(target=self._read, daemon=True).start()
        self.senders = []

    def _read(self):
        for line in self.lines:
            word = json.loads(line)
            if "answer" in word:
                self.answers[word["answer"]["number"]] = word["answer"]
            else:
                self.events.append(word["event"]["_0"])

    def order(self, command):
        self.number += 1
        self.socket.sendall((json.dumps({"number": self.number, "command": command}) + "\n").encode())
        return self.number

    def open(self, source, ssrc, transport="udp"):
        number = self.order({"open": {"_0": source, "_1": {"gb28181": {"ssrc": ssrc, "transport": transport}}}})
        while number not in self.answers:
            time.sleep(0.01)
        return self.answers[number]

    def pull(self, source, url):
        """Has a camera pulled by its address."""
        self.order({"open": {"_0": source, "_1": {"rtsp": {"url": url, "username": "", "password": "", "overUDP": False}}}})

    def ticket(self, source, name="张三（示例）"):
        body = json.dumps({
            "source": source, "voices": [], "viewer": {"name": name, "note": "云汐镇"},
            "expiresMs": int(time.time() * 1000) + 30_000, "nonce": secrets.token_hex(8)}).encode()
        seal = hmac.new(self.key, body, hashlib.sha256).hexdigest()
        return {"port": self.view_port, "path": f"/live?ticket={body.hex()}.{seal}"}

    def send(self, ssrc, *arguments):
        process = subprocess.Popen(
            [PROGRAM, "simulate", "stream", "--to", f"127.0.0.1:{self.port}", "--ssrc", str(ssrc), *arguments])
        self.senders.append(process)
        return process

    def close(self):
        for sender in self.senders:
            sender.kill()
            sender.wait()
        self.socket.shutdown(socket.SHUT_RDWR)
        self.process.wait(timeout=10)


class Files(http.server.ThreadingHTTPServer):
    """The rooms' static files, and one page that plays whatever `/ticket/SOURCE` gives."""

    def __init__(self, media):
        files = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                path = self.path.split("?")[0]
                kind, body = "text/html; charset=utf-8", files.page
                if path.startswith("/static/"):
                    name = path[8:]
                    found = [room / name for room in files.folders if (room / name).is_file()]
                    if not found:
                        self.send_error(404)
                        return
                    kind = "text/javascript" if name.endswith("js") else "text/css"
                    body = found[0].read_bytes()
                elif path.startswith("/ticket/"):
                    kind, body = "application/json", json.dumps(media.ticket(path[8:])).encode()
                self.send_response(200)
                self.send_header("Content-Type", kind)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.folders = [ROOT / "Sources/Watch/Resources/static", ROOT / "Sources/Web/Resources/static"]
        words = json.loads((ROOT / "Sources/Watch/Resources/messages.zh-CN.json").read_text())
        words = {key[3:]: value for key, value in words.items() if key.startswith("js.")}
        self.page = f"""<!doctype html><meta charset="utf-8"><link rel="stylesheet" href="/static/tokens.css">
<link rel="stylesheet" href="/static/player.css"><style>body {{ margin: 0 }} .player {{ width: 640px; height: 360px; float: left }}</style>
<script type="application/json" id="messages">{json.dumps(words, ensure_ascii=False)}</script><body><script type="module">
import {{ Player }} from "/static/player.js";
window.watch = source => {{ const box = document.createElement("div"); document.body.append(box); const player = new Player(box);
  player.log = []; player.onState = p => player.log.push([p.state, p.stage]); player.play(async () => (await fetch(`/ticket/${{source}}`)).json()); (window.players ??= []).push(player); }};
window.ready = true;</script>""".encode()
        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/"
