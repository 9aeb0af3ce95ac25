"""Every table of the workbench: importing this module makes `metadata` complete."""

from core.storage import knowledge_tables, operator_tables, perfumery_tables, tables

metadata = tables.metadata

__all__ = ["knowledge_tables", "metadata", "operator_tables", "perfumery_tables", "tables"]
