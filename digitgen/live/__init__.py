"""The live page: change a configuration and see its images at once, before anything is built.

`server` takes connections, and `handler` answers the requests that `door` lets in. `lane` has one at a time done, and
`session` does them. The page holds the recipe and sends it whole each time.
"""
