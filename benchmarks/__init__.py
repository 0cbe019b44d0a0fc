"""How fast digitgen is, and against what: always ratios that were taken side by side in one run."""
