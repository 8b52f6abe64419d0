"""The face: command line and rendering for people. The compiler and the runtime know nothing of it."""
