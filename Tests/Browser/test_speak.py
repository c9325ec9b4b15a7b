"""Speaking through loudspeakers in a real browser: its microphone and a text reach simulated speakers over SIP and RTP."""
import re
import subprocess
import sys
import threading
from pathlib import Path

from playwright.sync_api import expect

sys.path.insert(0, str(Path(__file__).parent))
import test_browser
from centre import PASSWORD


class Speak(test_browser.Town):
    # A browser that gives a beeping microphone without asking.
    BROWSER = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.cameras = subprocess.Popen(
            [cls.centre.program, "simulate", "cameras", "--to", f"127.0.0.1:{cls.centre.camera_port}", "--count", "3",
             "--password", PASSWORD, "--seconds", "600"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        cls.addClassCleanup(cls.cameras.stdout.close)
        cls.addClassCleanup(cls.cameras.wait)
        cls.addClassCleanup(cls.cameras.kill)
        cls.heard = []
        cls.told = threading.Condition()
        threading.Thread(target=cls.listen, daemon=True).start()

    @classmethod
    def listen(cls):
        for line in cls.cameras.stdout:
            if found := re.match(r"heard (\d+) voices, (\d+) ms of sound, loudest (\d+)", line):
                with cls.told:
                    cls.heard.append(tuple(map(int, found.groups())))
                    cls.told.notify_all()

    def assert_heard(self, least):
        """What came out of the loudspeakers, as the far end itself tells it."""
        with self.told:
            self.assertTrue(self.told.wait_for(lambda: self.heard and self.heard[-1][1] >= least, timeout=20), self.heard)
            return self.heard[-1]

    def recording(self, page, before):
        """A recording is brought, heard, spoken with one tap, and chosen for the water watch."""
        page.get_by_role("link", name="常用喊话").click()
        expect(page.locator("tbody tr")).to_have_count(5)
        page.locator("#sound-name").fill("镇长讲话（示例）")
        page.locator("#sound").set_input_files({"name": "a.mp3", "mimeType": "audio/mpeg", "buffer": b"no sound at all"})
        page.locator("form[action$=recordings] .primary").click()
        expect(page.locator(".error")).to_have_text("不是能读取的声音文件")
        self.shots(page, "phrases-wrong")
        tone = subprocess.run(
            ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "sine=frequency=440:duration=2", "-f", "mp3", "pipe:1"],
            capture_output=True, check=True).stdout
        page.locator("#sound").set_input_files({"name": "a.mp3", "mimeType": "audio/mpeg", "buffer": tone})
        page.locator("form[action$=recordings] .primary").click()
        row = page.locator("tbody tr", has_text="镇长讲话")
        expect(row).to_contain_text(re.compile(r"录音 2\.\d 秒"))
        self.assertTrue(row.locator("audio").evaluate(
            "async a => { a.load(); await new Promise(done => { a.onloadedmetadata = done; a.onerror = done; }); return a.duration > 1.9; }"))
        self.assert_accessible(page, page.url)
        self.shots(page, "phrases")
        row.locator("a").click()
        page.locator("#water").select_option("people")
        self.assert_accessible(page, page.url)
        self.shots(page, "phrase-edit")
        page.locator("main .primary").click()
        expect(page.locator("tbody tr", has_text="劝离水边")).not_to_contain_text("发现有人下水")
        expect(row).to_contain_text("发现有人下水")
        page.goto("/water")
        expect(page.locator("#places")).to_have_attribute("data-people-kind", "recording")
        page.goto("/speak")
        page.locator("input[name=camera]:not(:disabled)").first.check()
        page.locator("#repeats").fill("1")
        page.get_by_role("button", name="镇长讲话").click()
        expect(page.locator("#state")).to_have_text("已结束：1/1 处播出", timeout=30_000)
        self.assertGreaterEqual(self.assert_heard(before + 1_500)[0], 7)
        self.shot(page, "speak-recording")

    def test_a_text_and_the_microphone_are_heard_at_the_chosen_speakers(self):
        page = self.person("officer")
        page.goto("/cameras")
        page.wait_for_function(
            "async () => (await (await fetch('/api/v1/cameras?state=online')).json()).items.length >= 3", timeout=30_000)
        page.goto("/speak")
        expect(page.locator("input[name=camera]:not(:disabled)")).to_have_count(3)
        page.locator("#hold").dispatch_event("pointerdown")
        expect(page.locator("#state")).to_have_text("请先选择喇叭")
        for box in page.locator("input[name=camera]:not(:disabled)").all():
            box.check()
        expect(page.locator("#chosen")).to_have_text("已选 3 个")
        page.get_by_role("button", name="劝离水边").click()
        expect(page.locator("#text")).to_have_value(re.compile("水深危险"))
        page.locator("#repeats").fill("1")
        page.locator("#text-form .primary").click()
        expect(page.locator("#progress li[data-stage=ended]")).to_have_count(3, timeout=30_000)
        expect(page.locator("#state")).to_have_text("已结束：3/3 处播出")
        text = self.assert_heard(3_000)
        self.assertEqual(text[0], 3)
        self.assertGreater(text[2], 1_000, "it is no whisper")
        self.shot(page, "speak")

        button = page.locator("#hold")
        button.scroll_into_view_if_needed()
        place = button.bounding_box()
        page.mouse.move(place["x"] + 50, place["y"] + 20)
        page.mouse.down()
        expect(page.locator("#state")).to_have_text("已接通，请讲", timeout=20_000)
        expect(page.locator("#progress li[data-stage=connected]")).to_have_count(3)
        page.wait_for_timeout(2_500)
        self.shot(page, "speak-talking")
        page.mouse.up()
        expect(page.locator("#progress li[data-stage=ended]")).to_have_count(3, timeout=20_000)
        talk = self.assert_heard(text[1] + 300)
        self.assertEqual(talk[0], 6)

        page.reload()
        rows = page.locator("tbody tr")
        expect(rows).to_have_count(2)
        expect(rows.first).to_contain_text("（麦克风）")
        expect(rows.first).to_contain_text("3/3")
        expect(rows.nth(1)).to_contain_text("水深危险")
        self.assert_accessible(page, page.url)
        self.recording(page, talk[1])

        phone = self.person("officer", width=390, height=844, touch=True)
        phone.goto("/speak")
        self.assertLessEqual(phone.evaluate("document.documentElement.scrollWidth"), 390)
        self.shot(phone, "speak-phone")
