"""The parameters that augmentation sampled: their arrays, their laws, and tests of them."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from digitgen.arrays import Integers
from digitgen.augment.sampled import Sampled, firsts, step_names
from digitgen.augment.setting import Setting
from digitgen.compose.batch import BatchSpec, parameter_arrays
from digitgen.compose.recipe import Augmentation
from digitgen.look.report.chi_square import ChiSquareTest, chi_square
from digitgen.look.report.sampled_law import SampledLaw, law_of


@dataclass(frozen=True)
class SampledParameter:
    """One parameter of one step of a split.

    Attributes
    ----------
    array : str
        Name of the array that holds it.
    sampled : Sampled
        The parameter.
    step : str
        Name of the step for people; see `step_names`.
    setting : Setting
        The step as it was asked for.
    law : SampledLaw
        Its law. Of parameters that the digits of an image share, the first digit's is counted.
    first : bool
        Whether this is the first parameter of its step, which stands for the images that the step touched.
    """

    array: str
    sampled: Sampled
    step: str
    setting: Setting
    law: SampledLaw
    first: bool

    @property
    def title(self) -> str:
        """Name of the parameter for people, such as ``rotate.angle``."""
        return f"{self.step}.{self.sampled.parameter}"

    @property
    def items(self) -> str:
        """The things that have a value each: images or digits."""
        return "digits" if self.sampled.stage == "glyphs" and not self.shared else "images"

    @property
    def shared(self) -> bool:
        """Whether the digits of an image share it."""
        return self.setting.share == "image"

    @property
    def claim(self) -> str:
        """Say what is claimed of its values."""
        return f"{self.title} is {self.law.claim}"

    def tests(self, counts: Integers) -> Iterator[ChiSquareTest]:
        """Test counts: the share that the step touched, and whether the values follow their law."""
        touched, untouched = int(counts[:-1].sum()), int(counts[-1])
        total, p = touched + untouched, self.setting.p
        if self.first:
            claim = f"{self.step} touches {p:.4g} of the {self.items}"
            test = chi_square(claim, np.array([touched, untouched]), np.array([p, 1 - p]) * total)
            if test.freedom or test.p == 0:  # none or all is no claim that chance could break
                yield test
        if len(self.law.shares) > 1:
            yield chi_square(self.claim, counts[:-1], np.array(self.law.shares) * touched)


def sampled_parameters(augment: Augmentation, spec: BatchSpec) -> list[SampledParameter]:
    """List the parameters that a split stores.

    Parameters
    ----------
    augment : Augmentation
        The steps that change its images.
    spec : BatchSpec
        Its arrays.

    Returns
    -------
    list of SampledParameter
        In the order in which they are stored.
    """
    arrays = parameter_arrays(spec)
    names, first = step_names(arrays), set(firsts(arrays))
    found = []
    for sampled, array in arrays.items():
        setting = augment.stages[sampled.stage][sampled.position]
        found.append(
            SampledParameter(
                array=array,
                sampled=sampled,
                step=names[sampled],
                setting=setting,
                law=law_of(setting, sampled.parameter),
                first=sampled in first,
            )
        )
    return found
