"""The FastAPI sidecar for frontends that already exist."""
