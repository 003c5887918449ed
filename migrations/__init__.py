"""Alembic's environment and versions, shipped with the package so that every installation can upgrade itself."""
