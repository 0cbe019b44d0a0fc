"""The live page: change a configuration and see its images at once, before anything is built.

`server` takes requests, `door` says which it refuses, `lane` has one at a time done, and `session` does them. The
page holds the recipe and sends it whole each time.
"""
