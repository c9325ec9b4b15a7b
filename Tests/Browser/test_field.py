"""The phone page as an app: installable, open without signal, handing the place to the phone's maps, photos that say when and where."""
import json
import sys
import unittest
from pathlib import Path

from playwright.sync_api import expect

sys.path.insert(0, str(Path(__file__).parent))
from test_browser import PICTURE, Town

# What AMap's and Baidu's own converters published for these WGS-84 places (lon, lat).
PAIRS = [((121.5272106, 31.1774276), (121.531541859215, 31.17530398364597)),
         ((116.404, 39.915), (116.41024449916938, 39.91640428150164))]


class Field(Town):
    def send(self, person):
        """Sends that person's unit to a case, and returns the case's id."""
        officer = self.person("officer")
        headers = {"X-CSRF-Token": officer.locator("meta[name=csrf]").get_attribute("content")}
        case = officer.request.post("/api/v1/cases", headers=headers, data={
            "kind": "hazard", "severity": 2, "title": "示例护坡", "place": "示例路 1 号",
            "location": {"lat": 34.02, "lon": 113.02}}).json()["id"]
        unit = next(u["id"] for u in officer.request.get("/api/v1/units").json()["items"] if u["kind"] == person)
        moved = officer.request.post(f"/api/v1/cases/{case}/moves", headers=headers, data={"type": "accept"})
        self.assertEqual(moved.status, 200, moved.text())
        sent = officer.request.post(f"/api/v1/cases/{case}/tasks", headers=headers, data={"unitId": unit})
        self.assertEqual(sent.status, 201, sent.text())
        return case

    def test_a_task_is_handed_to_the_maps_each_in_its_datum(self):
        self.send("patrol")
        phone = self.person("patrol", 390, 844, touch=True)
        task = phone.locator("article.task").first
        task.locator(".ways summary").click()
        links = [link.get_attribute("href") for link in task.locator(".ways a").all()]
        self.assertEqual(len(links), 4)
        self.assertIn("to=113.026252,34.018621,", links[0])
        self.assertIn("coordinate=gaode", links[0])
        self.assertIn("latlng:34.024877,113.032677|", links[1])
        self.assertIn("coord_type=bd09ll", links[1])
        self.assertIn("tocoord=34.018621,113.026252", links[2])
        self.assertTrue(links[3].startswith("geo:34.020000,113.020000"))
        for (lon, lat), (to_lon, to_lat) in PAIRS:
            there = phone.evaluate("async ([lat, lon]) => (await import('/static/navigate.js')).gcj02({ lat, lon })", [lat, lon])
            self.assertAlmostEqual(there["lon"], to_lon, 9)
            self.assertAlmostEqual(there["lat"], to_lat, 9)
        self.assert_accessible(phone, "field")
        self.assertLessEqual(phone.evaluate("document.documentElement.scrollWidth - innerWidth"), 0)
        self.shot(phone, "field-ways-390")

    def test_a_photo_says_when_and_where_it_was_taken(self):
        case = self.send("brigade")
        phone = self.person("brigade", 390, 844, touch=True)
        phone.context.grant_permissions(["geolocation"])
        phone.context.set_geolocation({"latitude": 34.02, "longitude": 113.02, "accuracy": 9})
        task = phone.locator("article.task").first
        for _ in range(3):
            task.locator(".button.primary.big").click()
            phone.wait_for_timeout(300)
        task.get_by_role("button").filter(has_text="反馈").or_(task.locator(".button.primary.big")).first.click()
        picture = bytes(phone.evaluate(PICTURE))
        task.locator("input[type=file]").set_input_files({"name": "p.jpg", "mimeType": "image/jpeg", "buffer": picture})
        expect(task.locator(".thumbs img")).to_be_visible()
        # The lower edge holds a dark bar with white letters; the picture was red and white above it.
        edge = phone.evaluate("""async () => { const image = document.querySelector('article.task .thumbs img'); await image.decode();
            const c = document.createElement('canvas'); c.width = image.naturalWidth; c.height = image.naturalHeight;
            const g = c.getContext('2d'); g.drawImage(image, 0, 0);
            const row = g.getImageData(0, c.height - 40, c.width, 1).data; let dark = 0, white = 0;
            for (let i = 0; i < row.length; i += 4) { if (row[i] < 120 && row[i + 1] < 60) dark++; if (row[i + 1] > 200) white++; }
            return { dark, white, width: c.width }; }""")
        self.assertGreater(edge["dark"], edge["width"] / 2, edge)
        self.assertGreater(edge["white"], 20, edge)
        self.shot(phone, "field-photo-390")
        self.assertTrue(case)

    def test_it_can_be_installed_and_opens_without_signal(self):
        phone = self.person("patrol", 390, 844, touch=True)
        manifest = json.loads(phone.request.get("/static/manifest.webmanifest").text())
        self.assertEqual((manifest["start_url"], manifest["display"]), ("/field", "standalone"))
        for icon in manifest["icons"]:
            answer = phone.request.get(icon["src"])
            self.assertEqual((answer.status, answer.headers["content-type"]), (200, icon["type"]))
            if icon["type"] == "image/png":
                size = "x".join(str(int.from_bytes(answer.body()[at:at + 4])) for at in (16, 20))
                self.assertEqual(size, icon["sizes"])
        touch = phone.locator("link[rel=apple-touch-icon]").get_attribute("href")
        self.assertEqual(phone.request.get(touch).headers["content-type"], "image/png")
        self.assertEqual({icon["purpose"] for icon in manifest["icons"]}, {"any", "maskable"})
        tools = phone.context.new_cdp_session(phone)
        phone.goto("/field")
        phone.evaluate("navigator.serviceWorker.ready.then(() => true)")
        errors = tools.send("Page.getInstallabilityErrors")["installabilityErrors"]
        # A test's browser is not the one that people have: what it says of itself is no fault of the page.
        self.assertEqual([error for error in errors if "in-incognito" not in error["errorId"]], [])
        phone.goto("/field/patrol")
        expect(phone.locator("#rounds")).to_contain_text("轨迹")
        phone.goto("/field")
        phone.context.set_offline(True)
        for path, text in (("/field", "没有"), ("/field/patrol", "轨迹")):
            phone.goto(path)
            expect(phone.locator("main")).to_contain_text(text)
        phone.context.set_offline(False)
        self.faults = []


if __name__ == "__main__":
    unittest.main()
