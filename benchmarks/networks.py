"""What was cut off the pose networks, and what that costs and saves: ``python benchmarks/networks.py ORIGINAL.task``.

Google's pose landmark networks also make a mask of the body, 256 x 256, which kdance never asks for; MediaPipe runs
that branch all the same, for a third of the time. ``--write TARGET.task`` writes the bundle without it: the operators
that nothing but the mask needs are left out, and in its place the network gives the logit of its confidence, which
nobody reads. Every weight and every other operator stays as it was. What is printed is how far landmarks differ in
VIDEO mode (0: bit for bit), and processor milliseconds a frame.

The originals: see kdance/models/README.md.
"""

from __future__ import annotations

import argparse
import time
import zipfile
from pathlib import Path
from typing import Any, Final

import flatbuffers
import numpy as np
from mediapipe.tasks.metadata import schema_py_generated as schema

from kdance.capture.pose_extraction import PoseEstimator
from kdance.capture.video_file import VideoFile
from kdance.pose import Frame

DEMO: Final = Path(__file__).parent.parent / "kdance" / "demo" / "demo.mp4"
MEMBERS: Final = ("pose_detector.tflite", "pose_landmarks_detector.tflite")
CONFIDENCE, MASK = 1, 2  # outputs of the landmark network
_ALIGNED: Final = 16  # bytes, as TensorFlow Lite wants its weights
_LONGEST_AGO: Final = (1980, 1, 1, 0, 0, 0)  # the same bytes whenever it is written


def main() -> None:
    """Cut, compare and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("original", type=Path)
    parser.add_argument("--write", type=Path, metavar="TARGET", help="write the bundle without the mask")
    parser.add_argument("--against", type=Path, help="another bundle to compare with; the target by default")
    parser.add_argument("--frames", type=int, default=120)
    arguments = parser.parse_args()
    if arguments.write is not None:
        write_without_mask(arguments.original, arguments.write)
    other = arguments.against or arguments.write
    with VideoFile(DEMO) as source:
        frames = [frame for frame, _ in zip(source, range(arguments.frames), strict=False)]
    seen = {}
    for bundle in (arguments.original, other):
        if bundle is not None:
            seen[bundle], milliseconds = watched(bundle, frames)
            print(f"{bundle}: {milliseconds:.1f} ms of processor time a frame")
    if other is not None:
        both = zip(*seen.values(), strict=True)
        print(f"largest difference of a landmark: {max(float(np.abs(a - b).max()) for a, b in both):g} px or m")


def write_without_mask(original: Path, target: Path) -> None:
    """Write a bundle whose landmark network makes no mask."""
    with zipfile.ZipFile(original) as bundle:
        members = {name: bundle.read(name) for name in MEMBERS}
    members[MEMBERS[1]] = without_mask(members[MEMBERS[1]])
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as bundle:
        for name, content in members.items():
            bundle.writestr(zipfile.ZipInfo(name, _LONGEST_AGO), content)


def without_mask(network: bytes) -> bytes:
    """A landmark network without what only its mask needs."""
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(network, 0))
    (graph,) = model.subgraphs
    maker = {int(tensor): operator for operator in graph.operators for tensor in operator.outputs}
    reshape = maker[int(graph.outputs[CONFIDENCE])]
    sigmoid = maker[int(reshape.inputs[0])]
    graph.outputs = np.where(np.arange(len(graph.outputs)) == MASK, sigmoid.inputs[0], graph.outputs).astype(np.int32)
    wanted, needed = [int(tensor) for tensor in graph.outputs], set[int]()
    while wanted:
        operator = maker.get(wanted.pop())
        if operator is not None and id(operator) not in needed:
            needed.add(id(operator))
            wanted += [int(tensor) for tensor in operator.inputs if tensor >= 0]  # -1: none
    graph.operators = [operator for operator in graph.operators if id(operator) in needed]
    schema.BufferT.Pack = _packed_aligned
    builder = flatbuffers.Builder(len(network))
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def _packed_aligned(buffer: Any, builder: flatbuffers.Builder) -> int:
    """Write a buffer of weights where TensorFlow Lite can use it without a copy; the generated code doesn't align."""
    data = None
    if buffer.data is not None and len(buffer.data):
        content = np.asarray(buffer.data, np.uint8).tobytes()
        builder.StartVector(1, len(content), _ALIGNED)
        builder.head -= len(content)
        builder.Bytes[builder.head : builder.head + len(content)] = content
        data = builder.EndVector()
    schema.BufferStart(builder)
    if data is not None:
        schema.BufferAddData(builder, data)
    return int(schema.BufferEnd(builder))


def watched(bundle: Path, frames: list[Frame]) -> tuple[list[Any], float]:
    """(33, 7) image and world landmarks of each frame in which somebody is seen, and milliseconds a frame."""
    with PoseEstimator(bundle, 0.5) as estimator:
        begun = time.process_time()
        poses = [estimator.estimate(frame) for frame in frames]
        spent = time.process_time() - begun
    nobody = np.full((33, 7), -1.0)
    seen = [nobody if pose is None else np.hstack([pose.landmarks, pose.world]) for pose in poses]
    return seen, 1000 * spent / len(frames)


if __name__ == "__main__":
    main()
