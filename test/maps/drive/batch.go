package drive

import (
	"fmt"

	"github.com/bpf2go-native/bpf2go-native/test/maps/model"
)

// batch does what only some types can.
func (h *Hand) batch(op model.Op) (model.Result, error) {
	return model.Result{}, fmt.Errorf("no such operation: %v", op)
}
