"""What the processes of a group do in a test; they are started anew, and import this."""

from pathlib import Path
from typing import Any

import numpy as np


def note_ids(rank: int, dataset: Any, folder: str) -> None:
    """Join a group of two, and write down which images come here, through workers of each kind."""
    from torch import distributed
    from torch.utils.data import DataLoader

    distributed.init_process_group("gloo", init_method=f"file://{folder}/group", rank=rank, world_size=2)
    for name in ("none", "fork", "spawn"):
        how = {} if name == "none" else {"num_workers": 2, "multiprocessing_context": name}
        ids = [batch["sample_ids"].numpy() for batch in DataLoader(dataset, None, **how)]
        np.save(Path(folder) / f"{name}-{rank}.npy", np.concatenate(ids))
    distributed.destroy_process_group()
