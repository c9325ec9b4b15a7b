"""Gateways, detectors and areas of responsibility are registered in the browser; a push then is an alarm at the site."""
import json
import sys
import unittest
import urllib.request
from pathlib import Path

from playwright.sync_api import expect

sys.path.insert(0, str(Path(__file__).parent))
import test_browser


class Register(test_browser.Town):
    def test_a_gateway_and_a_detector_are_registered_and_heard(self):
        page = self.person("officer")
        page.goto("/gateways")
        expect(page.locator("#broker")).to_contain_text("127.0.0.1:1883")
        self.shot(page, "gateways-1440")
        page.locator("a[href='/gateways/new']").click()
        page.locator("#kind").select_option("json")
        page.locator("form .button:not(.primary)").first.click()
        page.wait_for_url("**/gateways/new?kind=json")
        page.locator("#name").fill("示例平台（测试用的名字很长，长到需要换行的网关名称）")
        self.shot(page, "gateway-new-1440")
        self.assert_accessible(page, "a new gateway")
        page.locator("form .button.primary").click()
        token = page.locator("section[role=status] code").inner_text()
        push = page.locator("dl.facts dd").inner_text()
        self.assertEqual(len(token), 32)
        self.shot(page, "gateway-token-1440")
        self.assert_accessible(page, "the token, shown once")
        page.reload()
        self.assertNotIn(token, page.content())

        page.goto("/sites")
        page.locator("#rows a[href^='/sites/']").first.click()
        page.wait_for_url("**/sites/*")
        site = page.url.split("?")[0].rsplit("/", 1)[1]
        page.locator(f"a[href='/sites/{site}/detectors/new']").click()
        page.locator("#place").fill("二楼烘干车间")
        page.locator("#gateway").select_option(label="示例平台（测试用的名字很长，长到需要换行的网关名称） · JSON 推送")
        page.locator("#address").fill("dryer-1")
        self.shot(page, "detector-new-1440")
        self.assert_accessible(page, "a new detector")
        page.set_viewport_size({"width": 390, "height": 844})
        self.shot(page, "detector-new-390")
        page.set_viewport_size({"width": 1440, "height": 900})
        page.locator("form .button.primary").click()
        page.wait_for_url(f"**/sites/{site}*")
        expect(page.get_by_role("link", name="二楼烘干车间")).to_be_visible()

        # The same address again is refused in words, at its field.
        page.goto(f"/sites/{site}/detectors/new")
        page.locator("#gateway").select_option(index=page.locator("#gateway option").count() - 1)
        page.locator("#address").fill("dryer-1")
        page.locator("form .button.primary").click()
        expect(page.locator(".field .error")).to_have_count(1)

        body = json.dumps({"device": "dryer-1", "kind": "fire"}).encode()
        sent = urllib.request.Request(
            push.replace("localhost", "127.0.0.1"), data=body,
            headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"})
        with urllib.request.urlopen(sent, timeout=10) as answer:
            self.assertEqual(json.load(answer)["items"][0]["outcome"], "raised")
        page.goto(f"/sites/{site}")
        expect(page.locator(".body.alarm").first).to_contain_text("二楼烘干车间")

    def test_a_person_is_made_to_answer_for_an_area_and_the_list_says_so(self):
        page = self.person("admin")
        page.goto("/staff")
        page.get_by_role("row").filter(has_text="grid").get_by_role("link").first.click()
        self.shot(page, "staff-edit-1440")
        self.assert_accessible(page, "a person's form")
        for box in page.locator("input[name=areas]:checked").all():
            box.uncheck()
        page.locator("input[name=areas]").nth(1).check()
        name = page.locator(".areas label").nth(1).inner_text().strip()
        page.locator("form .button.primary").click()
        page.wait_for_url("**/staff?done=saved")
        expect(page.get_by_role("row").filter(has_text="grid")).to_contain_text(name)
        self.shot(page, "staff-list-1440")
        self.assert_accessible(page, "the list of people")

    def test_a_unit_is_made_and_the_audit_log_says_by_whom(self):
        page = self.person("admin")
        page.goto("/units")
        page.locator("a[href='/units/new']").click()
        page.locator("#name").fill("夜间巡查队（示例）")
        page.locator("#kind").select_option("patrol")
        page.locator("input[name=members]").first.check()
        self.shot(page, "unit-new-1440")
        self.assert_accessible(page, "a new unit")
        page.locator("form .button.primary").click()
        page.wait_for_url("**/units?done=saved")
        expect(page.get_by_role("link", name="夜间巡查队（示例）")).to_be_visible()
        self.shot(page, "units-1440")
        page.goto("/audit")
        page.locator("#actor").fill("管理员")
        page.locator("form.filters .button").click()
        expect(page.locator("#rows tr").first).to_contain_text("新建队伍")
        self.shot(page, "audit-1440")
        self.assert_accessible(page, "the audit log")


if __name__ == "__main__":
    unittest.main()
