"""Make the web edition and the slides in build/site, and with --serve serve them: web/build.py."""
import pathlib
import runpy
import sys

WEB = pathlib.Path(__file__).resolve().parents[1] / "web"

if __name__ == "__main__":
    sys.path[0] = str(WEB)                              # its files import each other
    runpy.run_path(str(WEB / "build.py"), run_name="__main__")
