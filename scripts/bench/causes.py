"""Models of causes: how good, how fast, beside scikit-learn's gradient boosting on the same split.

The program `causes` (crates/causes/examples) makes a labelled history (crates/causes/src/history.rs says what it assumes), writes it with the
part of each drift, learns and measures. scikit-learn is given the same features, the same drifts to learn from (those that ours holds back to end
in time are its validation set's share, so it learns from both), and is measured on the same drifts, whose resources are in neither. It comes from
PyPI into a folder of its own the first time; without it that line is left out.
"""

import json, os, pathlib, subprocess, sys, tempfile, venv

from output import emit, say

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SKLEARN = "scikit-learn==1.7.2"

OTHER = """
import csv, json, math, sys, time
import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import accuracy_score, f1_score

rows = list(csv.reader(open(sys.argv[1])))[1:]
def part(*names):
    some = [row for row in rows if row[-1] in names]
    return np.array([[float(v) if v else math.nan for v in row[:-2]] for row in some]), [row[-2] for row in some]
(x, y), (tx, ty) = part("learn", "hold"), part("measure")
begun = time.time()
model = HistGradientBoostingClassifier(random_state=0).fit(x, y)
train_s = time.time() - begun
told = model.predict(tx)
print(json.dumps({"f1_macro": f1_score(ty, told, average="macro"), "accuracy": accuracy_score(ty, told), "train_s": train_s, "measured_on": len(ty)}))
"""


def python():
    """The Python with scikit-learn; none where it cannot be had."""
    folder = pathlib.Path(os.environ.get("WATCHROOM_BENCH_PYTHON", ROOT / "target/bench-python"))
    found = folder / "bin/python"
    if not found.exists():
        venv.create(folder, with_pip=True)
    if subprocess.run([found, "-c", "import sklearn"], capture_output=True).returncode == 0:
        return found
    say(f"causes: installing {SKLEARN} into {folder}")
    done = subprocess.run([found, "-m", "pip", "install", "--quiet", SKLEARN], stdout=sys.stderr)
    return found if done.returncode == 0 else None


def run(server, labels):
    program = pathlib.Path(server).parent / "examples/causes"
    if not program.exists():
        return say(f"causes: left out, {program} is not there (cargo build --release -p causes --examples)")
    with tempfile.TemporaryDirectory(prefix="watchroom-bench-") as folder:
        table = pathlib.Path(folder) / "history.csv"
        say(f"causes: learning from {labels:,} labelled drifts")
        ours = json.loads(subprocess.run([program, str(labels), table], check=True, capture_output=True, text=True).stdout)
        emit(bench="causes", model="watchroom", **{name: round(value, 4) if isinstance(value, float) else value for name, value in ours.items()})
        found = python()
        if not found:
            return say("causes: scikit-learn is left out, it could not be installed")
        say("causes: the same with scikit-learn")
        # One thread, as ours; on a busy machine its threads would wait for each other for minutes.
        env = dict(os.environ, OMP_NUM_THREADS="1")
        theirs = json.loads(subprocess.run([found, "-c", OTHER, table], check=True, capture_output=True, text=True, env=env).stdout)
        emit(bench="causes", model="scikit-learn", rows=labels, **{name: round(value, 4) if isinstance(value, float) else value for name, value in theirs.items()})
