"""A harness that never fails proves nothing: each deliberate fault of the runner must be noticed."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.chaos.harness import MODES, play

ROUNDS = {
    "create-again": (replace(MODES["late"], protocol_share=1.0, shortest_life_s=2), 12),
    "settle-at-once": (replace(MODES["late"], protocol_share=1.0, shortest_life_s=2), 12),
    "no-fence": (MODES["frozen"], 20),
    "forgotten-undeploy": (MODES["unique"], 10),
    "late-events": (replace(MODES["unique"], protocol_share=0.2, longest_life_s=1.5), 40),
}


@pytest.mark.timeout(600)
@pytest.mark.parametrize("fault", ROUNDS)
def test_a_deliberate_fault_is_noticed(fault: str, tmp_path: Path) -> None:
    mode, kills = ROUNDS[fault]
    assert play(tmp_path, mode, kills=kills, fault=fault, drain_s=60, seed=5).violations


@pytest.mark.timeout(600)
def test_frozen_and_woken_workers_leave_one_of_everything(tmp_path: Path) -> None:
    assert play(tmp_path, MODES["frozen"], kills=20, seed=5).violations == ()
