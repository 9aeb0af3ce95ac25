"""The tabs of the CTR report page."""
