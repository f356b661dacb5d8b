"""The catalogue of procedures: drafts, versions in force, retired ones; sheets to import."""
