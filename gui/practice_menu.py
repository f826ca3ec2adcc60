"""The two practice menus under Help: servers for a check, tenants for a search. Both are read when first wanted."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QMenu

from core.stages import Stage
from gui.engine import Engine, Job

FOUNDING_CASE = "spamhaus-block"
"""The practice scenario that stands first in the menu."""

if TYPE_CHECKING:
    from core.practice.model import Scenario
    from core.practice.tenant import Tenant

    Scenarios = dict[str, Scenario]


class PracticeMenus(QObject):
    """Fills both menus. `choose` and `choose_tenant` are called with what was picked, or with None for its end."""

    def __init__(
        self,
        engine: Engine,
        menu: QMenu,
        *,
        choose: Callable[[Scenario | None], None],
        choose_tenant: Callable[[Tenant | None], None],
    ) -> None:
        super().__init__(menu)
        self._engine = engine
        self._choose = choose
        self._choose_tenant = choose_tenant
        self.scenarios: Scenarios = {}
        """The practice servers by their ids, empty until they are read."""
        self._waiting: Callable[[Scenarios], None] | None = None
        self._tenants_read = False
        self._servers = menu.addMenu(self.tr("&Practice without a broken copier"))
        self._servers.aboutToShow.connect(self.need_scenarios)
        self._servers.addAction(self.tr("Reading the scenarios …")).setEnabled(False)
        self.tenants = menu.addMenu(self.tr("&Find settings for a practice tenant"))
        self.tenants.setToolTipsVisible(True)
        self.tenants.aboutToShow.connect(self._need_tenants)
        self.tenants.addAction(self.tr("Reading the tenants …")).setEnabled(False)

    # Servers

    def with_scenarios(self, use: Callable[[Scenarios], None]) -> None:
        """Call `use` with the practice servers: now, or as soon as they are read."""
        if self.scenarios:
            use(self.scenarios)
        else:
            self._waiting = use
            self.need_scenarios()

    def need_scenarios(self) -> None:
        """Read the practice servers beside the window's thread, unless they are there."""
        if self.scenarios:
            return

        async def work(_job: Job) -> Scenarios:
            from core.practice.load import load_scenarios

            return load_scenarios()

        self._engine.submit(work, done=self._loaded)

    def _loaded(self, scenarios: Scenarios) -> None:
        self.scenarios = scenarios
        if self._waiting is not None:
            self._waiting(scenarios)
            self._waiting = None
        menu = self._servers
        menu.clear()
        self._add(menu, "practice", scenarios[FOUNDING_CASE], self._choose)
        menu.addSeparator()
        titles = self._headings()
        groups = {title: menu.addMenu(title) for title in dict.fromkeys(titles.values())}
        for name, scenario in scenarios.items():
            if name != FOUNDING_CASE:
                self._add(groups[titles[scenario.expect.failed_stage]], "practice", scenario, self._choose)
        for group in groups.values():
            group.menuAction().setVisible(not group.isEmpty())
            group.setToolTipsVisible(True)
        menu.setToolTipsVisible(True)
        self._add_end(menu, self._choose)

    def _headings(self) -> dict[Stage | None, str]:
        """Return under which heading a scenario stands, by the stage at which its check fails."""
        reaching = self.tr("Connection and greeting")
        encrypting = self.tr("Encryption")
        sender = self.tr("Sender")
        message = self.tr("Message")
        return {
            None: self.tr("It works"),
            Stage.SETTINGS: reaching,
            Stage.DNS: reaching,
            Stage.CONNECT: reaching,
            Stage.BANNER: reaching,
            Stage.EHLO: reaching,
            Stage.STARTTLS: encrypting,
            Stage.TLS: encrypting,
            Stage.EHLO_TLS: encrypting,
            Stage.AUTH: self.tr("Sign-in"),
            Stage.MAIL_FROM: sender,
            Stage.RCPT_TO: self.tr("Recipient"),
            Stage.DATA: message,
            Stage.MESSAGE: message,
        }

    # Tenants

    def _need_tenants(self) -> None:
        if self._tenants_read:
            return
        self._tenants_read = True

        async def work(_job: Job) -> dict[str, Tenant]:
            from core.practice.tenant import load_tenants

            return load_tenants()

        def done(tenants: dict[str, Tenant]) -> None:
            self.tenants.clear()
            for tenant in tenants.values():
                self._add(self.tenants, "tenant", tenant, self._choose_tenant)
            self._add_end(self.tenants, self._choose_tenant)

        self._engine.submit(work, done=done)

    # Entries

    def _add(self, menu: QMenu, kind: str, lesson: Scenario | Tenant, choose: Callable[[Any], None]) -> None:
        action = menu.addAction(lesson.title.replace("&", "&&"))
        action.setObjectName(f"{kind}-{lesson.id}")
        action.setToolTip(lesson.summary)
        action.triggered.connect(partial(_give, choose, lesson))

    def _add_end(self, menu: QMenu, choose: Callable[[Any], None]) -> None:
        menu.addSeparator()
        menu.addAction(self.tr("&End practice")).triggered.connect(partial(_give, choose, None))


def _give(choose: Callable[[Any], None], lesson: object, _checked: bool = False) -> None:
    choose(lesson)
