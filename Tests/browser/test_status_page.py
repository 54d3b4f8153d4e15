# SPDX-License-Identifier: Apache-2.0
"""What the status page shows and does, with a relay that works."""
import re
import time

import pytest
import requests
from processes import HANG_LIMIT, eventually

SECONDS = re.compile(r"(\d+)\s+s")


def test_strict_fields_and_nothing_from_elsewhere(page, relay):
    answer = requests.get(relay.url, timeout=120)
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-cache"
    again = requests.get(relay.url, headers={"If-None-Match": answer.headers["ETag"]}, timeout=120)
    assert (again.status_code, again.content) == (304, b"")
    assert requests.get(relay.url, headers={"If-None-Match": '"x"'}, timeout=120).status_code == 200
    loaded = page.run("performance.getEntriesByType('resource').map(entry => entry.name)")
    assert loaded and all(re.fullmatch(re.escape(relay.url) + r"/status\.json(\?since=\d+)?", url) for url in loaded)
    # The policy is at work: a script that slips in does not run.
    page.run("document.body.append(Object.assign(document.createElement('img'), { src: '/metrics' }))")
    page.wait("true")
    deadline = time.monotonic() + HANG_LIMIT
    while not page.complaints and time.monotonic() < deadline:
        page.run("new Promise(done => setTimeout(done, 50))")
    assert "Content Security Policy" in page.complaints.pop()


def test_countdown_moves_and_token_is_renewed(page):
    def countdown():
        found = SECONDS.search(page.text("#tokenhead"))
        return int(found[1]) if found else 0

    def generation():
        return int(page.run("[...document.querySelectorAll('#tokenfacts dd')][1].textContent"))

    first, before = countdown(), generation()
    width = page.run("document.getElementById('gone').style.width")
    page.wait(f"document.getElementById('gone').style.width !== '{width}'")
    eventually(lambda: countdown() != first, "the countdown stands still")
    eventually(lambda: generation() != before, "no renewal was shown")
    assert int(page.run("document.getElementById('bar').getAttribute('aria-valuemax')")) == 8


def test_plots_show_values_under_mouse_and_keys(page):
    page.wait("document.querySelector('#requests .bars.ok').getAttribute('d').length > 10")
    page.wait("document.querySelector('#requests .bars.err').getAttribute('d').length > 10")
    page.wait("document.querySelector('#firstbyte .curve.p50, #firstbyte .dots.p50') !== null")
    paths = page.run("[...document.querySelectorAll('#firstbyte path')].map(path => path.getAttribute('d'))")
    assert len("".join(paths)) > 10
    assert not page.is_shown("#requests .tip")
    page.hover("#requests svg", 0.5)
    page.wait("!document.querySelector('#requests .tip').hidden")
    assert "0 requests" in page.text("#requests .tip")
    # Somewhere in the last minutes lie the requests that were made, failed ones among them.
    page.run("document.querySelector('#requests svg').focus()")
    page.press("End")
    for _ in range(40):
        if found := re.search(r"(ago|now): [1-9]\d* requests, [1-9]\d* failed", page.text("#requests .tip")):
            break
        page.press("ArrowLeft")
    assert found
    page.run("document.querySelector('#firstbyte svg').focus()")
    assert not page.is_shown("#requests .tip")
    page.press("Home")
    assert "no answers" in page.text("#firstbyte .tip")


def test_filter_and_search(page):
    def rows():
        return page.run("document.querySelectorAll('#rows tr:not(.detail)').length")

    everything = rows()
    assert everything >= 14
    page.type("#search", "call-11")
    page.wait("document.querySelectorAll('#rows tr').length === 1")
    assert page.text("#shown") == f"1 of {everything}"
    page.type("#search", "CALL-7 chat")
    page.wait("document.querySelectorAll('#rows tr.bad').length === 1")
    page.type("#search", "nothing like it")
    page.wait("document.querySelectorAll('#rows tr').length === 0")
    assert page.is_shown("#norows")
    page.type("#search", "")
    page.choose("#show", "bad")
    page.wait("document.querySelectorAll('#rows tr').length > 0")
    assert rows() == page.run("document.querySelectorAll('#rows tr.bad').length") >= 4
    page.choose("#show", "ok")
    assert page.run("document.querySelectorAll('#rows tr.bad').length") == 0
    page.choose("#show", "all")
    page.choose("#endpoint", "embeddings")
    assert rows() == 1
    page.choose("#endpoint", "")
    page.type("#search", "call-3")
    page.wait("document.querySelectorAll('#rows tr').length === 1")
    page.click("#rows button")
    page.wait("document.querySelectorAll('#rows tr.detail').length === 1")
    detail = page.text("#rows .detail")
    assert "POST /v1/chat/completions" in detail and "call-3" in detail and "fault of its own" in detail
    assert page.run("document.activeElement.getAttribute('aria-expanded')") == "true"


