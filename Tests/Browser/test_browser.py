"""The centre in a real browser: a fire from the frame to the closed case, on the desk and on a crew's phone."""
import os
import re
import sys
import time
import unittest
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect, sync_playwright

sys.path.insert(0, str(Path(__file__).parent))
from centre import PASSWORD, Centre

SHOTS = os.environ.get("ZHILI_SHOTS")
STRICT = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}}
# A 64 x 48 picture, made in the page: nothing of anybody's is kept in the repository.
PICTURE = """async () => { const c = document.createElement('canvas'); c.width = 2400; c.height = 1800;
  const g = c.getContext('2d'); g.fillStyle = '#a33'; g.fillRect(0, 0, 2400, 1800); g.fillStyle = '#fff'; g.fillRect(300, 300, 900, 600);
  const b = await new Promise(done => c.toBlob(done, 'image/jpeg')); return [...new Uint8Array(await b.arrayBuffer())]; }"""


class Town(unittest.TestCase):
    # What the browser is started with besides.
    BROWSER = []

    @classmethod
    def setUpClass(cls):
        cls.centre = Centre()
        cls.addClassCleanup(cls.centre.close)
        cls.driver = sync_playwright().start()
        cls.addClassCleanup(cls.driver.stop)
        cls.browser = cls.driver.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=["--no-sandbox", *cls.BROWSER])
        cls.addClassCleanup(cls.browser.close)

    def person(self, username, width=1440, height=900, language="zh-CN", touch=False, theme="light"):
        """Logs somebody in, in a browser of their own; what goes wrong in its scripts fails the test."""
        context = self.browser.new_context(
            viewport={"width": width, "height": height}, locale=language, has_touch=touch, base_url=self.centre.url)
        context.set_default_timeout(10_000)
        context.add_cookies([
            {"name": "zhili_lang", "value": "en" if language == "en" else "zh", "url": self.centre.url},
            {"name": "zhili_theme", "value": theme, "url": self.centre.url}])
        self.addCleanup(context.close)
        page = context.new_page()
        self.faults = []
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.goto("/login")
        page.locator("#username").fill(username)
        page.locator("#password").fill(PASSWORD)
        page.locator("form .button.primary").click()
        page.wait_for_url(lambda url: "/login" not in url)
        return page

    def tearDown(self):
        self.assertEqual(getattr(self, "faults", []), [])

    def shot(self, page, name):
        if SHOTS:
            page.wait_for_timeout(900)
            page.screenshot(path=f"{SHOTS}/{name}.png")

    def shots(self, page, name):
        """The page on a console, a wall and a phone; wider than its screen it may not be."""
        for width, height in ((1440, 900), (1920, 1080), (390, 844)):
            page.set_viewport_size({"width": width, "height": height})
            wide = page.evaluate("() => document.documentElement.scrollWidth")
            self.assertLessEqual(wide, width, f"{name} is wider than {width}")
            self.shot(page, f"{name}-{width}")
        page.set_viewport_size({"width": 1440, "height": 900})

    def assert_accessible(self, page, where):
        found = Axe().run(page, options=STRICT).response["violations"]
        words = [f"{item['id']}: {node['html'][:140]}" for item in found for node in item["nodes"][:4]]
        self.assertEqual(words, [], where)


