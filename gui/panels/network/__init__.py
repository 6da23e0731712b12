"""The network: its units and weights, under each layer a bar of the gradient that reaches it, and the layers edited."""

from gui.panels.network.panel import Network

__all__ = ["Network"]
