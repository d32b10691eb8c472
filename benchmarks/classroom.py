"""A class at once: a real JupyterHub, and users who all run the notebooks at the same time; counts failures and memory.

    python benchmarks/classroom.py [--users 10] [--notebooks 01 02 ...] [--keep-kernels] [--proxy PROGRAM]

Needs Linux (nothing else reports a process's PSS), benchmarks/requirements.txt and configurable-http-proxy. The hub
listens on loopback; each user has a temporary folder with a copy of the notebooks, and one thread. A user does what
JupyterLab does for a person: fetch a notebook, start its kernel, run it cell by cell over a websocket, and finally
"Close and Shut Down Notebook"; with --keep-kernels, only close its tab, which leaves the kernel running.

A cell fails if it raises, writes to stderr or prints a traceback. Memory is PSS: pages that several processes share are
counted once and divided among them, so users add up to what the machine needs; a lone user shares with nobody.
Exit code 1: a cell failed or a user did not finish.
"""

import argparse
import asyncio
import importlib.util
import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import nbformat
import psutil
from jupyter_client.session import Session
from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest
from tornado.websocket import WebSocketClientConnection, websocket_connect

FOLDER = Path(__file__).parents[1] / "notebooks"
NOTEBOOKS = {path.name[:2]: path for path in sorted(FOLDER.glob("[0-9][0-9]_*.ipynb"))}
INSTALL_PROXY = "npm install --prefix DIR configurable-http-proxy@5.3.0"
CELL_SECONDS = 600  # a cell that takes longer in a class of this size hangs
# What the script may do: make users, give each of them a token, start servers and ask for their process ids.
SCOPES = ["admin:users", "admin:servers", "admin:server_state", "tokens"]
CONFIG = """
c.JupyterHub.bind_url = "http://127.0.0.1:{port}"
c.JupyterHub.hub_bind_url = "http://127.0.0.1:{hub_port}"
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{proxy_port}"
c.ConfigurableHTTPProxy.command = [{proxy!r}]
c.JupyterHub.spawner_class = "simple"
c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allow_all = True
c.JupyterHub.services = [dict(name="classroom", api_token={token!r})]
c.JupyterHub.load_roles = [dict(name="classroom", services=["classroom"], scopes={scopes!r})]
c.SimpleLocalProcessSpawner.home_dir_template = {homes!r} + "/{{username}}"
c.Spawner.cmd = [{python!r}, "-m", "jupyterhub.singleuser"]
c.Spawner.args = {args!r}
c.Spawner.environment = dict(OMP_NUM_THREADS="1")
c.Spawner.start_timeout = c.Spawner.http_timeout = 300  # they all start at once, on whatever machine this is
"""


@dataclass
class User:
    """What became of one user of the class."""

    name: str
    cells: int = 0
    failures: list[str] = field(default_factory=list)
    finished: bool = False
    server: psutil.Process | None = None
    peak: tuple[int, int] = (0, 0)  # bytes of the server and of its kernels, when their sum was greatest


@dataclass
class Site:
    """Where the hub answers, who may ask, and the people in it."""

    origin: str
    token: str
    hub: psutil.Process
    users: list[User]
    started: set[psutil.Process] = field(default_factory=set)  # every one seen, to end those that outlive the hub
    peak: int = 0  # bytes of everybody together, hub and proxy too

    async def ask(self, method: str, path: str, body: dict | None = None, token: str | None = None) -> dict | None:
        """One request to the hub or, with a user's token, to the user's server; waits as long as it says "too many"."""
        headers = {"Authorization": f"token {token or self.token}", "Content-Type": "application/json"}
        content = None if method in ("GET", "DELETE") else json.dumps(body or {})
        request = HTTPRequest(self.origin + path, method, headers, content, request_timeout=300)
        while True:
            try:
                response = await AsyncHTTPClient().fetch(request)
                return json.loads(response.body) if response.body else None
            except HTTPClientError as error:
                if error.code != 429:
                    raise RuntimeError(f"{method} {path}: {error} {error.response and error.response.body}") from error
                await asyncio.sleep(float(error.response.headers.get("Retry-After", 1)))