class Fire(Town):
    def test_a_fire_goes_from_the_frame_to_the_closed_case(self):
        desk = self.person("officer")
        expect(desk.locator("#desk .strip")).to_be_visible()
        expect(desk.locator("#link-state")).to_have_attribute("data-state", "on")
        desk.keyboard.press("Escape")  # the browser gives sound after a touch of the page
        expect(desk.locator(".sound.ready")).to_be_visible()
        self.shot(desk, "desk-calm-1440")

        self.centre.fire()
        began = time.monotonic()
        expect(desk.locator(".items .item.waiting")).to_have_count(1, timeout=1_000)
        expect(desk.locator(".sound.ringing")).to_be_visible(timeout=1_000)
        self.assertLess(time.monotonic() - began, 1.0, "the fire is on the screen and heard within a second")
        expect(desk.locator(".case .actions")).to_be_visible()
        self.shot(desk, "desk-ringing-1440")

        desk.keyboard.press("m")
        expect(desk.locator(".sound.muted")).to_be_visible()
        desk.keyboard.press("m")
        expect(desk.locator(".sound.ringing")).to_be_visible()
        desk.keyboard.press("a")
        expect(desk.locator(".sound.ready")).to_be_visible()
        expect(desk.locator(".items .item.waiting")).to_have_count(0)

        expect(desk.locator(".case .actions .button").first).to_contain_text("V")
        desk.keyboard.press("v")
        desk.locator("dialog input[type=radio]").first.check()
        desk.locator("dialog textarea").fill("厂区负责人电话确认，看见明火")
        desk.locator("dialog footer .danger").click()
        expect(desk.locator("dialog")).to_have_count(0)

        desk.keyboard.press("d")
        desk.locator("dialog input[type=checkbox]").first.check()
        self.shot(desk, "desk-dispatch-1440")
        desk.locator("dialog footer .primary").click()
        expect(desk.locator("dialog")).to_have_count(0)
        self.shot(desk, "desk-dispatched-1440")

        phone = self.person("brigade", 390, 844, touch=True)
        self.assertTrue(phone.url.endswith("/field"))
        step = phone.locator(".task .button.primary.big")
        expect(step).to_be_visible()
        self.assertGreaterEqual(step.bounding_box()["height"], 48)
        self.shot(phone, "field-offered-390")
        self.assert_accessible(phone, "field")
        for state in ("accepted", "onTheWay"):
            step.click()
            expect(phone.locator(".unsent")).to_have_count(0)
        step.click()
        expect(phone.locator(".steps .next")).to_have_count(1)
        picture = bytes(phone.evaluate(PICTURE))

        sent = []
        phone.on("request", lambda request: sent.append(request.url)
                 if request.method == "POST" and request.url.endswith("/moves") else None)
        phone.context.set_offline(True)
        step.click()
        phone.locator("#result-text").fill("明火已扑灭，无人员伤亡，复查无复燃")
        phone.locator("input[type=file]").set_input_files(
            [{"name": "现场.jpg", "mimeType": "image/jpeg", "buffer": picture}])
        expect(phone.locator(".result .thumbs img")).to_have_count(1)
        self.shot(phone, "field-report-390")
        phone.locator(".result .button.primary").click()
        expect(phone.locator(".unsent")).to_be_visible()
        expect(phone.locator("#link-banner")).to_be_visible(timeout=6_000)
        self.shot(phone, "field-offline-390")
        phone.context.set_offline(False)
        expect(phone.locator(".unsent")).to_have_count(0, timeout=30_000)

        expect(desk.locator(".case .thumbs img")).to_have_count(1)
        reports = [entry for entry in desk.locator(".case .timeline li").all_inner_texts() if "明火已扑灭" in entry]
        self.assertEqual(len(reports), 1, "a report written without signal arrives exactly once")
        self.shot(desk, "desk-handled-1440")

        case = desk.locator(".case .title a").get_attribute("href")
        desk.goto(case)
        self.shot(desk, "case-1440")
        self.assert_accessible(desk, "case")
        desk.locator("[data-dialog=move-close]").click()
        desk.locator("#move-close footer .primary").click()
        desk.wait_for_url(re.compile("done="))
        desk.goto("/")
        expect(desk.locator("#desk .strip")).to_be_visible()


class Owner(Town):
    def test_an_owner_answers_from_the_phone_and_the_desk_hears_it(self):
        desk = self.person("officer")
        expect(desk.locator("#link-state")).to_have_attribute("data-state", "on")
        phone = self.person("owner", 390, 844, touch=True)
        self.assertTrue(phone.url.endswith("/mine"))
        expect(phone.locator(".burning")).to_have_count(0)
        expect(phone.locator(".alarm-count")).to_have_count(0)
        self.centre.fire()
        expect(phone.locator(".burning")).to_have_count(1)  # it comes by itself
        self.shot(phone, "owner-burning-390")
        self.assert_accessible(phone, "mine")
        self.assertLessEqual(phone.evaluate("document.documentElement.scrollWidth"), 390)

        phone.locator(".burning [data-dialog]").click()
        phone.locator("dialog textarea").fill("后厨炒菜油烟，没有明火")
        phone.locator("dialog .primary").click()
        expect(phone.locator(".said")).to_contain_text("后厨炒菜油烟")
        expect(desk.locator(".case .reasons")).to_contain_text("后厨炒菜油烟")
        expect(desk.locator(".items .item.waiting")).to_have_count(1)  # the desk still takes and verifies

        phone.locator(".burning .danger").click()
        phone.locator("dialog[open] .danger").click()
        expect(phone.locator(".said")).to_contain_text("确有火情")
        expect(desk.locator(".case .title .badge.bad")).to_contain_text("特别严重")
        self.assertEqual(phone.request.get("/sites").status, 200)
        self.assertEqual(phone.request.get("/cases").status, 403)


class Keys(Town):
    def test_the_desk_is_worked_by_keys_and_a_mute_ends_by_itself(self):
        self.centre.fire(unit=1, source=0x379 + 3)
        self.centre.fire(unit=1, source=0x379 + 4)
        desk = self.person("officer")
        desk.clock.install()
        desk.goto("/")
        expect(desk.locator(".items .item.waiting")).to_have_count(2)
        desk.keyboard.press("?")
        expect(desk.locator("dialog")).to_be_visible()
        self.assert_accessible(desk, "keys")
        desk.keyboard.press("Escape")
        expect(desk.locator("dialog")).to_have_count(0)
        first = desk.locator(".case .title h2").inner_text()
        desk.keyboard.press("j")
        expect(desk.locator(".case .title h2")).not_to_have_text(first)
        desk.keyboard.press("k")
        expect(desk.locator(".case .title h2")).to_have_text(first)
        expect(desk.locator(".sound.ringing")).to_be_visible()
        desk.keyboard.press("m")
        expect(desk.locator(".sound.muted")).to_be_visible()
        desk.clock.fast_forward(121_000)
        expect(desk.locator(".sound.ringing")).to_be_visible()
        # Keys do nothing while somebody writes.
        desk.keyboard.press("n")
        desk.locator("dialog textarea").fill("")
        desk.keyboard.type("am")
        expect(desk.locator("dialog textarea")).to_have_value("am")
        expect(desk.locator(".items .item.waiting")).to_have_count(2)


