"""Runs the built program on a folder of its own, and speaks to it as a fire alarm device does."""
import os
import socket
import struct
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "only-for-tests-2026"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Centre:
    """A centre with the invented town; `stop` and `start` keep its data and its port."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="zhili-browser-")
        self.port, self.device_port, self.camera_port = free_port(), free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.program = os.environ.get("ZHILI_PROGRAM", str(ROOT / ".build/debug/zhili"))
        self.environment = {
            **os.environ, "ZHILI_SETUP_PASSWORD": PASSWORD, "ZHILI_SAMPLE_RECORDS": "1000",
            "ZHILI_VENDOR": os.environ.get("ZHILI_VENDOR", str(ROOT / ".vendor")),
        }
        self.data = str(Path(self.folder.name) / "data")
        self.serial = 0
        self.process = None
        done = subprocess.run(
            [self.program, "setup", "--sample", "--data", self.data], env=self.environment, capture_output=True,
            text=True, timeout=60)
        if done.returncode != 0:
            raise RuntimeError(f"setup failed: {done.stderr}")
        self.start()

    def start(self):
        self.log = open(Path(self.folder.name) / "centre.log", "ab")
        self.process = subprocess.Popen(
            [self.program, "serve", "--data", self.data, "--listen", f"127.0.0.1:{self.port}",
             "--gb26875-port", str(self.device_port), "--gb28181-port", str(self.camera_port), "--media-port", "0",
             "--view-port", "0"],
            env=self.environment, stdout=self.log, stderr=self.log)
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(self.url + "/readyz", timeout=2):
                    return
            except OSError:
                if self.process.poll() is not None:
                    break
                time.sleep(0.1)
        raise RuntimeError("the centre did not start: " + Path(self.log.name).read_text()[-2000:])

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.log.close()

    def close(self):
        self.stop()
        self.folder.cleanup()

    def fire(self, unit=1, source=0x379):
        """Sends one fire alarm (GB/T 26875.3 type 2, bit 1) and returns when the centre has confirmed it."""
        self.serial += 1
        now = time.gmtime(time.time() + 8 * 3600)
        stamp = bytes([now.tm_sec, now.tm_min, now.tm_hour, now.tm_mday, now.tm_mon, now.tm_year - 2000])
        part = bytes([1, 1, 40]) + struct.pack("<HHH", unit, 0, 0x0002) + bytes(31) + stamp
        data = bytes([2, 1]) + part
        body = (struct.pack("<H", self.serial) + bytes([1, 1]) + stamp + source.to_bytes(6, "little") + bytes(6)
                + struct.pack("<H", len(data)) + bytes([2]) + data)
        frame = b"\x40\x40" + body + bytes([sum(body) & 255]) + b"\x23\x23"
        with socket.create_connection(("127.0.0.1", self.device_port), timeout=5) as device:
            device.sendall(frame)
            answer = device.recv(200)
        if not answer.startswith(b"\x40\x40"):
            raise RuntimeError("the centre did not confirm the frame")
