"""phone_load.py URL ROUNDS PATH…: loads citizens' pages in Chromium as an old phone on a poor connection does, each time
with an empty cache, and prints the medians as JSON. `make bench` calls it."""
import json
import os
import statistics
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
# 400 kb/s both ways, 400 ms there and back, a processor a quarter as fast.
CONNECTION = {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 50_000}
SLOWER = 4


def load(browser, address):
    """One load: bytes on the wire, requests, milliseconds until something is seen and until it can be used."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, device_scale_factor=2, is_mobile=True, locale="zh-CN")
    try:
        page = context.new_page()
        wire = context.new_cdp_session(page)
        sizes = []
        wire.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
        wire.send("Network.enable")
        wire.send("Network.emulateNetworkConditions", CONNECTION)
        wire.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
        page.goto(address, wait_until="load", timeout=120_000)
        # Its script is a module: it has run when the document is there whole. Without one the page can be used as well.
        times = page.evaluate("""() => new Promise(done => {
            const seen = () => performance.getEntriesByName("first-contentful-paint")[0]?.startTime;
            const wait = () => seen() === undefined ? setTimeout(wait, 20) : done({
                seen: seen(), whole: performance.getEntriesByType("navigation")[0].domContentLoadedEventEnd});
            wait();
        })""")
        return {"transferred": sum(sizes), "requests": len(sizes), "seen": times["seen"],
                "usable": max(times["seen"], times["whole"])}
    finally:
        context.close()


def main():
    url, rounds, paths = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
    if not Path(CHROMIUM).exists():
        sys.exit("there is no Chromium at " + CHROMIUM)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        results = []
        for path in paths:
            loads = [load(browser, url + path) for _ in range(rounds)]
            results.append({"path": path, **{name: statistics.median_low([each[name] for each in loads]) for name in loads[0]}})
        browser.close()
    print(json.dumps(results))


if __name__ == "__main__":
    main()
