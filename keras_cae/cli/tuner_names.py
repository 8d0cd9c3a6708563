"""How a search may go on, by the name that `--tuner` takes. Does not import KerasTuner."""

TUNERS = {"hyperband": "Hyperband", "bayesian": "BayesianOptimization", "random": "RandomSearch"}
"""The class in `keras_tuner`."""
DEFAULT_TRIALS = 20
