"""Figures over time: no growing memory while one runs, nothing left when one is taken away.

The first test takes a minute by design, and measures its own page only: whatever else the machine
does may slow it, not change what it finds.
"""

from __future__ import annotations

import time

import pytest
from figures import FOLDER, KINDS, gallery

SECONDS = 60
# The heap breathes by some 0.1 MB from one look to the next. A leak of one frame's picture would
# grow by 2 MB a second, one of a run's places by 12 MB at each restart.
SLACK_MB = 1.0

# Renders the figure into the page and destroys it, many times, with a model that counts listeners.
COME_AND_GO = """async (kind) => {
  const marks = {sigma: "correction", plane: "swirl", race: "targets", paths: "beta_min"};
  const tag = document.querySelector('script[type="application/vnd.jupyter.widget-state+json"]');
  const models = Object.values(JSON.parse(tag.textContent).state);
  const state = {...models.find(({state}) => marks[kind] in state).state};
  const url = URL.createObjectURL(new Blob([state._esm], {type: "text/javascript"}));
  const {default: figure} = await import(url);
  let [listeners, observers, workers, onWindow] = [0, 0, 0, 0];
  const model = {
    get: (name) => state[name],
    set: (name, value) => void (state[name] = value),
    save_changes() {},
    on: () => void listeners++,
    off: () => void listeners--,
  };
  for (const name of ["ResizeObserver", "IntersectionObserver", "MutationObserver"]) {
    const Observer = window[name];
    window[name] = class extends Observer {
      constructor(...rest) { super(...rest); observers++; }
      disconnect() { super.disconnect(); observers--; }
    };
  }
  const Real = window.Worker;
  window.Worker = class extends Real {
    constructor(...rest) { super(...rest); workers++; }
    terminate() { super.terminate(); if (!this.ended) workers--; this.ended = true; }
  };
  const {addEventListener: add, removeEventListener: remove} = window;
  window.addEventListener = (...rest) => { onWindow++; add.apply(window, rest); };
  window.removeEventListener = (...rest) => { onWindow--; remove.apply(window, rest); };
  const styles = () => document.querySelectorAll("style").length;
  let [most, sheets] = [0, 0];
  for (let turn = 0; turn < 5; turn++) {
    const el = document.createElement("div");
    el.className = "anywidget-static";
    document.body.prepend(el);
    const destroy = await figure.render({model, el});
    await new Promise((resolve) => setTimeout(resolve, 200));
    most = Math.max(most, listeners);
    destroy();
    if (el.childElementCount) return "the figure left elements behind";
    el.remove();
    if (turn === 0) sheets = styles();
  }
  return {most: most > 0, listeners, observers, workers, onWindow, sheets: styles() - sheets};
}"""


def test_memory_is_flat_while_a_figure_runs(watch) -> None:
    watched = watch(FOLDER)
    page = watched.page
    figure = gallery(watched, "sigma")
    session = page.context.new_cdp_session(page)

    def megabytes() -> float:
        session.send("HeapProfiler.collectGarbage")
        return session.send("Runtime.getHeapUsage")["usedSize"] / 1e6

    heap = []
    start = time.monotonic()
    turn = 0
    while time.monotonic() - start < SECONDS:
        play = figure.button("Play")
        if play.count():
            play.click()
        page.wait_for_timeout(2000)
        # A new run, and every few turns a new density.
        figure.control("noise scale c").fill(f"{0.5 + turn % 4 * 0.25}")
        if turn % 3 == 0:
            figure.control("σ(t), the free noise").fill(f"g + {turn % 2}")
        page.wait_for_timeout(1000)
        heap.append(megabytes())
        turn += 1
    # The first turns fill the caches: one table for each window of x, one row for each step.
    settled = heap[len(heap) // 3 :]
    half = len(settled) // 2
    before, after = sorted(settled[:half]), sorted(settled[half:])
    growth = after[len(after) // 2] - before[len(before) // 2]
    assert growth < SLACK_MB, f"the heap grew by {growth:.2f} MB: {[round(h, 1) for h in heap]}"
    assert not watched.trouble, "\n".join(watched.trouble)


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_left_of_a_figure_taken_away(watch, kind: str) -> None:
    watched = watch(FOLDER)
    gallery(watched, kind)
    left = watched.page.evaluate(COME_AND_GO, kind)
    nothing = {"listeners": 0, "observers": 0, "workers": 0, "onWindow": 0, "sheets": 0}
    assert left == {"most": True} | nothing
    assert not watched.trouble, "\n".join(watched.trouble)
