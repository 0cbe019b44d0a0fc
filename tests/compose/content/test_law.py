"""The table of laws."""

from dataclasses import fields
from typing import get_args, get_type_hints

import pytest

from digitgen.compose.content import LAWS
from digitgen.compose.content.law import ContentLaw, Key


@pytest.mark.parametrize(("key", "law"), LAWS.items())
def test_a_law_is_named_by_one_of_its_fields_and_describes_them_all(key: str, law: type[ContentLaw]) -> None:
    keys = get_type_hints(law, include_extras=True)
    described = {field.name: get_args(keys[field.name])[1] for field in fields(law) if field.name != "alphabet"}
    assert key in described
    assert all(isinstance(each, Key) and each.description for each in described.values())
