"""What is seen and heard in a session, as one file."""
