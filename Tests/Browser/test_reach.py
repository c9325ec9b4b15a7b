"""How one is told, in a real browser: an address for letters, leave for notices and its end, and what the service worker shows."""
import os
import sys
import tempfile
import unittest
from pathlib import Path

from playwright.sync_api import expect

sys.path.insert(0, str(Path(__file__).parent))
from test_browser import Town

# What the browser's own push service would answer; headless browsers have none. The keys are real ones of P-256.
SUBSCRIBE = """
PushManager.prototype.subscribe = async function (options) {
  if (!options.userVisibleOnly || options.applicationServerKey.length !== 65) throw new Error("wrong options");
  const pair = await crypto.subtle.generateKey({ name: "ECDH", namedCurve: "P-256" }, true, ["deriveBits"]);
  const point = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
  const text = bytes => btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  window.given = { toJSON: () => ({ endpoint: "https://push.example/device/1", keys: { p256dh: text(point), auth: text(crypto.getRandomValues(new Uint8Array(16))) } }),
    unsubscribe: async () => { window.isEnded = true; return true; } };
  return window.given;
};
"""


class Reach(Town):
    @classmethod
    def setUpClass(cls):
        cls.carriers = tempfile.NamedTemporaryFile("w", suffix=".yaml")
        cls.carriers.write(
            'carriers:\n  - {name: push, kind: push, source: "mailto:desk@town.example", services: ["https://push.example"]}\n')
        cls.carriers.flush()
        os.environ["ZHILI_CARRIERS"] = cls.carriers.name
        try:
            super().setUpClass()
        finally:
            del os.environ["ZHILI_CARRIERS"]

    def test_somebody_says_where_letters_go_and_a_wrong_address_is_refused(self):
        page = self.person("leader")
        page.goto("/me/reach")
        self.assert_accessible(page, "reach")
        self.shot(page, "reach-1440")
        page.locator("#email").evaluate("field => field.type = 'text'")
        page.locator("#email").fill("li li@example.com")
        page.locator("form[action='/me/reach'] .primary").click()
        expect(page.locator(".field .error")).to_be_visible()
        page.locator("#email").fill("li@example.com")
        page.locator("form[action='/me/reach'] .primary").click()
        expect(page.locator("#email")).to_have_value("li@example.com")

    def test_a_device_is_notified_after_a_press_and_no_more_after_another(self):
        page = self.person("patrol", 390, 844, touch=True)
        page.context.grant_permissions(["notifications"])
        page.add_init_script(SUBSCRIBE)
        page.goto("/me/reach")
        part = page.locator("[data-push]")
        expect(part.locator("[role=status]")).to_contain_text("不会收到")
        self.assert_accessible(page, "reach on a phone")
        self.shot(page, "reach-390")
        part.get_by_role("button", name="在这台设备上接收通知").click()
        expect(part.locator("[role=status]")).to_contain_text("会收到通知", timeout=20_000)
        own = page.evaluate("fetch('/api/v1/me/push').then(answer => answer.json())")
        self.assertEqual(len(own["devices"]), 1)
        self.shot(page, "reach-on-390")
        part.get_by_role("button", name="停止这台设备的通知").click()
        expect(part.locator("[role=status]")).to_contain_text("不会收到")
        self.assertTrue(page.evaluate("window.isEnded"))
        own = page.evaluate("fetch('/api/v1/me/push').then(answer => answer.json())")
        self.assertEqual(own["devices"], [])

    def test_the_service_worker_shows_what_comes_even_what_it_cannot_read(self):
        page = self.person("patrol", 390, 844, touch=True)
        page.context.grant_permissions(["notifications"])
        wire = page.context.new_cdp_session(page)
        known = {}
        wire.on("ServiceWorker.workerRegistrationUpdated", lambda event: known.update(
            {one["scopeURL"]: one["registrationId"] for one in event["registrations"]}))
        wire.send("ServiceWorker.enable")
        page.goto("/field")
        page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        scope = page.evaluate("navigator.serviceWorker.ready.then(worker => worker.scope)")
        for _ in range(100):
            if scope in known:
                break
            page.wait_for_timeout(100)
        for data in ['{"title":"玩具厂二楼烟感报警","body":"请查看","tag":"a","url":"/"}', "not JSON"]:
            wire.send("ServiceWorker.deliverPushMessage", {
                "origin": scope.rsplit("/field", 1)[0], "registrationId": known[scope], "data": data})
        titles = []
        for _ in range(100):
            titles = page.evaluate(
                "navigator.serviceWorker.ready.then(worker => worker.getNotifications()).then(all => all.map(one => one.title))")
            if len(titles) == 2:
                break
            page.wait_for_timeout(100)
        self.assertEqual(sorted(titles), sorted(["玩具厂二楼烟感报警", "智理"]))


if __name__ == "__main__":
    unittest.main()
