"""The feed tries again at once when the machine is on a network again."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtNetwork import QNetworkInformation
from PySide6.QtWidgets import QApplication

from syncsphere_desktop.ui.ownership.network import NetworkReturn, on_network_return

_Reachability = QNetworkInformation.Reachability


class _Network(QObject):
    reachabilityChanged = Signal(object)  # noqa: N815

    def __init__(self) -> None:
        super().__init__()
        self.now = _Reachability.Online

    def reachability(self) -> QNetworkInformation.Reachability:
        return self.now

    def become(self, reachability: QNetworkInformation.Reachability) -> None:
        self.now = reachability
        self.reachabilityChanged.emit(reachability)


def test_only_coming_back_online_is_told_and_nothing_after_the_end(qapp: QApplication) -> None:
    network, told = _Network(), []
    watching = NetworkReturn(network, lambda: told.append(network.now))
    network.become(_Reachability.Online)
    assert not told
    for reachability in (_Reachability.Disconnected, _Reachability.Local, _Reachability.Online):
        network.become(reachability)
    assert told == [_Reachability.Online]
    network.become(_Reachability.Disconnected)
    watching.end()
    network.become(_Reachability.Online)
    assert len(told) == 1


def test_a_system_that_knows_nothing_of_networks_is_no_error(qapp: QApplication) -> None:
    on_network_return(lambda: None)()
