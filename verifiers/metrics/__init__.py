"""Published metrics as pure functions over per-item numbers: no model, no torch.

Where tools disagree about what a name means, a function says in its name whose definition it is; `corrected` functions
are ours and say why. `docs/metrics.md` has the table and what each may carry in a verdict.
"""
