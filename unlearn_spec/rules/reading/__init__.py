"""How a policy is read: each clause and each claim as one sentence of the catalogues, so that every language can say it.

A sentence goes by goal, target, from which artifacts, seen how, asked how, over how many, limit, by when, shown how. Every
field that is written is in it; so are the defaults that the language states, and what is left open.
"""
