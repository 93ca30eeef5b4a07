//go:build !rtlib_poison

package rtlib

// poisonAll makes every map overwrite the values that become free, as the option
// PoisonFreed of an instance does; builds with the tag rtlib_poison do.
const poisonAll = false
