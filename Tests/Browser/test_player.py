"""A program stream on a real socket becomes a moving picture in a real browser."""
import os
import subprocess
import sys
import time
import unittest
from pathlib import Path

from playwright.sync_api import sync_playwright

sys.path.insert(0, str(Path(__file__).parent))
from media import PROGRAM, Files, Media

# How loud a player's track of sound is at its loudest within three seconds, and how far it has come.
LOUDNESS = """async index => { const { element } = players[index].sound, context = new AudioContext();
  const analyser = context.createAnalyser(), wave = new Float32Array(analyser.fftSize), begun = element.currentTime;
  context.createMediaStreamSource(element.captureStream()).connect(analyser);
  let loudest = 0, softest = 1;
  for (const end = Date.now() + 3000; Date.now() < end;) { await new Promise(done => setTimeout(done, 20));
    analyser.getFloatTimeDomainData(wave); const peak = Math.max(...wave.map(Math.abs));
    loudest = Math.max(loudest, peak); softest = Math.min(softest, peak); }
  await context.close();
  return [loudest, softest, element.currentTime - begun]; }"""
SHOTS = os.environ.get("ZHILI_SHOTS")
# The time in the picture's bar code, and how old it is by then.
AGE = """index => { const v = players[index].video, c = document.createElement('canvas'); c.width = 640; c.height = 360;
  const g = c.getContext('2d'); g.drawImage(v, 0, 0, 640, 360); let n = 0;
  for (let i = 0; i < 44; i++) n = n * 2 + (g.getImageData(16 + i * 12 + 6, 28, 1, 1).data[1] > 125 ? 1 : 0);
  return [Date.now() % 2 ** 44 - n, v.currentTime]; }"""


