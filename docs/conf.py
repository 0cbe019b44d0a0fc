"""How Sphinx builds this site: ``sphinx-build -W --keep-going -n docs docs/_build``. It fetches nothing."""

from digitgen.version import VERSION

project = "digitgen"
author = "the developers of digitgen"
project_copyright = author
release = version = VERSION

extensions = ["myst_parser", "numpydoc", "sphinx.ext.autodoc", "sphinx.ext.autosummary"]
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = f"digitgen {VERSION}"
html_show_copyright = False
html_copy_source = False

# Headings can be linked to as README's can: [text](page.md#a-heading).
myst_heading_anchors = 3

# Types stand in the docstrings, in words; single backticks there are names, linked where the page has them.
autodoc_typehints = "none"
autodoc_preserve_defaults = True
autodoc_mock_imports = ["torch"]  # so that the pages can be made without it
autodoc_member_order = "bysource"
default_role = "autolink"
nitpick_ignore_regex = [("py:obj", "[a-z_]+")]  # parameters that are called as some module is
numpydoc_show_class_members = False
