"""The official account in a real browser: its menu is set, a follower asks to be told, and is."""
import unittest

from playwright.sync_api import expect

from test_browser import Town


class OfficialAccount(Town):
    def say(self, phone, words):
        count = phone.locator(".talk li").count()
        phone.locator("#say").fill(words)
        phone.get_by_role("button", name="发送").first.click()
        expect(phone.locator(".talk li")).to_have_count(count + 2)

    def test_a_menu_is_set_and_its_flaws_are_named(self):
        page = self.person("leader")
        page.goto("/official-account")
        self.assert_accessible(page, "official account")
        page.locator("#menu").fill("太长太长太长太长太长太长太长太长太长 = REPORT")
        page.get_by_role("button", name="设置菜单").click()
        expect(page.locator(".error")).to_be_visible()
        self.shot(page, "account-flaw-1440")
        page.locator("#menu").fill("上报 = REPORT\n微课堂\n- 全部课程 = https://town.example/lessons")
        page.get_by_role("button", name="设置菜单").click()
        expect(page.locator("#menu")).to_have_value("上报 = REPORT\n微课堂\n- 全部课程 = https://town.example/lessons")
        for _ in range(100):
            page.goto("/official-account?ask=1")
            if page.locator("tbody tr").filter(has_text="菜单").locator(".badge.ok").count():
                break
            page.wait_for_timeout(200)
        expect(page.locator("tbody tr").filter(has_text="菜单").locator(".badge.ok")).to_have_count(1)
        self.shot(page, "account-1440")

    def test_a_follower_is_told_of_an_answer(self):
        phone = self.person("officer")
        phone.goto("/sample-wechat")
        for words in ["上报", "1", "示例街的水管在漏", "桥头", "提交", "通知"]:
            self.say(phone, words)
        self.shot(phone, "account-phone-1440")
        desk = self.person("leader")
        desk.goto("/reports?stage=new")
        for link in desk.locator("#rows a").evaluate_all("all => all.map(one => one.getAttribute('href'))"):
            desk.goto(link)
            if "示例街的水管在漏" in desk.locator(".report .words").inner_text():
                break
        desk.locator("[data-dialog=act-answer]").click()
        desk.locator("#act-answer textarea").first.fill("今天来修")
        desk.locator("#act-answer .primary").click()
        expect(desk.locator("body")).to_contain_text("今天来修")
        count = phone.locator(".talk li").count()
        for _ in range(100):
            phone.goto("/sample-wechat")
            if phone.locator(".talk li").count() > count:
                break
            phone.wait_for_timeout(200)
        last = phone.locator(".talk li").last
        expect(last).to_contain_text("有新消息")
        self.assertNotIn("今天来修", last.inner_text(), "the answer itself does not pass the platform")
        desk.goto("/official-account")
        expect(desk.locator("tbody tr").filter(has_text="告诉上报人有答复").locator(".badge.ok")).to_have_count(1)

    def test_its_page_stands_on_a_phone_and_on_a_wide_screen(self):
        for width, height in ((390, 844), (1920, 1080)):
            page = self.person("leader", width, height)
            page.goto("/official-account?ask=1")
            self.assertLessEqual(page.evaluate("document.documentElement.scrollWidth"), width)
            self.shot(page, f"account-{width}")


if __name__ == "__main__":
    unittest.main()
