"""The page of what was measured: real strings, and a dataset of ours beside them."""
