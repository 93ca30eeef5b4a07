// Package model says what maps are: for each type a plain Go model, slow and
// obvious, that knows nothing of the runtime library. It is written from the
// documented behaviour of Linux and of eBPF for Windows, and it is itself
// checked: the tests of the kernel run the same operations on real maps.
//
// A test makes a Spec and a Model, draws operations (Op), does each on an
// implementation and gives the outcome (Result) to Model.Step, which says what
// is wrong with it and remembers what the operation changed. So a model can
// allow several outcomes where several are right: which key comes next, which
// key an LRU map gave up.
package model
