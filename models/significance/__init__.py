"""Lead significance: two questions that are easily taken for one another.

``attention``: what does an autoencoder of twelve leads attend to when it rebuilds them (Matyschik)?
Self-reconstruction.
``contribution``: what does each input lead contribute to the leads that are estimated from it? Measured
with models that know what to do with every subset of the inputs.
``cohort``: both over the recordings of a database, by diagnosis: ``rlecg study significance --data ROOT
--out FILE.csv``.

Gradients come from ``torch.autograd.grad`` on a forward pass that is split where they are wanted. There are
no hooks: a hook on a model that several users share fires for all of them.
"""
