// Package soak has a test that lets eight goroutines use maps of all types at
// once for a while, as hosts and as programs, which look at what they find:
//
//   - A value says which key it is of, and is whole.
//   - What a program has found stays what it was to the end of the run, though
//     others replace and delete it. Freed values are overwritten with a pattern,
//     so memory that is used again too early shows.
//   - What goes into queues and rings comes out once and in order.
//   - Memory does not grow, and nothing is left when all is closed.
//
// SOAK says how long, such as 10m; without it, some seconds. make soak runs it
// under the race detector.
package soak
