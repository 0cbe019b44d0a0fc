"""From a recipe to labelled images."""
