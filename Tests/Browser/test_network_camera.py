"""A camera that is known by its address alone: entered, tried, watched and taken out; one found by ONVIF is moved."""
import re
import subprocess
import sys
import unittest
from pathlib import Path

from playwright.sync_api import TimeoutError, expect

sys.path.insert(0, str(Path(__file__).parent))
import test_browser

USER, WORD = "view", "invented:p@ss/word"


class NetworkCamera(test_browser.Town):
    def simulate(self, kind, *arguments):
        """A far end of its own process; gives the line in which it says where it is."""
        process = subprocess.Popen(
            [self.centre.program, "simulate", kind, "--port", "0", "--username", USER, "--password", WORD,
             "--seconds", "600", *arguments], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process.stdout.readline().strip()

    def see(self, page):
        """The picture plays: its time moves and its pixels change."""
        try:
            page.wait_for_function("() => document.querySelector('#screen video')?.currentTime > 0.5", timeout=30_000)
        except TimeoutError:
            self.fail("no picture: " + page.locator("#screen").inner_text())
        page.evaluate("""() => { const draw = () => { const v = document.querySelector('#screen video'),
            c = document.createElement('canvas'); c.width = v.videoWidth; c.height = v.videoHeight;
            const g = c.getContext('2d'); g.drawImage(v, 0, 0); const d = g.getImageData(0, 0, c.width, c.height).data;
            let sum = 0; for (let i = 0; i < d.length; i += 4) sum = (sum * 31 + d[i]) | 0; return sum; };
            window.drawn = draw; window.first = draw(); }""")
        page.wait_for_function("() => window.drawn() !== window.first", timeout=20_000)

    def test_by_address(self):
        address = self.simulate("rtsp")
        page = self.person("admin")
        page.goto("/cameras")
        page.locator(".head a", has_text="添加网络摄像头").click()
        self.assert_accessible(page, page.url)
        self.shots(page, "cameras-new")

        page.locator("#name").fill("养殖场西门（示例）")
        page.locator("#url").fill(address.replace("rtsp:", "http:"))
        page.locator("main form .button.primary").click()
        expect(page.locator(".field", has=page.locator("#url")).locator(".error")).to_contain_text("rtsp://")
        self.shots(page, "cameras-new-wrong")

        page.locator("#url").fill(address)
        page.locator("#username").fill(USER)
        page.locator("#password").fill("another")
        page.locator("main form .button.primary").click()
        page.wait_for_url(re.compile("/stream"))
        page.locator("#try").click()
        expect(page.locator(".flash.bad")).to_contain_text("不接受该用户名或密码", timeout=30_000)
        self.shots(page, "camera-stream-refused")
        page.locator("#password").fill(WORD)
        page.locator("main form .button.primary").click()
        page.locator("#try").click()
        expect(page.locator(".flash.ok")).to_contain_text("H.264，640 × 360", timeout=30_000)
        self.assertNotIn(WORD, page.content())
        self.assert_accessible(page, page.url)
        self.shots(page, "camera-stream")

        # Who enters a camera need not be one who may look through it.
        page.locator(".head .end a").click()
        expect(page.locator("#screen")).to_contain_text("没有观看实时画面的权限")
        officer = self.person("officer")
        officer.goto(page.url)
        self.see(officer)
        expect(officer.locator(".head .badge")).to_have_text("在线")
        self.shot(officer, "network-camera")

        page.goto(page.url + "/stream")
        page.locator("input[type=checkbox]").check()
        page.locator(".button.danger").click()
        page.wait_for_url(re.compile("/cameras\\?"))
        expect(page.locator("main")).not_to_contain_text("养殖场西门")

    def add(self, page, name, **streams):
        page.goto("/cameras/new")
        page.locator("#name").fill(name)
        for field, address in streams.items():
            page.locator(f"#{field}").fill(address)
        page.locator("#username").fill(USER)
        page.locator("#password").fill(WORD)
        page.locator("main form .button.primary").click()
        page.wait_for_url(re.compile("/stream"))
        page.locator(".head .end a").click()

    def test_h265_is_shown_where_the_browser_can_and_its_substream_or_a_copy_as_h264_else(self):
        main, small = self.simulate("rtsp", "--hevc"), self.simulate("rtsp")
        page = self.person("admin")
        officer = self.person("officer")
        self.add(page, "鱼塘（示例）", url=main, substreamUrl=small)
        officer.goto(page.url)
        self.see(officer)
        self.add(page, "鱼塘南（示例）", url=main)
        officer.goto(page.url)
        self.see(officer)
        self.shot(officer, "camera-h265")

    def test_by_onvif(self):
        found = re.match(r"(\S+) udp:(\d+)", self.simulate("onvif", "--discovery-port", "0"))
        page = self.person("admin")
        page.goto("/cameras/onvif")
        self.assert_accessible(page, page.url)
        self.shots(page, "onvif")
        page.locator("#targets").fill(f"127.0.0.1:{found[2]}")
        page.locator("#search").click()
        row = page.locator("#found-list tr", has_text=found[1])
        expect(row).to_have_count(1, timeout=20_000)
        self.shots(page, "onvif-found")
        row.locator("a").click()
        expect(page.locator("#address")).to_have_value(found[1])
        page.locator("#username").fill(USER)
        page.locator("#password").fill("another")
        page.locator("#open button").click()
        expect(page.locator(".flash.bad")).to_contain_text("不接受该用户名或密码", timeout=20_000)
        page.locator("#password").fill(WORD)
        page.locator("#open button").click()
        expect(page.locator("input[name=profile]").first).to_be_checked(timeout=20_000)
        self.assert_accessible(page, page.url)
        self.shots(page, "onvif-profiles")
        page.locator("#name").fill("东闸（示例）")
        self.assertNotIn(WORD, page.content())
        page.locator("#add .button.primary").click()
        page.wait_for_url(re.compile("/cameras/[^o]"))
        added, page = page, self.person("officer")
        page.goto(added.url.split("?")[0])
        self.see(page)
        with page.expect_response(lambda answer: answer.url.endswith("/ptz")) as moved:
            page.keyboard.down("ArrowLeft")
        self.assertEqual(moved.value.status, 204)
        with page.expect_response(lambda answer: answer.url.endswith("/ptz")) as stopped:
            page.keyboard.up("ArrowLeft")
        self.assertEqual(stopped.value.status, 204)
        with page.expect_response(lambda answer: answer.url.endswith("/call")) as turned:
            page.locator("#presets button", has_text="大门").click()
        self.assertEqual(turned.value.status, 204)
        self.assert_accessible(page, page.url)
        self.shots(page, "onvif-camera")


if __name__ == "__main__":
    unittest.main()
