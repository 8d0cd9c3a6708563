"""Everything between `fit` and the gradient: the input gate, the steps, their context, and inference."""
