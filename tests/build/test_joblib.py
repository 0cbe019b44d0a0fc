"""What is used of joblib beside what it documents."""

import joblib
import joblib.parallel


def test_joblib_has_what_is_used_of_it_beside_what_it_documents() -> None:
    used = {"get_active_backend", "BACKENDS"}
    missing = used - vars(joblib.parallel).keys() or {"loky", "threading"} - joblib.parallel.BACKENDS.keys()
    for backend in () if missing else joblib.parallel.BACKENDS.values():
        missing |= {"effective_n_jobs"} - set(dir(backend))
    assert not missing, f"joblib {joblib.__version__} lacks {missing}, which digitgen/build/workers.py needs"
