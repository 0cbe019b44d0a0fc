"""The JSON Schema of a configuration."""

import json

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from digitgen.config.build_config import BuildConfig


class _Schema(GenerateJsonSchema):
    """Offers no null for what may be left out: it says no more, and is one more way for a value to be wrong."""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        """Leave null out of the values that are allowed."""
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        """Leave out the default null."""
        described = super().default_schema(schema)
        return {key: value for key, value in described.items() if (key, value) != ("default", None)}


def json_schema() -> str:
    """Write the JSON Schema of a configuration, for editors and other programs."""
    named = {"$schema": _Schema.schema_dialect, "$id": "urn:mnist-digitgen:configuration"}
    return json.dumps(named | BuildConfig.model_json_schema(schema_generator=_Schema), indent=2)
