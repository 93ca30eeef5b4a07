package main

import "github.com/bpf2go-native/bpf2go-native/test/bench/measure"

const notGenerated = "its package is not generated"

// ours returns the engines of generated code for a program.
func ours(program, [][]byte) []measure.Engine {
	return []measure.Engine{{Name: columnNative, Missing: notGenerated}, {Name: columnBody, Missing: notGenerated}}
}

func pooledEngines([][]byte) []measure.Engine { return ours(program{}, nil) }
