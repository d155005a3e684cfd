"""Right answers in unusual dress to the exercise of lesson 00."""

import numpy as np

RIGHT = {"00.1": [lambda x: x + x, lambda x: np.float64(x) * 2, lambda x: x * 4 / 2]}
