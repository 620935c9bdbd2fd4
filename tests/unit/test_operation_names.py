"""Operations have the places in the plan that pyinfra itself would give them."""

from __future__ import annotations

import inspect
from types import SimpleNamespace

import pytest
from pyinfra.api import util

from socle.apply import adapter

WAYS = ((adapter._frames, adapter._line), (inspect.stack, inspect.getframeinfo))


@pytest.mark.parametrize("deploy", [None, __file__])
def test_they_are_named_after_the_same_lines(
    monkeypatch: pytest.MonkeyPatch, deploy: str | None
) -> None:
    assert util.stack is adapter._frames
    state, named = SimpleNamespace(current_deploy_filename=deploy, current_op_file_number=0), []
    for stack, getframeinfo in WAYS:
        monkeypatch.setattr(util, "stack", stack)
        monkeypatch.setattr(util, "getframeinfo", getframeinfo)
        named.append(util.get_operation_order_from_stack(state))  # type: ignore[arg-type]
    assert named[0] == named[1]
    assert len(named[0]) > 0
