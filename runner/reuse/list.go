package reuse

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
)

// List returns what there is to know of each server in the directory, in the order of their sockets' names. Sockets of
// servers that were killed are removed. The error is that of servers that do not tell; the others are listed.
func List(ctx context.Context, d *Directory) ([]Info, error) {
	names, err := d.sockets()
	var found []Info
	for _, name := range names {
		info, failed := d.ask(ctx, name, AskInfo)
		if failed != nil {
			err = errors.Join(err, failed)
		} else if info != nil {
			found = append(found, *info)
		}
	}
	return found, err
}

// Find asks the server of an identity what there is to know of it; false if there is
// none, or none that answers.
func Find(ctx context.Context, d *Directory, identity string) (Info, bool) {
	info, err := d.ask(ctx, identity, AskInfo)
	if err != nil || info == nil {
		return Info{}, false
	}
	return *info, true
}

// Stop asks the servers that match to end, and waits until they have: until the calls that they have are over, too. Of each
// it tells told before it waits for any. It returns how many there were.
func Stop(ctx context.Context, d *Directory, match func(Info) bool, told func(Info)) (stopped int, err error) {
	names, err := d.sockets()
	var waiting []*net.UnixConn
	for _, name := range names {
		info, failed := d.ask(ctx, name, AskInfo)
		if failed == nil && info != nil && match(*info) {
			var conn *net.UnixConn
			if conn, info, failed = d.open(ctx, name, AskStop); info != nil {
				told(*info)
				waiting = append(waiting, conn)
			}
		}
		err = errors.Join(err, failed)
	}
	for _, conn := range waiting {
		err = errors.Join(err, awaitEnd(ctx, conn))
		conn.Close()
	}
	return len(waiting), err
}

// ask asks a server about itself; without one, the answer is nil.
func (d *Directory) ask(ctx context.Context, name string, what Ask) (*Info, error) {
	conn, info, err := d.open(ctx, name, what)
	if conn != nil {
		conn.Close()
	}
	return info, err
}

// open connects to a server, and returns the connection with what the server says about itself: both or none of them.
func (d *Directory) open(ctx context.Context, name string, what Ask) (*net.UnixConn, *Info, error) {
	conn, err := d.connect(ctx, name)
	if isDead(err) {
		return nil, nil, d.bury(ctx, name)
	}
	if err != nil {
		return nil, nil, err
	}
	r, err := ask(ctx, conn, what)
	switch {
	case err == nil && r.Info != nil:
		return conn, r.Info, nil
	case errors.Is(err, errEnding): // as was wanted, or will be seen by the next one
		err = nil
	case err == nil:
		err = errNoInfo
	}
	conn.Close()
	if err != nil {
		err = fmt.Errorf("%s: %w", filepath.Join(d.path, name), err)
	}
	return nil, nil, err
}

// errNoInfo is a reply without what was asked for.
var errNoInfo = errors.New("the server does not say what was asked")

// bury removes the socket of a server that was killed, if there is still none.
func (d *Directory) bury(ctx context.Context, name string) error {
	unlock, err := d.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	conn, err := d.connect(ctx, name)
	if err == nil {
		conn.Close()
		return nil
	}
	if !isDead(err) {
		return err
	}
	return d.remove(name)
}

// awaitEnd waits until the other end of a connection is closed.
func awaitEnd(ctx context.Context, conn *net.UnixConn) error {
	done := make(chan struct{})
	stop := context.AfterFunc(ctx, func() { conn.Close(); close(done) })
	_, err := io.Copy(io.Discard, conn)
	if !stop() {
		<-done
		return ctx.Err()
	}
	if isReset(err) {
		return nil
	}
	return err
}
