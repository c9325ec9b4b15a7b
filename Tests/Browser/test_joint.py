"""Joint work in a real browser: a case is led, tasked, talked about and closed in time; a week's review names what recurs."""
import sys
import unittest
from pathlib import Path

from playwright.sync_api import expect

sys.path.insert(0, str(Path(__file__).parent))
from test_browser import Town


class Joint(Town):
    def wide(self, page):
        self.assertLessEqual(page.evaluate("document.documentElement.scrollWidth - innerWidth"), 0, page.url)

    def open_case(self, page, title, place):
        headers = {"X-CSRF-Token": page.locator("meta[name=csrf]").get_attribute("content")}
        made = page.request.post(
            "/api/v1/cases", headers=headers,
            data={"kind": "hazard", "severity": 2, "title": title, "place": place})
        self.assertEqual(made.status, 201, made.text())
        return made.json()["id"]

    def test_departments_work_on_one_case_and_the_leader_sees_it(self):
        officer = self.person("officer")
        case = self.open_case(officer, "老街占道起火隐患（示例）", "老街")
        officer.goto(f"/cases/{case}")
        officer.get_by_role("link", name="发起联动").click()
        self.assert_accessible(officer, "joint begin")
        officer.locator("#goal").fill("清出消防通道")
        officer.get_by_role("button", name="发起联动").click()
        expect(officer.locator("main")).to_contain_text("清出消防通道")
        officer.locator("[data-dialog=task]").click()
        officer.locator("#task-text").fill("当天清走占道摊位")
        officer.locator("#task .button.primary").click()
        expect(officer.locator(".tasks li")).to_have_count(1)
        officer.locator("#names button").first.click()
        called = officer.locator("#say").input_value().strip()
        self.assertTrue(called.startswith("@"))
        officer.locator("#say").press("End")
        officer.locator("#say").type("请带队到场")
        officer.get_by_role("button", name="发送").click()
        expect(officer.locator(".talk li")).to_contain_text("请带队到场")
        self.assert_accessible(officer, "joint case")
        self.wide(officer)
        self.shot(officer, "joint-case-1440")
        officer.goto(f"/cases/{case}")
        expect(officer.locator(".timeline")).to_contain_text("当天清走占道摊位")
        headers = {"X-CSRF-Token": officer.locator("meta[name=csrf]").get_attribute("content")}

        leader = self.person("leader")
        moved = leader.request.post(
            f"/api/v1/cases/{case}/moves", data={"type": "supervise", "text": "限期办结"},
            headers={"X-CSRF-Token": leader.locator("meta[name=csrf]").get_attribute("content")})
        self.assertEqual(moved.status, 200, moved.text())
        leader.goto("/joint")
        expect(leader.locator("#supervised tbody tr")).to_have_count(1)
        expect(leader.locator("#supervised")).to_contain_text("0 / 1")
        self.assert_accessible(leader, "joint")
        self.shot(leader, "joint-1440")
        leader.locator("#supervised a").click()
        leader.locator(".tasks .do input[name=text]").first.fill("已清走 6 个摊位")
        leader.get_by_role("button", name="办结").click()
        expect(leader.locator(".tasks li")).to_contain_text("已清走 6 个摊位")
        self.assertIsNotNone(headers)

    def test_a_weeks_review_names_what_recurs_and_keeps_the_conclusion(self):
        officer = self.person("officer")
        for number in range(2):
            self.open_case(officer, f"护栏缺口（示例）{number}", "二号桥")
        leader = self.person("leader")
        leader.goto("/joint/review")
        group = leader.locator(".group", has_text="二号桥")
        expect(group.locator(".cases li")).to_have_count(2)
        self.assert_accessible(leader, "review")
        group.locator("input[name=text]").fill("本周补装护栏")
        group.get_by_role("button", name="保存").click()
        expect(leader.locator(".group", has_text="二号桥").locator(".result")).to_contain_text("本周补装护栏")
        self.shot(leader, "joint-review-1440")
        leader.locator(".group", has_text="二号桥").locator(".cases a").first.click()
        expect(leader.locator("h1")).to_contain_text("护栏缺口")

    def test_the_pages_stand_on_a_phone_and_on_a_wide_screen(self):
        officer = self.person("officer")
        case = self.open_case(officer, "河堤滑坡（示例）", "河堤")
        officer.goto(f"/joint/cases/{case}")
        officer.locator("#goal").fill("加固河堤，疏散下游住户")
        officer.get_by_role("button", name="发起联动").click()
        for width in (390, 1920):
            page = self.person("leader", width, 1000)
            for path in ("/joint", "/joint/review", f"/joint/cases/{case}"):
                page.goto(path)
                self.wide(page)
                self.shot(page, f"joint{path.replace('/joint', '').replace('/', '-')[:9]}-{width}")


if __name__ == "__main__":
    unittest.main()