class Player(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.media = Media("--most-transcodes", "1")
        cls.addClassCleanup(cls.media.close)
        cls.files = Files(cls.media)
        cls.addClassCleanup(cls.files.server_close)
        cls.addClassCleanup(cls.files.shutdown)
        cls.driver = sync_playwright().start()
        cls.addClassCleanup(cls.driver.stop)
        cls.browser = cls.driver.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"),
            args=["--no-sandbox", "--autoplay-policy=no-user-gesture-required"])
        cls.addClassCleanup(cls.browser.close)

    def setUp(self):
        self.page = self.browser.new_page(viewport={"width": 1300, "height": 760})
        self.addCleanup(self.page.close)
        self.faults = []
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.goto(self.files.url)
        self.page.wait_for_function("window.ready")

    def tearDown(self):
        self.assertEqual(self.faults, [])

    def wait(self, index, state):
        self.page.wait_for_function(f"players[{index}].state === '{state}'", timeout=20_000)

    def moves(self, index):
        _, start = self.page.evaluate(AGE, index)
        # A busy machine decodes in bursts: what counts is that the picture goes on, and is of now.
        self.page.wait_for_function(
            f"players[{index}].video.currentTime > {start} + 0.5", timeout=20_000)
        age, _ = self.page.evaluate(AGE, index)
        self.assertTrue(-50 < age < 8_000, f"the picture is {age} ms old")
        return age

    def test_a_picture_moves_at_the_live_edge_and_a_second_viewer_sees_it_at_once(self):
        self.assertTrue(self.media.open("cameras/1", 101)["receiver"]["isNew"])
        self.media.send(101)
        self.page.evaluate("watch('cameras/1')")
        self.wait(0, "playing")
        age = self.moves(0)
        self.assertFalse(self.media.open("cameras/1", 101)["receiver"]["isNew"])
        self.page.evaluate("watch('cameras/1')")
        self.wait(1, "playing")
        self.moves(1)
        self.assertIn("张三（示例）", self.page.evaluate("players[1].name.textContent"))
        size = self.page.evaluate("players[1].snapshot().then(picture => picture.size)")
        self.assertGreater(size, 2_000)
        print(f"picture to screen {age} ms", file=sys.stderr)
        if SHOTS:
            self.page.screenshot(path=f"{SHOTS}/player.png")
        self.media.order({"close": {"_0": "cameras/1"}})
        self.wait(0, "ended")

    def test_over_tcp_and_with_what_devices_do_wrong(self):
        cases = [
            ("tcp-passive", ["--tcp"]), ("tcp-passive", ["--tcp", "--mischief", "false-markers"]),
            ("udp", ["--mischief", "no-map"]), ("udp", ["--mischief", "map-without-video"]),
            ("udp", ["--mischief", "zero-lengths"]), ("udp", ["--mischief", "long-lengths"]),
        ]
        for index, (transport, arguments) in enumerate(cases):
            self.media.open(f"cameras/2{index}", 200 + index, transport)
            self.media.send(200 + index, *arguments)
            self.page.evaluate(f"watch('cameras/2{index}')")
        for index in range(len(cases)):
            with self.subTest(cases[index]):
                self.wait(index, "playing")
                self.moves(index)
        for index in range(len(cases)):
            self.media.order({"close": {"_0": f"cameras/2{index}"}})
            self.media.senders.pop().kill()

    def test_sound_in_aac_is_heard_from_a_recorder_and_from_a_camera_by_its_address(self):
        self.media.open("cameras/5", 501)
        self.media.send(501, "--aac")
        camera = subprocess.Popen(
            [PROGRAM, "simulate", "rtsp", "--port", "0", "--aac", "--seconds", "300"], stdout=subprocess.PIPE, text=True)
        self.addCleanup(camera.stdout.close)
        self.addCleanup(camera.wait)
        self.addCleanup(camera.kill)
        self.media.pull("cameras/6", camera.stdout.readline().strip())
        for index, source in enumerate(("cameras/5", "cameras/6")):
            with self.subTest(source):
                self.page.evaluate(f"watch('{source}')")
                self.wait(index, "playing")
                self.page.evaluate(f"players[{index}].listen(true)")
                self.page.wait_for_function(f"players[{index}].sound.element?.currentTime > 0.3", timeout=20_000)
                loudest, softest, came = self.page.evaluate(LOUDNESS, index)
                self.assertGreater(loudest, 0.1)
                self.assertLess(softest, 0.02, "the tone pauses each half second")
                self.assertGreater(came, 1.5)
                # Muted and heard again, it begins anew.
                self.page.evaluate(f"players[{index}].listen(false)")
                self.assertIsNone(self.page.evaluate(f"players[{index}].sound.element ?? null"))
                self.page.evaluate(f"players[{index}].listen(true)")
                self.page.wait_for_function(f"players[{index}].sound.element?.currentTime > 0.3", timeout=20_000)
                self.moves(index)
                self.media.order({"close": {"_0": source}})

    def test_h265_is_made_into_h264_for_a_browser_that_cannot_as_often_as_may_be(self):
        if self.page.evaluate("() => MediaSource.isTypeSupported('video/mp4; codecs=\"hvc1.1.6.L63.90\"')"):
            self.skipTest("this browser decodes H.265 itself")
        for number in (7, 8):
            self.media.open(f"cameras/{number}", 700 + number)
            self.media.send(700 + number, "--hevc")
        for index in range(2):
            self.page.evaluate("watch('cameras/7')")
            self.wait(index, "playing")
            self.moves(index)
        self.page.evaluate("watch('cameras/8')")
        self.wait(2, "failed")
        self.assertIn("转码的路数已满", self.page.locator(".player-note").nth(2).inner_text())
        # Whoever watched the first goes: its coder is free for the second.
        self.page.evaluate("players.slice(0, 2).forEach(player => player.stop())")
        for _ in range(20):
            self.page.evaluate("watch('cameras/8')")
            index = self.page.evaluate("players.length - 1")
            self.page.wait_for_function(f"['playing', 'failed'].includes(players[{index}].state)", timeout=20_000)
            if self.page.evaluate(f"players[{index}].state") == "playing":
                break
        self.moves(index)
        for number in (7, 8):
            self.media.order({"close": {"_0": f"cameras/{number}"}})

    def test_the_stage_that_failed_is_said(self):
        self.media.open("cameras/3", 301)
        self.page.evaluate("watch('cameras/3')")
        self.page.wait_for_function("players[0].stage === 'address'")
        self.media.order({"fail": {"_0": "cameras/3", "_1": "refused"}})
        self.wait(0, "failed")
        self.assertIn("拒绝", self.page.locator(".player-note").inner_text())

    def test_a_ticket_is_good_once_and_nothing_else_opens(self):
        self.media.open("cameras/4", 401)
        ticket = self.media.ticket("cameras/4")
        tries = """async address => { const ws = new WebSocket(address); return new Promise(done => { ws.onmessage = () => done(true); ws.onerror = () => done(false); }); }"""
        address = f"ws://127.0.0.1:{ticket['port']}{ticket['path']}"
        self.assertTrue(self.page.evaluate(tries, address))
        self.assertFalse(self.page.evaluate(tries, address))
        self.assertFalse(self.page.evaluate(tries, address.replace("ticket=7b", "ticket=7c")))
        self.media.order({"close": {"_0": "cameras/4"}})


if __name__ == "__main__":
    unittest.main()
