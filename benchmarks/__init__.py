"""Measurements anyone can run; nothing of the product needs them."""

import os

# One thread of linear algebra, as in the product; before NumPy is imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
