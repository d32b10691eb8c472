"""No network, a terminal that knows ASCII only, code that must not be in the package."""

import ast
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TRY = """
import socket, sys, urllib.request
for attempt in (
    lambda: socket.create_connection(("192.0.2.1", 80), 1),
    lambda: socket.socket().connect_ex(("198.51.100.7", 443)),
    lambda: urllib.request.urlopen("http://example.org", timeout=1),
):
    try:
        attempt()
    except OSError as error:
        assert "the tests have no network" in str(error), error
    else:
        sys.exit("connected")
with socket.socket() as server:
    server.bind(("127.0.0.1", 0))
    server.listen()
    socket.create_connection(server.getsockname(), 1).close()
"""


def test_the_network_is_refused_here():
    with pytest.raises(OSError, match="the tests have no network"):
        socket.create_connection(("192.0.2.1", 80), 1)


def test_the_network_is_refused_in_programs_and_kernels():
    subprocess.run([sys.executable, "-c", TRY], check=True)
    from jupyter_client.manager import start_new_kernel

    manager, client = start_new_kernel()
    try:
        reply = client.execute_interactive(TRY, timeout=60)
        assert reply["content"]["status"] == "ok", reply["content"]
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


@pytest.mark.parametrize("settings", [{"LC_ALL": "C"}, {"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "tr_TR.ISO-8859-9"}])
@pytest.mark.parametrize("words", [["figures", "--list"], ["count", "mobilenet_v2", "--input", "3", "224", "224"]])
def test_any_locale_will_do(words, settings):
    environment = {**os.environ, **settings, "PYTHONUTF8": "0"}
    run = subprocess.run([sys.executable, "-m", "mbv2_lesson", *words], capture_output=True, env=environment)
    assert run.returncode == 0, run.stderr.decode()
    assert b"law-map" in run.stdout or b"3,504,872" in run.stdout


@pytest.mark.parametrize("path", sorted((ROOT / "mbv2_lesson").rglob("*.py")), ids=lambda path: path.name)
def test_no_pickle_no_eval_no_shell(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = {alias.name.partition(".")[0] for alias in node.names} | {getattr(node, "module", None) or ""}
            assert not names & {"pickle", "marshal", "shelve", "subprocess", "ctypes", "socket", "urllib", "requests"}
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            # module.eval() of torch and re.compile() are other things.
            other = isinstance(node.func, ast.Attribute) and (name == "eval" or ast.unparse(node.func) == "re.compile")
            assert other or name not in {"eval", "exec", "compile", "system", "popen"}, f"line {node.lineno}: {name}"


WRITES = """
import os, sys
written = []
def watch(event, arguments):
    if event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+"):
        written.append(arguments[0])
    elif event == "open" and arguments[1] is None and arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
        written.append(arguments[0])
    elif event in ("os.mkdir", "os.rename", "os.remove", "os.symlink", "os.truncate"):
        written.append(arguments[0])
from mbv2_lesson import explorers, figures, questions
from mbv2_lesson.experiments import small_nets, training
training.compare(small_nets.LAYOUT_MATCHED[:1], seeds=1, epochs=1)  # at their first use libraries make caches
sys.dont_write_bytecode = True
sys.addaudithook(watch)
for kind in (explorers.BlockExplorer, explorers.SeparableExplorer, explorers.NetworkExplorer):
    explorer = kind()
    explorer.set(**{name: options[-1] for name, options in explorer.options.items()})
questions.ask("01-weights").commit(0)
questions.check("00-flops", lambda macs: 2 * macs)
training.compare(small_nets.LAYOUT_MATCHED[:1], seeds=1, epochs=1)
assert not written, written
explorer.save(sys.argv[1])
assert written, "the hook sees nothing"
assert {os.path.dirname(path) for path in written if isinstance(path, str)} == {os.path.dirname(sys.argv[1])}, written
"""


def test_files_are_written_only_where_the_user_said(tmp_path):
    subprocess.run([sys.executable, "-c", WRITES, str(tmp_path / "network.png")], check=True, cwd=tmp_path)
