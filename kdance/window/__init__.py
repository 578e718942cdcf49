"""Scene in, picture out: the practice window."""

import kdance.capture  # noqa: F401 - tells OpenCV to be quiet, which it has to know before the first ``import cv2``
