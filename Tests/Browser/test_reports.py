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

    def test_the_pages_stand_on_a_phone_and_on_a_wide_screen(self):
        for width in (390, 1440, 1920):
            page = self.person("leader", width)
            page.goto("/duty")
            shift = page.locator("a[href^='/duty/shifts/']").first.get_attribute("href")
            for path in ("/duty", shift, "/plans", "/summary?length=week", "/statistics"):
                page.goto(path)
                expect(page.locator("main h1").first).to_be_visible()
                self.clean(page)
                shots = os.environ.get("ZHILI_SHOTS")
                if shots:
                    page.wait_for_timeout(500)
                    name = path.split("?")[0].strip("/").replace("/", "-")[:11]
                    page.screenshot(path=f"{shots}/stand-{name}-{width}.png")

    def test_a_drill_starts_by_itself_with_a_detectors_own_frame(self):
        page = self.person("leader")
        page.goto("/plans")
        page.locator("[data-dialog='schedule']").click()
        page.locator("#drill-title").fill("自动火警演练（示例）")
        fire = page.locator("#planId option", has_text="火警").first.get_attribute("value")
        page.locator("#planId").select_option(fire)
        page.locator("#detectorId").select_option(index=1)
        page.locator("#schedule .button.primary").click()
        page.get_by_role("link", name="自动火警演练").click()
        page.locator("form[action$='/start'] button").click()
        page.wait_for_url("**/plans/drills/*")
        case = page.locator(".head a[href^='/cases/']")
        expect(case).to_be_visible(timeout=30_000)
        self.clean(page)
        page.wait_for_timeout(300)
        if os.environ.get("ZHILI_SHOTS"):
            page.screenshot(path=f"{os.environ['ZHILI_SHOTS']}/drill-wire-1440.png")
        officer = self.person("officer")
        row = officer.locator(".items .item", has_text="演练")
        expect(row.first).to_be_visible()
        if os.environ.get("ZHILI_SHOTS"):
            officer.wait_for_timeout(900)
            officer.screenshot(path=f"{os.environ['ZHILI_SHOTS']}/drill-desk-1440.png")
        page.locator("[data-dialog='end']").click()
        page.locator("#end .button.primary").click()
        expect(page.locator("main")).to_contain_text("一分钟内接警")

    def test_a_watch_writes_its_log_and_prints_it(self):
        page = self.person("officer")
        page.goto("/duty")
        page.locator("a[href^='/duty/shifts/']").first.click()
        expect(page.locator(".timeline li").first).to_be_visible()
        answer = page.request.get(page.locator("a[href$='/log.pdf']").get_attribute("href"))
        self.assertTrue(answer.body().startswith(b"%PDF-1."))


if __name__ == "__main__":
    unittest.main()
