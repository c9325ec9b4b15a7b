"""A report in a real browser: from a phone without a name to the desk, to the department and back to the receipt."""
import re
import unittest

from playwright.sync_api import expect

from test_browser import Town


class Woodpecker(Town):
    def phone(self, scripts=True):
        context = self.browser.new_context(
            viewport={"width": 390, "height": 844}, locale="zh-CN", base_url=self.centre.url, has_touch=True,
            java_script_enabled=scripts)
        context.set_default_timeout(10_000)
        self.addCleanup(context.close)
        page = context.new_page()
        self.faults = []
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        return page

    def report(self, page, words):
        page.goto("/report")
        page.get_by_text("供水漏水").click()
        page.locator("#place").fill("桥头小卖部对面")
        page.locator("[name=next]").click()
        page.get_by_text("成股流出").click()
        page.locator("#words").fill(words)
        page.locator("#report .primary").click()
        return page.locator("#digits").inner_text()

    def open_report(self, desk, words):
        """Numbers of reports tell the hour alone, so the newest is found by what it says."""
        for link in desk.locator("#rows a").evaluate_all("all => all.map(one => one.getAttribute('href'))"):
            desk.goto(link)
            if words in desk.locator(".report .words").inner_text():
                return
        self.fail(f"no report says {words}")

    def test_a_report_goes_from_a_phone_to_the_desk_and_its_answer_back_to_the_receipt(self):
        phone = self.phone()
        phone.goto("/report")
        self.assert_accessible(phone, "report")
        self.assertLessEqual(phone.evaluate("document.documentElement.scrollWidth"), 390)
        receipt = self.report(phone, "水流到路面上")
        self.assertEqual(len(re.sub(r"\D", "", receipt)), 24)
        self.assert_accessible(phone, "receipt-new")
        self.shot(phone, "woodpecker-receipt-390")
        self.assertEqual(phone.context.cookies(), [], "no cookie is set")
        self.assertEqual(phone.evaluate("localStorage.length + sessionStorage.length"), 0)

        desk = self.person("officer")
        desk.goto("/reports?stage=new&category=water")
        self.assert_accessible(desk, "inbox")
        self.shot(desk, "woodpecker-inbox-1440")
        self.open_report(desk, "水流到路面上")
        self.assert_accessible(desk, "report case")
        desk.locator("[data-dialog=act-hand-over]").click()
        expect(desk.locator("#act-hand-over input:checked")).to_have_count(1)
        desk.locator("#act-hand-over .primary").click()
        desk.wait_for_url(re.compile("done="))
        place = desk.url.split("?")[0]

        clerk = self.person("clerk")
        clerk.goto(place)
        clerk.locator("[data-dialog=act-finish]").click()
        clerk.locator("#act-finish input[value=fixed]").check()
        clerk.locator("#act-finish textarea").fill("已换管，请看还漏不漏")
        clerk.locator("#act-finish .primary").click()
        clerk.wait_for_url(re.compile("done="))

        phone.goto("/receipt")
        phone.locator("#receipt").fill(receipt)
        expect(phone.locator("[name=answer]")).not_to_have_value("")
        phone.locator("#open .primary").click()
        expect(phone.locator(".talk")).to_contain_text("已换管，请看还漏不漏")
        self.assert_accessible(phone, "receipt status")
        self.shot(phone, "woodpecker-status-390")
        phone.locator(".not-fixed summary").click()
        phone.locator("#why").fill("还在漏")
        phone.locator(".not-fixed .danger").click()
        expect(phone.locator("h1 .badge")).to_contain_text("已交部门")

    def test_it_works_without_scripts(self):
        phone = self.phone(scripts=False)
        receipt = self.report(phone, "没有脚本也能报")
        phone.goto("/receipt")
        phone.locator("#receipt").fill(receipt)
        phone.locator("#open .primary").click()
        expect(phone.locator(".talk")).to_contain_text("没有脚本也能报")
        phone.goto("/lessons")
        self.assertGreaterEqual(phone.locator(".lesson").count(), 5)


if __name__ == "__main__":
    unittest.main(verbosity=2)
