"""What is seen: camera, files, the networks, the people in a picture."""
