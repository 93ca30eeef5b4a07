package table

import "strings"

// words32 makes fields of 4 bytes that can be read as a whole, one behind the
// other from byte off on; "name:8" has 8 bytes.
func words32(off int, names string) []Field {
	var fields []Field
	for _, name := range strings.Fields(names) {
		name, wide := strings.CutSuffix(name, ":8")
		f := Field{Name: name, Off: off, Size: 4}
		if wide {
			f.Size = 8
		}
		fields = append(fields, f)
		off += f.Size
	}
	return fields
}
