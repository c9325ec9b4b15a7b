"""Duty in a real browser: a roster is made, its watch stands on the page, an escalation policy is checked as it is saved."""
import sys
import unittest
from pathlib import Path

from playwright.sync_api import expect

sys.path.insert(0, str(Path(__file__).parent))
from test_browser import Town


class Duty(Town):
    def test_a_leader_makes_a_roster_and_the_week_shows_it(self):
        leader = self.person("leader")
        leader.goto("/duty")
        expect(leader.locator(".posts .post")).to_have_count(4)
        expect(leader.locator(".posts")).to_contain_text("已到岗")
        self.assert_accessible(leader, "duty")
        self.shot(leader, "duty-1440")
        leader.get_by_role("link", name="新建排班").click()
        leader.locator("#name").fill("网格夜巡（示例）")
        leader.locator("#role").select_option("grid")
        leader.locator("#watches").fill("夜巡 二十点到八点")
        leader.locator(".people input").nth(0).fill("1")
        leader.locator("form .button.primary").click()
        expect(leader.locator(".field .error").first).to_be_visible()
        leader.locator("#watches").fill("夜巡 20:00-08:00")
        for field in leader.locator(".people input").all():
            field.fill("")
        leader.locator(".people label", has_text="田心").locator("input").fill("1")
        self.assert_accessible(leader, "roster form")
        self.shot(leader, "duty-roster-1440")
        leader.locator("form .button.primary").click()
        card = leader.locator(".card", has_text="网格夜巡（示例）")
        expect(card.locator(".who").first).to_contain_text("田心")
        card.locator(".who").first.click()
        expect(leader.locator("h1")).to_contain_text("田心")
        self.assert_accessible(leader, "shift")
        self.shot(leader, "duty-shift-1440")
        phone = self.person("officer", 390, 844, touch=True)
        phone.goto("/duty")
        self.assertLessEqual(phone.evaluate("document.documentElement.scrollWidth"), 390)
        self.shot(phone, "duty-390")

    def test_a_policy_that_a_carrier_would_refuse_is_not_saved(self):
        leader = self.person("leader")
        leader.goto("/escalation")
        expect(leader.locator(".card")).to_have_count(1)
        self.assert_accessible(leader, "escalation")
        self.shot(leader, "escalation-1440")
        leader.get_by_role("link", name="新建策略").click()
        leader.locator("#title").fill("夜间火警（示例）")
        leader.locator("#hours").fill("22:00-06:00")
        leader.locator("#after-2").fill("20")
        leader.locator("form .button.primary").click()
        expect(leader.locator("fieldset .error")).to_contain_text("60 秒")
        leader.locator("#after-2").fill("60")
        self.assert_accessible(leader, "escalation form")
        self.shot(leader, "escalation-form-1440")
        leader.locator("form .button.primary").click()
        expect(leader.locator(".card").first).to_contain_text("22:00-06:00")
        leader.goto("/carriers")
        expect(leader.locator("tbody tr")).to_have_count(2)
        self.assert_accessible(leader, "carriers")
        self.shot(leader, "carriers-1440")


if __name__ == "__main__":
    unittest.main()
