"""What the guided tour of the window shows: sixty seconds for somebody who sees it for the first time."""

from __future__ import annotations

from typing import Any

from gui.tour import Stop


def _run(window: Any) -> None:
    if window.control.phase != "playing":
        window.toggle()


STOPS = (
    Stop(lambda window: window.builder.cards["Data"], "Data",
         "A network learns from these points. Some are held out, to test what it has learned.",
         arrive=lambda window: window.builder.point_out("data.dataset")),
    Stop(lambda window: window.network, "Network",
         "Dots are units, lines are weights. The bars show how strong a gradient each layer receives: tiny bars "
         "mean a layer hardly learns."),
    Stop(lambda window: window.transport.run_button, "Run",
         "This starts and pauses training. After the tour, Space does too, wherever you are.", ("Run now", _run)),
    Stop(lambda window: window.curves, "Learning curves",
         "The loss should fall. When the validation curve rises again, the network is learning by heart."),
    Stop(lambda window: window.gradients, "Gradient norms",
         "One line for each layer. Lines that drift apart tell of vanishing or exploding gradients."),
    Stop(lambda window: window.criteria, "Criteria",
         "Five ways to say “it has converged”. Each can tell you, or end the run."),
    Stop(lambda window: window.workspace.corner, "Why",
         "What goes wrong stands here, in plain words. A click on a change races the run against the same run with it. "
         "W explains, with the evidence."),
    Stop(lambda window: window.builder.row("optimizer.lr"), "Learning rate",
         "Fields marked “live” act at once. Change this one while it trains, and watch the curves.",
         arrive=lambda window: window.builder.point_out("optimizer.lr")),
    Stop(lambda window: window.transport.menu_button, "More",
         "Presets, your own data and this tour are in the menu. F1 lists every key."),
)  # fmt: skip
