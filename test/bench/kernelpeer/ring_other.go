//go:build !linux

package kernelpeer

import "errors"

// Emptier returns an error: there is no kernel to measure.
func (o *Object) Emptier(string) (func() error, error) {
	return nil, errors.New("rings are emptied on Linux only")
}