def pss(process: psutil.Process) -> int:
    try:
        return process.memory_full_info().pss
    except (psutil.NoSuchProcess, psutil.ZombieProcess):  # ended since it was listed
        return 0


def children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def memory(process: psutil.Process, size: Callable[[psutil.Process], int] = pss) -> tuple[int, int]:
    """Bytes: of the process, and of all that it started."""
    return size(process), sum(map(size, children(process)))


def faults(outputs: Sequence[dict]) -> list[str]:
    """What is wrong with a cell's outputs, one line each."""
    found = []
    for output in outputs:
        if output["output_type"] == "error":
            found.append(f"{output['ename']}: {output['evalue']}")
        elif output["output_type"] == "stream":
            if output["name"] == "stderr" or "Traceback (most recent call last)" in output["text"]:
                found.append(f"{output['name']}: {output['text'].strip()}")
    return found


async def execute(kernel: WebSocketClientConnection, session: Session, source: str) -> list[dict]:
    """Runs a cell and gives its outputs; done when the kernel has replied and is idle again, in whichever order."""
    content = {"code": source, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": False}
    message = session.msg("execute_request", content)
    await kernel.write_message(json.dumps(message | {"channel": "shell", "buffers": []}, default=str))
    outputs, awaited = [], {"execute_reply", "idle"}
    while awaited:
        answer = await kernel.read_message()
        if answer is None:
            raise ConnectionError("the websocket to the kernel was closed")
        if isinstance(answer, bytes):  # a widget's buffers
            continue
        answer = json.loads(answer)
        state = answer["content"].get("execution_state")
        if state in ("restarting", "dead"):  # from the server, not the kernel: it ran out of memory, for example
            raise ConnectionError(f"the kernel is {state}")
        if answer["parent_header"].get("msg_id") != message["header"]["msg_id"]:
            continue
        awaited -= {answer["msg_type"], state}
        if answer["msg_type"] in ("stream", "error", "display_data", "execute_result"):
            outputs.append(nbformat.v4.output_from_msg(answer))
    return outputs


@asynccontextmanager
async def opened(site: Site, user: User, token: str, path: str, keep: bool) -> AsyncIterator[WebSocketClientConnection]:
    """The websocket to the kernel of a notebook, as JupyterLab opens it; at the end the kernel is shut down or kept."""
    server = f"/user/{user.name}/api"
    wanted = {"path": path, "name": Path(path).name, "type": "notebook", "kernel": {"name": "python3"}}
    session = await site.ask("POST", f"{server}/sessions", wanted, token)
    address = f"{site.origin}{server}/kernels/{session['kernel']['id']}/channels".replace("http", "ws", 1)
    kernel = await websocket_connect(HTTPRequest(address, headers={"Authorization": f"token {token}"}))
    yield kernel
    kernel.close()  # not if the lesson failed: whatever closing says then would hide why
    if not keep:
        await site.ask("DELETE", f"{server}/sessions/{session['id']}", token=token)


async def start_server(site: Site, user: User) -> psutil.Process:
    await site.ask("POST", f"/hub/api/users/{user.name}/server")
    while True:
        servers = (await site.ask("GET", f"/hub/api/users/{user.name}"))["servers"]
        if "" not in servers:  # the hub lists what runs or is about to
            raise RuntimeError("the server did not start")
        if servers[""]["ready"]:
            return psutil.Process(servers[""]["state"]["pid"])
        await asyncio.sleep(0.5)


async def attend(site: Site, user: User, notebooks: Sequence[str], keep: bool) -> None:
    """One user's lesson, from an account to the last cell; whatever stops it is among the user's failures."""
    try:
        await site.ask("POST", f"/hub/api/users/{user.name}")
        token = (await site.ask("POST", f"/hub/api/users/{user.name}/tokens"))["token"]
        user.server = await start_server(site, user)
        for number in notebooks:
            path = f"notebooks/{NOTEBOOKS[number].name}"
            model = await site.ask("GET", f"/user/{user.name}/api/contents/{path}", token=token)
            async with opened(site, user, token, path, keep) as kernel:
                session = Session()
                for position, cell in enumerate(model["content"]["cells"]):
                    if cell["cell_type"] != "code":
                        continue
                    outputs = await asyncio.wait_for(execute(kernel, session, cell["source"]), CELL_SECONDS)
                    user.cells += 1
                    if found := faults(outputs):
                        user.failures.append(f"{path}, cell {position}: {'; '.join(found)}")
        user.finished = True
    except Exception as error:  # one user's trouble must not end the others' lesson; it is reported and counted
        user.failures.append(f"did not finish: {error!r}")


def take_sample(site: Site) -> None:
    size = cache(pss)  # reads each process once
    site.started.update(children(site.hub))
    site.peak = max(site.peak, sum(memory(site.hub, size)))
    for user in site.users:
        if user.server:
            user.peak = max(user.peak, memory(user.server, size), key=sum)


async def watch(site: Site) -> None:
    while True:
        start = time.monotonic()
        await asyncio.to_thread(take_sample, site)
        # Reading PSS walks page tables, which takes the class's time; a longer pause misses more of the short peaks.
        await asyncio.sleep(max(0.5, 4 * (time.monotonic() - start)))


def free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [listener.getsockname()[1] for listener in sockets]
    for listener in sockets:
        listener.close()
    return ports


@contextmanager
def jupyterhub(folder: Path, users: int, proxy: str) -> Iterator[Site]:
    """A hub that keeps all its files in ``folder``; at the end, none of its processes are left."""
    names = [f"student{number:02}" for number in range(1, users + 1)]
    ports = dict(zip(("port", "hub_port", "proxy_port"), free_ports(3), strict=True))
    token = os.urandom(16).hex()
    config, log = folder / "jupyterhub_config.py", folder / "hub.log"
    text = CONFIG.format(
        **ports,
        proxy=proxy,
        token=token,
        scopes=SCOPES,
        homes=str(folder),
        python=sys.executable,
        args=["--allow-root"] if os.getuid() == 0 else [],  # in a container everybody may be root
    )
    config.write_text(text, encoding="utf-8")
    with log.open("w") as output:
        # A session of its own: Ctrl-C is for this script, which then stops the hub.
        command = [sys.executable, "-m", "jupyterhub", "-f", str(config)]
        process = psutil.Popen(command, cwd=folder, stdout=output, stderr=output, start_new_session=True)
    site = Site(f"http://127.0.0.1:{ports['port']}", token, process, [User(name) for name in names])
    try:
        yield site
    finally:
        stop(process, site.started)
        if not (isinstance(sys.exception(), KeyboardInterrupt) or all(user.finished for user in site.users)):
            print("the hub's last words:", log.read_text(encoding="utf-8", errors="replace")[-2000:], file=sys.stderr)


def stop(hub: psutil.Process, started: set[psutil.Process]) -> None:
    """Asks the hub to end, which ends its users' servers, and they their kernels; then ends what is left."""
    everybody = {hub, *started, *children(hub)}
    if running(hub):
        hub.terminate()
        _, everybody = psutil.wait_procs(everybody, timeout=60)
    for process in everybody:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(everybody, timeout=10)


def running(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def prepare(folder: Path, users: Sequence[User]) -> None:
    """Each user's folder: the notebooks, and matplotlib's font cache as binder/postBuild leaves it in the image."""
    pattern = folder / "pattern"
    shutil.copytree(FOLDER, pattern / "notebooks", ignore=shutil.ignore_patterns(".*"))
    environment = {name: value for name, value in os.environ.items() if name not in ("MPLCONFIGDIR", "XDG_CACHE_HOME")}
    environment["HOME"] = str(pattern)
    subprocess.run([sys.executable, "-c", "import matplotlib.font_manager"], env=environment, check=True)
    for user in users:
        shutil.copytree(pattern, folder / user.name)


async def hold(site: Site, notebooks: Sequence[str], keep: bool) -> float:
    """The whole class; returns the seconds that it took from the first account to the last cell."""
    AsyncHTTPClient.configure(None, max_clients=len(site.users) + 1)  # or the eleventh waits for one of the ten
    answered = False
    while not answered:
        if not running(site.hub):
            raise RuntimeError("JupyterHub ended before it answered")
        with suppress(OSError, HTTPClientError):  # nobody listens yet, or only the proxy does
            answered = await AsyncHTTPClient().fetch(f"{site.origin}/hub/api/")
        await asyncio.sleep(0.5)
    watching = asyncio.create_task(watch(site))
    start = time.monotonic()
    await asyncio.gather(*(attend(site, user, notebooks, keep) for user in site.users))
    seconds = time.monotonic() - start
    watching.cancel()
    with suppress(asyncio.CancelledError):
        await watching  # raises what ended it early, if anything did
    take_sample(site)  # with --keep-kernels the end may be the peak
    if not running(site.hub):
        raise RuntimeError("JupyterHub ended before its users")
    return seconds


def table(site: Site, keep: bool, seconds: float) -> str:
    """A row of Markdown with its header; for users' memory, the median and, in parentheses, the largest."""

    def mib(values: Iterable[int]) -> str:
        values = [value / 2**20 for value in values]
        return f"{statistics.median(values):.0f} ({max(values):.0f})"

    row = {
        "users": len(site.users),
        "kernels": "all kept" if keep else "one at a time",
        "cells run": sum(user.cells for user in site.users),
        "failed": sum(len(user.failures) for user in site.users),
        "users finished": sum(user.finished for user in site.users),
        "minutes": f"{seconds / 60:.1f}",
        "a user, MiB": mib(sum(user.peak) for user in site.users),
        "of it server": mib(user.peak[0] for user in site.users),
        "of it kernels": mib(user.peak[1] for user in site.users),
        "everybody, MiB": f"{site.peak / 2**20:.0f}",
    }
    lines = [row.keys(), ["---:"] * len(row), map(str, row.values())]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def arguments(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line's options; ends the program if something is missing, before anything is started."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--users", type=int, default=10)
    parser.add_argument("--notebooks", nargs="+", default=["01", "02", "03", "04", "05", "06"], metavar="NUMBER")
    parser.add_argument("--keep-kernels", action="store_true", help="users shut no notebook down")
    parser.add_argument("--proxy", default="configurable-http-proxy", metavar="PROGRAM")
    options = parser.parse_args(argv)
    if options.users < 1:
        parser.error(f"a class has at least one user, got {options.users}")
    if unknown := [name for name in options.notebooks if name not in NOTEBOOKS]:
        parser.error(f"there is no notebook {', '.join(unknown)}; there are {', '.join(NOTEBOOKS)}")
    proxy = shutil.which(options.proxy)
    if proxy is None:
        parser.error(f"there is no program {options.proxy!r}; install it with {INSTALL_PROXY} and name it with --proxy")
    options.proxy = str(Path(proxy).absolute())
    # the second is what the notebooks import: without it every cell of every user would fail
    for module, file in {"jupyterhub": "benchmarks/requirements.txt", "mbv2_lesson": "requirements.txt"}.items():
        if importlib.util.find_spec(module) is None:
            parser.error(f"there is no {module} here; install it with pip install -r {file}")
    if not sys.platform.startswith("linux"):
        parser.error("PSS can be read on Linux only")
    return options


def main(argv: Sequence[str] | None = None) -> int:
    options = arguments(argv)
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))  # either way, all is cleaned up
    try:
        with tempfile.TemporaryDirectory(prefix="classroom-") as temporary:
            with jupyterhub(Path(temporary), options.users, options.proxy) as site:
                prepare(Path(temporary), site.users)
                seconds = asyncio.run(hold(site, options.notebooks, options.keep_kernels))
    except KeyboardInterrupt:
        print("stopped; nothing is left running", file=sys.stderr)
        return 130
    except RuntimeError as error:
        print(error, file=sys.stderr)
        return 1
    for user in site.users:
        for failure in user.failures:
            print(f"{user.name}: {failure}", file=sys.stderr)
    print(table(site, options.keep_kernels, seconds))
    return int(any(user.failures or not user.finished for user in site.users))


if __name__ == "__main__":
    sys.exit(main())
