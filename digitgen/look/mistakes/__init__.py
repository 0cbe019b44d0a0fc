"""The mistakes of a model: found, counted, and told in a few words.

In the order in which they are used; each knows only those before it:

1. `lines` and `predictions` read what a model read.
2. `edit_graph` and `alignment` say what became of each true digit.
3. `factor`, `spacing` and `factors` say what each digit stands in; `conditions` are levels of that.
4. `rates` and `groups` count, with intervals.
5. `causes` and `effects` find what hurts most; `kinds`, `findings` and `patterns` the few words at the top.
6. `leading_zeros` and `misalignment` doubt the predictions themselves.
7. `summary` puts one model together, `comparison` two, `study` a split, and `survey` all splits.
8. `wording`, `plots`, `pictures`, the modules of sections, `page` and `survey_page` show it.
"""
