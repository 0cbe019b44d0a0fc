"""What digitgen's data teach: small models trained on them, and what they then read."""
