"""Make digits.npz from scikit-learn's copy of the UCI handwritten digits.

A maker's tool: `pip install scikit-learn`, then `python data/make_digits.py`. The 8 × 8 digits are
scaled as MNIST's were: 20 × 20 pixels in the middle of 28 × 28, grey from 0 to 255.
"""

import io
import zipfile
from pathlib import Path

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch.nn.functional import interpolate, pad

HERE = Path(__file__).parent
TEST = 360  # the last fifth: other writers than the first four fifths

data = load_digits()
small = torch.from_numpy(data.images).float()[:, None] / 16  # (1797, 1, 8, 8) in 0 … 1
images = pad(interpolate(small, size=(20, 20), mode="bicubic"), (4, 4, 4, 4))
images = (images.clamp(0, 1) * 255).round().to(torch.uint8)[:, 0].numpy()
labels = data.target.astype(np.int64)
arrays = {
    "train_images": images[:-TEST],
    "train_labels": labels[:-TEST],
    "test_images": images[-TEST:],
    "test_labels": labels[-TEST:],
}
# Like np.savez_compressed, but with a fixed date inside, so that the file's checksum does not change.
with zipfile.ZipFile(HERE / "digits.npz", "w") as file:
    for name, array in arrays.items():
        buffer = io.BytesIO()
        np.save(buffer, array, allow_pickle=False)
        entry = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
        entry.compress_type = zipfile.ZIP_DEFLATED
        file.writestr(entry, buffer.getvalue())
print("digits.npz:", {name: array.shape for name, array in arrays.items()})
