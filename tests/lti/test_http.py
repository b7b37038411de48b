"""The guarded way out: what it refuses to ask, and how little it lets the other end do."""

import gzip
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from werkzeug.wrappers import Request, Response

from lti_tool import settings
from lti_tool.errors import PlatformError
from lti_tool.lti import http, watches
from lti_tool.lti.watches import Watch
from tests.lti import ends
from tests.lti.ends import installation  # noqa: F401 (a fixture)


@pytest.fixture
def _guarded() -> None:
    settings.use(ends.installed(allow_private_platforms=False))


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "PAUSES", (0.01, 0.01))


def refusal(url: str, **options: Any) -> PlatformError:
    with pytest.raises(PlatformError) as caught:
        http.get_json(url, **options)
    return caught.value


@pytest.mark.proves("security", 7)
@pytest.mark.usefixtures("_guarded")
@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "https://127.0.0.1/",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[fd00::1]/",
        "https://0x7f.1/",
        "https://2130706433/",
        "https://0.0.0.0/",
        "https://10.0.0.7/",
        "https://100.64.0.1/",
        "https://localhost/",
        "https://localhost./",
        "http://example.org/",
        "https://example.org:8443/",
        "https://someone@example.org/",
        "ftp://example.org/",
        "file:///etc/passwd",
        "https://",
        "https://[half",
        "//example.org",
        "",
    ],
)
def test_only_public_https_addresses_are_asked(url: str) -> None:
    fault = refusal(url)
    assert (fault.code, fault.final) == ("address_refused", True)


@pytest.mark.proves("security", 7)
@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1::1", True),
        ("64:ff9b::5db8:d822", True),
        ("64:ff9b::a00:1", False),
        ("2002:7f00:1::", False),
        ("2002:5db8:d822::", True),
        ("::ffff:93.184.216.34", True),
        ("::ffff:10.0.0.1", False),
        ("::7f00:1", False),
        ("fe80::1", False),
        ("fec0::1", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("198.18.0.1", False),
        ("2001:db8::1", False),
    ],
)
def test_an_address_is_public_whatever_it_is_dressed_as(address: str, public: bool) -> None:
    assert http.is_public(address) is public


