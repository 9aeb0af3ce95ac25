"""Every table of the workbench: importing this module makes `metadata` complete."""

from core.storage import operator_tables, perfumery_tables, tables

metadata = tables.metadata

__all__ = ["metadata", "operator_tables", "perfumery_tables", "tables"]
