package codegen

import "github.com/dave/jennifer/jen"

// runs prints the typed calls of the programs.
func (g *generator) runs(*jen.File) {}

// typedMaps prints the typed accessors of the maps.
func (g *generator) typedMaps(*jen.File) error { return nil }
