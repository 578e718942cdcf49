"""Make people_golden.npz: what onnxruntime says of one picture, for the test that OpenCV says the same.

python tests/capture/make_people_golden.py group_mixed.mp4    (needs onnxruntime, which kdance does not)

The picture is frame 40 of the rendered clip group_mixed (MakeHuman bodies, CC0), made 256 x 144 and padded below.
"""

import sys
from pathlib import Path

import cv2
import numpy as np

HERE = Path(__file__).parent
MODEL = HERE.parent.parent / "kdance" / "models" / "people_160x256.onnx"
EVERY = 3  # cell of the heads that are kept, but for the centres


def main() -> None:
    import onnxruntime

    capture = cv2.VideoCapture(sys.argv[1])
    for _ in range(41):
        _, frame = capture.read()
    picture = np.zeros((160, 256, 3), np.uint8)
    picture[:144] = cv2.resize(frame, (256, 144), interpolation=cv2.INTER_AREA)
    session = onnxruntime.InferenceSession(str(MODEL))
    outputs = session.run(None, {"input:0": cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)[None].astype(np.int32)})
    names = [output.name.split("/")[1].removesuffix("_0") for output in session.get_outputs()]
    heads = {
        name: output if name == "center" else output[:, ::EVERY, ::EVERY]
        for name, output in zip(names, outputs, strict=True)
    }
    _, png = cv2.imencode(".png", picture)
    version = np.array(onnxruntime.__version__)
    np.savez_compressed(HERE / "people_golden.npz", picture_png=png, onnxruntime=version, **heads)


if __name__ == "__main__":
    main()
