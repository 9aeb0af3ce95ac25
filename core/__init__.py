"""The workbench without a face: rooms in three floors, used by pages, notebooks, jobs and the API alike."""
