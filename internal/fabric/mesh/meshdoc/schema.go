package meshdoc

import _ "embed"

//go:embed schema.json
var schema []byte

// Schema is the JSON Schema (2020-12) of documents of the mesh, of all kinds, for editors. What
// no schema can say, such as which fields exclude each other, is checked by Read alone.
func Schema() []byte { return schema }
