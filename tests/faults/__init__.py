"""Builds that are killed, interrupted, starved and damaged: what stands in the folder afterwards is whole."""

import pytest

pytest.register_assert_rewrite("tests.faults.helpers")  # whose assertions then show what they compared