class Resolver:
    """A name server that changes its mind, and a network that notes whom we call and connects nobody."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.called: list[str] = []

    def getaddrinfo(self, _host: str, port: int, *_arguments: Any, **_options: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (self.answers.pop(0), port))]

    def connect(self, address: Any) -> None:
        self.called.append(address[0])
        raise ConnectionRefusedError


@pytest.mark.proves("security", 7)
@pytest.mark.usefixtures("_guarded")
def test_a_name_that_turns_private_after_the_check_is_never_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    resolver = Resolver("93.184.216.34", "127.0.0.1", "127.0.0.1")
    monkeypatch.setattr(socket, "getaddrinfo", resolver.getaddrinfo)
    monkeypatch.setattr(socket.socket, "connect", lambda _line, address: resolver.connect(address))
    assert refusal("https://rebinding.example.org/").code == "address_refused"  # the second try asked the name again
    assert resolver.called == ["93.184.216.34"]


@pytest.mark.proves("security", 7)
@pytest.mark.usefixtures("_guarded")
def test_one_private_address_among_public_ones_refuses_the_name(monkeypatch: pytest.MonkeyPatch) -> None:
    both = Resolver("93.184.216.34", "10.0.0.1")
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda *where, **_options: both.getaddrinfo(*where) + both.getaddrinfo(*where)
    )
    monkeypatch.setattr(socket.socket, "connect", lambda _line, address: both.connect(address))
    assert refusal("https://mixed.example.org/").code == "address_refused"
    assert both.called == []


@pytest.mark.proves("security", 7)
def test_a_redirect_is_not_followed() -> None:
    inner = ends.Web()
    with ends.serving(inner) as loopback:
        outer = ends.Web().on("/", Response(status=302, headers={"Location": f"{loopback}/admin"}))
        with ends.serving(outer) as url:
            fault = refusal(url)
    assert (fault.code, fault.status) == ("redirected", 302)
    assert inner.asked == []


def test_a_session_follows_no_redirect_even_when_told_to() -> None:
    web = ends.Web().on("/", Response(status=302, headers={"Location": "/elsewhere"}))
    with ends.serving(web) as url, http.session() as guarded:
        assert guarded.get(url, allow_redirects=True, timeout=None, verify=False).status_code == 302
    assert web.count("/elsewhere") == 0


@pytest.mark.proves("security", 7)
def test_a_gigabyte_is_not_read() -> None:
    def endless(_request: Request) -> Response:
        return Response((b"0" * 65_536 for _ in range(16_384)), headers={"Content-Length": str(65_536 * 16_384)})

    with ends.serving(ends.Web().on("/", endless)) as url:
        started = time.monotonic()
        assert refusal(url).code == "answer_too_large"
    assert time.monotonic() - started < 100


def test_a_small_answer_that_unpacks_to_a_large_one_is_not_read() -> None:
    bomb = gzip.compress(b"0" * 5_000_000)
    web = ends.Web().on("/", Response(bomb, headers={"Content-Encoding": "gzip"}))
    with ends.serving(web) as url:
        assert refusal(url).code == "answer_too_large"


def test_a_packed_answer_is_read() -> None:
    web = ends.Web().on("/", Response(gzip.compress(b'{"keys": []}'), headers={"Content-Encoding": "gzip"}))
    with ends.serving(web) as url:
        assert http.get_json(url) == {"keys": []}


def drip(_request: Request) -> Response:
    def bytes_in_no_hurry() -> Iterator[bytes]:
        for _ in range(200):
            time.sleep(0.1)
            yield b" "

    return Response(bytes_in_no_hurry())


@pytest.mark.proves("security", 7)
def test_a_slow_body_is_cut_off_in_time() -> None:
    with ends.serving(ends.Web().on("/", drip)) as url:
        started = time.monotonic()
        assert refusal(url, seconds=0.5).code == "platform_slow"
        assert time.monotonic() - started < 10


def trickle(listener: socket.socket) -> None:
    line, _ = listener.accept()
    with line:
        line.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        try:
            for _ in range(200):
                time.sleep(0.1)
                line.sendall(b"x")
        except OSError:
            return  # they hung up


@pytest.mark.proves("security", 7)
def test_headers_that_trickle_are_cut_off_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        platform = threading.Thread(target=trickle, args=(listener,))
        platform.start()
        started = time.monotonic()
        assert refusal(f"http://127.0.0.1:{listener.getsockname()[1]}/", seconds=0.5).code == "platform_slow"
        assert time.monotonic() - started < 10
        platform.join()


def test_silence_is_not_borne_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "READ_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        assert refusal(f"http://127.0.0.1:{listener.getsockname()[1]}/", seconds=20).code == "platform_slow"


def test_a_read_that_meets_a_hiccup_is_tried_again() -> None:
    web = ends.Web().on("/", Response(status=503), Response(status=502), ends.as_json({"ok": 1}))
    with ends.serving(web) as url:
        assert http.get_json(url) == {"ok": 1}
    assert web.count("/") == 3


def test_a_write_is_never_sent_twice() -> None:
    web = ends.Web().on("/", Response(status=503))
    with ends.serving(web) as url, http.session() as guarded:
        assert guarded.post(url, data="x").status_code == 503
    assert web.count("/") == 1


def test_what_is_posted_leaves_at_once() -> None:
    web = ends.Web().on("/", Response())
    with ends.serving(web) as url, Watch(1) as watch, http._watching(watch):
        line = http._connect("127.0.0.1", urlsplit(url).port or 0, 1)
        assert line.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        line.close()


def test_a_platform_that_asks_to_wait_is_not_asked_again() -> None:
    web = ends.Web().on("/", Response(status=503, headers={"Retry-After": "120"}))
    with ends.serving(web) as url:
        fault = refusal(url)
    assert (fault.code, fault.status, fault.retry_after, fault.final) == ("platform_busy", 503, 120.0, False)
    assert web.count("/") == 1


def test_retry_after_may_be_a_date() -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    web = ends.Web().on("/", Response(status=429, headers={"Retry-After": later}))
    with ends.serving(web) as url:
        assert 80 < (refusal(url).retry_after or 0) <= 90


def test_a_date_without_a_zone_is_one_of_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    """RFC 9110 §5.6.7: the oldest of the three forms names no zone."""
    monkeypatch.setenv("TZ", "Pacific/Kiritimati")
    time.tzset()
    later = (datetime.now(UTC) + timedelta(seconds=90)).strftime("%a %b %d %H:%M:%S %Y")
    web = ends.Web().on("/", Response(status=429, headers={"Retry-After": later}))
    with ends.serving(web) as url:
        wait = refusal(url).retry_after
    monkeypatch.undo()
    time.tzset()
    assert wait is not None
    assert 80 < wait <= 90


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 507])
def test_what_another_time_may_bring_is_not_refused_for_good(status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "PAUSES", ())
    with ends.serving(ends.Web().on("/", Response(status=status, headers={"Retry-After": "9"}))) as url:
        fault = refusal(url)
    assert (fault.code, fault.retry_after, fault.final) == ("platform_busy", 9.0, False)


def test_a_block_of_exchanges_ends_in_time_and_begins_no_other() -> None:
    web = ends.Web().on("/", drip).on("/next", ends.as_json({}))
    with ends.serving(web) as url, watches.within(0.5):
        started = time.monotonic()
        with watches.within(60):  # an inner one lasts no longer than the outer
            assert refusal(url).code == "platform_slow"
            assert refusal(f"{url}/next").code == "platform_slow"
        assert time.monotonic() - started < 10
    assert web.count("/next") == 0
    with ends.serving(web) as url:
        assert http.get_json(f"{url}/next") == {}


@pytest.mark.parametrize(
    ("value", "wait"),
    [
        ("soon", None),
        ("-5", None),
        ("99999999999", 86_400.0),
        ("", None),
        ("Fri, 31 Dec 9999 23:59:59 -2300", None),
    ],
)
def test_a_retry_after_that_makes_no_sense_is_left_out(value: str, wait: float | None) -> None:
    web = ends.Web().on("/", Response(status=429, headers={"Retry-After": value}))
    with ends.serving(web) as url:
        assert refusal(url).retry_after == wait


def test_json_that_is_labelled_a_page_keeps_its_letters() -> None:
    told = '{"name": "Awa Traoré, 김"}'
    with ends.serving(ends.Web().on("/", Response(told, content_type="text/html"))) as url:
        assert http.get_json(url) == {"name": "Awa Traoré, 김"}


def test_a_name_with_a_hundred_dead_addresses_does_not_hold_us(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[Any] = []

    def silent(_line: socket.socket, address: Any) -> None:
        tried.append(address)
        time.sleep(0.1)
        raise TimeoutError

    dead = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.216.34", 443))] * 100
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_where, **_options: dead)
    monkeypatch.setattr(socket.socket, "connect", silent)
    assert refusal("https://dead.example.org/", seconds=0.3).code == "platform_slow"
    assert len(tried) < 10


def test_a_page_instead_of_json_is_named() -> None:
    with ends.serving(ends.Web().on("/", Response("<h1>Hello</h1>"))) as url:
        assert refusal(url).code == "answer_not_json"


def test_nobody_there_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert refusal(f"http://127.0.0.1:{port}/").code == "platform_unreachable"


def test_we_say_who_we_are_and_keep_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")  # a proxy would resolve and connect past our checks
    cookie = Response("{}", headers={"Set-Cookie": "a=b"})
    web = ends.Web().on("/", cookie)
    with ends.serving(web) as url, http.session() as guarded:
        guarded.get(url)
        guarded.get(url)
    assert web.asked[0].headers["User-Agent"].startswith("learning-circles/")
    assert "Cookie" not in web.asked[1].headers


def test_no_password_of_this_machine_goes_along(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login admin password secret\n")
    (tmp_path / "netrc").chmod(0o600)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    web = ends.Web().on("/", ends.as_json({}))
    with ends.serving(web) as url:
        http.get_json(url)
    assert "Authorization" not in web.asked[0].headers


def test_no_argument_loosens_a_session() -> None:
    web = ends.Web().on("/", ends.as_json({}))
    with ends.serving(web) as url, http.session() as guarded:
        guarded.get(url, proxies={"http": "http://127.0.0.1:9"}, stream=True, timeout=None)
    assert web.count("/") == 1
    with ends.serving(web, ssl_context="adhoc") as url, pytest.raises(PlatformError, match="platform_certificate"):
        http.session().get(url.replace("http://127.0.0.1", "https://localhost"), verify=False)
    assert web.count("/") == 1


def test_a_certificate_that_nobody_vouches_for_is_refused() -> None:
    with ends.serving(ends.Web(), ssl_context="adhoc") as url:
        assert refusal(url.replace("http://127.0.0.1", "https://localhost")).code == "platform_certificate"


def test_the_certificate_is_asked_for_by_name_not_by_address(monkeypatch: pytest.MonkeyPatch) -> None:
    named: list[str | None] = []
    wrap = ssl.SSLContext.wrap_socket

    def note(context: ssl.SSLContext, *arguments: Any, **options: Any) -> ssl.SSLSocket:
        if not options.get("server_side"):
            named.append(options.get("server_hostname"))
        return wrap(context, *arguments, **options)

    monkeypatch.setattr(ssl.SSLContext, "wrap_socket", note)
    with ends.serving(ends.Web(), ssl_context="adhoc") as url:
        refusal(url.replace("http://127.0.0.1", "https://localhost"))
    assert set(named) == {"localhost"}
