"""A progress bar with a stop button around ``training.compare``, and around trainings of the reader's own."""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import anywidget
import traitlets
from IPython.display import display

from .. import browser
from ..experiments import training
from ..experiments.small_nets import Comparison, SmallNet
from ..plans import check_int


class Panel(anywidget.AnyWidget):
    """Shows the progress of a training, in words and as a bar, and lets the reader stop it.

    ``run`` blocks; ``_in_view`` runs it on a second thread, so that the kernel can hear the button meanwhile.
    """

    _esm = f"{browser.join('training_panel')}\nexport default $training_panel;\n"
    _css = browser.style()
    _ipython_display_ = None  # as Explorer has it
    state = traitlets.Enum(["waiting", "training", "stopped", "done", "failed"], "waiting").tag(sync=True)
    done = traitlets.Int().tag(sync=True)
    total = traitlets.Int().tag(sync=True)
    last = traitlets.Unicode().tag(sync=True)  # what was last trained, and its accuracy where it is known
    now = traitlets.Unicode().tag(sync=True)  # what is being trained
    problem = traitlets.Unicode().tag(sync=True)  # the exception that ended it

    def __init__(self, total: int) -> None:
        self._stop = threading.Event()
        super().__init__(total=total)
        self.on_msg(lambda panel, message, buffers: self.stop())

    def stop(self) -> None:
        """Does what the button does: trainings that are finished are kept."""
        self._stop.set()

    def run(self) -> Any:
        """Trains until all is done or the reader stops it. An exception is shown in words and raised."""
        try:
            trained = self._train()
        except Exception as error:
            with self.hold_sync():
                self.state, self.problem = "failed", f"{type(error).__name__}: {error}"
            raise
        self.state = "done" if self.done == self.total else "stopped"
        return trained

    def _train(self) -> Any:
        """What was trained, all of it or until the reader stopped it."""
        raise NotImplementedError

    def _repr_mimebundle_(self, **kwargs: object) -> tuple[dict, dict]:
        data, metadata = super()._repr_mimebundle_(**kwargs)
        still = f"<p>{self!r}. Without a kernel nothing trains here. To train, run this cell.</p>"
        return {**data, "text/html": still, "text/plain": repr(self)}, metadata


class TrainingPanel(Panel):
    """Runs ``training.compare``; a stop drops the training that is under way."""

    def __init__(self, nets: Sequence[SmallNet], seeds: int, epochs: int) -> None:
        self.nets = tuple(dict.fromkeys(nets))
        self.seeds, self.epochs = check_int(seeds, "seeds"), check_int(epochs, "epochs")
        super().__init__(len(self.nets) * seeds)

    def _train(self) -> Comparison:
        return training.compare(
            self.nets, seeds=self.seeds, epochs=self.epochs, stop=self._stop.is_set, progress=self._progress
        )

    def _progress(self, done: int, total: int, words: str) -> None:
        seed, position = divmod(done, len(self.nets))
        with self.hold_sync():
            self.state, self.last = "training", words
            self.now = f"{self.nets[position]}, seed {seed}" if done < total else ""
            self.done = done

    def __repr__(self) -> str:
        return f"Training of {len(self.nets)} networks, seeds: {self.seeds}, epochs: {self.epochs}"


class OwnTrainingPanel(Panel):
    """Calls ``train(*case)`` for each case; ``run`` returns the results, by case."""

    def __init__(self, train: Callable[..., Any], cases: Iterable[tuple]) -> None:
        self.train, self.cases = train, tuple(dict.fromkeys(map(tuple, cases)))
        if not self.cases:
            raise ValueError("give at least one case to train, got none")
        self._names = [_named(train, case) for case in self.cases]
        super().__init__(len(self.cases))

    @training.one_thread()
    def _train(self) -> dict[tuple, Any]:
        results: dict[tuple, Any] = {}
        for case, name in zip(self.cases, self._names, strict=True):
            if self._stop.is_set():
                break
            with self.hold_sync():
                self.state, self.now = "training", name
            results[case] = self.train(*case)
            with self.hold_sync():
                self.last, self.now, self.done = name, "", len(results)
        return results

    def __repr__(self) -> str:
        return f"Trainings: {self.total}"


def _named(train: Callable[..., Any], case: tuple) -> str:
    """The case in words, with the names of the parameters: ``"depth_multiplier 2, seed 0"``."""
    arguments = inspect.signature(train).bind(*case).arguments
    return ", ".join(f"{name} {value}" for name, value in arguments.items())


async def train_all(nets: Sequence[SmallNet], *, seeds: int = 3, epochs: int = 20) -> Comparison:
    """Trains each network once per seed, under a progress bar with a stop button; see ``training.compare``.

    Await it: a kernel hears a widget while a cell waits, but not while it computes. The button stops it, and so does
    interrupting the kernel; both keep what was finished.
    Three seeds give a first impression; twenty show differences of half a point.
    """
    return await _in_view(TrainingPanel(nets, seeds, epochs))


async def train_each(train: Callable[..., Any], cases: Iterable[tuple]) -> dict[tuple, Any]:
    """The results of ``train(*case)``, by case, under the same progress bar: for a reader's own networks and loop.

    The button and an interrupt end it after the training that is under way; what was finished is returned. Torch runs
    on one thread meanwhile.
    Raises ValueError if there are no cases and TypeError for one that ``train`` does not take, before any work is done.
    """
    return await _in_view(OwnTrainingPanel(train, cases))


async def _in_view(panel: Panel) -> Any:
    display(panel)
    training_thread = asyncio.create_task(asyncio.to_thread(panel.run))
    try:
        # ipykernel's loop notices an interrupt only when it next wakes up, which may be when all is trained.
        while not training_thread.done():
            await asyncio.wait([training_thread], timeout=0.2)
    except asyncio.CancelledError:  # so an interrupted kernel ends a cell that waits
        panel.stop()
    return await training_thread
