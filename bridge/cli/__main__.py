"""``python -m bridge.cli`` is the command ``hsmbridge``."""

from bridge.cli import main

main()
