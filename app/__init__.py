"""The faces: Streamlit pages and the FastAPI sidecar."""
