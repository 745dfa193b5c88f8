"""An emulated AWS CloudHSM whose keys are used from Java."""

__version__ = "0.1.0"
