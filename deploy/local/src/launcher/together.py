"""`python -m launcher.together '["identity", "migrate"]' '["procedures", "migrate"]' …`: commands, one after the other.

Each is what `python -m identity migrate` is, but Python and the libraries that all services use are loaded once,
which takes longer than the commands themselves. Ends at the first that fails; the last line says which and why.
"""

import json
import runpy
import sys
import traceback


def main(commands: list[str]) -> int:
    """Run the commands; returns the exit code of the first that fails, else 0."""
    for command in commands:
        module, *arguments = json.loads(command)
        sys.argv = [module, *arguments]
        name = f"{module} {arguments[0]}"
        print(name, flush=True)
        try:
            runpy.run_module(module, run_name="__main__", alter_sys=True)
        except SystemExit as end:
            if end.code:
                reason = end.code if isinstance(end.code, str) else f"exit code {end.code}"
                print(f"{name}: {reason}", file=sys.stderr)
                return 1
        except Exception as error:
            traceback.print_exc()
            print(f"{name}: {error or type(error).__name__}".splitlines()[0], file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
