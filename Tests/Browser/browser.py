"""Headless Chromium, driven by the DevTools protocol over a pipe: no port is opened, no driver needed."""

import json
import os
import shutil
import signal
import subprocess
import tempfile
import time


class Failed(Exception):
    """The browser did not do what it was asked to."""


class Browser:
    """One Chromium with a profile of its own, gone when the `with` block ends."""

    TIMEOUT = 60

    def __enter__(self):
        self.profile = tempfile.mkdtemp(prefix="pilab-browser-")
        program = shutil.which("chromium") or shutil.which("chromium-browser")
        if program is None:
            raise Failed("chromium is not installed; run: ci/bootstrap test")
        command_read, self.commands = os.pipe()
        self.answers, answer_write = os.pipe()

        # DevTools reads from descriptor 3 and writes to 4.
        def place():
            os.dup2(os.dup(command_read), 103)
            os.dup2(os.dup(answer_write), 104)
            os.dup2(103, 3)
            os.dup2(104, 4)

        self.process = subprocess.Popen(
            [program, "--headless", "--remote-debugging-pipe", "--disable-gpu", "--no-first-run",
             "--disable-background-networking", "--disable-component-update", "--disable-sync",
             # In a container there is no second sandbox to be had; nothing but our own files is opened.
             "--no-sandbox", "--disable-dev-shm-usage", "--hide-scrollbars",
             f"--user-data-dir={self.profile}", "about:blank"],
            preexec_fn=place, close_fds=False, start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(command_read)
        os.close(answer_write)
        self.buffer, self.number, self.events = b"", 0, []
        return self

    def __exit__(self, *_):
        os.close(self.commands)
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        os.close(self.answers)
        shutil.rmtree(self.profile, ignore_errors=True)

    def call(self, method, session=None, **parameters):
        """Sends a command and returns its result; events that come meanwhile are kept."""
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self.commands, data):]
        deadline = time.monotonic() + self.TIMEOUT
        while True:
            answer = self._next(deadline)
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise Failed(f"{method}: {answer['error']}")
                return answer["result"]
            self.events.append(answer)

    def wait(self, method, session):
        """The next event of that name."""
        deadline = time.monotonic() + self.TIMEOUT
        while True:
            for event in self.events:
                if event.get("method") == method and event.get("sessionId") == session:
                    self.events.remove(event)
                    return event["params"]
            self.events.append(self._next(deadline))

    def _next(self, deadline):
        while b"\0" not in self.buffer:
            if time.monotonic() > deadline:
                raise Failed("the browser does not answer")
            data = os.read(self.answers, 1 << 20)
            if not data:
                raise Failed("the browser has ended")
            self.buffer += data
        line, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(line)


class Page:
    """A file in a tab of its own; what it asks for and complains about is on record."""

    def __init__(self, browser, path, scripts=True, dark=False, width=1440):
        self.browser, self.path = browser, os.path.abspath(path)
        target = browser.call("Target.createTarget", url="about:blank")["targetId"]
        self.target = target
        self.session = browser.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")
        self.call("Page.setBypassCSP", enabled=scripts)
        self.call("Emulation.setScriptExecutionDisabled", value=not scripts)
        self.call("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])
        self.resize(width)
        self.call("Page.navigate", url=f"file://{self.path}")
        browser.wait("Page.loadEventFired", self.session)

    def call(self, method, **parameters):
        return self.browser.call(method, self.session, **parameters)

    def resize(self, width, height=900):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height,
                  deviceScaleFactor=1, mobile=width < 700)

    def evaluate(self, expression):
        answer = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            raise Failed(json.dumps(answer["exceptionDetails"])[:2000])
        return answer["result"].get("value")

    def screenshot(self, path):
        import base64

        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        # The browser refuses pictures that are higher.
        clip = {"x": 0, "y": 0, "width": size["width"], "height": min(size["height"], 16000), "scale": 1}
        picture = self.call("Page.captureScreenshot", captureBeyondViewport=True, format="png", clip=clip)
        with open(path, "wb") as file:
            file.write(base64.b64decode(picture["data"]))

    def spoken(self, *roles):
        """What a screen reader says of the elements with these roles."""
        self.call("Accessibility.enable")
        nodes = self.call("Accessibility.getFullAXTree")["nodes"]
        return [node["name"]["value"] for node in nodes
                if not node["ignored"] and node["role"]["value"] in roles]

    def own_events(self):
        return [event for event in self.browser.events if event.get("sessionId") == self.session]

    def complaints(self):
        """What went to the console, and what the browser logged."""
        kinds = ("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded")
        return [event["params"] for event in self.own_events() if event["method"] in kinds]

    def requests(self):
        """Addresses that were asked for, but for the file itself and what is inside it."""
        urls = [event["params"]["request"]["url"] for event in self.own_events()
                if event["method"] == "Network.requestWillBeSent"]
        return [url for url in urls if not url.startswith("data:") and url != f"file://{self.path}"]

    def close(self):
        self.browser.call("Target.closeTarget", targetId=self.target)
