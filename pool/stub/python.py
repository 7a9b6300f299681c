# The Python worker. The protocol is written down in stub.go.
import os
import sys


def library(name):
    """Import a module of Python's own, even if the working directory has one of that name."""
    path, sys.path = sys.path, [p for p in sys.path if p]
    try:
        return __import__(name)
    finally:
        sys.path = path


def stream(fd):
    """A text stream on fd, which gives a record back as the bytes that it was."""
    return open(fd, "w", 1 if fd == 2 else -1, sys.getfilesystemencoding(), "surrogateescape", closefd=False)


def tell(text):
    """Write text to the standard error, whatever the code has made of it."""
    try:
        sys.stderr.write(text)
    except Exception:
        os.write(2, text.encode("utf-8", "backslashreplace"))


def show(error):
    """Print error as Python does, but without the frames of this file."""
    trace = error.__traceback__
    while trace and trace.tb_frame.f_code.co_filename == show.__code__.co_filename:
        trace = trace.tb_next
    tell("".join(library("traceback").format_exception(type(error), error, trace)))


def verdict(error):
    """The exit status that Python would end with for error, which is told as Python would."""
    if not isinstance(error, SystemExit):
        show(error)
        return 1
    if error.code is None or isinstance(error.code, int):
        return (error.code or 0) & 255
    tell("%s\n" % (error.code,))
    return 1


def outcome(function, *args):
    """Call function and return the exit status that Python would end with."""
    try:
        function(*args)
    except BaseException as error:
        return verdict(error)
    return 0


def source(name, text):
    """Compile text, and have tracebacks find its lines."""
    lines = text.decode("utf-8", "replace").splitlines(True)
    library("linecache").cache[name] = len(text), None, lines, name
    return compile(text, name, "exec", dont_inherit=True)


def caller(name):
    """Return a function that calls MODULE:FUNCTION with the fields of a task, and one to call after it."""
    module, _, path = name.decode().partition(":")
    __import__(module)
    function = sys.modules[module]
    for part in path.split("."):
        function = getattr(function, part)
    if not callable(function):
        raise TypeError("%s is not a function" % name.decode())

    def step(args, seq):
        result = function(*args)
        if isinstance(result, (bytes, bytearray)):
            sys.stdout.flush()
            sys.stdout.buffer.write(result + b"\n")
        elif result is not None:
            print(result)

    return step, lambda: None


def runner(code, home):
    """Return a function that runs code in a copy of what init has left in home, and one to call after it."""
    module_type, base, modules = type(sys), home.__dict__, sys.modules
    names = {}

    def step(args, seq):
        nonlocal names
        modules["__main__"] = module = module_type("__main__")
        names = module.__dict__
        names.update(base)
        names["arg"], names["args"], names["seq"] = args[0], args, seq
        exec(code, names)

    def done():
        # As at the end of a program. Functions and their globals refer to each other,
        # and the collector of such cycles loses what is not yet written of a file in one.
        modules["__main__"] = home
        names.clear()

    return step, done


def setup(mode, text, init):
    """Do what the setup frame asks for and return what runner or caller does. It does not exit silently."""
    try:
        return prepare(mode, text, init)
    except SystemExit as error:
        tell("it ended with exit status %d\n" % verdict(error))
        raise SystemExit(1)


def prepare(mode, text, init):
    code = None if mode == b"call" else source("<code>", text)
    sys.modules["__main__"] = home = type(sys)("__main__")
    if init:
        exec(source("<init>", init), home.__dict__)
    return runner(code, home) if code else caller(text)


def unchanged():
    """Return a function that tells whether surely no process was started since its last call."""
    signal = library("_signal")
    try:
        getrusage = library("resource").getrusage
        del sys.modules["resource"]  # the user may have one
        waitid, every, how = os.waitid, os.P_ALL, os.WEXITED | os.WNOHANG | os.WNOWAIT
    except (ImportError, AttributeError):
        return lambda: False
    getsignal, sigchld, ignored = signal.getsignal, signal.SIGCHLD, signal.SIG_IGN
    faults = getrusage(-1).ru_minflt

    def look():
        nonlocal faults
        try:
            waitid(every, 0, how)
            none = False
        except ChildProcessError:
            # A child that ended while SIGCHLD was ignored has left no trace.
            none = getsignal(sigchld) != ignored
        before, faults = faults, getrusage(-1).ru_minflt  # -1: of the children that were waited for
        return none and faults == before

    return look


def threads():
    """The threads that keep a program from its end: no daemons, nor those of executors, which only end with it."""
    threading, kept = sys.modules.get("threading"), []
    if not threading or threading.active_count() == 1:
        return kept
    for module, name in ("thread", "_threads_queues"), ("process", "_threads_wakeups"):
        kept.extend(getattr(sys.modules.get("concurrent.futures." + module), name, ()))
    kept += threading.main_thread(), threading.current_thread()
    return [thread for thread in threading.enumerate() if not thread.daemon and thread not in kept]


def directory():
    """Return a function that goes back to the present working directory."""
    try:
        fd = os.open(".", getattr(os, "O_PATH", os.O_RDONLY))
    except OSError:
        return lambda: None
    return lambda: os.fchdir(fd)


