"""Tests of how real strings are measured."""
