"""The rules of identity: pure, handed the time, ignorant of HTTP and SQL."""
