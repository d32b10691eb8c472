"""A progress bar with a stop button around ``training.compare``."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence

import anywidget
import traitlets
from IPython.display import display

from .. import browser
from ..experiments import training
from ..experiments.small_nets import Comparison, SmallNet
from ..plans import check_int


class TrainingPanel(anywidget.AnyWidget):
    """Shows the progress of a training, in words and as a bar, and lets the reader stop it.

    ``run`` blocks; ``train_all`` runs it on a second thread, so that the kernel can hear the button meanwhile.
    """

    _esm = f"{browser.join('training_panel')}\nexport default $training_panel;\n"
    _css = browser.style()
    state = traitlets.Enum(["waiting", "training", "stopped", "done", "failed"], "waiting").tag(sync=True)
    done = traitlets.Int().tag(sync=True)
    total = traitlets.Int().tag(sync=True)
    last = traitlets.Unicode().tag(sync=True)  # what was last trained, and its accuracy
    now = traitlets.Unicode().tag(sync=True)  # what is being trained
    problem = traitlets.Unicode().tag(sync=True)  # the exception that ended it

    def __init__(self, nets: Sequence[SmallNet], seeds: int, epochs: int) -> None:
        self.nets = tuple(dict.fromkeys(nets))
        self.seeds, self.epochs = check_int(seeds, "seeds"), check_int(epochs, "epochs")
        self._stop = threading.Event()
        super().__init__(total=len(self.nets) * seeds)
        self.on_msg(lambda panel, message, buffers: self.stop())

    def stop(self) -> None:
        """Does what the button does: drops the training under way and keeps those that are finished."""
        self._stop.set()

    def run(self) -> Comparison:
        """Trains until all is done or the reader stops it. An exception is shown in words and raised."""
        try:
            comparison = training.compare(
                self.nets, seeds=self.seeds, epochs=self.epochs, stop=self._stop.is_set, progress=self._progress
            )
        except Exception as error:
            with self.hold_sync():
                self.state, self.problem = "failed", f"{type(error).__name__}: {error}"
            raise
        self.state = "stopped" if comparison.stopped else "done"
        return comparison

    def _progress(self, done: int, total: int, words: str) -> None:
        seed, position = divmod(done, len(self.nets))
        with self.hold_sync():
            self.state, self.last = "training", words
            self.now = f"{self.nets[position]}, seed {seed}" if done < total else ""
            self.done = done

    def __repr__(self) -> str:
        return f"Training of {len(self.nets)} networks, seeds: {self.seeds}, epochs: {self.epochs}"

    def _repr_mimebundle_(self, **kwargs: object) -> tuple[dict, dict]:
        data, metadata = super()._repr_mimebundle_(**kwargs)
        still = f"<p>{self!r}. Without a kernel nothing trains here. To train, run this cell.</p>"
        return {**data, "text/html": still, "text/plain": repr(self)}, metadata


async def train_all(nets: Sequence[SmallNet], *, seeds: int = 3, epochs: int = 20) -> Comparison:
    """Trains each network once per seed, under a progress bar with a stop button; see ``training.compare``.

    Await it: a kernel hears a widget while a cell waits, but not while it computes. The button stops it, and so does
    interrupting the kernel; both keep what was finished.
    Three seeds give a first impression; twenty show differences of half a point.
    """
    panel = TrainingPanel(nets, seeds, epochs)
    display(panel)
    training_thread = asyncio.create_task(asyncio.to_thread(panel.run))
    try:
        # ipykernel's loop notices an interrupt only when it next wakes up, which may be when all is trained.
        while not training_thread.done():
            await asyncio.wait([training_thread], timeout=0.2)
    except asyncio.CancelledError:  # so an interrupted kernel ends a cell that waits
        panel.stop()
    return await training_thread
