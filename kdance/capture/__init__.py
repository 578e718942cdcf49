"""Pictures in: cameras, files and the networks that look at them; mediapipe in ``pose_extraction`` alone.

Importing this package tells OpenCV and FFmpeg to keep their own lines off the terminal. They read these variables when
they are loaded, so it has to happen before the first ``import cv2``; what the user has set stays.
"""

import logging
import os

_QUIET = {
    "OPENCV_LOG_LEVEL": "SILENT",
    "OPENCV_FFMPEG_LOGLEVEL": "-8",  # AV_LOG_QUIET
    "OPENCV_VIDEOIO_MSMF_ENABLE_HW_TRANSFORMS": "0",  # else a Windows webcam takes up to a minute to open
    "OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT": "2",  # seconds a Linux webcam may block one read; 10 by default
}
for _name, _value in _QUIET.items():
    os.environ.setdefault(_name, _value)
# mediapipe loads matplotlib, which says at its first start on a slow computer that it builds a cache of fonts.
logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)