class Worker:
    def __init__(self):
        """Move the standard descriptors to private ones, which no child inherits."""
        self.private = self.inbox, self.replies, self.own = os.dup(0), os.dup(1), os.dup(2)
        self.requests = open(self.inbox, "rb", 1 << 16, closefd=False)
        os.set_blocking(self.inbox, False)
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, 0)
        os.close(null)
        os.dup2(2, 1)
        self.out, self.err = sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__ = stream(1), stream(2)
        signal = library("_signal")  # as signal, without its enumerations
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        self.pid, self.pairs, self.outside, self.attached = os.getpid(), {}, (self.own, self.own), None
        os.register_at_fork(after_in_child=self.disown)

    def disown(self):
        """Close in a forked child what is the worker's alone."""
        fds, self.private, self.pairs = [*self.private, *sum(self.pairs.values(), ())], (), {}
        for fd in fds:
            os.close(fd)

    def frame(self, wait=True):
        """The next request: its words and what they announce. None at the end of file, be it in a frame, and if
        none has begun to come, unless it is to wait for one."""
        head = self.requests.readline()
        if not head.endswith(b"\n"):
            if not head and not wait:
                return None
            head += self.whole(self.requests.readline)
            if not head.endswith(b"\n"):
                return None
        words = head.split()
        sizes = list(map(int, words[4 if words[0] == b"task" else 2 :]))
        total = sum(sizes)
        body = self.requests.read(total) or b""
        if len(body) < total:
            body += self.whole(self.requests.read, total - len(body))
            if len(body) < total:
                return None
        if len(sizes) == 1:
            return words, [body]
        parts, start = [], 0
        for size in sizes:
            parts.append(body[start : start + size])
            start += size
        return words, parts

    def whole(self, read, *args):
        """What read returns when it waits for all that it wants."""
        os.set_blocking(self.inbox, True)
        try:
            return read(*args)
        finally:
            os.set_blocking(self.inbox, False)

    def flush(self):
        """Flush the standard streams: those that init has left, and those of the code's own making."""
        try:
            self.out.flush()
            self.err.flush()
        except ValueError:  # one is closed, by exit() for example
            self.out = stream(1) if self.out.closed else self.out
            self.err = stream(2) if self.err.closed else self.err
        if sys.stdout is self.out and sys.stderr is self.err:
            return
        for other in sys.stdout, sys.stderr, self.out, self.err:
            try:
                other.flush()
            except (AttributeError, ValueError):
                pass  # None, closed, or of another kind

    def end_fork(self, status):
        """End here if this is a fork of the worker."""
        if os.getpid() != self.pid:
            self.flush()
            os._exit(status)

    def pair(self, number, paths):
        self.close(number)
        self.pairs[number] = tuple(os.open(path, os.O_WRONLY) for path in paths)

    def close(self, number):
        for fd in self.pairs.pop(number, ()):
            os.close(fd)

    def attach(self, pair):
        """Make standard output and standard error those of a pair, or the worker's own if it is None."""
        out, err = self.pairs[pair] if pair else self.outside
        os.dup2(out, 1)
        os.dup2(err, 2)
        self.attached = pair

    def join(self):
        """Wait for the threads that a task has left, as Python does at the end of a program."""
        left = [thread for thread in threads() if thread not in self.threads]
        while left:
            for thread in left:
                thread.join()
            left = [thread for thread in threads() if thread not in self.threads]

    def task(self, words, fields):
        """Run a task, and return the next request if it is there already."""
        _, seq, attempt, pair = words[:4]
        if pair != self.attached:
            self.attach(pair)
        self.environ[b"XPOOL_SEQ"] = seq
        if attempt != self.number:
            self.environ[b"XPOOL_ATTEMPT"] = self.number = attempt
        sys.stdout, sys.stderr = self.out, self.err
        args = [field.decode(self.encoding, "surrogateescape") for field in fields]
        status = outcome(self.step, args, int(seq))
        status = outcome(self.join) or status
        self.end_fork(status)
        self.done()
        try:
            self.flush()
        except OSError:  # what could not be written must not come out with the next task
            os.write(self.replies, b"%b %d 0\n" % (seq, status or 1))
            os._exit(1)
        # Before the reply, after which nothing may be printed to this pair. One that
        # the next task needs takes its place at once.
        request = self.frame(wait=False)
        following = request[0][3] if request and request[0][0] == b"task" else None
        self.attach(following if following in self.pairs else None)
        self.back()
        clean = self.unchanged()
        if not clean:
            self.close(pair)
        os.write(self.replies, b"%b %d %d\n" % (seq, status, clean))
        return request

    def serve(self):
        request = self.frame()
        if request is None:
            return 0
        words, parts = request
        steps, status = None, 0
        try:
            steps = setup(words[1], *parts)
        except BaseException as error:
            status = verdict(error)
        self.end_fork(status)
        if steps is None:
            os.write(self.replies, b"failed\n")
            return 1
        self.step, self.done = steps
        self.encoding, self.environ = sys.getfilesystemencoding(), os.environb
        self.out, self.err = sys.stdout or stream(1), sys.stderr or stream(2)
        self.number = b""  # of the last attempt
        self.back, self.unchanged, self.threads = directory(), unchanged(), threads()
        self.flush()  # what setup has printed is the worker's own
        os.write(self.replies, b"ready\n")
        request = self.frame()
        while request:
            words, parts = request
            request = self.task(words, parts) if words[0] == b"task" else self.pair(words[1], parts)
            request = request or self.frame()
        return 0


def main():
    worker = Worker()
    try:
        status = worker.serve()
    except (OSError, KeyError) as error:  # xpool is gone, or names a pair that is not open
        os.write(2, b"xpool: %a\n" % error)
        os._exit(1)
    os.close(worker.replies)
    sys.exit(status)


if __name__ == "__main__":
    main()