def test_text_of_clients_stays_text(page):
    page.type("#search", "onerror")
    page.wait("document.querySelectorAll('#rows tr').length === 1")
    page.click("#rows button")
    page.wait("document.querySelectorAll('#rows tr.detail').length === 1")
    assert "<img/src=x/onerror=alert(1)>" in page.text("#rows .detail")
    assert "%3Cimg%20src=x%20onerror=alert(1)%3E" in page.text("#rows .detail")
    assert page.run("document.images.length") == 0


def test_errors_have_cause_and_cure_in_both_languages(page):
    assert "The gateway reported a fault of its own." in page.text("#errors")
    assert "times" in page.text("#errors")
    page.click("#language")
    page.wait("document.documentElement.lang === 'zh-CN'")
    assert "网关报告了自身的故障。" in page.text("#errors")
    assert "最近的请求" in page.text() and "距离续期" in page.text() or "正在续期" in page.text()
    words = page.run("[...document.querySelectorAll('[data-t]')].map(made => made.textContent)")
    assert all(words) and not any("undefined" in word for word in words)
    page.go(page.run("location.href"))
    page.wait("document.documentElement.lang === 'zh-CN' && !document.getElementById('data').hidden")
    page.click("#language")
    page.wait("document.documentElement.lang === 'en'")
    assert page.run("Object.keys(WORDS.en).sort().join() === Object.keys(WORDS.zh).sort().join()")


def test_language_of_the_browser_is_the_first_choice(page, relay):
    agent = page.run("navigator.userAgent")
    page.call("Network.setUserAgentOverride", userAgent=agent, acceptLanguage="zh-TW,zh")
    page.go(relay.url + "/?zh")
    page.wait("document.documentElement.lang === 'zh-CN'")


def test_theme_follows_the_system_until_chosen(page):
    def theme():
        return page.run("document.documentElement.dataset.theme")

    def ground():
        return page.run("getComputedStyle(document.body).backgroundColor")

    assert theme() == "light"
    light = ground()
    page.emulate(scheme="dark")
    page.wait("document.documentElement.dataset.theme === 'dark'")
    assert ground() != light
    page.click("#theme")
    assert theme() == "light" and ground() == light
    page.click("#theme")
    assert theme() == "dark"
    page.go(page.run("location.href"))
    page.wait("document.documentElement.dataset.theme === 'dark'")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_fits_a_phone(page, language):
    page.emulate(width=360, height=740, is_phone=True)
    if language == "zh":
        page.click("#language")
    page.choose("#show", "bad")
    # Time and status stay on one line each, and apart.
    assert page.run("""[...document.querySelectorAll('#rows tr')].every(row => {
      const [time, status] = [...row.children].map(cell => {
        const range = document.createRange();
        range.selectNodeContents(cell);
        return range.getBoundingClientRect();
      });
      return status.height < 24 && status.left >= time.right;
    })""")
    page.click("#rows button")
    page.wait("document.querySelectorAll('#rows tr.detail').length === 1")
    too_wide = page.run(
        "[...document.querySelectorAll('body *')].filter(made => made.getBoundingClientRect().right > 361"
        " && !made.closest('.scroll, pre')).map(made => made.tagName + '#' + made.id + '.' + made.className)"
    )
    assert too_wide == [] and page.run("document.documentElement.scrollWidth") == 360


def test_colours_can_be_read(page):
    """Text stands out from its ground by 4.5 to 1 at least, in both themes."""
    script = """(() => {
      const light = text => {
        const [r, g, b] = text.match(/[\\d.]+/g).map(Number).map(v => v / 255)
          .map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
        return .2126 * r + .7152 * g + .0722 * b;
      };
      const ground = made => {
        for (; made; made = made.parentElement) {
          const colour = getComputedStyle(made).backgroundColor;
          if (!colour.startsWith("rgba")) return colour;
        }
        return "rgb(255, 255, 255)";
      };
      return [...document.querySelectorAll("body *")].filter(made => made.checkVisibility()
        && [...made.childNodes].some(node => node.nodeType === 3 && node.data.trim())).map(made => {
          const [a, b] = [light(getComputedStyle(made).color), light(ground(made))].sort((x, y) => y - x);
          return [made.tagName + "." + made.className + ": " + made.textContent.slice(0, 20), (a + .05) / (b + .05)];
        }).filter(([, ratio]) => ratio < 4.5);
    })()"""
    assert page.run(script) == []
    page.emulate(scheme="dark")
    page.wait("document.documentElement.dataset.theme === 'dark'")
    assert page.run(script) == []
