"""The tasks of Python, and a worker that does many of them at a time.

What takes long to import is imported where it is needed.
"""
import os
import sys
import time

_log = os.open(os.environ["CHAOS_LOG"], os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)


def log(*words):
    os.write(_log, (" ".join(map(str, words)) + "\n").encode())


class Exit(Exception):
    """A task's exit status."""


def die(name):
    os.kill(os.getpid(), {"KILL": 9, "SEGV": 11, "TERM": 15, "ABRT": 6}[name])
    time.sleep(1000)


def task(record, write, attempt=0):
    """Does what an act of task.go says; write prints."""
    seq, act, lines, width, pause, arg = (record.split() + [""])[:6]
    log("B", seq, os.getpid(), attempt)
    for n in range(1, int(lines) + 1):
        write("<%s.%d %0*d\n" % (seq, n, int(width), 0))
        if act == "stderr":
            print("!%s.%d" % (seq, n), file=sys.stderr, flush=True)
        if n == 1:
            do(act, int(pause), arg, attempt)
    if lines == "0":
        do(act, int(pause), arg, attempt)
    log("E", seq, os.getpid())
    if act == "exit":
        raise Exit(int(arg))


def do(act, pause, arg, attempt):
    time.sleep(pause / 1000)
    if act == "crash":
        die(arg)
    elif act == "hang":
        time.sleep(1000)
    elif act == "stray":
        import subprocess

        subprocess.Popen(["sleep", "1000"])
        subprocess.Popen(["sleep", "1000"], start_new_session=True)
    elif act == "flaky" and int(attempt) < int(arg):
        raise Exit(9)


def code(record):
    """A task of --lang."""
    try:
        task(record, sys.stdout.write, os.environ.get("XPOOL_ATTEMPT", 0))
    except Exit as e:
        sys.exit(e.args[0])


def put(text):
    b = text.encode()
    while b:
        b = b[os.write(1, b):]


def answer(act, arg, text):
    """Writes a reply in one piece, or does what is none."""
    if act == "half":
        put(text[: len(text) // 2])
        die(arg)
    put(("garbage: " if act == "garbage" else "") + text + "\n")
    if act == "leave":
        os._exit(0)


def multiplex():
    import json
    import threading

    lock = threading.Lock()

    def respond(request):
        record, out, status = request["arguments"][0], [], 0
        try:
            task(record, out.append)
        except Exit as e:
            status = e.args[0]
        response = {"exitCode": status, "output": "".join(out), "requestId": request["requestId"]}
        with lock:
            answer(record.split()[1], record.split()[-1], json.dumps(response))

    for line in sys.stdin:
        threading.Thread(target=respond, args=(json.loads(line),), daemon=True).start()


if __name__ == "__main__":
    multiplex()
