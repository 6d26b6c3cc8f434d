"""A panel that runs something: settings, Run and Stop, progress, two results to compare."""

from __future__ import annotations

import html
import threading
from abc import ABCMeta, abstractmethod
from collections.abc import Callable
from typing import Generic, TypeVar

import ipywidgets as widgets

S = TypeVar("S")
R = TypeVar("R")


class _Stopped(Exception):
    """The reader pressed Stop."""


class _Meta(ABCMeta, type(widgets.VBox)):
    """Lets a widget have abstract methods."""


class RunPanel(widgets.VBox, Generic[S, R], metaclass=_Meta):
    """Settings, Run and Stop, progress, and the result of this run above the one before.

    A subclass says what the settings are, runs them, and draws and words a result. `result` and
    `previous` hold the two results for the notebook to work with; a run that fails or is stopped
    leaves both as they were. A run works in a thread of its own: the page stays responsive, and
    Stop stops it after the step that is going on.
    """

    def __init__(self, settings: list[widgets.Widget]) -> None:
        self.run = widgets.Button(description="Run", button_style="primary", icon="play")
        self.stop = widgets.Button(description="Stop", icon="stop", disabled=True)
        self.progress = widgets.IntProgress(description="", max=100)
        self.message = widgets.HTML()
        self.result: R | None = None
        self.previous: R | None = None
        self._pictures = [widgets.Image(format="png"), widgets.Image(format="png")]
        self._captions = [widgets.HTML(), widgets.HTML()]
        for picture in self._pictures:
            picture.layout = widgets.Layout(max_width="100%", display="none")
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self.run.on_click(lambda _: self.start())
        self.stop.on_click(lambda _: self._stopping.set())
        grid = widgets.Layout(flex_flow="row wrap", grid_gap="0.2rem 1rem")
        shown = [w for pair in zip(self._captions, self._pictures, strict=True) for w in pair]
        bar = widgets.HBox([self.run, self.stop, self.progress], layout=grid)
        super().__init__([widgets.HBox(settings, layout=grid), bar, self.message, *shown])

    @abstractmethod
    def settings(self) -> S:
        """The settings as they stand. Raises ValueError for one that cannot be read."""

    @abstractmethod
    def compute(self, settings: S, tick: Callable[[int, int], None]) -> R:
        """Run the settings, calling tick(done, total) after every step."""

    @abstractmethod
    def draw(self, result: R) -> tuple[str, bytes]:
        """A result in words, and as a PNG."""

    def start(self) -> None:
        """What the Run button does; a second press while a run goes on does nothing."""
        if self._thread is not None and self._thread.is_alive():
            return
        try:
            settings = self.settings()
        except ValueError as error:
            self._say(str(error), failed=True)
            return
        self._stopping.clear()
        self._say("")
        self._busy(True)
        self._thread = threading.Thread(target=self._work, args=(settings,), daemon=True)
        self._thread.start()

    def wait(self, seconds: float | None = None) -> None:
        """Wait for the run to end, for code that goes on with `result`."""
        if self._thread is not None:
            self._thread.join(seconds)

    def _work(self, settings: S) -> None:
        try:
            result = self.compute(settings, self._tick)
            drawn = self.draw(result)
            self.result, self.previous = result, self.result
            self._show(0, "This run", drawn)
            if self.previous is not None:
                self._show(1, "The run before", self.draw(self.previous))
        except _Stopped:
            self._say(f"Stopped at {self.progress.value} %. What is shown is from complete runs.")
        except Exception as error:  # whatever it was, the reader of a panel gets a sentence
            self._say(f"{type(error).__name__}: {error}", failed=True)
        finally:
            self._busy(False)

    def _tick(self, done: int, total: int) -> None:
        if self._stopping.is_set():
            raise _Stopped
        self.progress.value = 100 * done // total

    def _busy(self, busy: bool) -> None:
        self.run.disabled, self.stop.disabled = busy, not busy
        if busy:
            self.progress.value = 0

    def _say(self, text: str, failed: bool = False) -> None:
        mark = "<b>Not run.</b> " if failed else ""
        self.message.value = f'<div role="status">{mark}{html.escape(text)}</div>' if text else ""

    def _show(self, place: int, title: str, drawn: tuple[str, bytes]) -> None:
        words, picture = drawn
        self._captions[place].value = f"<b>{title}:</b> {html.escape(words)}"
        self._pictures[place].value = picture
        self._pictures[place].layout.display = "block"
