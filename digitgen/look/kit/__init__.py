"""Parts that all pages and pictures are made with."""
