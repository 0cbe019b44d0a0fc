"""PyTorch is loaded by who asks for it, and its absence said."""

import subprocess
import sys

import pytest

from digitgen.errors import DigitgenError


def test_the_glue_loads_no_heavy_library() -> None:
    code = "import sys, digitgen.training; print({'torch', 'h5py', 'cv2', 'pydantic', 'scipy'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"


def test_without_pytorch_its_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.delitem(sys.modules, "digitgen.training.torch", raising=False)
    with pytest.raises(DigitgenError) as caught:
        import digitgen.training.torch  # noqa: F401
    assert str(caught.value) == 'torch must be installed for this; use: pip install "mnist-digitgen[torch]"'
