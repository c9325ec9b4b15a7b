"""A lesson in a real browser: written with a picture, passed by somebody else, read on a phone, sent to WeChat."""
import re
import unittest

from playwright.sync_api import expect

from test_browser import PICTURE, Town


class Lessons(Town):
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
