"""PyTorch's own losses take the targets, and decoding is what its CTC loss learns."""

from itertools import product

import numpy as np
import pytest

from digitgen.training import ctc_decode, ctc_targets, label_texts, padded_targets

pytestmark = pytest.mark.training

LABELS, LENGTHS = np.array([[0, 1], [1, -1], [1, 1]], np.int8), np.array([2, 1, 2], np.uint8)


@pytest.mark.parametrize("blank", [0, 1, 2])
def test_the_ctc_loss_of_targets_is_the_probability_of_all_paths_that_decode_to_the_labels(blank: int) -> None:
    import torch

    probabilities = np.random.default_rng(2).dirichlet(np.ones(3), (3, 4))
    targets, lengths = map(torch.from_numpy, ctc_targets(LABELS, LENGTHS, blank=blank))
    scores = torch.from_numpy(np.log(probabilities)).transpose(0, 1)
    steps = torch.full((3,), 4)
    losses = torch.nn.functional.ctc_loss(scores, targets, steps, lengths, blank=blank, reduction="none")
    paths = np.array(list(product(range(3), repeat=4)))
    read = np.array(ctc_decode(np.eye(3)[paths], blank=blank, alphabet="01"))
    of_paths = probabilities[:, np.arange(4), paths].prod(2)
    expected = [of_paths[row, read == text].sum() for row, text in enumerate(label_texts(LABELS, LENGTHS))]
    assert np.allclose(np.exp(-losses.numpy()), expected)


def test_tensors_are_taken_as_arrays_are() -> None:
    import torch

    labels, lengths = torch.from_numpy(LABELS), torch.from_numpy(LENGTHS)
    assert label_texts(labels, lengths) == ["01", "1", "11"]
    assert ctc_targets(labels, lengths)[0].tolist() == [1, 2, 2, 2, 2]
    assert ctc_decode(torch.eye(11)[None, [2, 2, 0, 2]]) == ["11"]


def test_a_tensor_with_a_gradient_is_refused_with_what_to_do() -> None:
    import torch

    from tests.errors import message_of

    assert "detach()" in message_of(ctc_decode, torch.zeros((1, 2, 11), requires_grad=True))


def test_a_tensor_of_a_type_that_numpy_has_not_is_refused_with_what_to_do() -> None:
    import torch

    from tests.errors import message_of

    message = message_of(ctc_decode, torch.zeros((1, 2, 11), dtype=torch.bfloat16))
    assert message.startswith("scores must be an array of numbers: ")
    assert message.endswith("; convert it to float32")


def test_cross_entropy_leaves_the_padding_out() -> None:
    import torch

    targets = torch.from_numpy(padded_targets(LABELS, LENGTHS, pad=-100))
    scores = torch.log_softmax(torch.from_numpy(np.random.default_rng(3).normal(size=(3, 10, 2))), 1)
    loss = torch.nn.functional.cross_entropy(scores, targets, reduction="sum")
    inside = [(0, 0, 0), (0, 1, 1), (1, 0, 1), (2, 0, 1), (2, 1, 1)]  # image, column, class
    assert np.isclose(loss.item(), -sum(scores[image, klass, column].item() for image, column, klass in inside))
