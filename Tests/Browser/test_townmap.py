"""The town's map in a real browser: layers as each may see them, a border moved and records with it, the wall."""
import json
import sys
import unittest
from pathlib import Path

from playwright.sync_api import expect

sys.path.insert(0, str(Path(__file__).parent))
import test_browser


class TownMap(test_browser.Town):
    def map(self, username, **options):
        page = self.person(username, **options)
        page.goto("/map")
        expect(page.locator("#townmap[data-idle]")).to_be_attached(timeout=20_000)
        return page

    def answer(self, page, path):
        return page.evaluate("path => fetch(path).then(answer => answer.json())", path)

    def test_layers_are_listed_counted_and_shaded_without_telling_of_few(self):
        page = self.map("officer")
        page.locator("details.layer-group", has_text="大数据库").locator("summary").click()
        page.locator("[data-layer=record-hydrant]").check()
        expect(page.locator("[data-count=record-hydrant]")).not_to_have_text("")
        expect(page.locator("#legend")).to_contain_text("消防水源")
        expect(page.locator("[data-layer=record-elderly]")).to_have_count(0)
        page.locator("#shade").select_option("record-elderly")
        expect(page.locator("#shade-key")).to_contain_text("独居老人关爱")
        counts = self.answer(page, "/api/v1/map/counts?layer=record-elderly")["items"]
        self.assertEqual([item for item in counts if 0 < item.get("count", 0) < 5], [])
        self.assert_accessible(page, "map")

    def test_a_border_is_moved_saved_and_records_belong_to_the_other_side(self):
        page = self.map("leader")
        page.locator("[data-tool=edit]").click()
        expect(page.locator("#edit-bar [data-edit=corners]")).to_have_attribute("aria-pressed", "true")
        # The corner is moved through the page's own session, as its script does when it is dragged.
        moved = page.evaluate("""async () => {
            const { newKey } = await import("/static/api.js");
            const all = await (await fetch("/api/v1/areas?format=geojson")).json();
            const grids = all.features.filter(f => f.properties.kind === "grid");
            const key = p => p.join(","), owners = new Map();
            for (const grid of grids) for (const p of grid.geometry.coordinates[0].slice(1)) owners.set(key(p), [...(owners.get(key(p)) ?? []), grid]);
            const csrf = document.querySelector("meta[name=csrf]").content;
            for (const [at, shared] of owners) {
                if (shared.length < 3) continue;
                const from = at.split(",").map(Number), to = [from[0] + 0.0012, from[1] + 0.0012];
                const base = (await (await fetch("/api/v1/areas/revisions?limit=1")).json()).items[0]?.id;
                const answer = await fetch("/api/v1/areas/edits", { method: "POST", headers: { "Content-Type": "application/json", "X-CSRF-Token": csrf, "Idempotency-Key": newKey() },
                    body: JSON.stringify({ ...(base ? { base } : {}), edits: [{ op: "move", from, to }] }) });
                const result = await answer.json();
                if (answer.ok && result.moved > 0) return result;
            }
            return null;
        }""")
        self.assertIsNotNone(moved, "no moved corner took anything along")
        page.reload()
        expect(page.locator("#townmap[data-idle]")).to_be_attached(timeout=20_000)
        page.locator("[data-tool=edit]").click()
        page.locator("#edit-bar [data-edit=undo]").click()
        expect(page.locator("#tool-hint")).to_contain_text("已保存")
        history = self.answer(page, "/api/v1/areas/revisions?limit=1")["items"][0]
        self.assertEqual((history["kind"], history["undoes"], history["moved"]), ("undo", moved["id"], moved["moved"]))
        # The past keeps its borders.
        page.locator("#borders-at").fill("2020-01-01")
        expect(page.locator("#tool-hint")).not_to_be_empty()

    def test_a_drawing_stays_and_a_camera_is_called_while_the_pointer_rests_on_it(self):
        page = self.map("officer")
        page.locator("[data-tool=draw]").click()
        box = page.locator("#canvas").bounding_box()
        for x, y in ((300, 300), (420, 320), (430, 420)):
            page.mouse.click(box["x"] + x, box["y"] + y)
        page.keyboard.press("Enter")
        expect(page.locator("#sketch-clear")).to_be_visible()
        camera = self.answer(page, "/api/v1/map/marks?layer=cameras")["items"][0]
        page.goto(f"/map?lat={camera['location']['lat']}&lon={camera['location']['lon']}")
        expect(page.locator("#townmap[data-idle]")).to_be_attached(timeout=20_000)
        expect(page.locator("#sketch-clear")).to_be_visible()
        expect(page.locator("#detail")).to_contain_text(camera["label"])
        expect(page.locator("#detail")).to_contain_text("只计数")
        page.locator("[data-layer=cameras]").check()
        middle = page.locator("#canvas").bounding_box()
        x, y = middle["x"] + middle["width"] / 2, middle["y"] + middle["height"] / 2
        for away in range(40):  # until the mark is drawn, the pointer rests on nothing
            page.mouse.move(x - 60, y - 60)
            page.mouse.move(x, y, steps=3)
            page.wait_for_timeout(700)
            if page.locator(".peek").count():
                break
        expect(page.locator(".peek strong")).to_have_text(camera["label"])
        page.mouse.move(x - 200, y - 200, steps=3)
        expect(page.locator(".peek")).to_have_count(0)
        page.locator("#sketch-clear").click()
        expect(page.locator("#sketch-clear")).to_be_hidden()

    def test_it_is_measured_selected_looked_back_heated_and_put_on_paper(self):
        page = self.map("officer")
        asked = []
        page.on("request", lambda request: asked.append(request.url))
        box = page.locator("#canvas").bounding_box()
        click = lambda x, y: page.mouse.click(box["x"] + x, box["y"] + y)
        page.locator("[data-tool=measure]").click()
        for place in ((300, 300), (400, 300), (400, 400)):
            click(*place)
        expect(page.locator("#tool-hint")).to_contain_text("km")
        page.keyboard.press("Escape")
        page.locator("[data-tool=select]").click()
        for place in ((80, 80), (box["width"] - 120, 80), (box["width"] - 120, box["height"] - 120), (80, box["height"] - 120)):
            click(*place)
        page.keyboard.press("Enter")
        expect(page.locator("#detail li")).not_to_have_count(0)
        page.locator("#heat").check()
        page.locator("#heat").uncheck()
        page.locator("#time-on").check()
        page.locator("#time-at").fill("10")
        expect(page.locator("#time-text")).to_contain_text("-")
        for _ in range(100):
            if [url for url in asked if "/tiles/cases/" in url and "from=" in url]:
                break
            page.wait_for_timeout(100)
        else:
            self.fail("the past was not asked for")
        page.locator("#time-on").uncheck()
        with page.expect_download() as waiting:
            page.locator("[data-tool=png]").click()
        picture = Path(waiting.value.path()).read_bytes()
        self.assertEqual(picture[:8], b"\x89PNG\r\n\x1a\n")
        width, height = (int.from_bytes(picture[at:at + 4], "big") for at in (16, 20))
        # Title above and scale and legend below are more than the canvas.
        self.assertGreater(height, box["height"] + 100)
        self.assertGreaterEqual(width, int(box["width"]))
        with page.expect_download() as waiting:
            page.locator("[data-tool=pdf]").click()
        paper = Path(waiting.value.path()).read_bytes()
        self.assertEqual(paper[:8], b"%PDF-1.4")
        self.assertIn(b"/MediaBox [0 0 842 595]", paper)
        self.assertTrue(paper.rstrip().endswith(b"%%EOF"))

    def test_the_map_serves_a_phone_and_tells_nothing_to_who_may_not_see(self):
        page = self.map("patrol", width=390, height=844, touch=True)
        self.assertLessEqual(page.evaluate("document.documentElement.scrollWidth"), 390)
        owner = self.person("owner")
        names = json.dumps(self.answer(owner, "/api/v1/map/layers"))
        self.assertNotIn("record-", names)
        status = owner.evaluate("fetch('/tiles/record-hydrant/12/3334/1635.mvt').then(answer => answer.status)")
        self.assertEqual(status, 403)

    def test_the_wall_shows_duty_waters_and_figures_without_scrolling(self):
        for width, height in ((1920, 1080), (3840, 2160)):
            page = self.person("leader", width=width, height=height)
            page.goto("/wall")
            expect(page.locator("#wall[data-ready]")).to_be_attached(timeout=20_000)
            expect(page.locator("#wall-duty li")).not_to_have_count(0)
            expect(page.locator("#wall-water li")).not_to_have_count(0)
            expect(page.locator("#wall-counts")).to_contain_text("数据核实率")
            self.assertEqual(
                page.evaluate("[document.documentElement.scrollHeight, document.documentElement.scrollWidth]"),
                [height, width])
        self.assert_accessible(page, "wall")


if __name__ == "__main__":
    unittest.main()
