"""GPUs by name: what a profile need not say of them, because their makers do."""

from __future__ import annotations

from compiler.frozen import Frozen


class Gpu(Frozen):
    """A GPU as estimates see it.

    `memory_gib` is what programs can have of it; `tflops` are dense bf16 products with sums in
    float32, in 10^12 operations a second; `tb_per_s` is the memory's bandwidth in 10^12 bytes a
    second. `number` are rented together; a run computes on one of them.
    """

    name: str
    memory_gib: float
    tflops: float
    tb_per_s: float
    number: int = 1


# Memory: what nvidia-smi shows as the total, in GiB. Speeds: NVIDIA's data sheets, without sparsity.
GPUS: tuple[Gpu, ...] = (
    Gpu("H200", 140.4, 989, 4.8),  # H200 Tensor Core GPU data sheet, SXM
    Gpu("H100 80GB", 79.6, 989, 3.35),  # H100 Tensor Core GPU data sheet, SXM
    Gpu("H100 PCIe", 79.6, 756, 2.0),  # the same, PCIe
    Gpu("A100 80GB", 80.0, 312, 2.039),  # A100 80GB Tensor Core GPU data sheet, SXM
    Gpu("A100 40GB", 40.0, 312, 1.555),  # A100 Tensor Core GPU data sheet, SXM
    Gpu("L40S", 45.0, 362, 0.864),  # L40S data sheet
    Gpu("L4", 22.5, 121, 0.3),  # L4 Tensor Core GPU data sheet
    Gpu("RTX 4090", 24.0, 165, 1.008),  # NVIDIA Ada GPU architecture, appendix A
    Gpu("RTX 3090", 24.0, 71, 0.936),  # NVIDIA Ampere GA102 GPU architecture, appendix A
)
BY_NAME = {gpu.name: gpu for gpu in GPUS}
