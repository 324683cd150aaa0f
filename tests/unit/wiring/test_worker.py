import subprocess
import sys


def test_a_worker_loads_neither_what_speaks_http_nor_what_counts_for_screens() -> None:
    look = (
        "import sys, argos.entries.worker;"
        " print(sorted({'fastapi', 'aiohttp', 'numpy'} & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