class Link(Town):
    def test_a_lost_connection_shows_within_five_seconds_and_nothing_is_missed(self):
        desk = self.person("officer")
        expect(desk.locator("#link-state")).to_have_attribute("data-state", "on")
        self.centre.stop()
        began = time.monotonic()
        expect(desk.locator("#link-banner")).to_be_visible(timeout=6_000)
        self.assertLess(time.monotonic() - began, 5.0)
        self.shot(desk, "desk-no-network-1440")
        self.centre.start()
        self.centre.fire(unit=2)
        expect(desk.locator("#link-banner")).to_have_count(0, timeout=20_000)
        expect(desk.locator(".items .item.waiting")).to_have_count(1)


class Pages(Town):
    # Who looks at what: the leader at what the town does, the administrator at who and what is registered, the owner
    # and the crew at their own.
    PATHS = {
        "leader": ["/", "/wall", "/cases", "/cases/{case}", "/alarms", "/sites", "/sites/{site}", "/detectors", "/units",
                   "/inspections", "/roll-calls", "/calendar", "/messages", "/sample-gateway", "/statistics", "/staff", "/roles", "/account", "/nowhere", "/audit"],
        "admin": ["/audit?verify=1", "/gateways", "/staff/new", "/staff/{person}", "/sites/new", "/sites/{site}/edit"],
        "owner": ["/mine"],
        "brigade": ["/field"],
    }
    # What these answer on purpose.
    REFUSED = {"/nowhere": 404, "/audit": 403}

    def numbers(self, page):
        """A case, its site and a person, to fill paths with."""
        def first(path):
            return page.request.get(path).json()["items"][0]
        case = first("/api/v1/cases?kind=fire")
        return {"case": case["id"], "site": case["subject"].removeprefix("sites/"), "person": first("/api/v1/staff")["id"]}

    def test_every_page_is_accessible_in_light_and_dark_and_in_both_languages(self):
        self.centre.fire(source=0x379 + 2)  # the site with the long name
        self.centre.fire(source=0x379)  # the owner's
        for role, paths in self.PATHS.items():
            for language, theme in (("zh-CN", "light"), ("en", "wall")):
                page = self.person(role, language=language, theme=theme)
                names = self.numbers(page) if role in ("leader", "admin") else {}
                for path in paths:
                    with self.subTest(role=role, path=path, theme=theme, language=language):
                        answer = page.goto(path.format(**names))
                        self.assertEqual(answer.status, self.REFUSED.get(path, 200))
                        if path == "/":
                            expect(page.locator("#desk .strip")).to_be_visible()
                            expect(page.locator(".items .item.waiting")).to_have_count(2)
                        if path == "/wall":
                            expect(page.locator("#wall-alarms li")).to_have_count(2)
                        self.assert_accessible(page, path)
                        self.assertEqual(page.evaluate("document.documentElement.lang")[:2], language[:2])
                        # An unknown key shows itself: words with a dot inside are such keys.
                        text = page.locator("body").inner_text()
                        self.assertEqual(re.findall(r"\b(?:js|common|desk|cases|fire|field|map(?!\.use\b)|sound|notify|places|centre|identity|audit)\.(?!read\b)[a-z]\w+", text), [])
                        self.shot(page, f"page{path.replace('/', '-')}-{theme}-{language}")
                page.context.close()

    def test_the_desk_fits_a_wall_screen_and_a_phone(self):
        wall = self.person("leader", 1920, 1080)
        wall.goto("/wall")
        expect(wall.locator("#wall-units li").first).to_be_visible()
        self.shot(wall, "wall-1920")
        phone = self.person("officer", 390, 844, touch=True)
        names = self.numbers(wall)
        for path in ("/", "/cases", "/cases/{case}", "/sites", "/sites/{site}", "/alarms", "/detectors", "/messages",
                     "/statistics", "/units", "/inspections", "/roll-calls", "/calendar", "/sample-gateway", "/account"):
            phone.goto(path.format(**names))
            phone.wait_for_timeout(200)
            self.assertLessEqual(phone.evaluate("document.documentElement.scrollWidth"), 390, path)
            self.shot(phone, f"phone{path.replace('/', '-')}-390")


if __name__ == "__main__":
    unittest.main(verbosity=2)
