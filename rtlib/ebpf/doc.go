// Package ebpf has the API of github.com/cilium/ebpf over rtlib: specs that
// are data, and collections, maps, programs and variables that live in this
// process. Code that used that package changes its import path.
//
// It takes the rtlib.ObjectSpec of a generated file and gives handles that
// close. There is no kernel behind it: nothing needs privileges, a program of
// any type can be run, and a collection is one rtlib.Instance, which ends when
// the last of its programs and maps is closed.
//
// Values are converted as there: fixed-size values as encoding/binary has them
// in the host's byte order, without a copy for []byte and for pointers to types
// without implicit padding, and whatever is an encoding.BinaryMarshaler.
//
// Refused with an error that wraps ErrNotSupported: what needs a kernel, and
// pinning. Errors work with errors.Is for this package's sentinels and for the
// errno that the kernel would give.
package ebpf
