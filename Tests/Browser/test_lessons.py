"""A lesson in a real browser: written with a picture, passed by somebody else, read on a phone, sent to WeChat."""
import re
import subprocess
import tempfile
import unittest
from pathlib import Path

from playwright.sync_api import expect

from test_browser import PICTURE, Town


def film(folder):
    """Two seconds of a moving picture with a tone."""
    path = Path(folder) / "film.mp4"
    subprocess.run(
        ["ffmpeg", "-nostdin", "-v", "error", "-y", "-f", "lavfi", "-i", "testsrc2=size=1280x720:rate=15:duration=2",
         "-f", "lavfi", "-i", "sine=duration=2", "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac", path], check=True)
    return path


CAPTIONS = """WEBVTT

00:00.000 --> 00:02.000
先喊人，再递竿
"""


class Lessons(Town):
    def test_a_video_is_brought_made_captioned_passed_and_played_without_scripts(self):
        desk = self.person("officer")
        desk.goto("/lesson-desk/new")
        desk.locator("#title").fill("岸上递竿（示例）")
        desk.locator("#topic").select_option("water")
        desk.locator("#summary").fill("先喊人，再递竿，不下水")
        desk.locator("#body").fill("先喊人\n再递竿")
        desk.get_by_role("button", name="保存").click()
        path = "/" + desk.url.split("/", 3)[3].split("?")[0]
        video = desk.locator("#video")
        expect(video).to_contain_text("64 MB")
        desk.locator("#video-file").set_input_files({"name": "a.mp4", "mimeType": "video/mp4", "buffer": b"no film"})
        desk.locator("#video-words").fill("岸上的人递竹竿")
        desk.get_by_role("button", name="加视频").click()
        # The page learns by itself what became of it.
        expect(video.locator(".badge")).to_have_text("未通过", timeout=30_000)
        expect(video.locator(".error")).to_contain_text("不是能读的视频")
        self.assert_accessible(desk, "a refused video")
        video.get_by_role("button", name="移除视频").click()
        desk.locator("dialog").get_by_role("button", name="移除视频").click()
        with tempfile.TemporaryDirectory() as folder:
            desk.locator("#video-file").set_input_files(film(folder))
            desk.locator("#video-words").fill("岸上的人递竹竿")
            desk.get_by_role("button", name="加视频").click()
        expect(video.locator(".badge")).to_have_text("可以播放", timeout=60_000)
        desk.locator("#captions").set_input_files({"name": "a.vtt", "mimeType": "text/vtt", "buffer": b"nothing"})
        desk.get_by_role("button", name="加字幕").click()
        expect(desk.locator("#video .error")).to_contain_text("WebVTT")
        desk.locator("#captions").set_input_files(
            {"name": "a.vtt", "mimeType": "text/vtt", "buffer": CAPTIONS.encode()})
        desk.get_by_role("button", name="加字幕").click()
        expect(desk.locator("#video track")).to_have_count(1)
        self.assert_accessible(desk, "a video that is ready")
        for width in (1440, 1920, 390):
            desk.set_viewport_size({"width": width, "height": 900})
            desk.locator("#video").scroll_into_view_if_needed()
            self.assertLessEqual(desk.evaluate("document.documentElement.scrollWidth"), width)
            self.shot(desk, f"lesson-video-desk-{width}")

        leader = self.person("leader")
        leader.goto(path)
        leader.locator(".head").get_by_role("button", name="审核通过").click()
        leader.locator(".head").get_by_role("button", name="发布").click()
        expect(leader.locator(".head .badge").first).to_have_text("已发布")

        page = self.browser.new_context(
            base_url=self.centre.url, locale="zh-CN", viewport={"width": 390, "height": 844}).new_page()
        asked = []
        page.on("request", lambda request: asked.append(request.url))
        lesson = "/lessons/" + path.rsplit("/", 1)[1]
        page.goto(lesson)
        expect(page.locator("figure.film")).to_contain_text("0:02")
        expect(page.locator("figure.film")).to_contain_text("MB")
        self.assertFalse([url for url in asked if url.endswith("/video")], "nothing is loaded before play is pressed")
        self.assert_accessible(page, "a lesson with a video")
        self.shot(page, "lesson-video-390")
        played = page.evaluate("""async () => {
            const film = document.querySelector("video");
            film.muted = true;
            await film.play();
            await new Promise(done => film.addEventListener("timeupdate", done, { once: true }));
            film.currentTime = 1.5;
            await new Promise(done => film.addEventListener("seeked", done, { once: true }));
            return [film.videoWidth, film.videoHeight, Math.round(film.duration), film.textTracks[0].cues.length];
        }""")
        self.assertEqual(played, [1280, 720, 2, 1])
        self.assertLessEqual(page.evaluate("document.documentElement.scrollWidth"), 390)
        plain = self.browser.new_context(base_url=self.centre.url, java_script_enabled=False).new_page()
        plain.goto(lesson)
        expect(plain.locator("video[controls]")).to_be_visible()
        page.context.close()
        plain.context.close()

    def test_a_lesson_is_sent_to_the_site_of_a_fire_and_shown_to_its_owner(self):
        self.centre.fire()
        desk = self.person("officer")
        desk.goto("/cases?kind=fire")
        desk.locator("tbody a").first.click()
        panel = desk.locator(".card").filter(has_text="合适的微课")
        expect(panel).to_contain_text("电动车充电别进楼")
        self.shot(desk, "lesson-panel-1440")
        panel.get_by_role("link", name="发给现场负责人").click()
        self.assert_accessible(desk, "lessons that fit")
        expect(desk.locator("fieldset").nth(1)).to_contain_text("业主")
        for width in (1440, 1920, 390):
            desk.set_viewport_size({"width": width, "height": 900})
            self.assertLessEqual(desk.evaluate("document.documentElement.scrollWidth"), width)
            self.shot(desk, f"lesson-offer-{width}")
        desk.set_viewport_size({"width": 1440, "height": 900})
        desk.get_by_role("button", name="发送").click()
        expect(desk.locator(".flash").filter(has_text="微课已发送")).to_be_visible()
        expect(desk.locator(".timeline").first).to_contain_text("已将微课《电动车充电别进楼（示例）》发给")
        self.assert_accessible(desk, "the case of a fire with lessons")
        owner = self.person("owner", 390, 844)
        lesson = owner.locator(".own .lessons a").first
        expect(lesson).to_contain_text("电动车充电别进楼")
        self.assert_accessible(owner, "an owner's lessons")
        self.shot(owner, "owner-lessons-390")
        stranger = self.browser.new_context(base_url=self.centre.url, locale="zh-CN").new_page()
        stranger.goto(lesson.get_attribute("href"))
        expect(stranger.locator("h1")).to_contain_text("电动车充电别进楼")
        stranger.context.close()

    def test_a_lesson_with_a_picture_is_passed_read_hung_up_and_made_an_article(self):
        desk = self.person("officer")
        desk.goto("/lesson-desk/new")
        desk.locator("#title").fill("河边不下水（示例）")
        desk.locator("#topic").select_option("water")
        desk.locator("#summary").fill("水面看着平，下面有坑")
        desk.locator("#body").fill("看好孩子\n会游也不去\n有人落水，先喊人，再递竿")
        desk.locator("[name=month][value='7']").check()
        desk.get_by_role("button", name="保存").click()
        expect(desk.locator("#picture")).to_be_visible()
        self.assert_accessible(desk, "lesson at the desk")
        desk.locator("#picture").set_input_files(
            {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": b"no picture at all"})
        desk.locator("#words").fill("河边的警示牌")
        desk.get_by_role("button", name="加图片").click()
        expect(desk.locator(".error")).to_contain_text("不是能读的图片")
        desk.locator("#picture").set_input_files(
            {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": bytes(desk.evaluate(PICTURE))})
        desk.locator("#words").fill("河边的警示牌")
        desk.get_by_role("button", name="加图片").click()
        expect(desk.locator(".lesson-pictures img")).to_have_count(1)
        # It is loaded when it comes into sight.
        desk.locator(".lesson-pictures img").scroll_into_view_if_needed()
        desk.wait_for_function("document.querySelector('.lesson-pictures img').naturalWidth > 0")
        self.assert_accessible(desk, "lesson with a picture")
        self.shot(desk, "lesson-desk-1440")
        path = "/" + desk.url.split("/", 3)[3].split("?")[0]

        leader = self.person("leader")
        leader.goto(path)
        leader.locator(".head").get_by_role("button", name="审核通过").click()
        # The season's first day is proposed; it can still be published at once.
        expect(leader.locator("#at")).to_have_value(re.compile(r"-07-01T08:00$"))
        leader.get_by_role("button", name="定时发布").click()
        expect(leader.locator(".flash").filter(has_text="-07-01 08:00")).to_be_visible()
        self.assert_accessible(leader, "lesson with a time")
        self.shot(leader, "lesson-scheduled-1440")
        leader.set_viewport_size({"width": 390, "height": 844})
        self.assertLessEqual(leader.evaluate("document.documentElement.scrollWidth"), 390)
        self.shot(leader, "lesson-scheduled-390")
        leader.set_viewport_size({"width": 1440, "height": 900})
        leader.locator(".head").get_by_role("button", name="发布").click()
        push = leader.locator("#push")
        expect(push).to_be_visible()
        push.get_by_role("button", name="发布为文章").click()
        for _ in range(100):
            leader.goto(path)
            if leader.locator("#push .badge.ok").count():
                break
            leader.wait_for_timeout(200)
        expect(leader.locator("#push .badge.ok")).to_have_count(1)
        expect(leader.locator("#push").get_by_role("button", name="发布为文章")).to_be_disabled()
        self.assert_accessible(leader, "lesson sent")
        leader.locator("#push").scroll_into_view_if_needed()
        self.shot(leader, "lesson-push-1440")
        # What every follower would get is asked about first.
        push.get_by_role("button", name="群发给全部关注者").click()
        expect(leader.locator("dialog[open]")).to_contain_text("收不回来")
        leader.keyboard.press("Escape")
        leader.goto(path)
        expect(leader.locator("#push")).to_contain_text("0 / 4")

        for width, height in ((390, 844), (1440, 900), (1920, 1080)):
            context = self.browser.new_context(
                viewport={"width": width, "height": height}, locale="zh-CN", base_url=self.centre.url,
                java_script_enabled=False)
            self.addCleanup(context.close)
            phone = context.new_page()
            lesson = path.replace("/lesson-desk/", "/lessons/")
            phone.goto(lesson)
            picture = phone.locator("figure img")
            picture.scroll_into_view_if_needed()
            expect(phone.locator("figcaption")).to_have_text("河边的警示牌")
            self.assertEqual(phone.request.get(picture.get_attribute("src")).headers["content-type"], "image/jpeg")
            self.shot(phone, f"lesson-{width}")
            phone.goto(lesson + "/poster")
            self.shot(phone, f"lesson-poster-{width}")
        policy = phone.request.get(lesson).headers["content-security-policy"]
        self.assertIn("default-src 'none'", policy, "the page is given nothing that it does not need")
        pdf = phone.request.get(lesson + "/poster.pdf")
        self.assertTrue(pdf.body().startswith(b"%PDF-"))
        calendar = phone.request.get(lesson + "/season.ics")
        self.assertIn("0701", calendar.text())

    def test_a_lesson_reads_well_for_who_does_not_see(self):
        page = self.person("officer", 390, 844, touch=True)
        page.goto("/lessons")
        page.locator(".lesson").first.click()
        self.assert_accessible(page, "a lesson")
        self.assertLessEqual(page.evaluate("document.documentElement.scrollWidth"), 390)


if __name__ == "__main__":
    unittest.main()
