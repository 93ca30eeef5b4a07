// Package interptest compares machine code and Go bodies of testdata's objects
// with the reference interpreter, apart from the tests of test/engines, which
// do not link it.
package interptest
