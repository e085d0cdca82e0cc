"""Tasks with a posterior each: which class it is, and how surely."""

from __future__ import annotations

import numpy as np

from tasks.quality.votes import FloatArray, IntArray


class Labelled:
    """Whatever has `log_post_tk`, the log posterior of each class, shape (task, true)."""

    log_post_tk: FloatArray

    @property
    def label_t(self) -> IntArray:
        """The most probable class per task, the lowest on a tie."""
        return np.asarray(np.argmax(self.log_post_tk, axis=1), dtype=np.int64)

    @property
    def confidence_t(self) -> FloatArray:
        """Posterior of the most probable class per task, in (0, 1]."""
        return np.asarray(np.exp(self.log_post_tk.max(axis=1)))
