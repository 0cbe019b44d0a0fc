"""The augmentation steps that digitgen has itself, by name. A new one is a function in the file of its family.

References
----------
Mu and Gilmer 2019, MNIST-C: a robustness benchmark for computer vision, doi:10.48550/arXiv.1906.02337

Castro, Tan, Kainz, Konukoglu and Glocker 2019, Morpho-MNIST: quantitative assessment and diagnostics for representation
learning, Journal of Machine Learning Research 20, doi:10.48550/arXiv.1809.10780

Simard, Steinkraus and Platt 2003, Best practices for convolutional neural networks applied to visual document analysis,
ICDAR, doi:10.1109/ICDAR.2003.1227801
"""

from typing import Final

from digitgen.augment.step import Step
from digitgen.augment.steps import (
    blur,
    clutter,
    crop,
    encoding,
    form,
    forms,
    geometry,
    grain,
    joining,
    light,
    marks,
    morphology,
    paper,
    pen,
    photo,
    separators,
    stroke,
    wear,
    weather,
)

AUGMENTATIONS: Final[dict[str, Step]] = {
    **geometry.FAMILY,
    **stroke.FAMILY,
    **morphology.FAMILY,
    **forms.FAMILY,
    **pen.FAMILY,
    **light.FAMILY,
    **grain.FAMILY,
    **blur.FAMILY,
    **clutter.FAMILY,
    **separators.FAMILY,
    **marks.FAMILY,
    **joining.FAMILY,
    **form.FAMILY,
    **weather.FAMILY,
    **paper.FAMILY,
    **wear.FAMILY,
    **photo.FAMILY,
    **encoding.FAMILY,
    **crop.FAMILY,
}
