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
        self.shot(other, "registry-conflict-1440")
        other.locator(".conflict input[value=theirs]").check()
        other.locator("form .form-end .primary").click()
        other.wait_for_url(lambda url: "done=saved" in url)
        expect(other.locator("main")).to_contain_text("19901111111")
        expect(other.locator("main")).not_to_contain_text("19902222222")

    def test_an_administrator_makes_a_category_changes_it_and_takes_the_change_back(self):
        admin = self.person("admin")
        admin.goto("/registry/categories/new")
        expect(admin.locator("#c-name")).to_be_visible()
        admin.locator(".beside form .button").first.click()
        expect(admin.locator("#verdict .said.bad")).to_be_visible()
        admin.locator("#c-name").fill("水井")
        admin.locator("#c-key").fill("well")
        admin.locator("#c-purpose").fill("取水与防溺")
        admin.locator("#c-basis").fill("镇政府职责")
        admin.locator("#c-owner").fill("水利站")
        admin.locator(".field-list + .body .button").click()
        field = admin.locator(".field-card").last
        field.locator("[id$=-name]").fill("井盖")
        field.locator("[id$=-key]").fill("cover")
        field.locator("[id$=-type]").select_option("code")
        for row, (key, name) in enumerate([("good", "完好"), ("broken", "损坏")]):
            field.locator("fieldset:has(.codes) > .button").click()
            field.locator("tbody tr").nth(row).locator("input").nth(0).fill(key)
            field.locator(".codes tbody tr").nth(row).locator("input").nth(1).fill(name)
        field.locator(".ticks input").nth(2).check()
        field.locator(".masks tr:has-text('值班员') input").nth(2).check()
        self.assert_accessible(admin, "category form")
        self.shot(admin, "registry-category-new-1440")
        admin.locator("#reason").fill("新增水井")
        admin.locator(".beside form .primary").click()
        admin.wait_for_url(lambda url: "/registry/categories/well?done=saved" in url)

        clerk = self.person("clerk")
        clerk.goto("/registry/well/new")
        clerk.locator("[id='v.name']").fill("柳湾老井")
        clerk.locator("[id='v.cover']").select_option("broken")
        clerk.locator("form .primary").click()
        clerk.wait_for_url(lambda url: "done=saved" in url)
        clerk.goto("/registry/well?f.cover=broken")
        expect(clerk.locator("#rows")).to_contain_text("柳湾老井")

        # A code that a record has cannot go; what nobody needs can, and comes back.
        cards = admin.locator(".field-card")
        cards.last.locator("summary").click()
        cards.last.locator(".codes tbody tr").nth(1).locator("button").click()
        admin.locator(".beside form .button").first.click()
        expect(admin.locator("#verdict .said.bad")).to_contain_text("1")
        self.shot(admin, "registry-category-clash-1440")
        admin.goto("/registry/categories/well")
        admin.locator("#c-verifyDays").fill("30")
        admin.locator("#reason").fill("每月查看")
        admin.locator(".beside form .primary").click()
        expect(admin.locator("#versions li")).to_have_count(2)
        admin.locator("#versions li a").nth(1).click()
        expect(admin.locator("#c-verifyDays")).to_have_value("180")
        admin.locator("#reason").fill("恢复")
        admin.locator(".beside form .primary").click()
        expect(admin.locator("#versions li")).to_have_count(3)
        expect(admin.locator("#c-verifyDays")).to_have_value("180")

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

        # Somebody at a desk changes what the worker changes without signal: both are shown, and the worker chooses.
        visits = grid.evaluate("fetch('/api/v1/visits').then(r => r.json())")["items"]
        names = [one["label"] for one in visits]
        visit, field = next(
            (one, value) for one in visits if names.count(one["label"]) == 1
            for value in one["values"] if value["type"] == "phone" and value["canChange"] and len(value["raw"]) == 11)
        grid.reload()
        card = grid.locator(f"#visits article[aria-label='{visit['label']}']")
        card.locator(".visit-end .button").nth(1).click()
        phone = card.get_by_label(field["name"], exact=True)
        grid.context.set_offline(True)
        phone.fill(field["raw"][:-1] + ("1" if field["raw"][-1] != "1" else "2"))
        card.locator(".visit-end .primary").click()
        expect(grid.locator(".unsent")).to_be_visible()
        theirs = field["raw"][:-1] + ("3" if field["raw"][-1] != "3" else "4")
        status = clerk.evaluate("""([path, body]) => fetch(path, {method: 'PATCH', body: JSON.stringify(body), headers: {'Content-Type': 'application/json',
            'X-CSRF-Token': document.querySelector('meta[name=csrf]').content}}).then(r => r.status)""",
            [f"/api/v1/records/{visit['category']}/{visit['id']}", {"version": visit["version"], "values": {field["key"]: theirs}}])
        self.assertEqual(status, 200)
        grid.context.set_offline(False)
        clash = grid.locator(".clash")
        expect(clash).to_contain_text(theirs, timeout=15_000)
        self.assert_accessible(grid, "conflict on a phone")
        self.shot(grid, "registry-clash-390")
        clash.locator("input").first.check()
        clash.locator(".primary").click()
        expect(clash).to_have_count(0)
        expect(grid.locator(".unsent")).to_have_count(0, timeout=15_000)

        for path in ["/registry/quality", "/registry/pairs", "/registry/report", "/registry/proposals"]:
            clerk.goto(path)
            self.assert_accessible(clerk, path)
        admin = self.person("admin")
        admin.goto("/registry/categories/resident")
        self.assert_accessible(admin, "category")

    def test_a_category_goes_with_its_records_when_two_say_so_and_comes_back_empty(self):
        admin = self.person("admin")
        admin.goto("/registry/categories/volunteer")
        expect(admin.locator("#removal")).to_contain_text("由另一人")
        self.shot(admin, "category-removal")
        admin.locator("#removal-reason").fill("不再登记（测试）")
        admin.locator("#removal .button.danger").click()
        expect(admin.locator("#removal")).to_contain_text("待另一人确认")
        clerk = self.person("clerk", width=390, height=844, touch=True)
        clerk.goto("/registry/proposals")
        item = clerk.locator("li", has_text="删除类别")
        expect(item).to_contain_text("条记录")
        self.assertLessEqual(clerk.evaluate("document.documentElement.scrollWidth"), 390)
        self.shot(clerk, "category-proposal")
        self.assert_accessible(clerk, "proposals")
        item.get_by_role("button", name="同意", exact=True).click()
        expect(clerk.locator("li", has_text="删除类别")).to_have_count(0)
        self.assertEqual(clerk.goto("/registry/volunteer").status, 404)
        admin.goto("/registry/categories")
        expect(admin.locator("#removed")).to_contain_text("volunteer")
        restore = admin.locator("#removed form button")
        for _ in range(100):  # its records go piece by piece
            if restore.count():
                break
            admin.wait_for_timeout(200)
            admin.reload()
        self.shot(admin, "category-removed")
        self.assert_accessible(admin, "categories")
        restore.click()
        expect(admin.locator("#removed")).to_have_count(0)
        expect(admin.locator("tr[data-href='/registry/categories/volunteer']")).to_have_count(1)
        clerk.goto("/registry/volunteer")
        expect(clerk.locator("tbody tr")).to_have_count(0)


if __name__ == "__main__":
    unittest.main()
