"""Pictures: domains of prototypes, matches with a verdict that can say unknown, and its calibration."""
