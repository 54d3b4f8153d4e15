# SPDX-License-Identifier: Apache-2.0
"""A headless Chromium, driven through its DevTools protocol."""
import base64
import json
import os
import shutil
import subprocess
import tempfile
import time
import urllib.request

import websocket

HANG_LIMIT = 120
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")


def program():
    """The path of a Chromium, or None."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


class Browser:
    """One Chromium process with a profile of its own."""

    def __init__(self, language="en-US"):
        self._profile = tempfile.TemporaryDirectory(prefix="browser-", ignore_cleanup_errors=True)
        options = [
            "--headless=new", "--remote-debugging-port=0", f"--user-data-dir={self._profile.name}", "--no-first-run",
            "--disable-gpu", "--disable-dev-shm-usage", "--disable-extensions", "--disable-background-networking",
            "--disable-component-update", "--disable-sync", "--mute-audio", "--hide-scrollbars",
            f"--lang={language}", f"--accept-lang={language}",
        ]
        if os.geteuid() == 0:
            options.append("--no-sandbox")
        self._process = subprocess.Popen(
            [program(), *options, "about:blank"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._address = f"127.0.0.1:{self._port()}"

    def _port(self):
        path, end = os.path.join(self._profile.name, "DevToolsActivePort"), time.monotonic() + HANG_LIMIT
        while time.monotonic() < end and self._process.poll() is None:
            try:
                with open(path, encoding="ascii") as file:
                    if (first := file.readline()).endswith("\n"):
                        return int(first)
            except FileNotFoundError:
                pass
            time.sleep(0.05)
        raise AssertionError("chromium did not start")

    def open(self, url="about:blank", **emulation):
        request = urllib.request.Request(f"http://{self._address}/json/new?about:blank", method="PUT")
        with urllib.request.urlopen(request, timeout=120) as answer:
            target = json.load(answer)
        page = Page(target["webSocketDebuggerUrl"])
        page.emulate(**emulation)
        if url != "about:blank":
            page.go(url)
        return page

    def close(self):
        self._process.terminate()
        try:
            self._process.wait(HANG_LIMIT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._profile.cleanup()


class Page:
    """One tab. Complaints of the browser (errors, policy violations, exceptions) gather in `complaints`."""

    def __init__(self, socket):
        self._socket = websocket.create_connection(socket, timeout=120, suppress_origin=True)
        self._last = 0
        self.complaints = []
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(domain + ".enable")
        # A tab behind others gets no focus else.
        self.call("Emulation.setFocusEmulationEnabled", enabled=True)

    def call(self, method, **parameters):
        self._last += 1
        self._socket.send(json.dumps({"id": self._last, "method": method, "params": parameters}))
        while True:
            message = json.loads(self._socket.recv())
            if message.get("id") == self._last:
                assert "error" not in message, f"{method}: {message['error']}"
                return message["result"]
            self._note(message)

    def _note(self, message):
        parameters = message.get("params", {})
        match message.get("method"):
            case "Log.entryAdded" if parameters["entry"]["level"] in ("error", "warning"):
                entry = parameters["entry"]
                self.complaints.append(f"{entry['source']}: {entry['text']} {entry.get('url', '')}")
            case "Runtime.consoleAPICalled" if parameters["type"] in ("error", "warning", "assert"):
                self.complaints.append("console: " + str([value.get("value") for value in parameters["args"]]))
            case "Runtime.exceptionThrown":
                details = parameters["exceptionDetails"]
                self.complaints.append("exception: " + details.get("exception", {}).get("description", details["text"]))

    def emulate(self, width=1180, height=900, scheme="light", is_phone=False):
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=is_phone
        )
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def go(self, url):
        self.call("Page.navigate", url=url)
        self.wait("document.readyState === 'complete' && location.href !== 'about:blank'")

    def run(self, expression):
        """The value of an expression, promises awaited."""
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in result, f"{expression}: {result['exceptionDetails']}"
        return result["result"].get("value")

    def wait(self, expression, limit=HANG_LIMIT):
        """The first true value of an expression."""
        end = time.monotonic() + limit
        while True:
            try:
                if value := self.run(expression):
                    return value
            except AssertionError:
                if time.monotonic() > end:
                    raise
            assert time.monotonic() < end, f"never true: {expression}\n{self.text()}"
            time.sleep(0.05)

    def text(self, selector="body"):
        return self.run(f"document.querySelector({json.dumps(selector)})?.innerText ?? null")

    def is_shown(self, selector):
        return self.run(f"document.querySelector({json.dumps(selector)})?.checkVisibility() ?? false")

    def click(self, selector):
        """A real click of the mouse in the middle of an element."""
        x, y = self.run(
            f"""(() => {{
              const found = document.querySelector({json.dumps(selector)});
              found.scrollIntoView({{ block: "center" }});
              const box = found.getBoundingClientRect();
              return [box.x + box.width / 2, box.y + box.height / 2];
            }})()"""
        )
        for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def hover(self, selector, share):
        """Moves the mouse over an element, so far from its left edge."""
        x, y = self.run(
            f"""(() => {{
              const found = document.querySelector({json.dumps(selector)});
              found.scrollIntoView({{ block: "center" }});
              const box = found.getBoundingClientRect();
              return [box.x + box.width * {share}, box.y + box.height / 2];
            }})()"""
        )
        self.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)

    def type(self, selector, text):
        """Puts text into an emptied field, as the keyboard would."""
        self.run(f"(() => {{ const f = document.querySelector({json.dumps(selector)}); f.focus(); f.select?.(); }})()")
        if text:
            self.call("Input.insertText", text=text)
        else:
            self.press("Backspace")

    def press(self, key):
        codes = {"Enter": 13, "Backspace": 8, "Home": 36, "End": 35, "ArrowLeft": 37, "ArrowRight": 39}
        extra = {"text": "\r"} if key == "Enter" else {}
        self.call("Input.dispatchKeyEvent", type="keyDown", key=key, windowsVirtualKeyCode=codes[key], **extra)
        self.call("Input.dispatchKeyEvent", type="keyUp", key=key, windowsVirtualKeyCode=codes[key])

    def choose(self, selector, value):
        self.run(
            f"""(() => {{ const f = document.querySelector({json.dumps(selector)}); f.value = {json.dumps(value)};
            f.dispatchEvent(new Event("input", {{ bubbles: true }})); }})()"""
        )

    def picture(self, path):
        """A PNG of the whole page."""
        self.run("scrollTo(0, 0)")
        data = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=True)["data"]
        with open(path, "wb") as file:
            file.write(base64.b64decode(data))

    def close(self):
        self.call("Page.close")
        self._socket.close()
