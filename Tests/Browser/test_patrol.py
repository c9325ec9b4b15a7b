"""Rounds in a real browser: set up on the map, walked on a phone by code and by place, tracked on watch alone."""
import re
import sys
import time
import unittest
from datetime import datetime, timedelta, timezone
from pathlib import Path

from playwright.sync_api import expect

sys.path.insert(0, str(Path(__file__).parent))
from test_browser import PICTURE, Town

CHINA = timezone(timedelta(hours=8))


class Patrol(Town):
    BROWSER = ["--use-fake-ui-for-media-stream"]

    def wide(self, page):
        self.assertLessEqual(page.evaluate("document.documentElement.scrollWidth - innerWidth"), 0, page.url)

    def put_on_watch(self, username):
        """A roster on which somebody stands watch all day, whatever the hour of this test."""
        people = self.person("admin").request.get("/api/v1/staff?limit=200").json()["items"]
        member = next(one["id"] for one in people if one["username"] == username)
        leader = self.person("leader")
        made = leader.request.post(
            "/api/v1/rosters", headers={"X-CSRF-Token": leader.locator("meta[name=csrf]").get_attribute("content")},
            data={
                "name": "全天巡查（示例）", "role": "patrol", "members": [member], "watches": ["全天 00:00-24:00"],
                "days": "every", "firstDay": time.strftime("%Y-%m-%d", time.gmtime(time.time() - 40 * 3600))})
        self.assertEqual(made.status, 201, made.text())
        page = self.person(username)
        # From now on, in order of time: the first is the one that runs.
        shifts = page.request.get(f"/api/v1/shifts?staff={member}").json()["items"]
        shift = next(one for one in shifts if one["watch"] == "全天")
        there = page.request.post(
            f"/api/v1/shifts/{shift['id']}/check-in",
            headers={"X-CSRF-Token": page.locator("meta[name=csrf]").get_attribute("content")}, data={})
        self.assertLess(there.status, 300, there.text())

    def walker(self, lat, lon):
        page = self.person("patrol", 390, 844, touch=True)
        page.context.grant_permissions(["geolocation"])
        page.context.set_geolocation({"latitude": lat, "longitude": lon, "accuracy": 8})
        return page

    def test_a_round_is_set_up_walked_by_code_and_place_and_seen(self):
        leader = self.person("leader")
        leader.goto("/patrol")
        expect(leader.locator("#patrol table").nth(1).locator("tbody tr")).to_have_count(2)
        self.assert_accessible(leader, "patrol")
        leader.get_by_role("link", name="新建路线").click()
        leader.locator("#name").fill("学校周边（示例）")
        # A walk that begins in a minute or two can be walked at once.
        soon = datetime.now(CHINA) + timedelta(minutes=2)
        leader.locator("#starts").fill("25:00")
        canvas = leader.locator("#map[data-ready] canvas")
        canvas.wait_for(timeout=30_000)
        canvas.click(position={"x": 200, "y": 200})
        canvas.click(position={"x": 320, "y": 240})
        leader.locator("#place").select_option(index=1)
        expect(leader.locator("#points li")).to_have_count(3)
        leader.locator("#points li").nth(2).get_by_role("button", name="上移").click()
        leader.locator("form .button.primary").click()
        expect(leader.locator(".field .error").first).to_contain_text("08:00")
        expect(leader.locator("#points li")).to_have_count(3)
        leader.locator("#starts").fill(soon.strftime("%H:%M"))
        self.assert_accessible(leader, "patrol form")
        leader.locator("#map[data-ready]").wait_for(timeout=30_000)
        self.shot(leader, "patrol-form-1440")
        place = [float(leader.locator(f"[name=point-{name}]").first.input_value()) for name in ("lat", "lon")]
        leader.locator("form .button.primary").click()
        leader.wait_for_url("**/patrol?done=saved")
        self.shot(leader, "patrol-1440")

        leader.get_by_role("row", name=re.compile("学校周边")).get_by_role("link", name="二维码").click()
        expect(leader.locator(".codes .qr")).to_have_count(3)
        self.assert_accessible(leader, "codes")
        self.shot(leader, "patrol-codes-1440")

        phone = self.walker(*place)
        phone.goto("/field/patrol")
        walk = phone.locator(".walk", has_text="学校周边")
        expect(walk).to_contain_text("0 / 3")
        self.assert_accessible(phone, "field patrol")
        self.wide(phone)
        self.shot(phone, "field-patrol-390")
        # By place, with a photo, without signal: kept, and sent when it is back.
        walk.get_by_role("button", name="到点").first.click()
        phone.get_by_role("button", name="定位签到").click()
        expect(phone.get_by_role("alert")).to_contain_text("照片")
        picture = bytes(phone.evaluate(PICTURE))
        phone.locator("input[type=file]").set_input_files(
            {"name": "p.jpg", "mimeType": "image/jpeg", "buffer": picture})
        phone.locator("#finding").fill("护栏松动")
        expect(phone.locator(".thumbs img")).to_be_visible()
        self.shot(phone, "field-patrol-visit-390")
        phone.context.set_offline(True)
        phone.get_by_role("button", name="定位签到").click()
        expect(phone.locator(".unsent")).to_be_visible()
        expect(walk).to_contain_text("1 / 3")
        phone.context.set_offline(False)
        expect(phone.locator(".unsent")).to_have_count(0, timeout=30_000)
        expect(walk.locator(".stops li.done")).to_have_count(1)
        # By the code of the second point, as the phone's camera opens it.
        round_id = leader.url.split("/")[-2]
        listed = phone.request.get("/api/v1/patrol/mine").json()["items"]
        mine = next(item for item in listed if item["roundId"] == round_id)
        self.assertNotIn("code", str(mine))
        secret = self.codes(round_id)[mine["points"][1]["pointId"]]
        phone.goto(f"/field/patrol#{mine['points'][1]['pointId']}.{secret}")
        expect(phone.locator(".walk", has_text="学校周边").locator(".stops li.done")).to_have_count(2, timeout=20_000)
        self.assertNotIn(secret, phone.url)
        # A wrong code is refused in words, and stays to be read.
        phone.goto(f"/field/patrol#{mine['points'][2]['pointId']}.{'0' * 16}")
        expect(phone.locator(".unsent")).to_contain_text("二维码不是这个点位的", timeout=20_000)

        leader.goto("/patrol")
        leader.get_by_role("link", name="学校周边").first.click()
        expect(leader.locator(".stops li.done")).to_have_count(2)
        expect(leader.locator(".stops")).to_contain_text("定位拍照")
        expect(leader.locator(".stops")).to_contain_text("扫码")
        self.assert_accessible(leader, "walk")
        self.shot(leader, "patrol-walk-1440")
        leader.goto("/cases?kind=patrol")
        expect(leader.locator("main")).to_contain_text("巡查发现问题")

    def codes(self, round_id):
        """The codes as they hang on the wall, from the database."""
        import sqlite3
        found = sqlite3.connect(f"file:{next(Path(self.centre.data).glob('*.db'))}?mode=ro", uri=True)
        alphabet = "0123456789abcdefghjkmnpqrstvwxyz"

        def text(number):
            digits = []
            for _ in range(13):
                digits.append(alphabet[number & 31])
                number >>= 5
            return "".join(reversed(digits))
        rows = found.execute("SELECT id, round, code FROM patrol_point").fetchall()
        return {text(point): code for point, owner, code in rows if text(owner) == round_id}

    def test_a_track_is_kept_when_the_person_wants_and_a_look_is_shown_to_them(self):
        self.put_on_watch("patrol")
        phone = self.walker(34.02, 113.02)
        phone.goto("/field/patrol")
        track = phone.locator(".rec")
        expect(track).to_contain_text("没有记录轨迹")
        phone.get_by_role("button", name="开始记录").click()
        expect(track).to_contain_text("正在记录轨迹")
        expect(track).to_contain_text("本次已存 1 点", timeout=20_000)
        # A point each ten seconds at most.
        phone.wait_for_timeout(10_500)
        phone.context.set_geolocation({"latitude": 34.022, "longitude": 113.022, "accuracy": 10})
        expect(track).to_contain_text(re.compile(r"本次已存 [2-9] 点"), timeout=60_000)
        phone.get_by_role("button", name="停止").click()
        expect(track).to_contain_text("没有记录轨迹")
        phone.get_by_text("我今天的轨迹").click()
        expect(phone.locator(".track-map")).to_have_attribute("data-ready", "", timeout=20_000)
        expect(phone.locator("svg.track")).to_be_hidden()
        self.shot(phone, "field-patrol-track-map-390")
        self.centre.fire()
        leader = self.person("leader")
        number = leader.request.get("/api/v1/cases?kind=fire").json()["items"][0]["number"]
        leader.goto(f"/patrol/tracks?case={number}")
        leader.locator("#staffId").select_option(index=0)
        leader.locator("#purpose").fill("核对谁离得近")
        self.assert_accessible(leader, "tracks form")
        leader.get_by_role("button", name="查看并记录").click()
        expect(leader.locator("main")).to_contain_text(re.compile(r"[2-9] 个点"))
        self.assert_accessible(leader, "tracks")
        self.shot(leader, "patrol-tracks-1440")
        phone.reload()
        expect(phone.locator("details", has_text="有人为案件看过 1 次")).to_be_visible()
        self.shot(phone, "field-patrol-track-390")

    def test_the_pages_stand_on_a_phone_and_on_a_wide_screen(self):
        for width in (390, 1920):
            page = self.person("leader", width, 1000)
            for path in ("/patrol", "/patrol/rounds/new", "/patrol/tracks"):
                page.goto(path)
                self.wide(page)
                self.shot(page, f"patrol{path.replace('/', '-')}-{width}")


if __name__ == "__main__":
    unittest.main()
