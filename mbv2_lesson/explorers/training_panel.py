"""A progress bar with a stop button around ``training.compare``."""

from __future__ import annotations

import asyncio
import html
import threading
from collections.abc import Sequence

import ipywidgets
from IPython.display import display

from ..experiments import training
from ..experiments.small_nets import Comparison, SmallNet
from ..plans import check_int
from .controls import Numbers


class TrainingPanel:
    """Shows how far the training is, in words and as a bar, and lets the reader stop it.

    ``run`` blocks; ``train_all`` runs it on a second thread, so that the kernel can hear the button meanwhile.
    """

    def __init__(self, nets: Sequence[SmallNet], seeds: int, epochs: int) -> None:
        self.nets = tuple(dict.fromkeys(nets))
        self.seeds, self.epochs = check_int(seeds, "seeds"), check_int(epochs, "epochs")
        self._stop = threading.Event()
        self.bar = ipywidgets.IntProgress(description="trained", max=len(self.nets) * seeds)
        self.button = ipywidgets.Button(description="Stop", tooltip="Stop training and keep what is finished")
        self.button.on_click(lambda button: self.stop())
        self.numbers = Numbers(height="3em", sentence="Not started.")
        self.widget = ipywidgets.VBox([ipywidgets.HBox([self.bar, self.button]), self.numbers])

    def stop(self) -> None:
        """As the button: the training that is under way is dropped, those that are finished are kept."""
        self._stop.set()

    def run(self) -> Comparison:
        """Trains; returns when all is done or the reader has stopped it. An exception is told in words and raised."""
        try:
            comparison = training.compare(
                self.nets, seeds=self.seeds, epochs=self.epochs, stop=self._stop.is_set, progress=self._progress
            )
        except Exception as error:
            words = f"Training failed. {type(error).__name__}: {html.escape(str(error))}"
            self.numbers.sentence = f'<div class="mbv2-problem">{words}</div>'
            raise
        finally:
            self.button.disabled = True
        done = sum(len(trained.accuracies) for trained in comparison.trained)
        verb = "Stopped" if comparison.stopped else "Done"
        self.numbers.sentence = f"<b>{verb}: {done} of {self.bar.max} trained.</b>"
        return comparison

    def _progress(self, done: int, total: int, words: str) -> None:
        self.bar.value = done
        self.numbers.sentence = f"{done} of {total} trained. {html.escape(words)}"

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict:
        words = f"Training of {len(self.nets)} networks, seeds: {self.seeds}, epochs: {self.epochs}"
        return {**self.widget._repr_mimebundle_(), "text/html": f"<p>{words}.</p>", "text/plain": words}


async def train_all(nets: Sequence[SmallNet], *, seeds: int = 3, epochs: int = 20) -> Comparison:
    """Trains each network once for each seed under a progress bar with a stop button; see ``training.compare``.

    To be awaited: a kernel hears a widget while a cell waits, but not while it computes. The button stops it, and so
    does interrupting the kernel; both leave what was finished.
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
