package reuse

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// Client finds or starts the server of one identity for one process. It belongs to one goroutine at a time.
type Client struct {
	Directory *Directory
	Identity  string // see Identity.Hash
	Spec      Spec   // of the server, if one is to be started

	started []int // children of this process that may not have been waited for
}

// dialTries bounds how often Dial begins anew, as one server after the other ends before it answers.
const dialTries = 20

// replyPatience is how long a server may take to answer; one that is stopped never does.
const replyPatience = 10 * time.Second

// errEnding is that a server ended before it answered.
var errEnding = errors.New("the server ended before it answered")

// Dial returns the stream of a call to the server, which is started if there is none. The stream is the caller's.
func (c *Client) Dial(ctx context.Context) (*net.UnixConn, error) {
	c.Reap()
	var err error
	for range dialTries {
		var conn *net.UnixConn
		if conn, err = c.connect(ctx); err != nil {
			return nil, err
		}
		if _, err = ask(ctx, conn, AskCall); err == nil {
			return conn, nil
		}
		conn.Close()
		if !errors.Is(err, errEnding) {
			break
		}
	}
	return nil, fmt.Errorf("%s: %w", filepath.Join(c.Directory.path, c.Identity), err)
}

// connect returns a connection to the server, whoever started it.
func (c *Client) connect(ctx context.Context) (*net.UnixConn, error) {
	conn, err := c.Directory.connect(ctx, c.Identity)
	if err == nil || !isDead(err) {
		return conn, err
	}
	unlock, err := c.Directory.lock(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	conn, err = c.Directory.connect(ctx, c.Identity) // somebody may have been faster
	if err == nil || !isDead(err) {
		return conn, err
	}
	listener, err := c.Directory.listen(c.Identity)
	if err != nil {
		return nil, err
	}
	defer listener.Close()
	pid, err := c.Spec.start(listener, c.Directory, c.Identity)
	if err != nil {
		return nil, errors.Join(err, c.Directory.remove(c.Identity))
	}
	c.started = append(c.started, pid)
	return c.Directory.connect(ctx, c.Identity)
}

// Reap waits, without blocking, for servers that this process has started and that have ended, so that they do not stay
// zombies as long as it lives.
func (c *Client) Reap() {
	left := c.started[:0]
	for _, pid := range c.started {
		if got, err := unix.Wait4(pid, nil, unix.WNOHANG, nil); err == nil && got == 0 || err == unix.EINTR {
			left = append(left, pid)
		}
	}
	c.started = left
}

// isDead tells whether an error of connect says that no server listens.
func isDead(err error) bool {
	return errors.Is(err, unix.ECONNREFUSED) || errors.Is(err, unix.ENOENT)
}

// isReset tells whether an error of a connection says that the other end is gone.
func isReset(err error) bool { return errors.Is(err, unix.ECONNRESET) || errors.Is(err, unix.EPIPE) }

// connect connects to a socket, and looks who is there.
func (d *Directory) connect(ctx context.Context, name string) (*net.UnixConn, error) {
	var conn *net.UnixConn
	_, err := d.control(func(dir int) (int, error) {
		var dialer net.Dialer
		// Where its backlog is full, connect(2) waits: that is for the context to end.
		c, err := dialer.DialUnix(ctx, "unix", nil, &net.UnixAddr{Net: "unix", Name: d.address(dir, name)})
		conn = c
		return 0, err
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(d.path, name), cause(err))
	}
	if _, err := checkPeer(conn); err != nil {
		conn.Close()
		return nil, fmt.Errorf("%s: %w", filepath.Join(d.path, name), err)
	}
	return conn, nil
}

// cause is an error of package net without the address, which is one of address.
func cause(err error) error {
	if op, ok := errors.AsType[*net.OpError](err); ok {
		return op.Err
	}
	return err
}

// listen makes a socket of that name, in the place of one without a server. To be called with the lock.
func (d *Directory) listen(name string) (*net.UnixListener, error) {
	if err := d.remove(name); err != nil {
		return nil, err
	}
	var l *net.UnixListener
	_, err := d.control(func(dir int) (_ int, err error) {
		address := d.address(dir, name)
		if l, err = net.ListenUnix("unix", &net.UnixAddr{Net: "unix", Name: address}); err != nil {
			return 0, err
		}
		l.SetUnlinkOnClose(false) // that is up to the server
		return 0, os.Chmod(address, 0o600)
	})
	if err == nil {
		return l, nil
	}
	if l != nil {
		l.Close()
		_ = d.remove(name) // of no use, and harmless
	}
	return nil, fmt.Errorf("%s: %w", filepath.Join(d.path, name), cause(err))
}

// ask sends a request and returns the reply. The connection stays the caller's.
func ask(ctx context.Context, conn *net.UnixConn, what Ask) (Reply, error) {
	deadline := time.Now().Add(replyPatience)
	if err := conn.SetDeadline(deadline); err != nil {
		return Reply{}, err
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	err := writeLine(conn, Request{Version: protocolVersion, Ask: what})
	var line []byte
	if err == nil {
		line, err = readLine(conn)
	}
	switch {
	case err == nil:
	case ctx.Err() != nil:
		return Reply{}, ctx.Err()
	case errors.Is(err, io.EOF), isReset(err):
		return Reply{}, errEnding
	case errors.Is(err, os.ErrDeadlineExceeded):
		return Reply{}, fmt.Errorf("the server has not answered within %v: is it stopped?", replyPatience)
	default:
		return Reply{}, err
	}
	r, err := parseReply(line)
	if err == nil {
		err = conn.SetDeadline(time.Time{})
	}
	return r, err
}
