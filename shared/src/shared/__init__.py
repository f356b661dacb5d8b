"""What every Motcua service must do the same way, and nothing else.

No business rule, no service's table or setting lives here. The pure half (`errors`, `ids`, `clock`)
imports only the standard library and `uuid_utils`, so domains may use it.
"""
