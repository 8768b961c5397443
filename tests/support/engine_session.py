# Carries out the queries of engine_session.js, one after the other, until there are no more.
# Usage: engine_session.py WHEEL DIRECTORY REQUESTS ANSWERS
import json
import signal
import struct
import sys
from unittest import mock

LONGEST_QUERY_SECONDS = 120

wheel, directory, requests_path, answers_path = sys.argv[1:]
with open(requests_path, "rb") as requests, open(answers_path, "wb") as answers:
    sys.path.insert(0, wheel)
    # Some versions import it for what is not used here.
    sys.modules["pyarrow"] = mock.MagicMock()
    from chdb.session import Session

    session = Session(directory)
    while head := requests.read(4):
        sql, output_format = json.loads(requests.read(struct.unpack("<I", head)[0]))
        # Of some versions the handler of a crash never ends: the process does, by default.
        signal.alarm(LONGEST_QUERY_SECONDS)
        try:
            result = session.query(sql, output_format)
            answer = result.bytes() if hasattr(result, "bytes") else b""
            failed = 0
        except Exception as error:  # the engine's own class differs between versions
            answer, failed = str(error).encode(), 1
        signal.alarm(0)
        answers.write(struct.pack("<BI", failed, len(answer)) + (answer or b""))
        answers.flush()
