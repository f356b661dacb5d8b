"""`python -m gateway`: the gateway in one process. More cores take more processes, each with its own."""

from gateway.proxy.__main__ import main

if __name__ == "__main__":
    main()
