//go:build rtlib_poison

package rtlib

// poisonAll makes every map overwrite the values that become free.
const poisonAll = true
