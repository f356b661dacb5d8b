"""Clients: the programs that act for people, for officials or for themselves."""
