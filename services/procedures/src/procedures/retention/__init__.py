"""What becomes of ended cases: kept, held, transferred to an archive, erased."""
