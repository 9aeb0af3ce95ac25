"""Every table of the workbench: importing this module makes `metadata` complete."""

from core.storage import job_tables, knowledge_tables, operator_tables, perfumery_tables, tables

metadata = tables.metadata

__all__ = ["job_tables", "knowledge_tables", "metadata", "operator_tables", "perfumery_tables", "tables"]
