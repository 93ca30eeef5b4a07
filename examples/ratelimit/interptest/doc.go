// Package interptest compares the reference interpreter with the rate limiter's
// oracle, apart from the tests of the compiled engines, which do not link it.
package interptest
