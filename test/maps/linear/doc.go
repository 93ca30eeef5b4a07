// Package linear decides whether what several goroutines saw of a map can be
// explained: whether their operations can be put into one order that keeps the
// real time (who returned before another called comes first) and in which each
// result is the one that a map without concurrency would have given. That is
// linearisability (Herlihy and Wing, 1990). It holds for a map when it holds for
// each element, so histories are checked by element.
//
// # Search
//
// The checker is that of Wing and Gong (1993) with what Lowe (2017) added. It
// looks for the order from the beginning on: a call can come next when no other
// call that is not yet placed has returned before it began. A call whose result
// fits is placed; when none fits, the last one is taken back. A set of placed
// calls together with the state that they led to is never tried twice, which
// keeps histories with few calls at a time cheap.
package linear
