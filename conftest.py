"""What has to be true before any test or notebook starts."""

import os
import runpy
from pathlib import Path

# Two workers, each with a notebook's kernel, on two cores: with a thread for each core in each of them, torch's threads
# wait for each other and training takes ten times as long.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# No test, notebook or program that they start may need the network.
_OFFLINE = str(Path(__file__).parent / "tests" / "offline")
if _OFFLINE not in os.environ.get("PYTHONPATH", "").split(os.pathsep):
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [_OFFLINE, os.environ.get("PYTHONPATH")]))
    runpy.run_path(str(Path(_OFFLINE) / "sitecustomize.py"))  # this process has started already

import pytest  # noqa: E402
from hypothesis import settings  # noqa: E402

# nbval imports Jupyter, and so comes after what tests/offline does; by itself it would come before.
pytest_plugins = ["nbval.plugin"]

# Few examples where somebody waits, more for each push, and a thousand once a week (--hypothesis-profile=thorough). No
# deadline: one slow example on a busy machine is no failure. A failing one is printed as a line that reproduces it.
settings.register_profile("local", max_examples=50, deadline=None, print_blob=True)
settings.register_profile("ci", max_examples=200, deadline=None, derandomize=False, print_blob=True)
settings.register_profile("thorough", max_examples=1000, deadline=None, derandomize=False, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI", "").lower() in ("1", "true", "yes") else "local")


def pytest_configure(config: pytest.Config) -> None:
    # On a fresh machine matplotlib says "building the font cache" into the first notebook that imports it,
    # and nbval reports the extra output. So build it here, once, before the workers and kernels start.
    if not hasattr(config, "workerinput"):
        import matplotlib.font_manager  # noqa: F401
