"""JavaScript without a browser: the browser's half, run by the Node that Playwright's wheel carries."""

import json
import os
import subprocess
from pathlib import Path

import pytest
from playwright._impl._driver import compute_driver_executable

NODE = Path(compute_driver_executable()[0])
IN_CI = os.environ.get("CI", "").lower() in ("1", "true", "yes")


class Node:
    """One process that answers many calls: ``node("return data.map(Math.sqrt)", [1, 4])`` is [1, 2].

    The text is the body of an async function of ``data`` and of ``load``, which imports the module in a file. What goes
    in and comes out is JSON. An exception in JavaScript raises RuntimeError.
    """

    def __init__(self) -> None:
        if not NODE.exists() and not IN_CI:
            pytest.skip("no Node on this machine")
        assert NODE.exists(), "CI must install Playwright with its Node"
        # Without a package.json, Node works out for itself that the files are ES modules, and says so.
        command = [NODE, "--disable-warning=MODULE_TYPELESS_PACKAGE_JSON", Path(__file__).with_name("node.mjs")]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )

    def __call__(self, body: str, data: object = None) -> object:
        self.process.stdin.write(json.dumps({"body": body, "data": data}) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer.get("value")

    def close(self) -> None:
        with self.process:  # closes its pipes, at which Node ends
            pass
