"""The work: tasks, who answers them, what the answers say."""

import os

# The engine's matrices are small. Several threads for each would only wait for one another, and for the other
# processes of the machine; NumPy reads this when it is first imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
