"""The workbench without a face: rooms in three floors, used by pages, notebooks, jobs and the API alike."""

from core.embeddings import torchvision_guard

torchvision_guard.install()  # before anything imports torchvision, and so on the import of anything of ours
