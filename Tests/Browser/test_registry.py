"""The registry in a real browser: found, opened for a purpose, changed by two, brought in, visited on a phone."""
import sys
import tempfile
import unittest
from pathlib import Path

from playwright.sync_api import expect

sys.path.insert(0, str(Path(__file__).parent))
import test_browser


class Registry(test_browser.Town):
    def test_a_record_is_found_masked_opened_for_a_purpose_and_never_overwritten(self):
        clerk = self.person("clerk")
        clerk.goto("/registry")
        expect(clerk.locator(".tile")).to_have_count(22)
        self.assert_accessible(clerk, "categories")
        clerk.goto("/registry/volunteer/new")
        for key, value in {"name": "贾小雀", "birthDate": "1980-02-03", "phone": "19907776655",
                           "address": "柳湾村一社9号"}.items():
            clerk.locator(f"[id='v.{key}']").fill(value)
        clerk.locator("[id='v.sex']").select_option("1")
        self.assert_accessible(clerk, "form")
        clerk.locator("form .primary").click()
        clerk.wait_for_url(lambda url: "done=saved" in url)
        record = clerk.url.split("?")[0]
        self.assert_accessible(clerk, "record")

        officer = self.person("officer")
        officer.goto("/registry/search")
        officer.locator("#q").fill("jiaxiaoque")
        officer.locator(".search-box button").click()
        expect(officer.locator(".hits")).to_contain_text("贾**")
        expect(officer.locator(".hits")).not_to_contain_text("贾小雀")
        officer.goto("/registry/search?q=6655")
        expect(officer.locator(".hits")).to_contain_text("贾**")
        self.assert_accessible(officer, "search")
        officer.goto(record)
        expect(officer.locator("main")).not_to_contain_text("19907776655")
        officer.locator("[data-dialog=unmask]").click()
        officer.locator("#purpose").fill("联系志愿者")
        officer.locator("dialog .primary").click()
        expect(officer.locator("main")).to_contain_text("19907776655")

        other = self.person("grid")
        other.goto(record + "/edit")
        clerk.goto(record + "/edit")
        clerk.locator("[id='v.phone']").fill("19901111111")
        clerk.locator("form .primary").click()
        clerk.wait_for_url(lambda url: "done=saved" in url)
        other.locator("[id='v.phone']").fill("19902222222")
        other.locator("form .primary").click()
        expect(other.locator(".conflict")).to_contain_text("19901111111")
        expect(other.locator(".conflict")).to_contain_text("19907776655")
        self.assert_accessible(other, "conflict")

    def test_a_table_comes_in_and_a_visit_verifies_without_signal(self):
        clerk = self.person("clerk")
        with tempfile.TemporaryDirectory() as folder:
            table = Path(folder) / "人员.csv"
            table.write_text("姓名,出生日期,户编号,地址\n示例甲,1960.1.2,Q1,柳湾村一社1号\n示例乙,昨天,Q2,柳湾村一社2号\n")
            clerk.goto("/registry/imports")
            clerk.locator("#category").select_option("resident")
            clerk.locator("#file").set_input_files(table)
            clerk.locator("#import-form .primary").click()
            clerk.wait_for_url(lambda url: "/registry/imports/" in url)
        clerk.locator("button[name=store][value='1']").click()
        expect(clerk.locator(".figures dd").first).to_have_text("1", timeout=10_000)
        expect(clerk.locator("main")).to_contain_text("不是有效日期")
        self.assert_accessible(clerk, "import")

        grid = self.person("grid", width=390, height=844, touch=True)
        grid.goto("/field/visits")
        cards = grid.locator("#visits article")
        expect(cards.first).to_be_visible()
        self.assert_accessible(grid, "visits")
        before = cards.count()
        grid.context.set_offline(True)
        cards.first.locator(".primary").click()
        expect(grid.locator(".unsent")).to_be_visible()
        expect(cards).to_have_count(before - 1)
        grid.context.set_offline(False)
        expect(grid.locator(".unsent")).to_have_count(0, timeout=15_000)

        for path in ["/registry/quality", "/registry/pairs", "/registry/report", "/registry/proposals"]:
            clerk.goto(path)
            self.assert_accessible(clerk, path)
        admin = self.person("admin")
        admin.goto("/registry/categories/resident")
        self.assert_accessible(admin, "category")


if __name__ == "__main__":
    unittest.main()
