"""The worked example of Dawid and Skene 1979: five anaesthetists rate the fitness of 45 patients, 1 to 4.

Table 1, one word per patient: three ratings by observer 1, then one each by observers 2 to 5.
"""

from __future__ import annotations

import numpy as np

from tasks.quality.votes import VoteTable

RATINGS = """
1111111 3334334 1122122 2223121 2223222 2223322 1222111 3333433 2222223 2322223 4444444 2223343
1111111 2223212 1211111 1112111 1111111 1111111 2222221 2221322 2222222 2222221 2223222 2212222
1111111 1111111 2322222 1111111 1111111 1121121 1111111 3333233 1111111 2222222 2223232 4334343
2212232 2323233 3333432 1111111 1111111 1212111 2322222 1211111 2222222
"""
OBSERVER = (0, 0, 0, 1, 2, 3, 4)

#: table 2, maximum likelihood: how common each class is
CLASS_FREQUENCIES = (0.40, 0.42, 0.11, 0.07)


def votes() -> VoteTable:
    """The table as votes; classes 1 to 4 are the codes 0 to 3."""
    label = np.array([[int(rating) - 1 for rating in row] for row in RATINGS.split()])
    n_patients = len(label)
    task = np.repeat(np.arange(n_patients), len(OBSERVER))
    return VoteTable(task, np.tile(OBSERVER, n_patients), label.ravel(), n_patients, 5, 4)
