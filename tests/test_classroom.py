"""The class on a hub: the parts that need no hub, from bad input to what counts as a failed cell."""

import asyncio
import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from jupyter_client.session import Session
from tornado.httpserver import HTTPServer
from tornado.testing import bind_unused_port
from tornado.web import Application, RequestHandler

SCRIPT = Path(__file__).parents[1] / "benchmarks" / "classroom.py"


@pytest.fixture(scope="module")
def classroom():
    spec = importlib.util.spec_from_file_location("classroom", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    sys.modules["classroom"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    yield module
    del sys.modules["classroom"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--users", "0"], "at least one user, got 0"),
        (["--users", "ten"], "invalid int value: 'ten'"),
        (["--notebooks", "01", "99", "x"], "there is no notebook 99, x; there are 00, 01"),
        (["--proxy", "no-such-proxy"], "no program 'no-such-proxy'; install it with npm install"),
    ],
)
def test_bad_input_ends_before_anything_starts(classroom, capsys, arguments, words):
    with pytest.raises(SystemExit, match="2"):
        classroom.main(arguments)
    assert words in capsys.readouterr().err


@pytest.mark.parametrize(
    ("module", "words"),
    [
        ("jupyterhub", "no jupyterhub here; install it with pip install -r benchmarks/requirements.txt"),
        ("mbv2_lesson", "no mbv2_lesson here; install it with pip install -r requirements.txt"),
    ],
)
def test_what_is_missing_is_named_with_how_to_install_it(classroom, capsys, monkeypatch, module, words):
    monkeypatch.setattr(classroom.importlib.util, "find_spec", lambda name: None if name == module else "found")
    with pytest.raises(SystemExit, match="2"):
        classroom.arguments(["--proxy", sys.executable])
    assert words in " ".join(capsys.readouterr().err.split())


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells PSS")
def test_memory_of_a_process_and_of_what_it_started(classroom):
    # Two processes deep: the kernels of a server are its children, and may have children of their own.
    grandchild = "import time; block = bytearray(64 * 2**20); print('ready', flush=True); time.sleep(60)"
    child = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {grandchild!r}])"
    before = classroom.memory(psutil.Process())
    process = subprocess.Popen([sys.executable, "-c", child], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout.readline() == "ready\n"
        mine, started = classroom.memory(psutil.Process())
        assert 64 * 2**20 < started - before[1] < 128 * 2**20
        assert 0 < mine < psutil.Process().memory_info().rss * 1.1  # a share of the pages is never more than all
        assert classroom.memory(psutil.Process(process.pid))[1] > 64 * 2**20
    finally:
        family = [*psutil.Process(process.pid).children(recursive=True), process]
        for member in family:
            member.kill()
        process.communicate()
    assert classroom.memory(psutil.Process())[1] - before[1] < 2**20


def test_what_has_ended_takes_no_memory(classroom):
    process = psutil.Popen([sys.executable, "-c", "pass"])
    process.wait()
    assert classroom.memory(process) == (0, 0)


ERROR = {"output_type": "error", "ename": "ValueError", "evalue": "no", "traceback": []}


@pytest.mark.parametrize(
    ("outputs", "lines"),
    [
        ([], []),
        ([{"output_type": "stream", "name": "stdout", "text": "an error of 0.3\n"}], []),
        ([{"output_type": "execute_result", "data": {"text/plain": "ValueError('no')"}}], []),
        ([ERROR], ["ValueError: no"]),
        ([{"output_type": "stream", "name": "stderr", "text": "a warning\n"}], ["stderr: a warning"]),
        (
            [{"output_type": "stream", "name": "stdout", "text": "Traceback (most recent call last)\n"}],
            ["stdout: Traceback (most recent call last)"],
        ),
        ([ERROR, ERROR], ["ValueError: no"] * 2),
    ],
)
def test_what_counts_as_a_fault(classroom, outputs, lines):
    assert classroom.faults(outputs) == lines


class Wire:
    """A kernel's websocket that says what a test has it say, each message an answer to the last request."""

    def __init__(self, *answers):
        self.answers = list(answers)

    async def write_message(self, text):
        self.request = json.loads(text)

    async def read_message(self):
        if not self.answers:
            return None  # what tornado gives for a closed connection
        kind, content, *parent = self.answers.pop(0)
        if kind == "binary":
            return b"..."
        parent = parent[0] if parent else self.request["header"]
        message = {"msg_type": kind, "content": content, "parent_header": parent}
        return json.dumps(message | {"header": {"msg_type": kind}})


IDLE, REPLY = ("status", {"execution_state": "idle"}), ("execute_reply", {"status": "ok"})


def run(classroom, *answers):
    return asyncio.run(classroom.execute(Wire(*answers), Session(), "1 + 1"))


@pytest.mark.parametrize("end", [(IDLE, REPLY), (REPLY, IDLE)])
def test_a_cell_gives_its_own_outputs_and_ends_when_reply_and_idle_are_in(classroom, end):
    printed = ("stream", {"name": "stdout", "text": "2"})
    others = ("stream", {"name": "stderr", "text": "of another cell"}, {"msg_id": "another"})
    busy, widget = ("status", {"execution_state": "busy"}), ("comm_open", {"comm_id": "1"})
    foreign_idle = (*IDLE, {"msg_id": "another"})
    raised = ("error", {"ename": "ValueError", "evalue": "no", "traceback": []})
    outputs = run(classroom, busy, ("binary", None), widget, others, foreign_idle, printed, end[0], raised, end[1])
    assert [output["output_type"] for output in outputs] == ["stream", "error"]
    assert classroom.faults(outputs) == ["ValueError: no"]


@pytest.mark.parametrize("state", ["restarting", "dead"])
def test_a_kernel_that_dies_is_no_silent_success(classroom, state):
    with pytest.raises(ConnectionError, match=state):
        run(classroom, ("status", {"execution_state": state}, {}), IDLE, REPLY)
    with pytest.raises(ConnectionError, match="closed"):
        run(classroom, IDLE)


def test_a_hub_that_is_busy_is_asked_again(classroom):
    asked = []

    class Busy(RequestHandler):
        def post(self):
            asked.append(self.request.headers["Authorization"])
            if len(asked) < 3:
                self.set_header("Retry-After", "0")
                self.set_status(429)
            else:
                self.write({"ready": True})

    async def ask():
        listening, port = bind_unused_port()
        server = HTTPServer(Application([("/spawn", Busy)]))
        server.add_socket(listening)
        site = classroom.Site(f"http://127.0.0.1:{port}", "secret", None, [])
        try:
            assert await site.ask("POST", "/spawn") == {"ready": True}
            with pytest.raises(RuntimeError, match="GET /spawn: HTTP 405"):
                await site.ask("GET", "/spawn")
        finally:
            server.stop()

    asyncio.run(ask())
    assert asked == ["token secret"] * 3


def test_the_table_counts_everybody(classroom):
    mib = 2**20
    users = [
        classroom.User("a", cells=5, finished=True, peak=(100 * mib, 200 * mib)),
        classroom.User("b", cells=3, failures=["cell 1", "did not finish"], peak=(120 * mib, 400 * mib)),
        classroom.User("c", cells=5, finished=True, peak=(110 * mib, 300 * mib)),
    ]
    site = classroom.Site("", "", None, users, peak=1500 * mib)
    head, rule, row = classroom.table(site, keep=True, seconds=90).splitlines()
    assert head.count("|") == rule.count("|") == row.count("|")
    values = [value.strip() for value in row.strip("|").split("|")]
    assert values == ["3", "all kept", "13", "2", "2", "1.5", "410 (520)", "110 (120)", "300 (400)", "1500"]
