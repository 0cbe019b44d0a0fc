"""What all pages and pictures are made with."""
