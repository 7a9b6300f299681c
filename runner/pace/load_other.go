//go:build !linux

package pace

import (
	"encoding/binary"
	"errors"

	"golang.org/x/sys/unix"
)

// running returns the load average of the last minute: these systems do not tell the load of the moment without going
// through all processes.
func running() (float64, error) {
	raw, err := unix.SysctlRaw("vm.loadavg")
	if err != nil {
		return 0, err
	}
	return parseLoadavg(raw)
}

// parseLoadavg reads struct loadavg of <sys/resource.h>: three averages as fixed-point numbers of 32 bits, and a long that
// says what 1 is.
func parseLoadavg(raw []byte) (float64, error) {
	var scale uint64
	switch len(raw) {
	case 24:
		scale = binary.NativeEndian.Uint64(raw[16:])
	case 16:
		scale = uint64(binary.NativeEndian.Uint32(raw[12:]))
	}
	if scale == 0 {
		return 0, errors.New("vm.loadavg is not what this system documents")
	}
	return float64(binary.NativeEndian.Uint32(raw)) / float64(scale), nil
}
