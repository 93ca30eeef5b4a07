// Package interptest compares the reference interpreter with the firewall's
// oracle, apart from the tests of the compiled engines, which do not link it.
package interptest
