"""The fixture `way`: makes ways through network namespaces (see `tests.pathmtu.way`), or says why it can't.

Where they can't be made, tests are skipped with the reason; with SENDPROOF_NETNS=required, or SENDPROOF_MTA=required
as in CI, they fail. Files that use it say `pytestmark = pytest.mark.netns`.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from tests.pathmtu import way as ways


@pytest.fixture(scope="session")
def namespaces() -> None:
    try:
        ways.check()
    except ways.Missing as reason:
        if os.environ.get("SENDPROOF_NETNS", os.environ.get("SENDPROOF_MTA")) == "required":
            pytest.fail(f"network namespaces are required, but {reason}")
        pytest.skip(str(reason))


@pytest.fixture
def way(namespaces: None) -> Callable[..., AbstractContextManager[ways.Way]]:
    return ways.way
