"""The wall of pictures and the recordings in a real browser, over simulated recorders."""
import hashlib
import subprocess
import sys
import time
import unittest
from pathlib import Path

from playwright.sync_api import expect

sys.path.insert(0, str(Path(__file__).parent))
import test_browser
from centre import PASSWORD

PLAYING = """count => { const all = [...document.querySelectorAll('.wall-grid video')];
  return all.length === count && all.every(video => video.currentTime > 0.3 && video.closest('.player').dataset.state === 'playing'); }"""
# The moment that the picture's bar code tells, in ms.
SHOWN = """() => { const v = document.getElementById('video'), c = document.createElement('canvas'); c.width = 640; c.height = 360;
  const g = c.getContext('2d'); g.drawImage(v, 0, 0, 640, 360); let n = 0;
  for (let i = 0; i < 44; i++) n = n * 2 + (g.getImageData(16 + i * 12 + 6, 28, 1, 1).data[1] > 125 ? 1 : 0); return n; }"""


class Wall(test_browser.Town):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.cameras = subprocess.Popen(
            [cls.centre.program, "simulate", "cameras", "--to", f"127.0.0.1:{cls.centre.camera_port}", "--count", "12",
             "--password", PASSWORD, "--seconds", "600"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        cls.addClassCleanup(cls.cameras.wait)
        cls.addClassCleanup(cls.cameras.kill)

    def online(self, page, count):
        page.goto("/cameras")
        page.wait_for_function(
            f"""async () => {{ const r = await fetch('/api/v1/cameras?state=online&limit=100'); return (await r.json()).items.length >= {count}; }}""",
            timeout=30_000, polling=500)
        return page.evaluate("fetch('/api/v1/cameras?state=online').then(r => r.json()).then(r => r.items.map(c => c.id))")

    def test_nine_pictures_a_layout_and_a_round(self):
        page = self.person("officer", width=1920, height=1080, theme="wall")
        self.online(page, 12)
        page.goto("/watch/wall")
        page.wait_for_function(PLAYING, arg=4, timeout=30_000)
        page.locator("[data-size='9']").click()
        for _ in range(8):
            page.locator("#cameras [aria-pressed=false]").first.click()
        expect(page.locator("#round-state")).to_contain_text("2")
        page.wait_for_function(PLAYING, arg=9, timeout=30_000)
        self.assert_accessible(page, page.url)
        self.shot(page, "wall-9")
        page.locator("#save").click()
        page.locator("#layout-name").fill("河道九路（示例）")
        page.locator("#save-dialog .primary").click()
        expect(page.locator("#layouts")).not_to_have_value("")
        page.reload()
        page.locator("#layouts").select_option(label="河道九路（示例）")
        expect(page.locator(".tile .player")).to_have_count(9)
        phone = self.person("officer", width=390, height=844, touch=True)
        phone.goto("/watch/wall")
        expect(phone.locator(".tile").first).to_be_visible()
        self.shot(phone, "wall-phone")

    def test_what_is_recorded_is_replayed_at_the_asked_second_and_exported_with_its_sum(self):
        page = self.person("leader")
        camera = self.online(page, 1)[0]
        page.goto(f"/cameras/{camera}/replay")
        expect(page.locator("#note")).to_contain_text("没有录像")
        page.locator("#mode").select_option("continuous")
        page.locator("#rule button").click()
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and not page.locator("#marks .have").count():
            page.wait_for_timeout(2_000)
            page.locator("#open button").click()
        expect(page.locator("#marks .have").first).to_be_attached()
        first = page.evaluate(
            f"""fetch('/api/v1/cameras/{camera}/replay', {{ method: 'POST', headers: {{ 'Content-Type': 'application/json',
              'X-CSRF-Token': document.querySelector('meta[name=csrf]').content }}, body: JSON.stringify({{
              from: new Date(Date.now() - 3.6e6).toISOString(), to: new Date().toISOString() }}) }}).then(r => r.json()).then(r => Date.parse(r.items[0].from))""")
        page.goto(f"/cameras/{camera}/replay?at={first + 4_000}")
        page.wait_for_function("() => document.getElementById('video').readyState >= 2", timeout=20_000)
        shown = page.evaluate(SHOWN)
        self.assertLess(abs(shown % 2**44 - (first + 4_000)), 1_500, "another second is shown than was asked for")
        page.locator("#play").click()
        page.wait_for_function(f"() => ({SHOWN})() > {shown} + 800", timeout=10_000)
        self.assert_accessible(page, page.url)
        self.shot(page, "replay")
        at = lambda ms: time.strftime("%H:%M:%S", time.gmtime(ms / 1_000 + 8 * 3_600))
        page.locator("#from").fill(at(first + 1_000))
        page.locator("#to").fill(at(first + 6_000))
        page.locator("#clip-reason").fill("核查（示例）")
        page.locator("#clip button").click()
        link = page.locator("#clip-done a")
        expect(link).to_be_visible()
        with page.expect_download() as taken:
            link.click()
        bytes_ = Path(taken.value.path()).read_bytes()
        self.assertIn(hashlib.sha256(bytes_).hexdigest(), page.locator("#clip-done").inner_text())
        done = subprocess.run(
            ["ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "default=nw=1:nk=1",
             str(taken.value.path())], capture_output=True, text=True, check=True)
        self.assertTrue(4 <= float(done.stdout) <= 8, done.stdout)


if __name__ == "__main__":
    unittest.main()
