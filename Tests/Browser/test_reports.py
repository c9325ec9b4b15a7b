"""Watch log, reports, plans and drills in a real browser."""
import os
import sys
import unittest
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect, sync_playwright

sys.path.insert(0, str(Path(__file__).parent))
from centre import PASSWORD, Centre

STRICT = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}}


class Reports(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.centre = Centre()
        cls.addClassCleanup(cls.centre.close)
        cls.driver = sync_playwright().start()
        cls.addClassCleanup(cls.driver.stop)
        cls.browser = cls.driver.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=["--no-sandbox"])
        cls.addClassCleanup(cls.browser.close)
        cls.centre.fire()

    def person(self, username, width=1440):
        context = self.browser.new_context(
            viewport={"width": width, "height": 900}, locale="zh-CN", base_url=self.centre.url)
        context.set_default_timeout(10_000)
        self.addCleanup(context.close)
        page = context.new_page()
        page.goto("/login")
        page.locator("#username").fill(username)
        page.locator("#password").fill(PASSWORD)
        page.locator("form .button.primary").click()
        page.wait_for_url(lambda url: "/login" not in url)
        return page

    def clean(self, page):
        found = Axe().run(page, options=STRICT)
        self.assertEqual(found.violations_count, 0, found.generate_report())
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        self.assertLessEqual(wide, 0, page.url)

    def test_figures_lead_to_their_lists_and_print(self):
        page = self.person("leader")
        page.goto("/summary")
        expect(page.locator("#part-alarms svg.chart").first).to_be_visible()
        self.clean(page)
        page.locator("#part-alarms .figures a").first.click()
        expect(page.locator("#rows tr").first).to_be_visible()
        for path, start in (("/summary.pdf?length=week", b"%PDF-1."), ("/summary.xlsx?length=month", b"PK")):
            answer = page.request.get(path)
            self.assertEqual(answer.status, 200)
            self.assertTrue(answer.body().startswith(start), path)
        phone = self.person("leader", 390)
        phone.goto("/summary?length=month")
        self.clean(phone)

    def test_a_plan_opens_with_the_case_and_a_drill_is_scored(self):
        page = self.person("leader")
        page.goto("/cases?kind=fire")
        page.locator("#rows a").first.click()
        page.locator("a[href^='/plans/cases/']").click()
        steps = page.locator(".plan-steps li")
        expect(steps.first).to_be_visible()
        self.clean(page)
        steps.first.locator("button").click()
        expect(page.locator(".plan-steps li.done")).to_have_count(1)
        page.goto("/plans")
        self.clean(page)
        page.locator("[data-dialog='schedule']").click()
        page.locator("#drill-title").fill("夜间火警演练（示例）")
        page.locator("#schedule .button.primary").click()
        page.locator("form[action$='/start'] button").click()
        page.wait_for_url("**/cases/*")
        expect(page.locator("h1")).to_contain_text("演练")
        page.goto("/plans")
        page.locator("a[href^='/plans/drills/']").first.click()
        page.locator("[data-dialog='end']").click()
        page.locator("#lesson").fill("出动路线要提前确认")
        page.locator("#end .button.primary").click()
        expect(page.locator(".figures dd").first).to_have_text("0%")
        self.clean(page)

    def test_a_watch_writes_its_log_and_prints_it(self):
        page = self.person("officer")
        page.goto("/duty")
        page.locator("a[href^='/duty/shifts/']").first.click()
        expect(page.locator(".timeline li").first).to_be_visible()
        answer = page.request.get(page.locator("a[href$='/log.pdf']").get_attribute("href"))
        self.assertTrue(answer.body().startswith(b"%PDF-1."))


if __name__ == "__main__":
    unittest.main()
