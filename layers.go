// Package layers is the root of the module. It has no code: layers_test.go
// checks who may import whom (docs/architecture.md).
package layers
