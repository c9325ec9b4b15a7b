"""Somebody else's map under the town's own: it lies where it belongs, its key stays in the centre, and without it the map
is the town's own."""
import subprocess
import sys
import time
import unittest
from pathlib import Path
from urllib.request import urlopen

from playwright.sync_api import expect

sys.path.insert(0, str(Path(__file__).parent))
import test_browser
import tiles
from centre import free_port

# A place of the invented town, and the same place as maps in GCJ-02 have it (computed apart, with the published formula).
PLACE = (113.02, 34.02)


def gcj(lon, lat):
    from math import cos, pi, sin, sqrt
    a, ee, x, y = 6378245.0, 0.00669342162296594323, lon - 105, lat - 35
    waves = (20 * sin(6 * x * pi) + 20 * sin(2 * x * pi)) * 2 / 3
    north = -100 + 2 * x + 3 * y + .2 * y * y + .1 * x * y + .2 * sqrt(abs(x)) + waves
    north += (20 * sin(y * pi) + 40 * sin(y / 3 * pi)) * 2 / 3 + (160 * sin(y / 12 * pi) + 320 * sin(y * pi / 30)) * 2 / 3
    east = 300 + x + 2 * y + .1 * x * x + .1 * x * y + .1 * sqrt(abs(x)) + waves
    east += (20 * sin(x * pi) + 40 * sin(x / 3 * pi)) * 2 / 3 + (150 * sin(x / 12 * pi) + 300 * sin(x / 30 * pi)) * 2 / 3
    m = 1 - ee * sin(lat / 180 * pi) ** 2
    return lon + east * 180 / (a / sqrt(m) * cos(lat / 180 * pi) * pi), lat + north * 180 / (a * (1 - ee) / (m * sqrt(m)) * pi)


class Backdrop(test_browser.Town):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        port = free_port()
        lon, lat = gcj(*PLACE)
        cls.server = subprocess.Popen([sys.executable, tiles.__file__, str(port), str(lon), str(lat)])
        cls.addClassCleanup(cls.server.wait)
        cls.addClassCleanup(cls.server.kill)
        cls.centre.stop()
        cls.centre.environment |= {
            "ZHILI_BACKDROP_MAP": f"http://127.0.0.1:{port}/{{z}}/{{x}}/{{y}}?tk={{key}}", "ZHILI_BACKDROP_KEY": tiles.KEY,
            "ZHILI_BACKDROP_DATUM": "gcj02"}
        cls.centre.start()
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            try:
                urlopen(f"http://127.0.0.1:{port}/14/1/1?tk={tiles.KEY}", timeout=2)
                break
            except OSError:
                time.sleep(0.1)

    def open(self, **options):
        page = self.person("officer", **options)
        self.addresses = []
        page.on("request", lambda request: self.addresses.append(request.url))
        page.goto("/map")
        expect(page.locator("#townmap[data-idle]")).to_be_attached(timeout=20_000)
        return page

    def red(self, page, z):
        """Where the red disc's middle lies in the pixels of the tile that holds the place, and where it should."""
        return page.evaluate("""async ([z, lon, lat]) => {
            const n = 2 ** z, east = (lon + 180) / 360 * n, south = (1 - Math.asinh(Math.tan(lat * Math.PI / 180)) / Math.PI) / 2 * n;
            const x = Math.floor(east), y = Math.floor(south);
            const answer = await fetch(`/backdrop/0/${z}/${x}/${y}`);
            if (!answer.ok) return { status: answer.status };
            const picture = await createImageBitmap(await answer.blob()), canvas = new OffscreenCanvas(256, 256), g = canvas.getContext("2d");
            g.drawImage(picture, 0, 0);
            const { data } = g.getImageData(0, 0, 256, 256);
            let count = 0, sum = [0, 0];
            for (let i = 0; i < 65536; i++) if (data[4 * i] > 200 && data[4 * i + 1] < 90) { count++; sum = [sum[0] + i % 256 + .5, sum[1] + Math.floor(i / 256) + .5]; }
            return { status: answer.status, type: answer.headers.get("Content-Type"), count, found: sum.map(n => n / count), wanted: [(east - x) * 256, (south - y) * 256] };
        }""", [z, *PLACE])

    def test_it_lies_where_it_belongs_and_its_key_stays_in_the_centre(self):
        page = self.open()
        for z in (12, 14, 16, 18):
            mark = self.red(page, z)
            self.assertEqual((mark["status"], mark["type"]), (200, "image/webp"))
            self.assertGreater(mark["count"], 20, z)
            for found, wanted in zip(mark["found"], mark["wanted"]):
                if 8 < wanted < 248:
                    self.assertLess(abs(found - wanted), 2, (z, mark))
        expect(page.locator("#credit")).to_be_visible()
        drawn = page.evaluate("performance.getEntriesByType('resource').filter(entry => entry.name.includes('/backdrop/')).length")
        self.assertGreater(drawn, 0)
        self.assertNotIn(tiles.KEY, page.content())
        self.assertEqual([url for url in self.addresses if not url.startswith((self.centre.url, "blob:", "data:"))], [])
        self.assertNotIn(tiles.KEY, " ".join(self.addresses))
        self.assert_accessible(page, "map with a backdrop")
        self.shot(page, "backdrop")
        page.locator("#backdrop").uncheck()
        expect(page.locator("#credit")).to_be_hidden()
        page.reload()
        expect(page.locator("#townmap[data-idle]")).to_be_attached(timeout=20_000)
        expect(page.locator("#backdrop")).not_to_be_checked()

    def test_nobody_fetches_the_world_through_the_centre(self):
        page = self.open()
        for path in ("/backdrop/0/14/8300/5600", "/backdrop/0/3/6/3", "/backdrop/9/14/13335/6538", "/backdrop/0/14/1/x"):
            self.assertEqual(page.evaluate("path => fetch(path).then(answer => answer.status)", path), 404, path)
        stranger = self.browser.new_context(base_url=self.centre.url)
        self.addCleanup(stranger.close)
        self.assertIn("/login", stranger.new_page().goto("/backdrop/0/14/13335/6538").url)

    def test_zz_without_it_the_map_is_the_towns_own(self):
        self.server.kill()
        self.server.wait()
        page = self.open(width=1920, height=1080)
        page.evaluate("""() => new Promise(done => { const wait = setInterval(() => { if (document.querySelector("#tool-hint").textContent) { clearInterval(wait); done(); } }, 100); })""")
        expect(page.locator("#tool-hint")).to_contain_text("暂时无法访问")
        # The town's own land is drawn all the same.
        page.locator("#find-text").fill("柳湾村")
        page.keyboard.press("Enter")
        expect(page.locator("#found li")).not_to_have_count(0)
        land = page.evaluate("fetch('/tiles/areas/12/3335/1634.mvt').then(answer => answer.status)")
        self.assertEqual(land, 200)
        self.shot(page, "backdrop-gone")


if __name__ == "__main__":
    unittest.main()
