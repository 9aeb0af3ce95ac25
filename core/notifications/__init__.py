"""One notifier: who is told what, over which channel, and whether it arrived."""
