"""Tells when this machine is on a network again, as far as the system says so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from PySide6.QtCore import QObject


class Network(Protocol):
    """What Qt knows of the network; met by `QNetworkInformation`."""

    @property
    def reachabilityChanged(self) -> Any: ...
    def reachability(self) -> Any: ...


class NetworkReturn(QObject):
    """Calls `returned` each time the machine comes online that was not."""

    def __init__(self, network: Network, returned: Callable[[], None]) -> None:
        super().__init__()
        self._network = network
        self._returned = returned
        self._was_online = _is_online(network.reachability())
        network.reachabilityChanged.connect(self._on_network_reachability_changed)

    def end(self) -> None:
        """Call nobody any more."""
        self._network.reachabilityChanged.disconnect(self._on_network_reachability_changed)

    def _on_network_reachability_changed(self, reachability: Any) -> None:
        is_online = _is_online(reachability)
        came_back = is_online and not self._was_online
        self._was_online = is_online
        if came_back:
            self._returned()


def on_network_return(returned: Callable[[], None]) -> Callable[[], None]:
    """Call `returned` when the network is back; returns what ends that. Where nobody knows, never."""
    from PySide6.QtNetwork import QNetworkInformation

    if not QNetworkInformation.loadBackendByFeatures(QNetworkInformation.Feature.Reachability):
        return lambda: None
    network = QNetworkInformation.instance()
    return NetworkReturn(network, returned).end


def _is_online(reachability: Any) -> bool:
    from PySide6.QtNetwork import QNetworkInformation

    return bool(reachability == QNetworkInformation.Reachability.Online)
