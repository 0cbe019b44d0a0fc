"""Pictures and pages for people: datasets, and the mistakes of models."""
