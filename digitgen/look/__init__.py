"""Pictures and pages for people: what was made, and what a model makes of it."""
