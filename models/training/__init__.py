"""How models are trained: plan, loop, batches, augmentation, optimisers; averages and calibration of what was
trained."""
