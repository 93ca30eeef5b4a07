// Package tables writes docs/tables.md: the rows of bpf/table and, for each,
// which engine has it. The engines' columns are no rows: they are what the stages
// do with programs that have the operation in every width and with every kind
// of operand (package vectors), so a stage that misses a row shows, and fails
// the test.
//
//	go test ./test/tables -update
package tables
